"""Any function of subsets as a game."""

from collections.abc import Iterator

import torch
from torch import nn

from play_fair.errors import UserError
from play_fair.games.game import CharacteristicFunction, evaluate_on_subsets
from play_fair.games.lattice import Lattice
from play_fair.tensors import LevelValues, VideoBatch


class CallableGame:
    """v as the caller wrote it, evaluated once on every subset, many subsets in a call.

    Args:
        characteristic_fn: (N, s, D) -> (N, C), on the features of N subsets of s frames in time order; (1, 0, D) gives
            v(empty). A module is put in evaluation mode.
    """

    def __init__(self, characteristic_fn: CharacteristicFunction) -> None:
        self.characteristic_fn = characteristic_fn

    def levels(self, videos: VideoBatch, lattice: Lattice) -> Iterator[LevelValues]:
        """See `Game.levels`. The values keep the dtype that the function gives.

        Raises:
            UserError: the function gives no (N, C) tensor, or not the same number of classes for every size.
        """
        if isinstance(self.characteristic_fn, nn.Module):
            self.characteristic_fn.eval()
        frames = videos.transpose(0, 1)
        n_videos = frames.shape[1]
        n_classes: int | None = None
        for level in lattice:
            # One call serves all videos at size 0: the empty set has no features.
            seen = frames if level.size else frames[:, :1]
            blocks = []
            for _, block in evaluate_on_subsets(
                self.characteristic_fn, seen, level.subsets, "the characteristic function"
            ):
                n_classes = n_classes or block.shape[-1]
                if block.shape[-1] != n_classes:
                    raise UserError(
                        f"expected the characteristic function to give {n_classes} classes for every size of subset, "
                        f"got {block.shape[-1]} for subsets of {level.size}"
                    )
                blocks.append(block)
            yield torch.cat(blocks).expand(-1, n_videos, -1)
