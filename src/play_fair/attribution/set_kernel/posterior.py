"""The posterior of the scores of the target coalitions, given those of the evaluated ones."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from play_fair.attribution.set_kernel.fit import inverse_of, learn_hyperparameters, noisy_covariance
from play_fair.attribution.set_kernel.kernel import (
    N_RANKS,
    Embedded,
    Hyperparameters,
    SetKernel,
    chunks_of_targets,
    hyperparameters,
    views_of,
)
from play_fair.attribution.set_kernel.links import Link, from_link, to_link
from play_fair.attribution.set_kernel.targets import Targets, targets_of
from play_fair.tensors import Coalitions

_FITTED_ON = 256
"""Hyperparameters are learnt from so many evaluations at most."""

_DRAWS = 8
_FREQUENCIES = 128
_MANY_CLASSES = 32


@dataclass(frozen=True)
class Prediction:
    """Predicted scores of the targets.

    Attributes:
        table: of the targets, in their order.
        draws: of the table, from the posterior; none where nothing is predicted, or nothing can be learnt.
        loo_residual: root mean square of the leave-one-out errors of the scores, over their standard deviation.
        hyperparameters: by name.
    """

    targets: Targets
    table: Float64[Tensor, "N C"]
    draws: list[Float64[Tensor, "N C"]]
    loo_residual: float
    hyperparameters: dict[str, float]


def predict(
    masks: Coalitions,
    scores: Float64[Tensor, "m C"],
    features: Float[Tensor, "n D"] | None,
    link: Link,
    generator: torch.Generator,
) -> Prediction:
    """Predict the scores of all targets from those of the evaluated coalitions."""
    m, n = masks.shape
    targets = targets_of(n)
    if targets.is_complete and m == 2**n - 1:  # nothing to predict
        return Prediction(targets, scores[1:].flip(0), [], 0.0, {})
    learnt = to_link(scores, link)
    offset = learnt.mean(dim=0)
    y = learnt - offset
    varies = y.square().mean(dim=0) > 1e-20
    if m < 3 or not varies.any():
        table = scores[:1].expand(len(targets.masks), -1).clone()
        return Prediction(targets, _with_known(table, targets, masks, scores), [], 1.0 if varies.any() else 0.0, {})
    kernel, views = SetKernel(n, features), views_of(masks)
    part = torch.arange(m) if m <= _FITTED_ON else torch.randperm(m, generator=generator)[:_FITTED_ON]
    centred = y[part][:, varies]
    h = hyperparameters(learn_hyperparameters(kernel, views.rows(part), centred - centred.mean(dim=0)))
    inverse = inverse_of(noisy_covariance(kernel, views, h))
    solved = inverse @ y
    left_out = from_link(learnt - solved / inverse.diagonal()[:, None], link)
    n_draws = _DRAWS if y.shape[1] <= _MANY_CLASSES else _DRAWS // 2
    # Variance of each class: leave-one-out errors over their posterior variances.
    scale = (solved.square() / inverse.diagonal()[:, None]).mean(dim=0).sqrt()
    weights = draw_prior_weights(kernel, h, n_draws * y.shape[1], generator)
    embedded = kernel.embed(views, h)
    drawn = weights.values(embedded)
    drawn += h["noise"].sqrt() * torch.randn(drawn.shape, generator=generator, dtype=torch.float64)
    predicted, errors = _predict_columns(kernel, embedded, h, n, solved, inverse @ drawn, weights)
    predicted += offset
    table = _with_known(from_link(predicted, link), targets, masks, scores)
    draws = [
        _with_known(from_link(predicted + scale * error, link), targets, masks, scores)
        for error in errors.split(y.shape[1], dim=1)
    ]
    residual = (left_out - scores).square().sum() / (scores - scores.mean(dim=0)).square().sum()
    return Prediction(targets, table, draws, float(residual.sqrt()), {name: float(value) for name, value in h.items()})


@dataclass(frozen=True)
class PriorDraws:
    """J random functions with the covariance k; the smooth part by random Fourier features (Rahimi & Recht, 2007)."""

    frequencies: Float[Tensor, "P F"]
    linear: Float[Tensor, "n J"]
    additive: Float[Tensor, "n J"]
    pair_first: Float[Tensor, "n J"]
    pair_second: Float[Tensor, "n J"]
    waves: Float[Tensor, "_ J"]
    constant: Float[Tensor, " J"]

    def values(self, embedded: Embedded) -> Tensor:
        """Their values at N coalitions, (N, J)."""
        of = PriorDraws(**{name: weights.to(embedded.mean.dtype) for name, weights in vars(self).items()})
        phase = embedded.place @ of.frequencies
        waves = torch.cat([phase.cos(), phase.sin()], dim=1) @ of.waves
        pairs = (embedded.signs @ of.pair_first) * (embedded.signs @ of.pair_second)
        return waves + embedded.mean @ of.linear + embedded.signs @ of.additive + pairs + of.constant


def draw_prior_weights(kernel: SetKernel, h: Hyperparameters, count: int, generator: torch.Generator) -> PriorDraws:
    """`count` functions from the prior."""
    n, r = kernel.n, len(kernel.landmarks)
    dim = (4 + N_RANKS) * n + r * r + 1

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return PriorDraws(
        frequencies=math.sqrt(2) * normal(dim, _FREQUENCIES),
        linear=h["linear"].sqrt() * normal(n, count),
        additive=h["additive"].sqrt() * normal(n, count),
        pair_first=h["pairs"].sqrt() * normal(n, count),
        pair_second=normal(n, count),
        waves=(h["amplitude"] / _FREQUENCIES).sqrt() * normal(2 * _FREQUENCIES, count),
        constant=normal(count),
    )


def _predict_columns(
    kernel: SetKernel,
    evaluated: Embedded,
    h: Hyperparameters,
    n: int,
    solved: Tensor,
    solved_draws: Tensor,
    draws: PriorDraws,
) -> tuple[Tensor, Tensor]:
    """The posterior mean at the targets, and what the posterior mean of each prior draw misses of it."""
    evaluated = evaluated.float()
    columns = torch.cat([solved, solved_draws], dim=1).float()
    parts, missed = [], []
    for _, of_targets in chunks_of_targets(n):
        embedded = kernel.embed(of_targets, h)
        product = kernel.compare(embedded, evaluated, h) @ columns
        parts.append(product[:, : solved.shape[1]].double())
        missed.append(draws.values(embedded) - product[:, solved.shape[1] :])
    return torch.cat(parts), torch.cat(missed)


def _with_known(table: Tensor, targets: Targets, masks: Tensor, scores: Tensor) -> Tensor:
    """The predictions, with the scores that are known in place of their predictions."""
    if targets.is_complete:
        rows = (masks.long() << torch.arange(masks.shape[1])).sum(dim=1) - 1
        inside = rows < len(table)  # not the whole video
        table[rows[inside]] = scores[inside]
    return table
