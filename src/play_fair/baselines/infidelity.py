"""Infidelity: how far sums of attributions are from what the score loses without their frames."""

from dataclasses import dataclass
from math import comb

import numpy as np
from jaxtyping import Float64, Int64

from play_fair.arrays import FrameAttributions
from play_fair.baselines.coalition_scores import CoalitionScores, ScoreTable

N_SETS = 64
"""Sets that are drawn where there is no complete table."""


@dataclass(frozen=True)
class LostScores:
    """What the score of each of N videos loses without the frames of each of k sets.

    Attributes:
        members: 1 where a frame is in a set.
        weights: probability of each set; they sum to 1.
        losses: v(all frames) - v(all frames but the set).
    """

    members: Float64[np.ndarray, "k n"]
    weights: Float64[np.ndarray, " k"]
    losses: Float64[np.ndarray, "N k"]


def lost_scores(scores: CoalitionScores, seed: int = 0) -> LostScores:
    """Remove random sets of frames: a number of frames, each as likely, and then any so many.

    All sets with their probabilities where the table is complete; else `N_SETS` of them, the same for all videos.
    """
    n = scores.n_frames
    if isinstance(scores, ScoreTable):
        masks = np.arange(1, 2**n)
        sizes = _members(masks, n).sum(axis=1).astype(np.int64)
        weights = 1 / (n * np.array([comb(n, size) for size in range(n + 1)])[sizes])
    else:
        rng = np.random.default_rng(seed)
        sizes = rng.integers(1, n + 1, N_SETS)
        ranks = rng.permuted(np.tile(np.arange(n), (N_SETS, 1)), axis=1)
        masks = ((ranks < sizes[:, None]).astype(np.int64) << np.arange(n)).sum(axis=1)
        weights = np.full(N_SETS, 1 / N_SETS)
    whole = scores.at_same(np.array([scores.all_frames]))
    return LostScores(_members(masks, n), weights, whole - scores.at_same(scores.all_frames ^ masks))


def infidelity(attributions: FrameAttributions, lost: LostScores, scaled: bool) -> Float64[np.ndarray, " N"]:
    """Mean squared difference of the sum of a set's attributions from what the score loses without the set.

    Yeh et al., "On the (In)fidelity and Sensitivity of Explanations", NeurIPS 2019, definition 1, with frames that are
    removed as perturbation.

    Args:
        scaled: multiply the attributions of each video by the number of 0 or more that makes it least.
    """
    sums = attributions @ lost.members.T
    scale = np.ones((len(sums), 1))
    if scaled:
        squares = (sums**2) @ lost.weights
        scale[:, 0] = ((sums * lost.losses) @ lost.weights).clip(min=0) / np.where(squares > 0, squares, 1)
    return ((scale * sums - lost.losses) ** 2) @ lost.weights


def _members(masks: Int64[np.ndarray, " k"], n_frames: int) -> Float64[np.ndarray, "k n"]:
    return ((masks[:, None] >> np.arange(n_frames)) & 1).astype(np.float64)
