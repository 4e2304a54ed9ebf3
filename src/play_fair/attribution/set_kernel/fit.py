"""The hyperparameters of the kernel: those of the largest posterior, by gradient ascent.

The marginal likelihood (Rasmussen & Williams, "Gaussian Processes for Machine Learning", 2006, section 5.4.1) has a
variance of its own for each class, and a weak prior on the hyperparameters.
"""

import math

import torch
from jaxtyping import Float64
from torch import Tensor

from play_fair.attribution.set_kernel.kernel import PRIOR, Embedded, Embedding, SetKernel, hyperparameters
from play_fair.attribution.set_kernel.views import Views

_STEPS = 15
_STEP_SIZE = 0.4
_NOISE_FLOOR = 1e-7
_MAX_CLASSES = 5
"""Effective number of independent classes in the likelihood, at most: scores of classes are correlated."""


@torch.enable_grad()
def learn_hyperparameters(kernel: SetKernel, views: Views, y: Float64[Tensor, "m C"]) -> Float64[Tensor, " H"]:
    """Return the logarithms of the hyperparameters of the largest posterior.

    Args:
        y: centred.
    """
    m = len(y)
    prior_mean, prior_deviation = torch.tensor(list(PRIOR.values()), dtype=torch.float64).T
    logs = prior_mean.clone().requires_grad_()
    weight = effective_classes(y.shape[1]) / y.shape[1]
    optimizer = torch.optim.Adam([logs], lr=_STEP_SIZE)
    best, least = logs.detach().clone(), math.inf
    for _ in range(_STEPS):
        embedding = kernel.embedding(hyperparameters(logs))
        covariance = noisy_covariance(embedding, embedding(views))
        factor, failed = torch.linalg.cholesky_ex(covariance.detach())
        if failed:
            break
        inverse = torch.cholesky_inverse(factor)
        solved = inverse @ y
        scale = (y * solved).sum(dim=0).clamp(min=1e-300)
        loss = weight * (0.5 * m * scale.log().sum() + y.shape[1] * factor.diagonal().log().sum())
        slope = 0.5 * weight * (y.shape[1] * inverse - m * (solved / scale) @ solved.T)
        penalty = 0.5 * ((logs - prior_mean) / prior_deviation).square().sum()
        if float(loss + penalty.detach()) < least:
            best, least = logs.detach().clone(), float(loss + penalty.detach())
        optimizer.zero_grad()
        ((covariance * slope).sum() + penalty).backward()
        assert logs.grad is not None
        logs.grad.nan_to_num_().clamp_(-50, 50)
        optimizer.step()
    return best


def effective_classes(n_classes: int) -> int:
    """How many independent classes the likelihood counts."""
    return min(n_classes, _MAX_CLASSES)


def noisy_covariance(embedding: Embedding, evaluated: Embedded) -> Float64[Tensor, "m m"]:
    """Covariance of the noisy scores of the evaluated coalitions."""
    eye = torch.eye(len(evaluated.place), dtype=torch.float64)
    return SetKernel.compare(evaluated, evaluated) + (embedding.h["noise"] + _NOISE_FLOOR) * eye


def inverse_of(covariance: Float64[Tensor, "m m"]) -> Float64[Tensor, "m m"]:
    """Invert, with the least jitter that makes the matrix positive definite."""
    jitter = 0.0
    while True:
        factor, failed = torch.linalg.cholesky_ex(covariance + jitter * torch.eye(len(covariance), dtype=torch.float64))
        if not failed:
            return torch.cholesky_inverse(factor)
        jitter = max(10 * jitter, 1e-9 * float(covariance.diagonal().mean()))
