"""Links: the scale on which scores are learnt, the inverse of the activation that they went through."""

from typing import Literal

import torch
from jaxtyping import Float64
from torch import Tensor

Link = Literal["softmax", "sigmoid", "none"]

_SUM_TOLERANCE = 1e-4
_INSIDE = 1e-6

ClassScores = Float64[Tensor, "m C"]


def link_of(scores: ClassScores) -> Link:
    """The link for these scores: softmax where rows are distributions, sigmoid where all are probabilities."""
    if scores.shape[1] > 1 and (scores >= 0).all() and ((scores.sum(dim=1) - 1).abs() < _SUM_TOLERANCE).all():
        return "softmax"
    return "sigmoid" if ((scores > _INSIDE) & (scores < 1 - _INSIDE)).all() else "none"


def to_link(scores: ClassScores, link: Link) -> ClassScores:
    """Scores on the scale of the link."""
    if link == "none":
        return scores
    scores = scores.clamp(min=_floor(scores))
    if link == "sigmoid":
        return scores.log() - (1 - scores).clamp(min=_floor(1 - scores)).log()
    logs = scores.log()
    return logs - logs.mean(dim=1, keepdim=True)


def from_link(learnt: ClassScores, link: Link) -> ClassScores:
    """Scores from values on the scale of the link."""
    if link == "softmax":
        return torch.softmax(learnt, dim=1)
    return torch.sigmoid(learnt) if link == "sigmoid" else learnt


def _floor(scores: Tensor) -> float:
    """A substitute for scores that were rounded to 0."""
    positive = scores[scores > 0]
    return 0.5 * float(positive.min()) if len(positive) else 1e-30
