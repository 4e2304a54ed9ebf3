"""Whether a game is a sum over players and pairs, or one of means over the kept frames and of their order.

Decided by the evidence (marginal likelihood) of the first scores under two kernels with fixed hyperparameters: the
default one of the design, and its additive and pairwise parts alone.
"""

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from play_fair.attribution.set_kernel.fit import effective_classes
from play_fair.attribution.set_kernel.kernel import (
    PRIOR,
    Hyperparameters,
    SetKernel,
    default_hyperparameters,
    hyperparameters,
)
from play_fair.attribution.set_kernel.links import link_of, to_link
from play_fair.attribution.set_kernel.views import Views, views_of
from play_fair.tensors import Coalitions

_NOISES = (1e-3, 1e-2, 1e-1, 1.0)
"""Variances of the noise; for each kernel the best one counts."""

_MOST_COMPARED = 256
"""Coalitions that the evidence is computed of: its time grows with their third power."""

_ADDITIVE = {"additive": 1.0, "pairs": 0.5, "linear": 1e-6, "amplitude": 1e-6}


def is_additive(masks: Coalitions, scores: Float64[Tensor, "m B C"], features: Float[Tensor, "B n D"] | None) -> bool:
    """Whether the additive and pairwise kernel explains the scores of B videos better.

    False for fewer coalitions than two more than players: too few to tell.
    """
    m, n = masks.shape
    if m < n + 2:
        return False
    if m > _MOST_COMPARED:  # the masks are in the order of their sizes
        rows = torch.randperm(m, generator=torch.Generator().manual_seed(m))[:_MOST_COMPARED]
        masks, scores = masks[rows], scores[rows]
    views = views_of(masks)
    total = 0.0
    for video, of_video in enumerate(scores.unbind(dim=1)):
        kernel = SetKernel(n, None if features is None else features[video].cpu())
        y = to_link(of_video, link_of(of_video))
        y = y - y.mean(dim=0)
        y = y[:, y.square().mean(dim=0) > 1e-20]
        if y.shape[1]:
            additive, default = (
                log_evidence(kernel, views, h, y) for h in (_additive_hyperparameters(), default_hyperparameters())
            )
            total += additive - default
    return total > 0


def _additive_hyperparameters() -> Hyperparameters:
    values = [_ADDITIVE.get(name, 1.0) for name in PRIOR]
    return hyperparameters(torch.tensor(values, dtype=torch.float64).log())


def log_evidence(kernel: SetKernel, views: Views, h: Hyperparameters, y: Float64[Tensor, "m C"]) -> float:
    """Logarithm of the marginal likelihood, up to a constant, with the best noise and the best variance of each class.

    Args:
        y: centred.
    """
    m, n_classes = y.shape
    embedded = kernel.embed(views, h)
    covariance = kernel.compare(embedded, embedded)
    found = []
    for noise in _NOISES:
        factor = torch.linalg.cholesky(covariance + noise * torch.eye(m, dtype=torch.float64))
        squares = torch.linalg.solve_triangular(factor, y, upper=False).square().sum(dim=0)
        found.append(-0.5 * m * float(squares.log().mean()) - float(factor.diagonal().log().sum()))
    return max(found) * effective_classes(n_classes)
