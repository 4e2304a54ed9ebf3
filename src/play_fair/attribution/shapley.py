"""Element Shapley Values from the scores of subsets.

With v_k the scores of the subsets of size k, the Shapley value of frame i among n is

    phi_i = (v(all) - v(empty)) / n + 1/n * sum over k = 1..n-1 of D_k(i),
    D_k(i) = mean of v_k over the subsets with i - mean of v_k over the subsets without i,

the definition with its marginal contributions grouped by size. D_k is linear in v_k, and sums to zero over the frames.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from play_fair.games import Game, Lattice, Level
from play_fair.tensors import EsvBatch, LevelValues, ScoreBatch, VideoBatch

_ROWS_AT_ONCE = 128
"""Rows summed in float32 before going on in float64: sums of many thousands would err by more than 1e-6."""


def shapley_values(game: Game, videos: VideoBatch, lattices: Sequence[Lattice]) -> tuple[EsvBatch, ScoreBatch]:
    """ESVs and scores of B videos of n frames, float32.

    On the complete lattice they are exact. On sampled ones the two means of D_k are over the sampled subsets, all
    lattices together (Price & Damen, ACCV 2020, section 3.4); where no sampled subset of a size has the frame, or all
    have it, that size tells nothing of the frame and its D_k counts as 0. Either way the ESVs of all frames and
    v(empty) sum to the score: the D_k(i) are centred over the frames.
    """
    n_frames = videos.shape[1]
    n_holding = [sum(level.membership.sum(dim=0) for level in same_size) for same_size in zip(*lattices, strict=True)]
    n_subsets = [sum(map(len, same_size)) for same_size in zip(*lattices, strict=True)]
    gain = scores = contrasts = torch.zeros((), dtype=torch.float64, device=videos.device)
    for lattice in lattices:
        for level, values in zip(lattice, game.levels(videos, lattice), strict=True):
            if level.size == 0:
                empty = values[0]
            elif level.size == n_frames:
                gain = gain + (values[0] - empty) / len(lattices)
                scores = scores + values[0] / len(lattices)
            else:
                contrasts = contrasts + contrast(level, values, n_holding[level.size], n_subsets[level.size])
    esvs = (gain + contrasts - contrasts.mean(dim=0)) / n_frames if n_frames > 1 else gain[None]
    return esvs.transpose(0, 1).float().contiguous(), scores.float()


def contrast(
    level: Level, values: LevelValues, n_holding: Float[Tensor, " n"], n_subsets: int
) -> Float64[Tensor, "n B C"]:
    """D_k of every frame: the mean of the values over the subsets that have it - the mean over those that lack it.

    Args:
        n_holding: how many subsets have each frame. In this level; or in all levels that are pooled, of which this one
            then gives its part of the two means.
        n_subsets: how many subsets there are; likewise.
    """
    n_lacking = n_subsets - n_holding
    known = ((n_holding > 0) & (n_lacking > 0)).double()
    with_weight = known / n_holding.clamp(min=1)
    without_weight = known / n_lacking.clamp(min=1)
    sums = _sums_with_each_frame(level, values.flatten(start_dim=1))
    # Each subset is in the sums of all its frames.
    total = sums.sum(dim=0) / level.size
    result = (sums * (with_weight + without_weight)[:, None]).addr_(without_weight, total, alpha=-1)
    return result.unflatten(1, values.shape[1:])


def _sums_with_each_frame(level: Level, values: Float[Tensor, "N BC"]) -> Float64[Tensor, "n BC"]:
    membership = level.membership.to(values.dtype)
    n_pieces = len(level) // _ROWS_AT_ONCE
    rest = n_pieces * _ROWS_AT_ONCE
    sums = (membership[rest:].T @ values[rest:]).double()
    if n_pieces:
        pieces = membership[:rest].unflatten(0, (n_pieces, -1)), values[:rest].unflatten(0, (n_pieces, -1))
        sums += torch.bmm(pieces[0].transpose(1, 2), pieces[1]).sum(dim=0, dtype=torch.float64)
    return sums
