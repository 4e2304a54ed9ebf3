"""The ESVs of one class, or the difference of two: what the charts and sentences of one video are about."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64

from play_fair.explanation import Explanation
from play_fair.formatting import shortened


@dataclass(frozen=True)
class ClassEsvs:
    """ESVs of a class; with `other`, minus those of that class.

    Shapley values are linear in the score, so that the difference of two classes' ESVs is the ESVs of the difference of
    their scores, exactly: prior + values.sum() = score holds for it, too.
    """

    explanation: Explanation
    class_id: int
    other: int | None = None

    @cached_property
    def values(self) -> Float64[np.ndarray, " T"]:
        """ESV of each frame."""
        return self._of(self.explanation.values.astype(np.float64))

    @property
    def prior(self) -> float:
        """Score of no frames."""
        return float(self._of(self.explanation.prior))

    @property
    def score(self) -> float:
        """Score of all frames."""
        return float(self._of(self.explanation.scores.astype(np.float64)))

    @property
    def standard_errors(self) -> Float32[np.ndarray, " T"] | None:
        """Standard errors of the values; None if exact, and for differences: unknown."""
        errors = self.explanation.standard_errors
        return None if errors is None or self.other is not None else errors[:, self.class_id]

    @property
    def interactions(self) -> Float32[np.ndarray, "T T"] | None:
        """Interactions of every two frames; None where they are not known."""
        known = self.explanation.interactions_of(self.class_id)
        if known is None or self.other is None:
            return known
        subtracted = self.explanation.interactions_of(self.other)
        return None if subtracted is None else known - subtracted

    @property
    def frame_idxs(self) -> list[int]:
        """Index in the video of each frame."""
        return self.explanation.frame_idxs

    @property
    def is_prediction(self) -> bool:
        """Whether this is the predicted class, alone or compared with another."""
        return self.class_id == self.explanation.predicted

    @property
    def short_name(self) -> str:
        """“class”, shortened and in quotation marks."""
        return f"“{shortened(self.explanation.class_name(self.class_id))}”"

    @property
    def short_name_of_other(self) -> str:
        """The other class in quotation marks; empty without one."""
        return "" if self.other is None else f"“{shortened(self.explanation.class_name(self.other))}”"

    @property
    def description(self) -> str:
        """“class”, or “class” rather than “other”."""
        return self.short_name if self.other is None else f"{self.short_name} rather than {self.short_name_of_other}"

    def _of(self, values: np.ndarray) -> Any:
        """Entries of the class along the last axis, minus those of the other."""
        return (
            values[..., self.class_id] if self.other is None else values[..., self.class_id] - values[..., self.other]
        )
