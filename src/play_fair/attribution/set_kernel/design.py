"""The coalitions to evaluate: some at random, the others such that the posterior variance of the ESVs falls most.

The variance is that under a default kernel and does not depend on the scores. Where the random ones show that the game
is one of sums over players and pairs rather than of means and of order (see `additive.py`), the others are chosen in
complementary pairs, whose scores separate the effects of odd and of even order.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from play_fair.attribution.set_kernel.coalitions import all_masks, distinct, paired_masks, runs_of
from play_fair.attribution.set_kernel.kernel import SetKernel, default_hyperparameters
from play_fair.attribution.set_kernel.targets import MOST_ENUMERATED, few_targets_of
from play_fair.attribution.set_kernel.views import views_of, views_of_targets
from play_fair.tensors import Coalitions

_RANDOM_SHARE = 0.3
"""Share of the evaluations that is drawn at random."""

_MOST_CHOSEN_PER_PLAYER = 12
"""Most chosen evaluations for each player; the others are random."""

_POOL = 1500
_POOLED_RUNS = 300
"""Runs of consecutive players among the candidates, and as many complements."""

_NOISE = 1e-2


@dataclass(frozen=True)
class _Pool:
    """Candidates under the default kernel; the coalition of all players is the first."""

    masks: Coalitions
    covariance: Float64[Tensor, "N N"]
    with_esvs: Float64[Tensor, "n N"]
    """Covariances of the ESVs with the scores of the candidates."""
    complements: Int64[Tensor, " N"]
    """Row of each candidate's complement; its own where the complement is no candidate."""


@lru_cache(maxsize=4)
def _pool(n: int) -> _Pool:
    """The candidates among the coalitions of n players."""
    generator = torch.Generator().manual_seed(n)
    random, runs = paired_masks(n, _POOL, generator), runs_of(n)
    runs = runs[torch.randperm(len(runs), generator=generator)[:_POOLED_RUNS]]
    masks = distinct(torch.cat([torch.ones(1, n, dtype=torch.bool), random, runs, ~runs]))
    masks = masks[masks.any(dim=1)]
    kernel, h = SetKernel(n, None), default_hyperparameters()
    embedded = kernel.embed(views_of(masks), h)
    single = embedded.to(torch.float32)
    targets = few_targets_of(n)
    with_esvs = torch.zeros(n, len(masks), dtype=torch.float64)
    for rows, views in views_of_targets(targets):
        block = kernel.compare(kernel.embed(views, h), single)
        with_esvs += targets.weights[:, rows] @ block.double()
    row_of = {tuple(mask): row for row, mask in enumerate(masks.tolist())}
    complements = [row_of.get(tuple(mask), row) for row, mask in enumerate((~masks).tolist())]
    return _Pool(masks, kernel.compare(embedded, embedded), with_esvs, torch.tensor(complements))


def first_coalitions(n: int, budget: int, generator: torch.Generator) -> Coalitions:
    """Coalitions to evaluate first: that of all players, then random complementary pairs; distinct, none empty.

    All coalitions of up to `MOST_ENUMERATED` players, if the budget allows.
    """
    if n <= MOST_ENUMERATED and budget >= 2**n - 1:
        return all_masks(n)[1:].flip(0)
    n_random = budget - 1 - _n_chosen(n, budget)
    return torch.cat([torch.ones(1, n, dtype=torch.bool), paired_masks(n, n_random, generator)])


def further_coalitions(
    first: Coalitions, budget: int, in_pairs: bool, generator: torch.Generator
) -> Bool[Tensor, "M n"]:
    """Coalitions to evaluate beside the first ones, up to the budget.

    Args:
        in_pairs: choose complementary pairs.
    """
    n = first.shape[1]
    if len(first) >= min(budget, 2**n - 1):
        return first[:0]
    pool = _pool(n)
    known = _rows_in_pool(pool, first, n)
    masks = distinct(torch.cat([first, pool.masks[_choose(pool, known, _n_chosen(n, budget), in_pairs)]]))
    if len(masks) < budget:
        masks = distinct(torch.cat([masks, paired_masks(n, min(2 * budget, 2**n - 2), generator)]))[:budget]
    return masks[len(first) :]


def _n_chosen(n: int, budget: int) -> int:
    return min(budget - 1 - int(_RANDOM_SHARE * (budget - 1)), _MOST_CHOSEN_PER_PLAYER * n)


def _rows_in_pool(pool: _Pool, masks: Coalitions, n: int) -> Int64[Tensor, " k"]:
    """Rows of the pool's coalitions that correlate most with the given ones, distinct."""
    kernel, h = SetKernel(n, None), default_hyperparameters()
    nearest = kernel.compare(kernel.embed(views_of(masks), h), kernel.embed(views_of(pool.masks), h))
    return torch.unique(nearest.argmax(dim=1))


def _choose(pool: _Pool, known: Int64[Tensor, " k"], count: int, in_pairs: bool) -> Int64[Tensor, " c"]:
    """Greedily choose rows of the pool that reduce the posterior variance of the ESVs most, given the known rows."""
    with_esvs = pool.with_esvs.clone()
    variance = pool.covariance.diagonal() + _NOISE
    count = min(count, len(pool.masks) - len(known))
    factor = torch.zeros(len(known) + count, len(pool.masks), dtype=torch.float64)
    open_ = torch.ones(len(pool.masks), dtype=torch.bool)
    chosen: list[int] = []
    complement = 0
    for step in range(len(factor)):
        if step < len(known):
            row = int(known[step])
        elif in_pairs and chosen and open_[complement]:
            row = complement
            chosen.append(row)
        else:
            gain = with_esvs.square().sum(dim=0) / variance.clamp(min=1e-9)
            row = int(gain.masked_fill(~open_, -1).argmax())
            chosen.append(row)
            complement = int(pool.complements[row])
        open_[row] = False
        rest = pool.covariance[row] - factor[:step, row] @ factor[:step]
        rest = rest / variance[row].clamp(min=1e-9).sqrt()
        with_esvs -= with_esvs[:, row : row + 1] / variance[row].clamp(min=1e-9).sqrt() * rest
        variance = variance - rest.square()
        factor[step] = rest
    return torch.tensor(chosen, dtype=torch.int64)
