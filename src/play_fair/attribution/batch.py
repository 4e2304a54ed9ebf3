"""Explanations of a batch of videos, as tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from play_fair.explanation import Explanation
from play_fair.tensors import EsvBatch, ScoreBatch


@dataclass(frozen=True)
class BatchExplanation:
    """ESVs and scores of B videos of T players (frames, or segments of frames).

    Attributes:
        esvs: (B, T, C) float32; they and the prior sum to the scores.
        scores: (B, C) float32, v of all frames.
        prior: (B, C) float32, v of no frame.
        standard_errors: of the ESVs; None if they are exact, or if nothing is known of their errors.
        interactions: Shapley interaction index of every two players; symmetric, 0 for a player with itself.
        loo_residual: of each video, the root mean square of leave-one-out residuals of a fitted model, as a share of
            the standard deviation of what it was fitted to.
        n_evaluations: coalitions that the model was evaluated on, for each video.
        method: "exact", or the name of the estimator.
        biased: whether the expectation of the ESVs differs from the exact ones.
    """

    esvs: EsvBatch
    scores: ScoreBatch
    prior: ScoreBatch
    standard_errors: EsvBatch | None = None
    interactions: Float[Tensor, "B T T C"] | None = None
    loo_residual: Float[Tensor, " B"] | None = None
    n_evaluations: int = 0
    method: str = "exact"
    biased: bool = False

    def explanations(
        self, class_names: Sequence[str] | None = None, info: Mapping[str, Any] | None = None
    ) -> list[Explanation]:
        """One numpy `play_fair.Explanation` for each video."""
        return [
            Explanation(
                values=_numpy(self.esvs[row]),
                scores=_numpy(self.scores[row]),
                prior=_numpy(self.prior[row]),
                standard_errors=None if self.standard_errors is None else _numpy(self.standard_errors[row]),
                interactions=None if self.interactions is None else _numpy(self.interactions[row]),
                n_evaluations=self.n_evaluations,
                method=self.method,
                class_names=None if class_names is None else tuple(class_names),
                info={**(info or {}), **self._info(row)},
            )
            for row in range(len(self.esvs))
        ]

    def _info(self, row: int) -> dict[str, Any]:
        info: dict[str, Any] = {"biased": self.biased}
        if self.loo_residual is not None:
            info["loo_residual"] = float(self.loo_residual[row])
        return info


def joined(parts: Sequence[BatchExplanation]) -> BatchExplanation:
    """Explanations of several batches, made alike, as one batch."""
    first = parts[0]
    columns: dict[str, Any] = {}
    for name in (column.name for column in fields(BatchExplanation)):
        values = [getattr(part, name) for part in parts]
        columns[name] = torch.cat(values) if isinstance(values[0], Tensor) else getattr(first, name)
    return BatchExplanation(**columns)


def _numpy(values: Tensor) -> Any:
    return values.float().cpu().numpy()
