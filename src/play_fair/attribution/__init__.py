"""Attribution: how much each frame adds to each class score."""

from play_fair.attribution.attributors import (
    CharacteristicFunctionShapleyAttributor,
    OnlineShapleyAttributor,
    ShapleyAttributor,
)
from play_fair.attribution.esv_job import ALL_FRAMES, Approximation, EsvReport, Explainer, compute_esvs
from play_fair.attribution.shapley import shapley_values

__all__ = [
    "ALL_FRAMES",
    "Approximation",
    "CharacteristicFunctionShapleyAttributor",
    "EsvReport",
    "Explainer",
    "OnlineShapleyAttributor",
    "ShapleyAttributor",
    "compute_esvs",
    "shapley_values",
]
