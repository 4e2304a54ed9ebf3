"""The estimator that learns the scores of coalitions by a Gaussian process."""

from typing import ClassVar

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from play_fair.attribution.batch import BatchExplanation
from play_fair.attribution.bound_game import BoundGame
from play_fair.attribution.estimator import Estimator
from play_fair.attribution.set_kernel.additive import is_additive
from play_fair.attribution.set_kernel.design import first_coalitions, further_coalitions
from play_fair.attribution.set_kernel.interactions import pair_interactions
from play_fair.attribution.set_kernel.links import link_of
from play_fair.attribution.set_kernel.posterior import Prediction, predict
from play_fair.attribution.set_kernel.standard_errors import standard_errors

MAX_EVALUATED = 4096
"""Most evaluations used; the time grows with their third power."""


class SetKernelEstimator(Estimator):
    """See the package. For any game and any budget; biased, less with more evaluations.

    The videos of a batch share their coalitions, which are evaluated in two batches. Standard errors are those of
    `standard_errors`. With one or two evaluations all players share the score alike.
    """

    name: ClassVar[str] = "set_kernel"
    summary: ClassVar[str] = "learns the scores of coalitions: the closest from few evaluations"
    default_samples: ClassVar[int] = 16

    def estimate(
        self, bound: BoundGame, budget: int, generator: torch.Generator, interactions: bool = False
    ) -> BatchExplanation:
        """See `Estimator.estimate`."""
        empty, whole = (scores.cpu() for scores in bound.score_empty_and_whole())
        budget = min(budget, MAX_EVALUATED)
        masks = first_coalitions(bound.n, budget, generator)
        scores = _extend(whole[None], bound, masks[1:])  # (m, B, C)
        further = further_coalitions(masks, budget, is_additive(masks, scores, bound.features), generator)
        masks, scores = torch.cat([masks, further]), _extend(scores, bound, further)
        predictions = []
        for video in range(scores.shape[1]):
            features = None if bound.features is None else bound.features[video].cpu()
            of_video = scores[:, video]
            predictions.append(predict(masks, of_video, features, link_of(of_video), generator))
        esvs = [
            _esvs(prediction, of_empty, of_whole)
            for prediction, of_empty, of_whole in zip(predictions, empty, whole, strict=True)
        ]
        errors = [
            standard_errors(prediction, masks, of_empty, of_whole)
            for prediction, of_empty, of_whole in zip(predictions, empty, whole, strict=True)
        ]
        pairs = None
        if interactions:
            pairs = torch.stack(
                [
                    pair_interactions(prediction.targets, prediction.table, of_whole, of_empty)
                    for prediction, of_empty, of_whole in zip(predictions, empty, whole, strict=True)
                ]
            ).float()
        return BatchExplanation(
            esvs=torch.stack(esvs).float(),
            scores=whole.float(),
            prior=empty.float(),
            standard_errors=torch.stack(errors).float(),
            interactions=pairs,
            loo_residual=torch.tensor([prediction.loo_residual for prediction in predictions], dtype=torch.float32),
            n_evaluations=len(masks),
            method=self.name,
            biased=True,
        )


def _extend(scores: Float64[Tensor, "k B C"], bound: BoundGame, masks: Bool[Tensor, "M n"]) -> Float64[Tensor, "m B C"]:
    """The scores, and those of further coalitions."""
    return torch.cat([scores, bound.score(masks.to(bound.device)).double().cpu()]) if len(masks) else scores


def _esvs(prediction: Prediction, empty: Float64[Tensor, " C"], whole: Float64[Tensor, " C"]) -> Float64[Tensor, "n C"]:
    """The ESVs of the predicted scores."""
    weights = prediction.targets.weights
    return (whole - empty) / len(weights) + weights @ prediction.table
