"""A single-scale model learnt from its logits on some subsets: additive in frames at their positions, and in pairs.

F(A) ~ mean + sum over p of positions[p, a_p] + sum over i < j in A of pairs[i, j], fitted by kernel ridge regression
with a kernel under which near frames act alike; its parameters and the ridge are those of the largest marginal
likelihood (Rasmussen & Williams, "Gaussian Processes for Machine Learning", 2006, sections 2.2 and 5.4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from play_fair.games.lattice import all_subsets, membership_of
from play_fair.tensors import Subsets

_TIME_SCALES = (0.03, 0.1, 0.3, 1.0, 3.0)
"""Of a video's length: how far apart frames still act alike."""

_PAIR_SHARES = (0.1, 0.3, 0.6)
"""Of the prior variance: what comes from pairs."""

_RIDGES = tuple(10.0**power for power in range(-8, 2))
"""Relative to the prior variance: what neither frames nor pairs explain."""


@dataclass(frozen=True)
class ScaleFit:
    """A single-scale model as frames and pairs; K outputs, each a class of one of the videos.

    Attributes:
        mean: of the outputs.
        positions: at [p, i], what frame i adds as the p-th of its subset.
        pairs: what two frames add together; rows as in `all_subsets(n, 2)`.
    """

    mean: Float64[Tensor, " K"]
    positions: Float64[Tensor, "s n K"]
    pairs: Float64[Tensor, "pairs K"]


@dataclass(frozen=True)
class Fitted:
    """What was learnt of a single-scale model, and how well.

    Attributes:
        whole: from all subsets.
        halves: from every other subset, and from the rest: how far they differ tells the error.
        held_out: of each output, the root mean square of what remains when a subset is predicted from the others, as a
            share of the output's standard deviation; 0 where nothing had to be learnt.
    """

    whole: ScaleFit
    halves: tuple[ScaleFit, ScaleFit]
    held_out: Float64[Tensor, " K"]


def fit_scale(subsets: Subsets, outputs: Float64[Tensor, "m B C"], n_frames: int) -> Fitted:
    """Learn a model from its outputs on m distinct subsets of n frames.

    The kernel is common to all the videos and classes, so that they share one factorisation. Single frames and pairs
    that were all seen, and the whole video, are taken as they are.
    """
    values = outputs.flatten(start_dim=1)
    n_seen, size = subsets.shape
    if n_seen < 4 or (size <= 2 and n_seen == comb(n_frames, size)):
        fit = _tabulate(subsets, values, n_frames)
        return Fitted(fit, (fit, fit), torch.zeros_like(fit.mean))
    kernel, ridge = _most_likely_kernel(subsets, outputs - outputs.mean(dim=0), n_frames)
    whole = kernel.fit(subsets, values, ridge)
    halves = tuple(kernel.fit(subsets[start::2], values[start::2], ridge) for start in (0, 1))
    centred = values - whole.mean
    inverse = torch.linalg.inv(_with_ridge(kernel.between(subsets), ridge))
    # What is left of each subset when it is predicted from all the others: Rasmussen & Williams, equation 5.12.
    residuals = (inverse @ centred) / inverse.diagonal()[:, None]
    held_out = residuals.square().mean(dim=0).sqrt() / centred.square().mean(dim=0).sqrt().clamp(min=1e-12)
    return Fitted(whole, (halves[0], halves[1]), held_out)


def pair_membership(subsets: Subsets, n_frames: int) -> Float64[Tensor, "N pairs"]:
    """1 where the subset has both frames of the pair, else 0; pairs as in `all_subsets(n, 2)`."""
    membership = membership_of(subsets, n_frames).double()
    first, second = all_subsets(n_frames, 2).to(subsets.device).unbind(dim=1)
    return membership[:, first] * membership[:, second]


