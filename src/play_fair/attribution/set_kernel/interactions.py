"""Shapley interactions of pairs from the scores of target coalitions."""

import torch
from torch import Tensor

from play_fair.attribution.set_kernel.targets import Targets


def pair_interactions(targets: Targets, table: Tensor, whole: Tensor, empty: Tensor) -> Tensor:
    """The Shapley interaction index of every pair (n, n, C), zero on the diagonal."""
    n = targets.masks.shape[1]
    result = torch.zeros(n, n, table.shape[1], dtype=torch.float64)
    if n < 2:
        return result
    result += (whole + empty) / (n - 1)
    sizes = targets.masks.sum(dim=1)
    for size, share in enumerate(targets.shares.tolist(), start=1):
        if share:
            rows = sizes == size
            of_size = _interactions_of_size(targets.masks[rows].double(), table[rows], n, size)
            result += share / (n - 1) * of_size
    return result * (1 - torch.eye(n, dtype=torch.float64))[..., None]


def _interactions_of_size(x: Tensor, v: Tensor, n: int, size: int) -> Tensor:
    """Mean of v with both frames, less the means with one of them, plus the mean with neither, within a size.

    The additive part of v is summed in closed form, and means of what is left are taken over the subsets given.
    """
    slopes = torch.linalg.lstsq(x, v, driver="gelsd").solution if len(x) > 1 else torch.zeros(n, v.shape[1]).double()
    rest = v - x @ slopes
    one = slopes[:, None] + slopes[None]
    others = slopes.sum(dim=0) - one
    total = torch.zeros(n, n, v.shape[1], dtype=torch.float64)
    both = x.T @ x
    single = x.sum(dim=0)
    sums = (
        torch.einsum("si,sj,sc->ijc", x, x, rest)
        if v.shape[1] == 1
        else torch.stack([(x * r[:, None]).T @ x for r in rest.T], dim=-1)
    )
    of_one = x.T @ rest
    if size >= 2:
        total += one + others * ((size - 2) / max(n - 2, 1)) + sums / both.clamp(min=1)[..., None]
    if size <= n - 1:
        only = single[:, None] - both
        mean_only = (of_one[:, None] - sums) / only.clamp(min=1)[..., None]
        total -= one + 2 * others * ((size - 1) / max(n - 2, 1)) + mean_only + mean_only.transpose(0, 1)
    if size <= n - 2:
        neither = len(x) - single[:, None] - single[None] + both
        of_neither = rest.sum(dim=0) - of_one[:, None] - of_one[None] + sums
        total += others * (size / max(n - 2, 1)) + of_neither / neither.clamp(min=1)[..., None]
    return total
