"""Attribution: how much each frame adds to each class score."""

from play_fair.attribution.approximation import Approximation
from play_fair.attribution.attributor import Attributor
from play_fair.attribution.attributors import (
    CharacteristicFunctionShapleyAttributor,
    OnlineShapleyAttributor,
    ShapleyAttributor,
)
from play_fair.attribution.batch import BatchExplanation
from play_fair.attribution.estimated import EstimatedAttributor
from play_fair.attribution.estimator import Estimator
from play_fair.attribution.exact import MAX_EXACT_PLAYERS, exact_explanation
from play_fair.attribution.registry import BEST, ESTIMATORS, estimator_of
from play_fair.attribution.shapley import shapley_values

__all__ = [
    "BEST",
    "ESTIMATORS",
    "MAX_EXACT_PLAYERS",
    "Approximation",
    "Attributor",
    "BatchExplanation",
    "CharacteristicFunctionShapleyAttributor",
    "EstimatedAttributor",
    "Estimator",
    "OnlineShapleyAttributor",
    "ShapleyAttributor",
    "estimator_of",
    "exact_explanation",
    "shapley_values",
]
