"""A single-scale model learnt from its logits on some subsets: additive in frames at their positions, and in pairs.

F(A) ~ mean + sum over p of positions[p, a_p] + sum over i < j in A of pairs[i, j], fitted by kernel ridge regression
with a kernel under which near frames act alike; its parameters and the ridge are those of the largest marginal
likelihood (Rasmussen & Williams, "Gaussian Processes for Machine Learning", 2006, sections 2.2 and 5.4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float32, Float64, Int64
from torch import Tensor

from play_fair.tensors import Coalitions, Subsets

_TIME_SCALES = (0.03, 0.1, 0.3, 1.0, 3.0)
"""Length scales of the temporal kernel, over the length of the video."""

_PAIR_SHARES = (0.1, 0.3, 0.6)
"""Shares of the prior variance that pairs have."""

_RIDGES = tuple(10.0**power for power in range(-8, 2))
"""Ridges: variance of the noise over the prior variance."""


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
    """A fitted surrogate and its errors.

    Attributes:
        whole: from all subsets.
        halves: from every other subset, and from the rest: how far they differ tells the error.
        loo_residual: of each output, the root mean square of the leave-one-out residuals, as a share of the output's
            standard deviation; 0 where nothing had to be learnt.
    """

    whole: ScaleFit
    halves: tuple[ScaleFit, ScaleFit]
    loo_residual: Float64[Tensor, " K"]


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
    # Leave-one-out residuals: Rasmussen & Williams (2006), equation 5.12.
    residuals = (inverse @ centred) / inverse.diagonal()[:, None]
    loo_residual = residuals.square().mean(dim=0).sqrt() / centred.square().mean(dim=0).sqrt().clamp(min=1e-12)
    return Fitted(whole, (halves[0], halves[1]), loo_residual)


def pair_membership(coalitions: Coalitions) -> Float32[Tensor, "N pairs"]:
    """1 where the coalition has both frames of the pair, else 0; pairs as in `all_subsets(n, 2)`."""
    frames = coalitions.T.float()
    first, second = _pairs(coalitions.shape[1], coalitions.device)
    # Pair by pair, so that what is copied lies together.
    return (frames[first] * frames[second]).T


@dataclass(frozen=True)
class _Kernel:
    """The kernel of two subsets: similarities of frames at the same positions, and of pairs.

    k(A, B) = frames_weight * sum over p of alike[a_p, b_p]
            + pairs_weight * sum over i < j in A and i' < j' in B of alike[i, i'] * alike[j, j']
    """

    alike: Float64[Tensor, "n n"]
    frames_weight: Float64[Tensor, ""]
    pairs_weight: Float64[Tensor, ""]

    def between(self, subsets: Subsets) -> Float64[Tensor, "m m"]:
        """Between all subsets."""
        of_frames, of_pairs = _in_common(self.alike, subsets)
        return self.frames_weight * of_frames + self.pairs_weight * of_pairs

    def fit(self, subsets: Subsets, values: Float64[Tensor, "m K"], ridge: float) -> ScaleFit:
        """Solve the kernel ridge regression; return additive and pair effects."""
        mean = values.mean(dim=0)
        factor = torch.linalg.cholesky(_with_ridge(self.between(subsets), ridge))
        weights = torch.cholesky_solve(values - mean, factor)
        positions = torch.stack([self.alike[:, place] @ weights for place in subsets.unbind(dim=1)])
        pairs = _near_pairs(self.alike, subsets).T @ weights
        return ScaleFit(mean, self.frames_weight * positions, self.pairs_weight * pairs)


def _most_likely_kernel(subsets: Subsets, centred: Float64[Tensor, "m B C"], n_frames: int) -> tuple[_Kernel, float]:
    """Choose kernel and ridge by the marginal likelihood, with a variance for each video."""
    values = centred.flatten(start_dim=1)
    n_outputs = centred.shape[0] * centred.shape[2]
    ridges = torch.tensor(_RIDGES, dtype=torch.float64, device=subsets.device)
    kernels, likelihoods = [], []
    for kernel, between in _kernels(subsets, n_frames):
        eigenvalues, vectors = torch.linalg.eigh(between)
        power = (vectors.T @ values).square().view(centred.shape).sum(dim=2)  # (m, B)
        spectra = eigenvalues.clamp(min=0) + ridges[:, None]  # (ridges, m)
        variances = (spectra.reciprocal() @ power / n_outputs).clamp(min=1e-30)  # (ridges, B)
        fits = n_outputs * variances.log().sum(dim=1)
        complexities = values.shape[1] * spectra.log().sum(dim=1)
        kernels.append(kernel)
        likelihoods.append(-0.5 * (fits + complexities))
    best, ridge = divmod(int(torch.stack(likelihoods).argmax()), len(_RIDGES))
    return kernels[best], _RIDGES[ridge]


def _kernels(subsets: Subsets, n_frames: int) -> Iterator[tuple[_Kernel, Float64[Tensor, "m m"]]]:
    """The candidate kernels, of mean variance 1 on the subsets, with their Gram matrices."""
    times = torch.arange(n_frames, dtype=torch.float64, device=subsets.device)
    for time_scale in _TIME_SCALES:
        alike = (-(times[:, None] - times).abs() / (time_scale * n_frames)).exp()
        of_frames, of_pairs = _in_common(alike, subsets)
        frames_variance, pairs_variance = (part.diagonal().mean() for part in (of_frames, of_pairs))
        # Single frames have no pairs.
        for share in _PAIR_SHARES if subsets.shape[1] > 1 else (0.0,):
            kernel = _Kernel(alike, (1 - share) / frames_variance, share / pairs_variance.clamp(min=1e-30))
            yield kernel, kernel.frames_weight * of_frames + kernel.pairs_weight * of_pairs


def _in_common(
    alike: Float64[Tensor, "n n"], subsets: Subsets
) -> tuple[Float64[Tensor, "m m"], Float64[Tensor, "m m"]]:
    """Gram matrices of the position part and of the pair part."""
    n_frames, size = len(alike), subsets.shape[1]
    of_frames = torch.stack([alike[place[:, None], place] for place in subsets.unbind(dim=1)]).sum(dim=0)
    if size == 1:
        return of_frames, torch.zeros_like(of_frames)
    first, second = _pairs(size, subsets.device)
    pairs = _pair_rows(subsets[:, first], subsets[:, second], n_frames)
    near = _near_pairs(alike, subsets).T.contiguous()
    return of_frames, F.embedding_bag(pairs, near, mode="sum")


def _near_pairs(alike: Float64[Tensor, "n n"], subsets: Subsets) -> Float64[Tensor, "m pairs"]:
    """How alike a pair (i, j) is to the pairs of a subset: the sum over its i' < j' of alike[i, i'] alike[j, j']."""
    near = alike[subsets]  # (m, s, n)
    before = near.cumsum(dim=1) - near
    table = before.transpose(1, 2) @ near  # (m, n, n)
    first, second = _pairs(len(alike), subsets.device)
    return table.flatten(start_dim=1)[:, first * len(alike) + second]


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
        pairs[_pair_rows(subsets[:, 0], subsets[:, 1], n_frames)] = values - mean
    return ScaleFit(mean, positions, pairs)


def _pair_rows(
    first: Int64[Tensor, "*shape"], second: Int64[Tensor, "*shape"], n_frames: int
) -> Int64[Tensor, "*shape"]:
    """Where pairs of frames, first < second, stand in `all_subsets(n, 2)`."""
    return first * (2 * n_frames - first - 1) // 2 + second - first - 1


def _with_ridge(kernel: Float64[Tensor, "m m"], ridge: float) -> Float64[Tensor, "m m"]:
    return kernel + ridge * torch.eye(len(kernel), dtype=kernel.dtype, device=kernel.device)
