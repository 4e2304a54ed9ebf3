"""What the benchmarks of estimators share: the demo's trained models and its videos."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from play_fair.attribution import ShapleyAttributor
from play_fair.build import build_attributor
from play_fair.config import FeatureModelConfig, load_config
from play_fair.features import open_features
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.labels import read_class_priors

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Demo:
    """A trained model and some videos."""

    exact: ShapleyAttributor
    features: list[np.ndarray]
    """(T, D) of each video."""
    labels: Tensor

    def videos(self, n_frames: int) -> Tensor:
        """Uniformly sampled frames (B, n, D); of more frames than a video has, it is played forth and back."""
        return torch.from_numpy(np.stack([_frames(features, n_frames) for features in self.features]))

    def of_true_class(self, esvs: Tensor) -> Tensor:
        """(B, T, C) -> (B, T) float64."""
        index = self.labels[:, None, None].expand(-1, esvs.shape[1], 1)
        return esvs.double().gather(2, index)[..., 0]


def load_demo(model: str, split: str, n_videos: int) -> Demo:
    """The model of configs/demo and the first videos of a split. Run where `bin/demo` ran."""
    config = load_config(ROOT / "configs" / "demo" / f"{model}.jsonnet", FeatureModelConfig)
    priors = read_class_priors(ROOT / "datasets" / "demo" / "class-priors.csv", config.dataset.n_classes)
    exact = build_attributor(config, priors, torch.device("cpu"))
    with open_features(config.dataset.features, split, config.dataset.feature_dim) as videos:
        chosen = [videos[row] for row in range(min(n_videos, len(videos.uids)))]
    labels = torch.tensor([int(about["label"]) for _, about in chosen])
    return Demo(exact, [features for features, _ in chosen], labels)


def _frames(features: np.ndarray, n_frames: int) -> np.ndarray:
    length = len(features)
    if n_frames <= length:
        return features[uniform_frame_indices(length, n_frames)]
    places = np.arange(n_frames) % (2 * length)
    return features[np.where(places < length, places, 2 * length - 1 - places)]
