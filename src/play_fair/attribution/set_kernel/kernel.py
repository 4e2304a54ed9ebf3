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
from jaxtyping import Float, Int
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

_OFF = {"first": 1e6, "last": 1e6, "kept": 1e6, "additive": 1e-6, "pairs": 1e-6}
"""Hyperparameters that turn parts of the kernel off."""

N_RANKS = 4
"""Soft bins of the position among the kept frames."""

MAX_LANDMARKS = 16
"""Landmarks of the Nystrom approximation of the view `next`, whose n^2 pairs are too many for long videos."""

_DECAY = 0.5
_ROWS_AT_ONCE = 2048

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
    next: Int[Tensor, "N n-1"]
    """Pairs of consecutive kept players i, j as i * n + j; 0 is padding."""
    size: Float[Tensor, "N 1"]
    log_size: Float[Tensor, " N"]

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


@dataclass(frozen=True)
class Embedded:
    """Coalitions as vectors.

    Attributes:
        linear: (N, 2 n + 1), whose products are the constant, the linear and the additive part.
        signs: (N, n), whose squared products are the pairwise part.
        place: (N, P), whose distances the smooth part takes.
        log_near: (N, 1), half the logarithm of the amplitude less the square of `place`.
    """

    linear: Tensor
    signs: Tensor
    place: Tensor
    log_near: Tensor

    def to(self, dtype: torch.dtype) -> "Embedded":
        """In another precision."""
        return Embedded(**{name: part.to(dtype) for name, part in vars(self).items()})


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
        pairs = (small[:, None, :, None] * small[:, None, :] * scale["next"]).view(self.n**2, -1)
        parts = [
            mean * scale["mean"],
            views.kept @ (root * scale["kept"]),
            views.first @ (root * scale["first"]),
            views.last @ (root * scale["last"]),
            (views.rank @ (root * scale["rank"])).flatten(1),
            torch.nn.functional.embedding_bag(views.next, pairs, mode="sum", padding_idx=0) / views.size,
            views.log_size[:, None] * scale["size"],
        ]
        place = torch.cat(parts, dim=1)
        signs = (2 * self.n * views.kept - 1) / math.sqrt(self.n)
        root_of = {name: value.sqrt().to(root.dtype) for name, value in h.items()}
        linear = [torch.ones_like(views.size), mean * root_of["linear"], signs * root_of["additive"]]
        log_near = 0.5 * h["amplitude"].log().to(root.dtype) - (place * place).sum(dim=1, keepdim=True)
        return Embedded(torch.cat(linear, dim=1), signs * root_of["pairs"].sqrt(), place, log_near)

    @staticmethod
    def compare(a: Embedded, b: Embedded) -> Tensor:
        """k of embedded coalitions, (N, M)."""
        exponent = torch.addmm(b.log_near.T, a.place, b.place.T, alpha=2).add_(a.log_near)
        shared = a.signs @ b.signs.T
        return torch.addmm(exponent.exp_(), a.linear, b.linear.T).addcmul_(shared, shared)


def _scaled_distances(features: Tensor) -> Tensor | None:
    """Squared distances of the frames' features over their median; None if all frames are alike."""
    squares = torch.cdist(features, features).square()
    apart = squares[squares > 0]
    return squares / apart.median() if len(apart) else None


def hyperparameters(logs: Tensor) -> Hyperparameters:
    """From their logarithms, in the order of `PRIOR`."""
    return dict(zip(PRIOR, logs.exp(), strict=True))


def default_hyperparameters() -> Hyperparameters:
    """Those of the kernel that the design is made for."""
    logs = [math.log(_OFF[name]) if name in _OFF else mean for name, (mean, _) in PRIOR.items()]
    return hyperparameters(torch.tensor(logs, dtype=torch.float64))
