"""The coalitions to evaluate: some at random, the others such that the posterior variance of the ESVs falls most.

The variance under a default kernel does not depend on the scores, so all evaluations can be made in one batch.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from play_fair.attribution.set_kernel.coalitions import all_masks, distinct, paired_masks, runs_of
from play_fair.attribution.set_kernel.kernel import (
    PRIOR,
    Hyperparameters,
    SetKernel,
    hyperparameters,
    views_of,
    views_of_targets,
)
from play_fair.attribution.set_kernel.targets import MOST_ENUMERATED, few_targets_of
from play_fair.tensors import Coalitions

_RANDOM_SHARE = 0.3
"""Share of the evaluations that is drawn at random."""

_MOST_CHOSEN_PER_PLAYER = 12
"""Most chosen evaluations for each player; the others are random."""

_POOL = 1500
_POOLED_RUNS = 300
"""Runs of consecutive players among the candidates, and as many complements."""

_NOISE = 1e-2

_OFF = {"first": 1e6, "last": 1e6, "kept": 1e6, "additive": 1e-6, "pairs": 1e-6}
"""Hyperparameters that turn parts of the kernel off."""


def default_hyperparameters() -> Hyperparameters:
    """Those of the kernel that the design is made for."""
    logs = [math.log(_OFF[name]) if name in _OFF else mean for name, (mean, _) in PRIOR.items()]
    return hyperparameters(torch.tensor(logs, dtype=torch.float64))


@dataclass(frozen=True)
class _Pool:
    """Candidates under the default kernel; the coalition of all players is the first."""

    masks: Coalitions
    covariance: Float64[Tensor, "N N"]
    with_esvs: Float64[Tensor, "n N"]
    """Covariances of the ESVs with the scores of the candidates."""


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
    single = embedded.float()
    targets = few_targets_of(n)
    with_esvs = torch.zeros(n, len(masks), dtype=torch.float64)
    for rows, views in views_of_targets(targets):
        block = kernel.compare(kernel.embed(views, h), single)
        with_esvs += targets.weights[:, rows] @ block.double()
    return _Pool(masks, kernel.compare(embedded, embedded), with_esvs)


def design(n: int, budget: int, generator: torch.Generator) -> Coalitions:
    """Coalitions to evaluate, at most `budget`: that of all players first, distinct, none empty.

    All coalitions of up to `MOST_ENUMERATED` players, if the budget allows.
    """
    whole = torch.ones(1, n, dtype=torch.bool)
    if n <= MOST_ENUMERATED and budget >= 2**n - 1:
        return all_masks(n)[1:].flip(0)
    pool = _pool(n)
    n_chosen = min(budget - 1 - int(_RANDOM_SHARE * (budget - 1)), _MOST_CHOSEN_PER_PLAYER * n)
    random = paired_masks(n, budget - 1 - n_chosen, generator)
    known = _rows_in_pool(pool, torch.cat([whole, random]), n)
    masks = distinct(torch.cat([whole, random, pool.masks[_choose(pool, known, n_chosen)]]))
    if len(masks) < budget:
        masks = distinct(torch.cat([masks, paired_masks(n, min(2 * budget, 2**n - 2), generator)]))[:budget]
    return masks


def _rows_in_pool(pool: _Pool, masks: Coalitions, n: int) -> Int64[Tensor, " k"]:
    """Rows of the pool's coalitions that correlate most with the given ones, distinct."""
    kernel, h = SetKernel(n, None), default_hyperparameters()
    nearest = kernel.compare(kernel.embed(views_of(masks), h), kernel.embed(views_of(pool.masks), h))
    return torch.unique(nearest.argmax(dim=1))


def _choose(pool: _Pool, known: Int64[Tensor, " k"], count: int) -> Int64[Tensor, " c"]:
    """Greedily choose rows of the pool that reduce the posterior variance of the ESVs most, given the known rows."""
    with_esvs = pool.with_esvs.clone()
    variance = pool.covariance.diagonal() + _NOISE
    count = min(count, len(pool.masks) - len(known))
    factor = torch.zeros(len(known) + count, len(pool.masks), dtype=torch.float64)
    open_ = torch.ones(len(pool.masks), dtype=torch.bool)
    chosen: list[int] = []
    for step in range(len(factor)):
        if step < len(known):
            row = int(known[step])
        else:
            gain = with_esvs.square().sum(dim=0) / variance.clamp(min=1e-9)
            row = int(gain.masked_fill(~open_, -1).argmax())
            chosen.append(row)
        open_[row] = False
        rest = pool.covariance[row] - factor[:step, row] @ factor[:step]
        rest = rest / variance[row].clamp(min=1e-9).sqrt()
        with_esvs -= with_esvs[:, row : row + 1] / variance[row].clamp(min=1e-9).sqrt() * rest
        variance = variance - rest.square()
        factor[step] = rest
    return torch.tensor(chosen, dtype=torch.int64)
