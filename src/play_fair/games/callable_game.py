"""Any function of subsets as a game."""

from collections.abc import Iterator

import torch

from play_fair.errors import UserError
from play_fair.games.game import CharacteristicFunction, CoalitionScorer, evaluate_on_subsets, score_by_size
from play_fair.games.lattice import Lattice
from play_fair.tensors import LevelValues, Subsets, VideoBatch


class CallableGame:
    """A user's characteristic function, evaluated once on every subset, many subsets in a call.

    Args:
        characteristic_fn: (N, s, D) -> (N, C), on the features of N subsets of s frames in time order; (1, 0, D) gives
            v(empty).
    """

    def __init__(self, characteristic_fn: CharacteristicFunction) -> None:
        self.characteristic_fn = characteristic_fn

    def levels(self, videos: VideoBatch, lattice: Lattice) -> Iterator[LevelValues]:
        """See `Game.levels`. The values keep the dtype that the function gives.

        Raises:
            UserError: the function gives no (N, C) tensor, or not the same number of classes for every size.
        """
        score = self.scorer(videos)
        return (score(level.membership) for level in lattice)

    def scorer(self, videos: VideoBatch) -> CoalitionScorer:
        """See `ScoresCoalitions.scorer`; raises as `levels`, once it scores."""
        frames = videos.transpose(0, 1)
        n_classes: int | None = None

        def score(subsets: Subsets) -> LevelValues:
            nonlocal n_classes
            size = subsets.shape[1]
            # One call serves all videos at size 0: the empty set has no features.
            seen = frames if size else frames[:, :1]
            blocks = []
            for _, block in evaluate_on_subsets(self.characteristic_fn, seen, subsets, "the characteristic function"):
                n_classes = n_classes or block.shape[-1]
                if block.shape[-1] != n_classes:
                    raise UserError(
                        f"expected the characteristic function to give {n_classes} classes for every size of subset, "
                        f"got {block.shape[-1]} for subsets of {size}"
                    )
                blocks.append(block)
            return torch.cat(blocks).expand(-1, frames.shape[1], -1)

        return score_by_size(score)
