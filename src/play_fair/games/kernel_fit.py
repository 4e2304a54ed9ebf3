"""A single-scale model learnt from its logits on some subsets: additive in frames at their positions, and in pairs.

F(A) ~ mean + sum over p of positions[p, a_p] + sum over i < j in A of pairs[i, j], fitted by kernel ridge regression
with a kernel under which near frames act alike; its parameters and the ridge are those of the largest marginal
likelihood (Rasmussen & Williams, "Gaussian Processes for Machine Learning", 2006, sections 2.2 and 5.4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

import torch
from jaxtyping import Float32, Float64, Int64
from torch import Tensor

from play_fair.games.lattice import membership_of
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


def pair_membership(subsets: Subsets, n_frames: int) -> Float32[Tensor, "N pairs"]:
    """1 where the subset has both frames of the pair, else 0; pairs as in `all_subsets(n, 2)`."""
    membership = membership_of(subsets, n_frames)
    first, second = _pairs(n_frames, subsets.device)
    return membership[:, first] * membership[:, second]


@dataclass(frozen=True)
class _Kernel:
    """What two subsets have in common: frames at the same positions, and pairs; near ones count too.

    k(A, B) = frames_weight * sum over p of alike[a_p, b_p]
            + pairs_weight * sum over i < j in A and i' < j' in B of alike[i, i'] * alike[j, j']
    """

    alike: Float64[Tensor, "n n"]
    frames_weight: float
    pairs_weight: float

    def between(self, subsets: Subsets) -> Float64[Tensor, "m m"]:
        """Between all subsets."""
        return self.frames_weight * _frames_in_common(self.alike, subsets) + self.pairs_weight * _pairs_in_common(
            self.alike, subsets
        )

    def fit(self, subsets: Subsets, values: Float64[Tensor, "m K"], ridge: float) -> ScaleFit:
        """Kernel ridge regression, written as what frames and pairs add."""
        n_frames, n_outputs = len(self.alike), values.shape[1]
        mean = values.mean(dim=0)
        factor = torch.linalg.cholesky(_with_ridge(self.between(subsets), ridge))
        weights = torch.cholesky_solve(values - mean, factor)
        positions = torch.stack([self.alike[:, place] @ weights for place in subsets.unbind(dim=1)])
        of_pairs = pair_membership(subsets, n_frames).double().T @ weights
        first, second = _pairs(n_frames, subsets.device)
        table = values.new_zeros(n_outputs, n_frames, n_frames)
        table[:, first, second] = of_pairs.T
        pairs = (self.alike @ table @ self.alike)[:, first, second].T
        return ScaleFit(mean, self.frames_weight * positions, self.pairs_weight * pairs)


def _most_likely_kernel(subsets: Subsets, centred: Float64[Tensor, "m B C"], n_frames: int) -> tuple[_Kernel, float]:
    """The kernel and the ridge under which the outputs are most likely, the variance of each video's own."""
    best: tuple[float, _Kernel | None, float] = (-float("inf"), None, 0.0)
    values = centred.flatten(start_dim=1)
    n_outputs = centred.shape[0] * centred.shape[2]
    for kernel, between in _kernels(subsets, n_frames):
        eigenvalues, vectors = torch.linalg.eigh(between)
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


def _kernels(subsets: Subsets, n_frames: int) -> Iterator[tuple[_Kernel, Float64[Tensor, "m m"]]]:
    """The kernels to choose from, of mean variance 1 on the subsets, and what each is between them."""
    times = torch.arange(n_frames, dtype=torch.float64, device=subsets.device)
    for time_scale in _TIME_SCALES:
        alike = (-(times[:, None] - times).abs() / (time_scale * n_frames)).exp()
        of_frames, of_pairs = _frames_in_common(alike, subsets), _pairs_in_common(alike, subsets)
        frames_variance, pairs_variance = (float(part.diagonal().mean()) for part in (of_frames, of_pairs))
        for share in _PAIR_SHARES:
            kernel = _Kernel(alike, (1 - share) / frames_variance, share / pairs_variance)
            yield kernel, kernel.frames_weight * of_frames + kernel.pairs_weight * of_pairs


def _frames_in_common(alike: Float64[Tensor, "n n"], subsets: Subsets) -> Float64[Tensor, "m m"]:
    return torch.stack([alike[place[:, None], place] for place in subsets.unbind(dim=1)]).sum(dim=0)


def _pairs_in_common(alike: Float64[Tensor, "n n"], subsets: Subsets) -> Float64[Tensor, "m m"]:
    n_frames = len(alike)
    has_pairs = pair_membership(subsets, n_frames).double()
    first, second = _pairs(n_frames, subsets.device)
    table = alike.new_zeros(len(subsets), n_frames, n_frames)
    table[:, first, second] = has_pairs
    # Both frames of the pairs moved apart from each other: never a table of pairs times pairs.
    return has_pairs @ (alike @ table @ alike)[:, first, second].T


def _pairs(n_frames: int, device: torch.device) -> tuple[Int64[Tensor, " pairs"], Int64[Tensor, " pairs"]]:
    """First and second frames of all pairs."""
    first, second = torch.triu_indices(n_frames, n_frames, offset=1, device=device)
    return first, second


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
