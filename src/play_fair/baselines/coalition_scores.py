"""Scores of coalitions of a video's frames, for one class of each video: a complete table, or what is asked for."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64

from play_fair.arrays import Labels
from play_fair.attribution.bound_game import BoundGame
from play_fair.errors import UserError
from play_fair.games import CompleteLattice, Game, ScoresCoalitions
from play_fair.tensors import LevelValues, VideoBatch, Videos

MAX_FRAMES = 16
"""Each further frame doubles the table; 16 frames take half a megabyte a video."""

MAX_PLAYERS = 62
"""A mask has a bit for each player, and a sign."""

Masks = Int64[np.ndarray, " B *k"]


class CoalitionScores(ABC):
    """v of coalitions of the n frames of each of B videos, for one class of each.

    A coalition is a bit mask: bit i stands for frame i, or for player i where a player is several frames.
    """

    @property
    @abstractmethod
    def n_videos(self) -> int:
        """B."""

    @property
    @abstractmethod
    def n_frames(self) -> int:
        """n."""

    @abstractmethod
    def at(self, masks: Masks) -> Float64[np.ndarray, " B *k"]:
        """v of coalitions that differ between videos."""

    @abstractmethod
    def top1_at(self, masks: Masks) -> Float64[np.ndarray, " B *k"]:
        """1 where the class has the highest score of all, 1 / k where k classes share it, else 0."""

    @property
    def all_frames(self) -> int:
        """Mask of the whole video."""
        return (1 << self.n_frames) - 1

    def at_same(self, masks: Int64[np.ndarray, " k"]) -> Float64[np.ndarray, "B k"]:
        """v of the same coalitions of every video."""
        return self.at(np.tile(masks, (self.n_videos, 1)))

    def total(self) -> Float64[np.ndarray, " B"]:
        """v(all frames) - v(no frame): the sum of the ESVs."""
        empty, whole = self.at_same(np.array([0, self.all_frames])).T
        return whole - empty


@dataclass(frozen=True)
class ScoreTable(CoalitionScores):
    """The scores of all 2^n coalitions.

    Attributes:
        values: v(X), at [mask of X, video].
        top1: see `top1_at`, at the same places.
    """

    values: Float32[np.ndarray, "subsets B"]
    top1: Float32[np.ndarray, "subsets B"]

    @property
    def n_videos(self) -> int:
        """B."""
        return self.values.shape[1]

    @property
    def n_frames(self) -> int:
        """n."""
        return len(self.values).bit_length() - 1

    def at(self, masks: Masks) -> Float64[np.ndarray, " B *k"]:
        """See `CoalitionScores.at`."""
        return _look_up(self.values, masks)

    def top1_at(self, masks: Masks) -> Float64[np.ndarray, " B *k"]:
        """See `CoalitionScores.top1_at`."""
        return _look_up(self.top1, masks)


class EvaluatedScores(CoalitionScores):
    """The scores of the coalitions that are asked for, each evaluated once.

    Args:
        game: v; its model is in evaluation mode.
        videos: (B, T, ...), where the model is.
        classes: class id of each video.

    Raises:
        UserError: the videos have more than `MAX_PLAYERS` players.
    """

    def __init__(self, game: ScoresCoalitions, videos: Videos, classes: Labels) -> None:
        self._games = [BoundGame(game, video[None], memoize=True) for video in videos]
        self._classes = torch.from_numpy(classes)[:, None, None, None]
        if self.n_frames > MAX_PLAYERS:
            raise UserError(
                f"expected at most {MAX_PLAYERS} players to compare attributions of, got {self.n_frames}; sample fewer "
                "frames, or set explanation.frames_per_player in the config"
            )

    @property
    def n_videos(self) -> int:
        """B."""
        return len(self._games)

    @property
    def n_frames(self) -> int:
        """n."""
        return self._games[0].n

    def at(self, masks: Masks) -> Float64[np.ndarray, " B *k"]:
        """See `CoalitionScores.at`."""
        return self._evaluate(masks)[0]

    def top1_at(self, masks: Masks) -> Float64[np.ndarray, " B *k"]:
        """See `CoalitionScores.top1_at`."""
        return self._evaluate(masks)[1]

    @torch.no_grad()
    def _evaluate(self, masks: Masks) -> Float64[np.ndarray, " 2 B *k"]:
        found = np.empty((2, *masks.shape))
        for row, (game, class_index) in enumerate(zip(self._games, self._classes, strict=True)):
            coalitions = (masks[row].reshape(-1, 1) >> np.arange(self.n_frames)) & 1
            scores = game.score(torch.from_numpy(coalitions.astype(bool)).to(game.device))
            for part, values in zip(found, _of_class(scores, class_index.to(game.device)), strict=True):
                part[row] = values.cpu().numpy().reshape(masks.shape[1:])
        return found


@torch.no_grad()
def score_coalitions(game: Game, videos: VideoBatch, classes: Labels) -> ScoreTable:
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
    return ScoreTable(values, top1)


def masks_of(subsets: Int64[np.ndarray, "N k"]) -> Int64[np.ndarray, " N"]:
    """Bit masks of subsets of frame indices."""
    return (1 << subsets).sum(axis=1, dtype=np.int64)


def concatenate(tables: Sequence[ScoreTable]) -> ScoreTable:
    """The tables of several batches of videos, with equal numbers of frames, as one."""
    return ScoreTable(
        np.concatenate([table.values for table in tables], axis=1),
        np.concatenate([table.top1 for table in tables], axis=1),
    )


def _look_up(table: Float32[np.ndarray, "subsets B"], masks: Masks) -> Float64[np.ndarray, " B *k"]:
    """The entries of a table at the masks of each video."""
    videos = np.arange(len(masks)).reshape(-1, *[1] * (masks.ndim - 1))
    return table[masks, videos].astype(np.float64)


def _of_class(scores: LevelValues, classes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The score of each video's class (N, B), and its share in the highest score."""
    of_class = scores.gather(2, classes.expand(len(scores), -1, -1))
    highest = scores.amax(dim=2, keepdim=True)
    n_highest = (scores == highest).sum(dim=2)
    return of_class[..., 0], (of_class[..., 0] == highest[..., 0]).float() / n_highest
