"""Segments of consecutive frames as players: exact values need few players."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from play_fair.errors import UserError
from play_fair.games.game import CoalitionScorer, Game, ScoresCoalitions
from play_fair.games.lattice import Lattice
from play_fair.games.multiscale import MultiscaleGame
from play_fair.games.tabulated import TabulatedGame
from play_fair.tensors import Coalitions, LevelValues, Videos

Segments = int | Sequence[int]
"""How many segments, as equal as possible; or how many frames each has, in order."""


class SegmentedGame:
    """The game whose players are segments of a video's frames: v of a coalition of segments is v of all their frames.

    Args:
        game: scores any coalition of frames.
        segments: see `Segments`.
    """

    def __init__(self, game: ScoresCoalitions, segments: Segments) -> None:
        self.game = game
        self.segments = segments

    def n_players(self, n_frames: int) -> int:
        """How many segments so many frames have; raises as `segment_lengths`."""
        return len(segment_lengths(self.segments, n_frames))

    def levels(self, videos: Videos, lattice: Lattice) -> Iterator[LevelValues]:
        """See `Game.levels`; the lattice is that of segments."""
        score = self.scorer(videos)
        return (score(level.membership) for level in lattice)

    def scorer(self, videos: Videos) -> CoalitionScorer:
        """See `ScoresCoalitions.scorer`; scores coalitions of segments."""
        return score_segments(self.game.scorer(videos), segment_lengths(self.segments, videos.shape[1]))


def segmented(game: Game | ScoresCoalitions, segments: Segments) -> SegmentedGame:
    """The game of segments of a game's frames."""
    if isinstance(game, SegmentedGame):
        raise UserError("expected a game of frames to divide into segments, got one of segments")
    return SegmentedGame(game if isinstance(game, ScoresCoalitions) else TabulatedGame(game), segments)


def n_players(game: Game | ScoresCoalitions, n_frames: int) -> int:
    """Among how many the scores of videos of `n_frames` frames are divided: segments if there are any, else frames."""
    return game.n_players(n_frames) if isinstance(game, SegmentedGame) else n_frames


def multiscale_of(game: Game | ScoresCoalitions) -> MultiscaleGame | None:
    """The multi-scale game of which this is one of segments, or itself; None for all others."""
    if isinstance(game, SegmentedGame):
        game = game.game
    if isinstance(game, TabulatedGame):
        game = game.game
    return game if isinstance(game, MultiscaleGame) else None


def score_segments(score_frames: CoalitionScorer, lengths: Sequence[int]) -> CoalitionScorer:
    """A scorer of coalitions of segments with so many frames each, from one of coalitions of frames."""
    segment_of_frame = torch.arange(len(lengths)).repeat_interleave(torch.tensor(lengths))

    def score(coalitions: Coalitions) -> LevelValues:
        return score_frames(coalitions[:, segment_of_frame.to(coalitions.device)])

    return score


def segment_means(videos: Videos, lengths: Sequence[int]) -> Tensor:
    """The mean of the frames of each segment, (B, S, ...) float32."""
    parts = videos.float().split(list(lengths), dim=1)
    return torch.stack([part.mean(dim=1) for part in parts], dim=1)


def segment_lengths(segments: Segments, n_frames: int) -> list[int]:
    """How many of the n frames each segment has.

    Raises:
        UserError: there are more segments than frames, an empty one, or they have not n frames together.
    """
    if isinstance(segments, int):
        if not 1 <= segments <= n_frames:
            raise UserError(f"expected 1 to {n_frames} segments of {n_frames} frames, got {segments}")
        ends = [(place + 1) * n_frames // segments for place in range(segments)]
        return [end - start for start, end in zip([0, *ends], ends, strict=False)]
    lengths = [int(length) for length in segments]
    if not lengths or min(lengths) < 1 or sum(lengths) != n_frames:
        raise UserError(
            f"expected segments of at least one frame, {n_frames} together (all that the video has), got "
            f"{lengths}, {sum(lengths)} together"
        )
    return lengths


def segments_of_length(length: int, n_frames: int) -> list[int]:
    """Frames of each of the segments of `length` frames; the last one has what is left."""
    return [min(length, n_frames - first) for first in range(0, n_frames, length)]
