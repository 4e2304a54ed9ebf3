"""Config files (*.jsonnet): their schemas, and how they are loaded. `play_fair.build` makes objects of them."""

from play_fair.config.loading import (
    evaluate_jsonnet,
    load_config,
    load_model_config,
    provenance,
)
from play_fair.config.paths import project_root, relative_to_root
from play_fair.config.schemas import (
    BackboneConfig,
    BackboneModelConfig,
    FeatureModelConfig,
    PreprocessConfig,
    TrainingConfig,
    VideoExplanationConfig,
    VideoModelConfig,
)

__all__ = [
    "BackboneConfig",
    "BackboneModelConfig",
    "FeatureModelConfig",
    "PreprocessConfig",
    "TrainingConfig",
    "VideoExplanationConfig",
    "VideoModelConfig",
    "evaluate_jsonnet",
    "load_config",
    "load_model_config",
    "project_root",
    "provenance",
    "relative_to_root",
]
