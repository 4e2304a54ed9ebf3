"""Scores of all coalitions of a video's frames, for one class of each video."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64

from play_fair.arrays import Labels
from play_fair.errors import UserError
from play_fair.games import CompleteLattice, Game
from play_fair.tensors import LevelValues, VideoBatch

MAX_FRAMES = 16
"""Each further frame doubles the table; 16 frames take half a megabyte a video."""


@dataclass(frozen=True)
class CoalitionScores:
    """Scores of one class for all 2^n coalitions of the n frames of each of B videos.

    A coalition is a bit mask: bit i stands for frame i.

    Attributes:
        values: v(X), at [mask of X, video].
        top1: 1 where the class has the highest score, at the same places; 1 / k where k classes share it.
    """

    values: Float32[np.ndarray, "subsets B"]
    top1: Float32[np.ndarray, "subsets B"]

    @property
    def n_frames(self) -> int:
        """n."""
        return len(self.values).bit_length() - 1

    @property
    def all_frames(self) -> int:
        """Mask of the whole video."""
        return len(self.values) - 1

    def at(self, masks: Int64[np.ndarray, " B *k"]) -> Float64[np.ndarray, " B *k"]:
        """v of coalitions that differ between videos."""
        return lookup(self.values, masks)

    def total(self) -> Float64[np.ndarray, " B"]:
        """v(all frames) - v(no frame): the sum of the ESVs."""
        return self.values[-1].astype(np.float64) - self.values[0]


def lookup(table: Float32[np.ndarray, "subsets B"], masks: Int64[np.ndarray, " B *k"]) -> Float64[np.ndarray, " B *k"]:
    """The entries of a table at the masks of each video."""
    videos = np.arange(len(masks)).reshape(-1, *[1] * (masks.ndim - 1))
    return table[masks, videos].astype(np.float64)


@torch.no_grad()
def score_coalitions(game: Game, videos: VideoBatch, classes: Labels) -> CoalitionScores:
    """Evaluate the game on all coalitions of each video, for one class of each.

    Raises:
        UserError: the videos have more than `MAX_FRAMES` frames.
    """
    n_videos, n_frames, _ = videos.shape
    if n_frames > MAX_FRAMES:
        raise UserError(
            f"expected at most {MAX_FRAMES} frames to score all subsets of, got {n_frames}; sample fewer frames"
        )
    lattice = CompleteLattice(n_frames, videos.device)
    values = np.empty((2**n_frames, n_videos), dtype=np.float32)
    top1 = np.empty_like(values)
    class_index = torch.from_numpy(classes).to(videos.device)[None, :, None]
    for level, scores in zip(lattice, game.levels(videos, lattice), strict=True):
        masks = masks_of(level.subsets.long().cpu().numpy())
        values[masks], top1[masks] = (part.cpu().numpy() for part in _of_class(scores, class_index))
    return CoalitionScores(values, top1)


def masks_of(subsets: Int64[np.ndarray, "N k"]) -> Int64[np.ndarray, " N"]:
    """Bit masks of subsets of frame indices."""
    return (1 << subsets).sum(axis=1, dtype=np.int64)


def concatenate(tables: Sequence[CoalitionScores]) -> CoalitionScores:
    """The tables of several batches of videos, with equal numbers of frames, as one."""
    return CoalitionScores(
        np.concatenate([table.values for table in tables], axis=1),
        np.concatenate([table.top1 for table in tables], axis=1),
    )


def _of_class(scores: LevelValues, classes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The score of each video's class (N, B), and its share in the highest score."""
    of_class = scores.gather(2, classes.expand(len(scores), -1, -1))
    highest = scores.amax(dim=2, keepdim=True)
    n_highest = (scores == highest).sum(dim=2)
    return of_class[..., 0], (of_class[..., 0] == highest[..., 0]).float() / n_highest
