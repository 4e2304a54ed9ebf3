"""Other attributions (naive, gradients, attention), and measures that compare them with ESVs."""

from play_fair.baselines.compared_model import ComparedModel
from play_fair.baselines.comparison import Comparison, compare
from play_fair.baselines.explain import Explained, explain
from play_fair.baselines.feature_model import ComparedFeatureModel, SampledFeatures
from play_fair.baselines.methods import METHODS, Method
from play_fair.baselines.pixels import Pixels
from play_fair.baselines.report import write_comparison
from play_fair.baselines.video_model import ComparedVideoModel, ExplainedNetwork, SampledClips

__all__ = [
    "METHODS",
    "ComparedFeatureModel",
    "ComparedModel",
    "ComparedVideoModel",
    "Comparison",
    "Explained",
    "ExplainedNetwork",
    "Method",
    "Pixels",
    "SampledClips",
    "SampledFeatures",
    "compare",
    "explain",
    "write_comparison",
]
