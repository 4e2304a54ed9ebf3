"""The views of coalitions that the kernel compares; see `kernel`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from play_fair.attribution.set_kernel.targets import MOST_ENUMERATED, Targets
from play_fair.tensors import Coalitions

N_RANKS = 4
"""Soft bins of the position among the kept frames."""

_DECAY = 0.5
_ROWS_AT_ONCE = 2048
_N_SOME = 1024
"""Targets whose views stand for those of all."""


@dataclass(frozen=True)
class Views:
    """The views of N coalitions."""

    mean: Float[Tensor, "N n"]
    kept: Float[Tensor, "N n"]
    first: Float[Tensor, "N n"]
    last: Float[Tensor, "N n"]
    rank: Float[Tensor, "N q n"]
    next: Int[Tensor, "N n-1"]
    """Pairs of consecutive kept players i, j as i * n + j; 0 is padding."""
    size: Float[Tensor, "N 1"]
    log_size: Float[Tensor, " N"]

    def flat(self) -> Float[Tensor, "N F"]:
        """All views but `next`, side by side."""
        parts = [self.mean, self.kept, self.first, self.last, self.rank.flatten(1), self.log_size[:, None]]
        return torch.cat(parts, dim=1)

    def rows(self, rows: slice | Tensor) -> "Views":
        """Some of the coalitions."""
        return Views(**{name: view[rows] for name, view in vars(self).items()})

    def to(self, dtype: torch.dtype) -> "Views":
        """In another precision."""
        return Views(
            **{name: view.to(dtype) if view.is_floating_point() else view for name, view in vars(self).items()}
        )


def views_of(masks: Coalitions, dtype: torch.dtype = torch.float64) -> Views:
    """Compute the views of N coalitions."""
    n = masks.shape[1]
    x = masks.to(dtype)
    size = x.sum(dim=1, keepdim=True).clamp(min=1)
    mean = x / size
    count = x.cumsum(dim=1)
    centres = torch.linspace(0, n - 1, N_RANKS, dtype=dtype)
    width = max(n - 1, 1) / (N_RANKS - 1)
    near = torch.exp(-0.5 * ((count[:, None] - 1 - centres[:, None]) / width) ** 2)
    first, last = x * _DECAY ** (count - 1), x * _DECAY ** (size - count)
    return Views(
        mean=mean,
        kept=x / n,
        first=first / first.sum(dim=1, keepdim=True),
        last=last / last.sum(dim=1, keepdim=True),
        rank=near * mean[:, None],
        next=_consecutive_pairs(masks),
        size=size,
        log_size=size[:, 0].log(),
    )


def _consecutive_pairs(masks: Coalitions) -> Int[Tensor, "N n-1"]:
    n = masks.shape[1]
    row, player = masks.nonzero(as_tuple=True)
    same = row[1:] == row[:-1]
    position = (masks.cumsum(dim=1)[row, player] - 1)[:-1][same]
    pairs = torch.zeros(len(masks), n - 1, dtype=torch.int64)
    pairs[row[:-1][same], position] = (player[:-1] * n + player[1:])[same]
    return pairs


def views_of_targets(targets: Targets) -> Iterator[tuple[slice, Views]]:
    """The views of the targets in single precision, some rows at a time."""
    count, n = targets.masks.shape
    for start in range(0, count, _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, count))
        if n <= MOST_ENUMERATED:
            yield rows, _all_views_of(targets).rows(rows)
        else:
            yield rows, views_of(targets.masks[rows], torch.float32)


@lru_cache(maxsize=4)
def _all_views_of(targets: Targets) -> Views:
    return views_of(targets.masks, torch.float32)


def some_views_of_targets(targets: Targets) -> Views:
    """The views of about a thousand of the targets, of all sizes, in single precision."""
    step = len(targets.masks) // _N_SOME | 1  # odd, as the first players alternate in the order of complete targets
    return views_of(targets.masks[::step], torch.float32)
