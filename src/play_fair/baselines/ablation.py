"""Frame ablation: remove frames in the order of their attributions, and measure the score of those that are left.

If an attribution is right, the score falls fast when the most supporting frames are removed first, and stays or rises
when the most distracting ones are.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from numpy.random import Generator

from play_fair.arrays import FrameAttributions
from play_fair.baselines.coalition_scores import CoalitionScores, ScoreTable, masks_of
from play_fair.games.lattice import all_subsets

BEST = "best"
"""Key, among the methods, of the best possible orders."""

Curves = Float64[np.ndarray, "N removals"]
"""A value of each video after k = 0..n removals, at [video, k]."""


@dataclass(frozen=True)
class Ablation:
    """Curves of one order of removal.

    Attributes:
        scores: v of the frames that are left.
        top1: 1 where the class still has the highest score; see `CoalitionScores.top1_at`.
    """

    scores: Curves
    top1: Curves


SUPPORTING, DISTRACTING = FIRST = ("supporting", "distracting")
"""Which frames are removed first: those with the largest attributions, or those with the smallest."""


def removals(
    scores: CoalitionScores,
    attributions: Mapping[str, FrameAttributions],
    seed: int = 0,
    on_method: Callable[[int], object] = lambda n_methods: None,
) -> dict[str, dict[str, Ablation]]:
    """Ablations in both directions for each method.

    With a complete table also for `BEST`, the orders that no method can improve on.

    Args:
        on_method: called with 1 after each method.
    """
    removed = {}
    for name, values in attributions.items():
        order = most_supporting_first(values, np.random.default_rng([seed, zlib.crc32(name.encode())]))
        removed[name] = {SUPPORTING: ablation(scores, order), DISTRACTING: ablation(scores, order[:, ::-1])}
        on_method(1)
    if isinstance(scores, ScoreTable):
        highest = best_order(ScoreTable(-scores.values, scores.top1))
        removed[BEST] = {SUPPORTING: ablation(scores, best_order(scores)), DISTRACTING: ablation(scores, highest)}
    return removed


def ablation(scores: CoalitionScores, order: Int64[np.ndarray, "N n"]) -> Ablation:
    """Remove the frames of each video in the given order (frame indices)."""
    removed = np.cumsum(1 << order, axis=1)
    left = scores.all_frames - np.concatenate([np.zeros((len(order), 1), dtype=np.int64), removed], axis=1)
    return Ablation(scores.at(left), scores.top1_at(left))


def most_supporting_first(attributions: FrameAttributions, rng: Generator) -> Int64[np.ndarray, "N n"]:
    """Frame indices by falling attribution; equal ones in random order, so that positions give no advantage."""
    return np.lexsort((rng.random(attributions.shape), -attributions), axis=1)


def area(curves: Curves) -> Float64[np.ndarray, " N"]:
    """Area under each curve by trapezoids, over the share of frames removed (0..1): of a constant, the constant."""
    inner = curves[:, 1:-1].sum(axis=1)
    return (inner + (curves[:, 0] + curves[:, -1]) / 2) / (curves.shape[1] - 1)


def best_order(scores: ScoreTable) -> Int64[np.ndarray, "N n"]:
    """The order of removal with the smallest area under the curve of the score.

    By dynamic programming over the lattice: the cheapest path from X goes through the child whose path is cheapest.
    """
    n_frames = scores.n_frames
    cost = scores.values.astype(np.float64)
    next_removed = np.zeros(scores.values.shape, dtype=np.int64)
    for size in range(1, n_frames + 1):
        subsets = all_subsets(n_frames, size).numpy()
        masks = masks_of(subsets)
        cost_of_children = cost[masks[:, None] ^ (1 << subsets)]  # (subsets, size, N)
        next_removed[masks] = np.take_along_axis(subsets, cost_of_children.argmin(axis=1), axis=1)
        cost[masks] += cost_of_children.min(axis=1)
    videos = np.arange(scores.n_videos)
    order = np.empty((len(videos), n_frames), dtype=np.int64)
    left = np.full(len(videos), scores.all_frames)
    for step in range(n_frames):
        order[:, step] = next_removed[left, videos]
        left ^= 1 << order[:, step]
    return order
