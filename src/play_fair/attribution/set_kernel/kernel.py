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
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from play_fair.attribution.set_kernel.views import N_RANKS, Views

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

MAX_LANDMARKS = 16
"""Landmarks of the Nystrom approximation of the view `next`, whose n^2 pairs are too many for long videos."""

_LARGEST_REDUCED = 64
"""Dimensions of `Embedded.place` of a reduced embedding."""

Hyperparameters = dict[str, Tensor]
"""By name, as in `PRIOR`."""


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
        # Nystrom approximation of `next`, for more frames than landmarks only.
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

    def embedding(self, h: Hyperparameters) -> "Embedding":
        """The map from views to vectors."""
        root, small = self.roots(h)
        scaled = {name: root * h[name].rsqrt() for name in ("mean", "kept", "first", "last", "rank")}
        ranks = [scaled.pop("rank")] * N_RANKS
        pairs = (small[:, None, :, None] * small[:, None, :] * h["next"].rsqrt()).view(self.n**2, -1)
        flat = torch.block_diag(*scaled.values(), *ranks, h["size"].rsqrt().view(1, 1))
        return Embedding(h, root, flat, pairs)

    def embed(self, views: Views, h: Hyperparameters) -> Embedded:
        """Coalitions as vectors."""
        return self.embedding(h)(views)

    @staticmethod
    def compare(a: Embedded, b: Embedded) -> Tensor:
        """k of embedded coalitions, (N, M)."""
        exponent = torch.addmm(b.log_near.T, a.place, b.place.T, alpha=2).add_(a.log_near)
        shared = a.signs @ b.signs.T
        return torch.addmm(exponent.exp_(), a.linear, b.linear.T).addcmul_(shared, shared)


@dataclass(frozen=True)
class Embedding:
    """The map from the views of coalitions to vectors, for one choice of hyperparameters.

    Attributes:
        root: square root (n, n) of the similarities of players.
        flat: (F, P), of all views but `next`, to `Embedded.place`.
        pairs: (n^2, Q), of `next`.
        is_reduced: whether the two add up in the same P = Q dimensions; else they stand side by side.
    """

    h: Hyperparameters
    root: Tensor
    flat: Tensor
    pairs: Tensor
    is_reduced: bool = False

    def __call__(self, views: Views) -> Embedded:
        """Coalitions as vectors."""
        dtype, n = views.mean.dtype, len(self.root)
        of = {name: value.to(dtype) for name, value in self.h.items()}
        flat = views.flat() @ self.flat.to(dtype)
        following = embedding_bag(views.next, self.pairs.to(dtype), mode="sum", padding_idx=0) / views.size
        place = flat.add_(following) if self.is_reduced else torch.cat([flat, following], dim=1)
        signs = (2 * n * views.kept - 1) / math.sqrt(n)
        mean = views.mean @ self.root.to(dtype)
        linear = [torch.ones_like(views.size), mean * of["linear"].sqrt(), signs * of["additive"].sqrt()]
        log_near = 0.5 * of["amplitude"].log() - (place * place).sum(dim=1, keepdim=True)
        return Embedded(torch.cat(linear, dim=1), signs * of["pairs"] ** 0.25, place, log_near)

    def reduced(self, like: Views) -> "Embedding":
        """With places in fewer dimensions: the principal ones of the given coalitions."""
        n_flat = len(self.flat.T)
        if n_flat + len(self.pairs.T) <= _LARGEST_REDUCED:
            return self
        places = self(like).place
        places = places - places.mean(dim=0)
        _, axes = torch.linalg.eigh(places.T @ places)
        axes = axes[:, -_LARGEST_REDUCED:].to(self.flat.dtype)
        return replace(self, flat=self.flat @ axes[:n_flat], pairs=self.pairs @ axes[n_flat:], is_reduced=True)


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
