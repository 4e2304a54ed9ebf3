"""Samples of coalitions: complementary pairs uniform over sizes, and runs of consecutive players."""

import math
from itertools import combinations

import torch
from jaxtyping import Bool
from torch import Tensor

from play_fair.tensors import Coalitions


def all_masks(n: int) -> Coalitions:
    """All 2^n coalitions; bit i of the row number is player i."""
    return (torch.arange(2**n)[:, None] >> torch.arange(n)) & 1 == 1


def paired_masks(n: int, count: int, generator: torch.Generator) -> Coalitions:
    """`count` distinct coalitions, neither empty nor whole, in complementary pairs, uniform over sizes.

    The design of LeverageSHAP (Musco & Witter, ICLR 2025). Sizes that have fewer coalitions than their share are
    enumerated.
    """
    count = min(count, 2**n - 2)
    sizes = range(1, n // 2 + 1)
    n_distinct = torch.tensor([_n_pairs(n, k) for k in sizes], dtype=torch.float64)
    share = torch.tensor([0.5 if 2 * k == n else 1.0 for k in sizes], dtype=torch.float64)
    counts = _allocate((count + 1) // 2, n_distinct, share, generator)
    parts = [_pairs_of_size(n, k, int(c), generator) for k, c in zip(sizes, counts, strict=True) if c]
    return torch.cat(parts)[:count] if parts else torch.zeros(0, n, dtype=torch.bool)


def _n_pairs(n: int, size: int) -> int:
    return math.comb(n, size) // (2 if 2 * size == n else 1)


def _allocate(total: int, most: Tensor, share: Tensor, generator: torch.Generator) -> Tensor:
    """Split `total` in proportion to `share`, at most `most` each; fractions are rounded at random."""
    total = min(total, int(most.sum()))
    # No higher than needed: most / share is beyond 1e50 for 200 players, which the bisection would not bring down.
    low, high = 0.0, min(float((most / share).max()), total / float(share.min()))
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if float(torch.minimum(most, middle * share).sum()) < total else (low, middle)
    wanted = torch.minimum(most, high * share)
    counts = (wanted + 1e-6).floor()
    left = total - int(counts.sum())
    while left > 0:
        open_ = (counts < most) * ((wanted - counts).clamp(min=0) + 1e-6)
        chosen = torch.multinomial(open_, min(left, int((open_ > 0).sum())), generator=generator)
        counts[chosen] += 1
        left -= len(chosen)
    return counts.long()


def _pairs_of_size(n: int, size: int, count: int, generator: torch.Generator) -> Coalitions:
    """`count` random coalitions of a size, distinct, each followed by its complement."""
    halved = 2 * size == n
    if _n_pairs(n, size) <= 2 * count:
        chosen = torch.tensor([c for c in combinations(range(n), size) if not halved or c[0] == 0])
        chosen = chosen[torch.randperm(len(chosen), generator=generator)[:count]]
        masks = torch.zeros(len(chosen), n, dtype=torch.bool).scatter_(1, chosen, True)
    else:
        masks = torch.zeros(0, n, dtype=torch.bool)
        while len(masks) < count:
            order = torch.rand(count, n, generator=generator).argsort(dim=1)[:, :size]
            drawn = torch.zeros(count, n, dtype=torch.bool).scatter_(1, order, True)
            if halved:
                drawn = torch.where(drawn[:, :1], drawn, ~drawn)
            masks = distinct(torch.cat([masks, drawn]))
        masks = masks[:count]
    return torch.stack([masks, ~masks], dim=1).flatten(0, 1)


def distinct(masks: Coalitions) -> Bool[Tensor, "M n"]:
    """Rows without repetitions, in the order of their first occurrence."""
    _, group = torch.unique(masks, dim=0, return_inverse=True)
    first = torch.full((int(group.max()) + 1,), len(masks)).scatter_reduce(
        0, group, torch.arange(len(masks)), reduce="amin"
    )
    return masks[first.sort().values]


def runs_of(n: int) -> Coalitions:
    """All runs of consecutive players."""
    position = torch.arange(n)
    start, end = torch.triu_indices(n, n)
    return (position >= start[:, None]) & (position <= end[:, None])
