"""Attribution: how much each frame adds to each class score."""

from play_fair.attribution.attributors import (
    CharacteristicFunctionShapleyAttributor,
    OnlineShapleyAttributor,
    ShapleyAttributor,
)
from play_fair.attribution.shapley import shapley_values

__all__ = [
    "CharacteristicFunctionShapleyAttributor",
    "OnlineShapleyAttributor",
    "ShapleyAttributor",
    "shapley_values",
]
