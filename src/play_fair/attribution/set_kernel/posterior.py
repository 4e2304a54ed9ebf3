"""The posterior of the scores of the target coalitions, given those of the evaluated ones."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from play_fair.attribution.set_kernel.fit import inverse_of, learn_hyperparameters, noisy_covariance
from play_fair.attribution.set_kernel.kernel import (
    Embedded,
    Embedding,
    Hyperparameters,
    SetKernel,
    hyperparameters,
)
from play_fair.attribution.set_kernel.links import Link, from_link, to_link
from play_fair.attribution.set_kernel.targets import Targets, few_targets_of, targets_of
from play_fair.attribution.set_kernel.views import some_views_of_targets, views_of, views_of_targets
from play_fair.tensors import Coalitions

_FITTED_ON = 256
"""Most evaluations that hyperparameters are fitted on."""

MANY = 32
"""Evaluations over players beyond which errors are smaller than the roundings of single precision."""

_DRAWS = 8
_FREQUENCIES = 128
_MANY_CLASSES = 32


@dataclass(frozen=True)
class Prediction:
    """Predicted scores of the targets.

    Attributes:
        table: of the targets, in their order.
        esv_errors: errors of the ESVs, drawn from the posterior; none where nothing is predicted, or nothing can be
            learnt.
        left_out: leave-one-out errors of the scores of the evaluated coalitions; none where there are no `esv_errors`.
        loo_residual: root mean square of the leave-one-out errors of the scores, over their standard deviation.
        hyperparameters: by name.
    """

    targets: Targets
    table: Float64[Tensor, "N C"]
    esv_errors: Float64[Tensor, "J n C"] | None
    left_out: Float64[Tensor, "m C"] | None
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
        return Prediction(targets, scores[1:].flip(0), None, None, 0.0, {})
    learnt = to_link(scores, link)
    offset = learnt.mean(dim=0)
    y = learnt - offset
    varies = y.square().mean(dim=0) > 1e-20
    if m < 3 or not varies.any():
        table = scores[:1].expand(len(targets.masks), -1).clone()
        table = _with_known(table, targets, masks, scores)
        return Prediction(targets, table, None, None, 1.0 if varies.any() else 0.0, {})
    kernel, views = SetKernel(n, features), views_of(masks)
    part = torch.arange(m) if m <= _FITTED_ON else torch.randperm(m, generator=generator)[:_FITTED_ON]
    centred = y[part][:, varies]
    h = hyperparameters(learn_hyperparameters(kernel, views.rows(part), centred - centred.mean(dim=0)))
    embedding = kernel.embedding(h)
    if m <= MANY * n:
        embedding = embedding.reduced(some_views_of_targets(targets))
    evaluated = embedding(views)
    inverse = inverse_of(noisy_covariance(embedding, evaluated))
    solved = inverse @ y
    left_out = from_link(learnt - solved / inverse.diagonal()[:, None], link) - scores
    posterior = Posterior(embedding, evaluated, inverse, y)
    table = _with_known(from_link(posterior.mean(targets) + offset, link), targets, masks, scores)
    few = few_targets_of(n)
    mean, errors = posterior.draw(few, generator)
    # Variance of each class: leave-one-out errors over their posterior variances.
    scale = (solved.square() / inverse.diagonal()[:, None]).mean(dim=0).sqrt()
    expected = from_link(mean + offset, link)
    drawn = torch.stack([from_link(mean + offset + scale * error, link) for error in errors])
    residual = left_out.square().sum() / (scores - scores.mean(dim=0)).square().sum()
    values = {name: float(value) for name, value in h.items()}
    return Prediction(targets, table, few.weights @ (drawn - expected), left_out, float(residual.sqrt()), values)


@dataclass(frozen=True)
class Posterior:
    """The Gaussian process given the values y (m, C) of m coalitions, of unit variance in each class.

    Attributes:
        evaluated: the m coalitions.
        inverse: of their noisy covariance.
    """

    embedding: Embedding
    evaluated: Embedded
    inverse: Float64[Tensor, "m m"]
    y: Float64[Tensor, "m C"]

    def mean(self, targets: Targets) -> Float64[Tensor, "N C"]:
        """Posterior mean of the targets."""
        return self._regress(targets, self.inverse @ self.y, None)

    def draw(
        self, targets: Targets, generator: torch.Generator
    ) -> tuple[Float64[Tensor, "N C"], Float64[Tensor, "J N C"]]:
        """Posterior mean of the targets, and J draws of its error (Matheron's rule)."""
        n_classes = self.y.shape[1]
        n_draws = _DRAWS if n_classes <= _MANY_CLASSES else _DRAWS // 2
        prior = draw_prior(self.evaluated, self.embedding.h, n_draws * n_classes, generator)
        drawn = prior.values(self.evaluated)
        drawn += self.embedding.h["noise"].sqrt() * torch.randn(drawn.shape, generator=generator, dtype=torch.float64)
        columns = self.inverse @ torch.cat([self.y, -drawn], dim=1)
        values = self._regress(targets, columns, prior)
        return values[:, :n_classes], torch.stack(values[:, n_classes:].split(n_classes, dim=1))

    def _regress(self, targets: Targets, columns: Tensor, prior: "PriorDraws | None") -> Tensor:
        """k(targets, evaluated) @ columns (m, J), plus the values of the prior draws in the last columns."""
        dtype = torch.float32 if len(self.y) <= MANY * len(self.embedding.root) else torch.float64
        evaluated, columns = self.evaluated.to(dtype), columns.to(dtype)
        parts = []
        for _, views in views_of_targets(targets):
            embedded = self.embedding(views.to(dtype))
            values = (SetKernel.compare(embedded, evaluated) @ columns).double()
            if prior is not None:
                values[:, self.y.shape[1] :] += prior.values(embedded)
            parts.append(values)
        return torch.cat(parts)


@dataclass(frozen=True)
class PriorDraws:
    """J random functions with the covariance k; the smooth part by random Fourier features (Rahimi & Recht, 2007)."""

    frequencies: Float[Tensor, "P F"]
    waves: Float[Tensor, "_ J"]
    linear: Float[Tensor, "L J"]
    pair_first: Float[Tensor, "n J"]
    pair_second: Float[Tensor, "n J"]

    def values(self, embedded: Embedded) -> Tensor:
        """Their values at N coalitions, (N, J)."""
        of = PriorDraws(**{name: weights.to(embedded.place.dtype) for name, weights in vars(self).items()})
        phase = embedded.place @ of.frequencies
        waves = torch.cat([phase.cos(), phase.sin()], dim=1) @ of.waves
        pairs = (embedded.signs @ of.pair_first) * (embedded.signs @ of.pair_second)
        return waves + embedded.linear @ of.linear + pairs


def draw_prior(like: Embedded, h: Hyperparameters, count: int, generator: torch.Generator) -> PriorDraws:
    """`count` functions from the prior, of coalitions embedded like the given ones."""

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    n = like.signs.shape[1]
    return PriorDraws(
        frequencies=math.sqrt(2) * normal(like.place.shape[1], _FREQUENCIES),
        waves=(h["amplitude"] / _FREQUENCIES).sqrt() * normal(2 * _FREQUENCIES, count),
        linear=normal(like.linear.shape[1], count),
        pair_first=normal(n, count),
        pair_second=normal(n, count),
    )


def _with_known(table: Tensor, targets: Targets, masks: Tensor, scores: Tensor) -> Tensor:
    """Replace predictions by known scores, in place."""
    rows = targets.rows_of(masks)
    table[rows[rows >= 0]] = scores[rows >= 0]
    return table
