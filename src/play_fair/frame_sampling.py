"""Sample frames: from the length of a video to frame indices."""

from abc import ABC, abstractmethod

import numpy as np
from jaxtyping import Int64
from numpy.random import Generator

from play_fair.arrays import FrameIndices
from play_fair.errors import UserError

ALL_FRAMES = -1
"""Number of frames that stands for all frames of the video."""


def uniform_frame_indices(video_length: int, n_frames: int) -> FrameIndices:
    """The centres of `n_frames` equal parts of the video: floor((i + 0.5) * L / n) for i = 0..n-1.

    The sum is taken as i * (L / n) + (L / n) / 2 in float64: where a centre falls on a whole number, rounding then
    picks the same frame as in the published results. A video shorter than `n_frames` repeats frames.
    """
    _check(video_length, n_frames)
    part = video_length / n_frames
    return np.floor(np.arange(n_frames) * part + part / 2).astype(np.int64)


def random_frame_indices(video_length: int, n_frames: int, rng: Generator) -> FrameIndices:
    """`n_frames` different frames drawn at random, ascending; a shorter video gives its uniform indices."""
    _check(video_length, n_frames)
    if video_length < n_frames:
        return uniform_frame_indices(video_length, n_frames)
    return np.sort(rng.choice(video_length, n_frames, replace=False)).astype(np.int64)


def segment_snippet_starts(
    video_length: int, n_segments: int, snippet_length: int, rng: Generator | None
) -> FrameIndices:
    """The first frame of one snippet in each of `n_segments` equal segments (TSN, Wang et al., ECCV 2016).

    With `rng` it starts anywhere in the segment, without in its middle (rounded half to even, as for the published
    features). When segments are shorter than a snippet, the snippets overlap, spread over the whole video.
    """
    _check(video_length, n_segments)
    segment = video_length / n_segments
    slack = segment - snippet_length
    last = max(video_length - snippet_length, 0)
    if slack < 0:
        return np.linspace(0, last, n_segments).astype(np.int64)
    offset = slack / 2 if rng is None else rng.uniform(0, slack, n_segments)
    return np.minimum(np.rint(np.arange(n_segments) * segment + offset), last).astype(np.int64)


class FrameSampler(ABC):
    """Chooses frames of a video."""

    @abstractmethod
    def sample(self, video_length: int) -> FrameIndices:
        """Indices of the frames to use, ascending, each below `video_length`.

        Raises:
            UserError: `video_length` is not positive.
        """


class FullVideoSampler(FrameSampler):
    """Every frame."""

    def sample(self, video_length: int) -> FrameIndices:
        """0, 1, ..., video_length - 1."""
        _check(video_length, 1)
        return np.arange(video_length, dtype=np.int64)


class RandomSampler(FrameSampler):
    """`frame_count` snippets of `snippet_length` frames, drawn at random; spread uniformly when `test`."""

    def __init__(self, frame_count: int, snippet_length: int = 1, test: bool = False, seed: int | None = None):
        self.frame_count = frame_count
        self.snippet_length = snippet_length
        self.test = test
        self.rng = np.random.default_rng(seed)

    def sample(self, video_length: int) -> FrameIndices:
        """`frame_count * snippet_length` indices."""
        # Snippets are drawn by their first frame, among the frames that leave room for the rest.
        room = max(video_length - self.snippet_length + 1, min(video_length, 1))
        starts = (
            uniform_frame_indices(room, self.frame_count)
            if self.test
            else random_frame_indices(room, self.frame_count, self.rng)
        )
        return _snippets(starts, self.snippet_length, video_length)


class TemporalSegmentSampler(FrameSampler):
    """One snippet of `snippet_length` frames from each of `segment_count` segments; its middle when `test`."""

    def __init__(self, segment_count: int, snippet_length: int = 1, test: bool = False, seed: int | None = None):
        self.segment_count = segment_count
        self.snippet_length = snippet_length
        self.test = test
        self.rng = np.random.default_rng(seed)

    def sample(self, video_length: int) -> FrameIndices:
        """`segment_count * snippet_length` indices."""
        rng = None if self.test else self.rng
        starts = segment_snippet_starts(video_length, self.segment_count, self.snippet_length, rng)
        return _snippets(starts, self.snippet_length, video_length)


def _snippets(starts: Int64[np.ndarray, " starts"], snippet_length: int, video_length: int) -> FrameIndices:
    indices = starts[:, None] + np.arange(snippet_length)
    return np.minimum(indices, video_length - 1).reshape(-1)


def _check(video_length: int, n_frames: int) -> None:
    if video_length < 1:
        raise UserError(f"expected a video of at least one frame, got {video_length}")
    if n_frames < 1:
        raise UserError(f"expected to sample at least one frame, got {n_frames}")