@dataclass(frozen=True)
class _Kernel:
    """k(A, B) = sum over p of frames[a_p, b_p] + sum over pairs of A and pairs of B of pairs[pair of A, pair of B]."""

    frames: Float64[Tensor, "n n"]
    pairs: Float64[Tensor, "pairs pairs"]

    def between(self, subsets: Subsets) -> Float64[Tensor, "m m"]:
        """Between all subsets."""
        of_frames = sum(self.frames[place[:, None], place] for place in subsets.unbind(dim=1))
        has_pairs = pair_membership(subsets, len(self.frames))
        return of_frames + has_pairs @ self.pairs @ has_pairs.T

    def fit(self, subsets: Subsets, values: Float64[Tensor, "m K"], ridge: float) -> ScaleFit:
        """Kernel ridge regression, written as what frames and pairs add."""
        mean = values.mean(dim=0)
        factor = torch.linalg.cholesky(_with_ridge(self.between(subsets), ridge))
        weights = torch.cholesky_solve(values - mean, factor)
        positions = torch.stack([self.frames[:, place] @ weights for place in subsets.unbind(dim=1)])
        return ScaleFit(mean, positions, self.pairs @ (pair_membership(subsets, len(self.frames)).T @ weights))


def _most_likely_kernel(subsets: Subsets, centred: Float64[Tensor, "m B C"], n_frames: int) -> tuple[_Kernel, float]:
    """The kernel and the ridge under which the outputs are most likely, the variance of each video's own."""
    best: tuple[float, _Kernel | None, float] = (-float("inf"), None, 0.0)
    values = centred.flatten(start_dim=1)
    n_outputs = centred.shape[0] * centred.shape[2]
    for kernel in _kernels(subsets, n_frames):
        eigenvalues, vectors = torch.linalg.eigh(kernel.between(subsets))
        power = (vectors.T @ values).square().view(centred.shape).sum(dim=2)  # (m, B)
        for ridge in _RIDGES:
            spectrum = eigenvalues.clamp(min=0) + ridge
            variances = ((power / spectrum[:, None]).sum(dim=0) / n_outputs).clamp(min=1e-30)
            fits = n_outputs * variances.log().sum()
            complexity = values.shape[1] * spectrum.log().sum()
            likelihood = -0.5 * float(fits + complexity)
            if likelihood > best[0]:
                best = (likelihood, kernel, ridge)
    assert best[1] is not None
    return best[1], best[2]


def _kernels(subsets: Subsets, n_frames: int) -> Iterator[_Kernel]:
    """The kernels to choose from; of mean variance 1 on the subsets."""
    times = torch.arange(n_frames, dtype=torch.float64, device=subsets.device)
    first, second = all_subsets(n_frames, 2).to(subsets.device).unbind(dim=1)
    has_pairs = pair_membership(subsets, n_frames)
    for time_scale in _TIME_SCALES:
        frames = (-(times[:, None] - times).abs() / (time_scale * n_frames)).exp()
        pairs = frames[first[:, None], first] * frames[second[:, None], second]
        pairs_variance = (has_pairs @ pairs * has_pairs).sum(dim=1).mean()
        for share in _PAIR_SHARES:
            yield _Kernel((1 - share) / subsets.shape[1] * frames, share / pairs_variance * pairs)


def _tabulate(subsets: Subsets, values: Float64[Tensor, "m K"], n_frames: int) -> ScaleFit:
    """The outputs themselves: of all single frames, of all pairs, or the mean of a few subsets."""
    n_seen, size = subsets.shape
    mean = values.mean(dim=0)
    positions = values.new_zeros(size, n_frames, values.shape[1])
    pairs = values.new_zeros(comb(n_frames, 2), values.shape[1])
    if n_seen == comb(n_frames, size) and size == 1:
        positions[0, subsets[:, 0]] = values - mean
    if n_seen == comb(n_frames, size) and size == 2:
        pairs[_pair_rows(subsets, n_frames)] = values - mean
    return ScaleFit(mean, positions, pairs)


def _pair_rows(pairs: Subsets, n_frames: int) -> Int64[Tensor, " m"]:
    """Where pairs (i, j), i < j, stand in `all_subsets(n, 2)`."""
    i, j = pairs.unbind(dim=1)
    return i * (2 * n_frames - i - 1) // 2 + j - i - 1


def _with_ridge(kernel: Float64[Tensor, "m m"], ridge: float) -> Float64[Tensor, "m m"]:
    return kernel + ridge * torch.eye(len(kernel), dtype=kernel.dtype, device=kernel.device)
