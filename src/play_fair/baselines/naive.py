"""Attributions that look at few subsets, or at none: what ESVs have to be better than.

Those that ask the model read its answers from the table of all scores, for the class that the table is of.
"""

import numpy as np
from numpy.random import Generator

from play_fair.arrays import FrameAttributions
from play_fair.baselines.value_table import ValueTable


def leave_one_out(table: ValueTable) -> FrameAttributions:
    """v(all frames) - v(all but this one)."""
    masks = np.append(table.all_frames ^ _single_frames(table), table.all_frames)
    values = _of_all_videos(table, masks)
    return values[:, -1:] - values[:, :-1]


def frame_alone(table: ValueTable) -> FrameAttributions:
    """v(this frame) - v(no frame)."""
    values = _of_all_videos(table, np.append(_single_frames(table), 0))
    return values[:, :-1] - values[:, -1:]


def one_order(table: ValueTable, rng: Generator) -> FrameAttributions:
    """What each frame adds to those before it in one random order of joining, another for each video.

    One sample of what ESVs are the mean of, so that it adds up as they do.
    """
    n_videos, n_frames = table.values.shape[1], table.n_frames
    orders = rng.permuted(np.tile(np.arange(n_frames), (n_videos, 1)), axis=1)
    joined = np.cumsum(1 << orders, axis=1)
    values = table.of(np.concatenate([np.zeros((n_videos, 1), dtype=np.int64), joined], axis=1))
    added = np.empty((n_videos, n_frames))
    np.put_along_axis(added, orders, np.diff(values, axis=1), axis=1)
    return added


def uniform(table: ValueTable) -> FrameAttributions:
    """All frames share alike in v(all frames) - v(no frame)."""
    return np.repeat(table.gained()[:, None] / table.n_frames, table.n_frames, axis=1)


def middle(n_videos: int, n_frames: int) -> FrameAttributions:
    """The nearer to the middle of the video, the more: 1 in the middle, 0 beyond its ends. A ranking, not a share."""
    places = (np.arange(n_frames) + 0.5) / n_frames
    return np.tile(1 - np.abs(2 * places - 1), (n_videos, 1))


def random(n_videos: int, n_frames: int, rng: Generator) -> FrameAttributions:
    """Uniform random numbers: a ranking, not a share."""
    return rng.random((n_videos, n_frames))


def _single_frames(table: ValueTable) -> np.ndarray:
    return 1 << np.arange(table.n_frames)


def _of_all_videos(table: ValueTable, masks: np.ndarray) -> np.ndarray:
    """v of the same subsets of every video: (B, k)."""
    return table.values[masks].T.astype(np.float64)
