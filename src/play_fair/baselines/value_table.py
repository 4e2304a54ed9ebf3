"""The scores of all subsets of a video's frames as a table: whatever is asked of a game can be looked up in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64

from play_fair.arrays import Labels
from play_fair.errors import UserError
from play_fair.games import CompleteLattice, Game
from play_fair.tensors import LevelValues, VideoBatch

MOST_FRAMES = 16
"""The table doubles with each frame; with 16 it takes half a megabyte a video."""


@dataclass(frozen=True)
class ValueTable:
    """What the model says of one class of each of B videos when it sees some of their n frames.

    Attributes:
        values: v(X) at [mask of X, video].
        right: 1 where that class scores highest, at the same places; where k classes share the highest score, 1 / k.
    """

    values: Float32[np.ndarray, "subsets B"]
    right: Float32[np.ndarray, "subsets B"]

    @property
    def n_frames(self) -> int:
        """n."""
        return len(self.values).bit_length() - 1

    @property
    def all_frames(self) -> int:
        """Mask of the whole video."""
        return len(self.values) - 1

    def of(self, masks: Int64[np.ndarray, " B *k"]) -> Float64[np.ndarray, " B *k"]:
        """v of other subsets of each video."""
        return looked_up(self.values, masks)

    def gained(self) -> Float64[np.ndarray, " B"]:
        """v(all frames) - v(no frame): what there is to be shared."""
        return self.values[-1].astype(np.float64) - self.values[0]


def looked_up(
    table: Float32[np.ndarray, "subsets B"], masks: Int64[np.ndarray, " B *k"]
) -> Float64[np.ndarray, " B *k"]:
    """The entries of each video's own masks."""
    videos = np.arange(len(masks)).reshape(-1, *[1] * (masks.ndim - 1))
    return table[masks, videos].astype(np.float64)


@torch.no_grad()
def value_table(game: Game, videos: VideoBatch, classes: Labels) -> ValueTable:
    """Look at every subset of the videos' frames, for one class of each.

    Raises:
        UserError: there are too many frames.
    """
    n_videos, n_frames, _ = videos.shape
    if n_frames > MOST_FRAMES:
        raise UserError(
            f"expected at most {MOST_FRAMES} frames to look at all subsets of, got {n_frames}; sample fewer frames"
        )
    lattice = CompleteLattice(n_frames, videos.device)
    values = np.empty((2**n_frames, n_videos), dtype=np.float32)
    right = np.empty_like(values)
    of_video = torch.from_numpy(classes).to(videos.device)[None, :, None]
    for level, scores in zip(lattice, game.levels(videos, lattice), strict=True):
        masks = masks_of(level.subsets.long().cpu().numpy())
        values[masks], right[masks] = (part.cpu().numpy() for part in _of_class(scores, of_video))
    return ValueTable(values, right)


def masks_of(subsets: Int64[np.ndarray, "N k"]) -> Int64[np.ndarray, " N"]:
    """Subsets of frame indices as masks."""
    return (1 << subsets).sum(axis=1, dtype=np.int64)


def _of_class(scores: LevelValues, classes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The score of the video's class (N, B), and how far it is the highest."""
    own = scores.gather(2, classes.expand(len(scores), -1, -1))
    best = scores.amax(dim=2, keepdim=True)
    n_best = (scores == best).sum(dim=2)
    return own[..., 0], (own[..., 0] == best[..., 0]).float() / n_best


def joined(tables: Sequence[ValueTable]) -> ValueTable:
    """Tables of videos with as many frames, side by side."""
    return ValueTable(*(np.concatenate([getattr(table, name) for table in tables], 1) for name in ("values", "right")))
