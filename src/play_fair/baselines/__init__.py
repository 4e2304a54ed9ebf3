"""Other attributions (naive, gradients), and measures that compare them with ESVs."""

from play_fair.baselines.comparison import Comparison, compare
from play_fair.baselines.explain import Explained, SampledFeatures, explain
from play_fair.baselines.methods import METHODS, Method
from play_fair.baselines.pixels import Pixels
from play_fair.baselines.report import write_comparison

__all__ = [
    "METHODS",
    "Comparison",
    "Explained",
    "Method",
    "Pixels",
    "SampledFeatures",
    "compare",
    "explain",
    "write_comparison",
]
