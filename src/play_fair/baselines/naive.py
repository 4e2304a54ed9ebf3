"""Attributions from a few coalitions, or from none: what ESVs have to improve on."""

import numpy as np
from numpy.random import Generator

from play_fair.arrays import FrameAttributions
from play_fair.baselines.coalition_scores import CoalitionScores
from play_fair.baselines.compared_model import Attribute, Batch


def leave_one_out(scores: CoalitionScores) -> FrameAttributions:
    """v(all frames) - v(all but this one)."""
    masks = np.append(scores.all_frames ^ _single_frames(scores), scores.all_frames)
    values = scores.at_same(masks)
    return values[:, -1:] - values[:, :-1]


def frame_alone(scores: CoalitionScores) -> FrameAttributions:
    """v(this frame) - v(no frame)."""
    values = scores.at_same(np.append(_single_frames(scores), 0))
    return values[:, :-1] - values[:, -1:]


def one_order(scores: CoalitionScores, rng: Generator) -> FrameAttributions:
    """Marginal contributions along one random permutation of the frames, another for each video.

    One sample of what ESVs are the mean of; efficient, as they are.
    """
    n_videos, n_frames = scores.n_videos, scores.n_frames
    orders = rng.permuted(np.tile(np.arange(n_frames), (n_videos, 1)), axis=1)
    prefixes = np.cumsum(1 << orders, axis=1)
    values = scores.at(np.concatenate([np.zeros((n_videos, 1), dtype=np.int64), prefixes], axis=1))
    contributions = np.empty((n_videos, n_frames))
    np.put_along_axis(contributions, orders, np.diff(values, axis=1), axis=1)
    return contributions


def uniform(scores: CoalitionScores) -> FrameAttributions:
    """(v(all frames) - v(no frame)) / n for every frame."""
    return np.repeat(scores.total()[:, None] / scores.n_frames, scores.n_frames, axis=1)


def middle(n_videos: int, n_frames: int) -> FrameAttributions:
    """1 in the middle of the video, falling linearly to 0 beyond its ends. Ranks frames; not efficient."""
    positions = (np.arange(n_frames) + 0.5) / n_frames
    return np.tile(1 - np.abs(2 * positions - 1), (n_videos, 1))


def random(n_videos: int, n_frames: int, rng: Generator) -> FrameAttributions:
    """Uniform random numbers. Ranks frames; not efficient."""
    return rng.random((n_videos, n_frames))


def _single_frames(scores: CoalitionScores) -> np.ndarray:
    return 1 << np.arange(scores.n_frames)


NAIVE: dict[str, Attribute[Batch]] = {
    "leave-one-out": lambda batch, rng: leave_one_out(batch.coalition_scores()),
    "alone": lambda batch, rng: frame_alone(batch.coalition_scores()),
    "one-order": lambda batch, rng: one_order(batch.coalition_scores(), rng),
    "uniform": lambda batch, rng: uniform(batch.coalition_scores()),
    "middle": lambda batch, rng: middle(*batch.shape),
    "random": lambda batch, rng: random(*batch.shape, rng),
}
"""Methods of every model."""
