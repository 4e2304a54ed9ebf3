"""Attribution: how much each frame adds to each class score."""

from play_fair.attribution.approximation import BEST, DEFAULT_MAX_SAMPLES, ESTIMATORS, Approximation
from play_fair.attribution.attributor import Attributor, Explanation
from play_fair.attribution.attributors import (
    CharacteristicFunctionShapleyAttributor,
    OnlineShapleyAttributor,
    ShapleyAttributor,
)
from play_fair.attribution.estimators import LayeredAttributor, SurrogateAttributor
from play_fair.attribution.shapley import shapley_values

__all__ = [
    "BEST",
    "DEFAULT_MAX_SAMPLES",
    "ESTIMATORS",
    "Approximation",
    "Attributor",
    "CharacteristicFunctionShapleyAttributor",
    "Explanation",
    "LayeredAttributor",
    "OnlineShapleyAttributor",
    "ShapleyAttributor",
    "SurrogateAttributor",
    "shapley_values",
]
