"""Other attributions than ESVs, and how they compare: naive ones, gradients, frame ablation, decisive frames."""

from play_fair.baselines.comparison import Comparison, compare
from play_fair.baselines.explain import Explained, SampledVideo, explain
from play_fair.baselines.methods import METHODS, Method
from play_fair.baselines.pixels import Pixels
from play_fair.baselines.report import write_comparison

__all__ = [
    "METHODS",
    "Comparison",
    "Explained",
    "Method",
    "Pixels",
    "SampledVideo",
    "compare",
    "explain",
    "write_comparison",
]
