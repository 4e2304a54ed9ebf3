"""Attribution: how much each frame adds to each class score."""

from play_fair.attribution.approximation import BEST, DEFAULT_MAX_SAMPLES, ESTIMATORS, Approximation
from play_fair.attribution.attributor import Attributor, Explanation
from play_fair.attribution.attributors import (
    CharacteristicFunctionShapleyAttributor,
    OnlineShapleyAttributor,
    ShapleyAttributor,
)
from play_fair.attribution.estimators import LayeredAttributor, SurrogateAttributor
from play_fair.attribution.esv_job import ALL_FRAMES, EsvReport, Explainer, compute_esvs
from play_fair.attribution.shapley import shapley_values

__all__ = [
    "ALL_FRAMES",
    "BEST",
    "DEFAULT_MAX_SAMPLES",
    "ESTIMATORS",
    "Approximation",
    "Attributor",
    "CharacteristicFunctionShapleyAttributor",
    "EsvReport",
    "Explainer",
    "Explanation",
    "LayeredAttributor",
    "OnlineShapleyAttributor",
    "ShapleyAttributor",
    "SurrogateAttributor",
    "compute_esvs",
    "shapley_values",
]
