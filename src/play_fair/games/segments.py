"""Consecutive elements of a sequence as one player: few players of long sequences, which exact values need."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Int64
from torch import Tensor

from play_fair.errors import UserError
from play_fair.games.game import ScoresSubsets, SubsetScorer
from play_fair.games.lattice import Lattice, membership_of
from play_fair.tensors import LevelValues, Subsets, VideoBatch

Segments = int | Sequence[int]
"""How many segments, as equal as possible; or how many elements each has, in order."""


class SegmentedGame:
    """The game whose players are segments of a video's frames: v of some of them is v of all their frames.

    Args:
        game: scores any subset of frames.
        segments: see `Segments`.
    """

    def __init__(self, game: ScoresSubsets, segments: Segments) -> None:
        self.game = game
        self.segments = segments

    def n_players(self, n_frames: int) -> int:
        """How many segments so many frames have; raises as `segment_lengths`."""
        return len(segment_lengths(self.segments, n_frames))

    def levels(self, videos: VideoBatch, lattice: Lattice) -> Iterator[LevelValues]:
        """See `Game.levels`; the lattice is that of segments."""
        score = self.scorer(videos)
        return (score(level.subsets.long()) for level in lattice)

    def scorer(self, videos: VideoBatch) -> SubsetScorer:
        """See `ScoresSubsets.scorer`; scores subsets of segments."""
        return score_segments(self.game.scorer(videos), segment_lengths(self.segments, videos.shape[1]))


def score_segments(score_frames: SubsetScorer, lengths: Sequence[int]) -> SubsetScorer:
    """Scores subsets of segments, which have so many frames each, by all their frames."""
    segment_of_frame = torch.arange(len(lengths)).repeat_interleave(torch.tensor(lengths))

    def score(subsets: Subsets) -> LevelValues:
        has_frame = membership_of(subsets, len(lengths))[:, segment_of_frame.to(subsets.device)]
        n_frames = has_frame.sum(dim=1)
        # As many segments can have more or fewer frames; those of the same number are scored together.
        sizes = n_frames.unique().tolist()
        of_size = [(n_frames == size).nonzero()[:, 0] for size in sizes]
        parts = [score_frames(_frames_of(has_frame[rows], size)) for rows, size in zip(of_size, sizes, strict=True)]
        return parts[0] if len(parts) == 1 else torch.cat(parts)[torch.cat(of_size).argsort()]

    return score


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
    lengths = list(segments)
    if not lengths or min(lengths) < 1 or sum(lengths) != n_frames:
        raise UserError(
            f"expected segments of at least one frame, {n_frames} together (all that the video has), got "
            f"{lengths}, {sum(lengths)} together"
        )
    return lengths


def _frames_of(has_frame: Tensor, size: int) -> Int64[Tensor, "N s"]:
    """The indices of the frames in each row, all rows of `size` of them."""
    return has_frame.nonzero()[:, 1].view(len(has_frame), size)
