"""Coalitions whose predicted scores give the ESVs."""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from play_fair.attribution.set_kernel.coalitions import all_masks
from play_fair.tensors import Coalitions

MOST_ENUMERATED = 16
"""Largest number of players for which all 2^n coalitions are predicted."""

_FEW = 4096
"""Size of the sample for standard errors and for the design."""

_MOST_SIZES = 64
"""Players beyond which only some sizes are sampled."""

_SIZES_OF_HALF = 40
"""Steps of the geometric progression of sizes up to half of the players."""


@dataclass(frozen=True, eq=False)
class Targets:
    """Coalitions whose scores give the ESVs: all of them, or a stratified sample.

    ESVs = (v(all) - v(empty)) / n + weights @ v(masks).

    Attributes:
        shares: for each size from 1 on, the number of sizes that it stands for: 1, or 0 where it is not sampled.
    """

    masks: Coalitions
    weights: Float64[Tensor, "n N"]
    shares: Float64[Tensor, " sizes"]
    is_complete: bool

    def rows_of(self, masks: Coalitions) -> Int64[Tensor, " m"]:
        """The row of each coalition among complete targets; -1 for the whole video, which is none."""
        if not self.is_complete:
            return torch.full((len(masks),), -1)
        code = (masks.long() << torch.arange(masks.shape[1])).sum(dim=1)
        return torch.where(code <= len(self.masks), code - 1, -1)


@lru_cache(maxsize=4)
def complete_targets(n: int) -> Targets:
    """All coalitions but the empty and the whole one."""
    masks = all_masks(n)[1:-1]
    x, size = masks.double(), masks.sum(dim=1)
    holding = torch.tensor([1 / math.comb(n - 1, k - 1) / n for k in range(1, n)], dtype=torch.float64)[size - 1]
    lacking = torch.tensor([1 / math.comb(n - 1, k) / n for k in range(1, n)], dtype=torch.float64)[size - 1]
    weights = (x * (holding + lacking)[:, None] - lacking[:, None]).T.contiguous()
    return Targets(masks, weights, torch.ones(n - 1, dtype=torch.float64), True)


@lru_cache(maxsize=2)
def sampled_targets(n: int, total: int = 32768, least_per_player: int = 4) -> Targets:
    """A fixed sample of each size; within a size a regression on the players, exact where v is additive.

    Of more than `_MOST_SIZES` players, only some sizes are sampled, and marginal contributions to the others are
    interpolated: work and memory grow with the square of the players.

    Args:
        total: about so many coalitions.
        least_per_player: coalitions of each size over n, at least.
    """
    generator = torch.Generator().manual_seed(n)
    masks, weights = [], []
    shares = _shares(n)
    for size, count in enumerate(_target_counts(n, total, least_per_player * n), start=1):
        if not shares[size - 1]:
            continue
        if math.comb(n, size) <= count:
            chosen = torch.tensor(list(combinations(range(n), size)))
        else:
            chosen = torch.rand(count, n, generator=generator).argsort(dim=1)[:, :size]
        rows = torch.zeros(len(chosen), n, dtype=torch.bool).scatter_(1, chosen, True)
        inverse = torch.linalg.pinv(rows.double())
        masks.append(rows)
        weights.append(shares[size - 1] * (inverse - inverse.mean(dim=0)) / (n - 1))
    return Targets(torch.cat(masks), torch.cat(weights, dim=1), shares, False)


def _shares(n: int) -> Float64[Tensor, " sizes"]:
    """Weights of sizes 1..n-1 in a sum over all sizes that interpolates linearly between the sampled ones.

    These are dense at both ends, where marginal contributions change most with the size.
    """
    if n <= _MOST_SIZES:
        return torch.ones(n - 1, dtype=torch.float64)
    half = {round((n / 2) ** (step / _SIZES_OF_HALF)) for step in range(_SIZES_OF_HALF + 1)}
    sampled = sorted(half | {n - size for size in half})
    shares = np.zeros(n - 1)
    for size, hat in zip(sampled, np.eye(len(sampled)), strict=True):
        shares[size - 1] = np.interp(range(1, n), sampled, hat).sum()
    return torch.from_numpy(shares)


def _target_counts(n: int, total: int, least: int) -> list[int]:
    """How many coalitions of sizes 1..n-1 to sample: more of small ones, whose scores vary most."""
    wishes = [1 / (size * math.sqrt(n - size)) for size in range(1, n)]
    return [max(least, math.ceil(total * wish / sum(wishes))) for wish in wishes]


def sampling_variance(targets: Targets, table: Float64[Tensor, "N C"]) -> Float64[Tensor, "n C"] | float:
    """Variance of the ESVs from the sampling of targets, by the residuals of the regression within each size."""
    if targets.is_complete:
        return 0.0
    n = targets.masks.shape[1]
    sizes = targets.masks.sum(dim=1)
    variance = torch.zeros(n, table.shape[1], dtype=torch.float64)
    for size in range(1, n):
        rows = sizes == size
        count = int(rows.sum())
        if 0 < count < math.comb(n, size):
            weights, scores = targets.weights[:, rows], table[rows]
            slopes = (n - 1) / targets.shares[size - 1] * (weights @ scores)
            rest = scores - targets.masks[rows].double() @ slopes
            rest = (rest - rest.mean(dim=0)) * math.sqrt(count / (count - n))
            variance += weights.square() @ rest.square()
    return variance


def targets_of(n: int) -> Targets:
    """Return the coalitions of n players whose scores are predicted."""
    return complete_targets(n) if n <= MOST_ENUMERATED else sampled_targets(n)


def few_targets_of(n: int) -> Targets:
    """Return fewer coalitions, for the standard errors and the design, which need less precision."""
    return complete_targets(n) if 2**n <= _FEW else sampled_targets(n, _FEW, least_per_player=2)
