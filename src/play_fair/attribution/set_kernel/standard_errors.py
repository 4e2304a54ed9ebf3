"""Standard errors of the ESVs of predicted scores, by two accounts of the errors of the predictions.

Of the posterior: they are alike for similar coalitions, and so add up in an ESV. Of the leave-one-out errors: they are
independent, and so cancel. With few evaluations the first is right; the more there are, the less that is left to learn
is smooth, and the truth lies between the two.
"""

import torch
from jaxtyping import Float64
from torch import Tensor

from play_fair.attribution.set_kernel.posterior import MANY, Prediction
from play_fair.attribution.set_kernel.targets import Targets, sampling_variance
from play_fair.tensors import Coalitions

_OF_POSTERIOR, _OF_BOTH = 1.3, 1.65
"""Factors of the errors of the posterior, and of the geometric mean of both; from true errors on validation videos."""

_SHRINKAGE = 4
"""Leave-one-out errors of all sizes that count in the mean of one size."""


def standard_errors(
    prediction: Prediction, masks: Coalitions, empty: Float64[Tensor, " C"], whole: Float64[Tensor, " C"]
) -> Float64[Tensor, "n C"]:
    """Standard errors of the ESVs.

    Args:
        masks: the evaluated coalitions.
    """
    m, n = masks.shape
    if prediction.esv_errors is None or prediction.left_out is None:
        if prediction.loo_residual == 0:  # all coalitions are known, or all have the same score
            return torch.zeros(n, len(whole), dtype=torch.float64)
        return (whole - empty).abs().expand(n, -1) / n
    variance = prediction.esv_errors.square().mean(dim=0)
    if m <= MANY * n:
        variance = _OF_POSTERIOR**2 * variance
    else:
        independent = independent_variance(prediction.targets, masks, prediction.left_out)
        variance = _OF_BOTH**2 * (variance * independent).sqrt()
    return (variance + sampling_variance(prediction.targets, prediction.table)).sqrt()


def independent_variance(
    targets: Targets, masks: Coalitions, left_out: Float64[Tensor, "m C"]
) -> Float64[Tensor, "n C"]:
    """Variance of the ESVs if errors of predictions are independent, with the variances of leave-one-out errors.

    Errors of coalitions of the same size have the same variance.
    """
    n = masks.shape[1]
    sizes, squares = masks.sum(dim=1), left_out.square()
    sums = torch.zeros(n + 1, squares.shape[1], dtype=torch.float64).index_add_(0, sizes, squares)
    counts = torch.bincount(sizes, minlength=n + 1)[:, None]
    of_size = (sums + _SHRINKAGE * squares.mean(dim=0)) / (counts + _SHRINKAGE)
    rows = targets.rows_of(masks)
    weights = targets.weights.square()
    weights[:, rows[rows >= 0]] = 0  # known
    of_target = torch.zeros(n, n + 1, dtype=torch.float64).index_add_(1, targets.masks.sum(dim=1), weights)
    return of_target @ of_size
