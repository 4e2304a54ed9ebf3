"""The kernel over coalitions of a video's players.

Each coalition S is described by views, in which players that are near in time, or have similar features, count as
nearly the same:

    mean          1_S / |S|, the input of a mean over the kept frames;
    kept          1_S / n, the input of a sum over the kept frames;
    first, last   the mean, with weights that halve from the first (last) kept frame to the next;
    rank          the mean, split over the position of a frame among the kept ones;
    next          which kept frame follows which: a matrix over |S|, the input of a recurrent or convolutional model.

With d2 the sum over views, and log |S|, of squared distances over their scales, k has a constant, a linear, an
additive, a pairwise and a smooth part:

    k = 1 + linear * <mean, mean> + additive * a + pairs * a^2 + amplitude * exp(-d2),

with a the mean over players of +1 where the two coalitions agree and -1 where they differ: a prior over sums of the
contributions of single players, and of pairs.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from play_fair.attribution.set_kernel.targets import MOST_ENUMERATED, Targets
from play_fair.tensors import Coalitions

PRIOR = {
    "noise": (math.log(1e-3), 3.0),
    "linear": (0.0, 2.0),
    "amplitude": (0.0, 1.5),
    "size": (0.0, 1.5),
    "mean": (math.log(0.2), 1.5),
    "kept": (0.0, 1.5),
    "first": (0.0, 1.5),
    "last": (0.0, 1.5),
    "rank": (0.0, 1.5),
    "next": (0.0, 1.5),
    "time": (math.log(0.4), 1.0),
    "feature": (0.0, 1.0),
    "additive": (math.log(0.03), 3.0),
    "pairs": (math.log(0.03), 3.0),
}
"""Hyperparameters: prior mean and standard deviation of their logarithms."""

N_RANKS = 4
"""Soft bins of the position among the kept frames."""

MAX_LANDMARKS = 16
"""Landmarks of the Nystrom approximation of the view `next`, whose n^2 pairs are too many for long videos."""

_DECAY = 0.5
_VALUES_AT_ONCE = 1 << 21

Hyperparameters = dict[str, Tensor]
"""By name, as in `PRIOR`."""


@dataclass(frozen=True)
class Views:
    """The views of N coalitions."""

    mean: Float[Tensor, "N n"]
    kept: Float[Tensor, "N n"]
    first: Float[Tensor, "N n"]
    last: Float[Tensor, "N n"]
    rank: Float[Tensor, "N q n"]
    next: Float[Tensor, "N n n"]
    log_size: Float[Tensor, " N"]

    def rows(self, rows: slice | Tensor) -> "Views":
        """Some of the coalitions."""
        return Views(**{name: view[rows] for name, view in vars(self).items()})


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
    follows = masks[:, :, None] & masks[:, None] & (count[:, None] == count[:, :, None] + 1)
    first, last = x * _DECAY ** (count - 1), x * _DECAY ** (size - count)
    return Views(
        mean=mean,
        kept=x / n,
        first=first / first.sum(dim=1, keepdim=True),
        last=last / last.sum(dim=1, keepdim=True),
        rank=near * mean[:, None],
        next=follows.to(dtype) / size[..., None],
        log_size=size[:, 0].log(),
    )


def views_of_targets(targets: Targets) -> Iterator[tuple[slice, Views]]:
    """The views of the targets in single precision, some rows at a time."""
    count, n = targets.masks.shape
    rows_at_once = max(256, _VALUES_AT_ONCE // n**2)
    for start in range(0, count, rows_at_once):
        rows = slice(start, min(start + rows_at_once, count))
        if n <= MOST_ENUMERATED:
            yield rows, _all_views_of(targets).rows(rows)
        else:
            yield rows, views_of(targets.masks[rows], torch.float32)


@lru_cache(maxsize=4)
def _all_views_of(targets: Targets) -> Views:
    return views_of(targets.masks, torch.float32)


@dataclass(frozen=True)
class Embedded:
    """Coalitions as vectors.

    Attributes:
        mean: (N, n), of the linear part.
        signs: (N, n), +-1 over sqrt(n), of the additive and the pairwise part.
        place: (N, P), whose distances the smooth part takes.
    """

    mean: Tensor
    signs: Tensor
    place: Tensor

    def float(self) -> "Embedded":
        """In single precision."""
        return Embedded(self.mean.float(), self.signs.float(), self.place.float())


class SetKernel:
    """The kernel over coalitions of n players.

    Args:
        n: players.
        features: (n, D), one vector for each player, or None.
    """

    def __init__(self, n: int, features: Tensor | None) -> None:
        time = torch.arange(n, dtype=torch.float64) / n
        self.n = n
        self.in_time = (time[:, None] - time).abs()
        self.in_features = None if features is None else _scaled_distances(features.double())
        # Nystrom approximation of `next` for more frames than landmarks only.
        self.landmarks = torch.linspace(0, n - 1, min(n, MAX_LANDMARKS)).round().long()

    def similarities(self, h: Hyperparameters) -> Tensor:
        """Similarities of every two players, (n, n)."""
        alike = torch.exp(-self.in_time / h["time"])
        if self.in_features is not None:
            alike = alike * torch.exp(-self.in_features / h["feature"])
        return alike + 1e-6 * torch.eye(self.n, dtype=torch.float64)

    def roots(self, h: Hyperparameters) -> tuple[Tensor, Tensor]:
        """Square roots of `similarities`: (n, n), and its Nystrom approximation (n, r)."""
        alike = self.similarities(h)
        root = torch.linalg.cholesky(alike)
        if len(self.landmarks) == self.n:
            return root, root
        small = torch.linalg.cholesky(alike[self.landmarks][:, self.landmarks])
        return root, torch.linalg.solve_triangular(small, alike[self.landmarks], upper=False).T

    def embed(self, views: Views, h: Hyperparameters) -> Embedded:
        """Coalitions as vectors."""
        root, small = (r.to(views.mean.dtype) for r in self.roots(h))
        scale = {name: value.rsqrt().to(root.dtype) for name, value in h.items()}
        mean = views.mean @ root
        parts = [
            mean * scale["mean"],
            views.kept @ (root * scale["kept"]),
            views.first @ (root * scale["first"]),
            views.last @ (root * scale["last"]),
            (views.rank @ (root * scale["rank"])).flatten(1),
            (small.T @ views.next @ (small * scale["next"])).flatten(1),
            views.log_size[:, None] * scale["size"],
        ]
        signs = (2 * self.n * views.kept - 1) / math.sqrt(self.n)
        return Embedded(mean, signs, torch.cat(parts, dim=1))

    @staticmethod
    def compare(a: Embedded, b: Embedded, h: Hyperparameters) -> Tensor:
        """k of embedded coalitions, (N, M)."""
        h = {name: value.to(a.mean.dtype) for name, value in h.items()}
        squares = (a.place * a.place).sum(dim=1)[:, None] + (b.place * b.place).sum(dim=1)
        near = torch.exp(-(squares - 2 * a.place @ b.place.T).clamp(min=0))
        shared = a.signs @ b.signs.T
        polynomial = shared * (h["additive"] + h["pairs"] * shared)
        return 1 + h["linear"] * (a.mean @ b.mean.T) + polynomial + h["amplitude"] * near


def _scaled_distances(features: Tensor) -> Tensor | None:
    """Squared distances of the frames' features over their median; None if all frames are alike."""
    squares = torch.cdist(features, features).square()
    apart = squares[squares > 0]
    return squares / apart.median() if len(apart) else None


def hyperparameters(logs: Tensor) -> Hyperparameters:
    """From their logarithms, in the order of `PRIOR`."""
    return dict(zip(PRIOR, logs.exp(), strict=True))
