"""Frame ablation: take frames away in the order of their attributions, and watch the score.

If an attribution is right, the score falls fast when the most supporting frames go first, and stays or rises when the
least supporting (most distracting) ones do.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from numpy.random import Generator

from play_fair.arrays import FrameAttributions
from play_fair.baselines.value_table import ValueTable, looked_up, masks_of
from play_fair.games.lattice import all_subsets

BEST = "best"
"""Stands among the methods for the best possible order: not a method, but the end of the scale."""

Curves = Float64[np.ndarray, "N removals"]
"""At [video, k] what is left after k frames have gone; k = 0..n."""


@dataclass(frozen=True)
class Ablation:
    """What remains of the class's score, and of its being the highest, frame after frame.

    Attributes:
        scores: v of the frames that are left.
        right: 1 where the class still scores highest, see `ValueTable.right`.
    """

    scores: Curves
    right: Curves


SUPPORTING, DISTRACTING = FIRST = ("supporting", "distracting")
"""Which frames go first: those with the largest attributions, or those with the smallest."""


def removals(
    table: ValueTable, attributions: Mapping[str, FrameAttributions], seed: int = 0
) -> dict[str, dict[str, Ablation]]:
    """For each method the ablations in both directions, and `BEST`: those of the orders that no method can beat."""
    best = {SUPPORTING: best_order(table), DISTRACTING: best_order(ValueTable(-table.values, table.right))}
    orders = {}
    for name, values in attributions.items():
        order = most_supporting_first(values, np.random.default_rng([seed, zlib.crc32(name.encode())]))
        orders[name] = {SUPPORTING: order, DISTRACTING: order[:, ::-1]}
    return {
        name: {first: ablation(table, order) for first, order in own.items()}
        for name, own in {**orders, BEST: best}.items()
    }


def ablation(table: ValueTable, order: Int64[np.ndarray, "N n"]) -> Ablation:
    """Take away the frames of each video in the given order (frame indices)."""
    gone = np.cumsum(1 << order, axis=1)
    left = table.all_frames - np.concatenate([np.zeros((len(order), 1), dtype=np.int64), gone], axis=1)
    return Ablation(table.of(left), looked_up(table.right, left))


def most_supporting_first(attributions: FrameAttributions, rng: Generator) -> Int64[np.ndarray, "N n"]:
    """Frame indices by falling attribution; equal ones in random order, so that no method gains by a frame's place."""
    return np.lexsort((rng.random(attributions.shape), -attributions), axis=1)


def area(curves: Curves) -> Float64[np.ndarray, " N"]:
    """The area under each curve, over the share of frames removed (0..1): trapezoids, so that a constant is itself."""
    inner = curves[:, 1:-1].sum(axis=1)
    return (inner + (curves[:, 0] + curves[:, -1]) / 2) / (curves.shape[1] - 1)


def best_order(table: ValueTable) -> Int64[np.ndarray, "N n"]:
    """The order of removal with the smallest area under the curve of the score: no method can do better.

    By dynamic programming over the lattice: the best way down from X goes over the child whose own is best.
    """
    n_frames = table.n_frames
    cost = table.values.astype(np.float64)
    first_to_go = np.zeros(table.values.shape, dtype=np.int64)
    for size in range(1, n_frames + 1):
        subsets = all_subsets(n_frames, size).numpy()
        masks = masks_of(subsets)
        below = cost[masks[:, None] ^ (1 << subsets)]  # (subsets, size, N)
        first_to_go[masks] = np.take_along_axis(subsets, below.argmin(axis=1), axis=1)
        cost[masks] += below.min(axis=1)
    videos = np.arange(table.values.shape[1])
    order = np.empty((len(videos), n_frames), dtype=np.int64)
    left = np.full(len(videos), table.all_frames)
    for step in range(n_frames):
        order[:, step] = first_to_go[left, videos]
        left ^= 1 << order[:, step]
    return order
