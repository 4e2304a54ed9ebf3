"""A model of features, with the methods that it allows: exact ESVs, and gradients of features or of maps."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Float32
from numpy.random import Generator
from torch import Tensor

from play_fair.arrays import FrameAttributions, Labels
from play_fair.attribution import ShapleyAttributor
from play_fair.baselines import gradients
from play_fair.baselines.coalition_scores import ScoreTable, concatenate, score_coalitions
from play_fair.baselines.compared_model import Attribute, Batch, ComparedModel, SampledVideos, perturbed
from play_fair.baselines.differentiable import video_logits
from play_fair.baselines.methods import ESV, METHODS, N_STEPS
from play_fair.baselines.naive import NAIVE
from play_fair.baselines.pixels import Pixels
from play_fair.errors import UserError
from play_fair.models.backbones.backbone import Backbone
from play_fair.tensors import VideoBatch

_HIDDEN_VALUES = 256
"""Estimated hidden values of a multi-scale model for each subset."""


@dataclass(frozen=True)
class SampledFeatures(SampledVideos):
    """Features of n sampled frames of each of N videos."""

    features: Float32[np.ndarray, "N n D"]

    def __len__(self) -> int:
        return len(self.uids)


@dataclass(frozen=True)
class FrameMaps:
    """Last convolutional maps of every frame.

    Attributes:
        maps: of the videos of a batch.
        mean: over the frames of all videos.
        embed: the rest of the backbone, from maps (pictures, K, h, w) to features.
    """

    maps: Float[Tensor, "B n K h w"]
    mean: Float[Tensor, "K h w"]
    embed: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class FeatureBatch(Batch):
    """See `Batch`.

    Attributes:
        attributor: exact attributor of the model.
        videos: features of the sampled frames, on the model's device.
        mean_frame: mean features over the frames of all videos.
        maps: None without pixels.
    """

    attributor: ShapleyAttributor
    videos: VideoBatch
    classes: Labels
    mean_frame: Float[Tensor, " D"]
    maps: FrameMaps | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """See `Batch.shape`."""
        return self.videos.shape[0], self.videos.shape[1]

    @property
    def target(self) -> Tensor:
        """The classes, on the device of the videos."""
        return torch.from_numpy(self.classes).to(self.videos.device)

    @property
    def network(self) -> gradients.Network:
        """The model as a function of maps where there are any, else of features."""
        embed = None if self.maps is None else self.maps.embed
        return gradients.Network(video_logits(self.attributor.game), _HIDDEN_VALUES * 2 ** self.shape[1], embed)

    def coalition_scores(self) -> ScoreTable:
        """The table of all coalitions."""
        return score_coalitions(self.attributor.game, self.videos, self.classes)

    def perturbed(self, radius: float, rng: Generator) -> "FeatureBatch":
        """See `Batch.perturbed`. The inputs are the maps where there are any, from which the features follow."""
        if self.maps is None:
            return replace(self, videos=perturbed(self.videos, radius, rng))
        maps = perturbed(self.maps.maps, radius, rng)
        with torch.no_grad():
            videos = self.maps.embed(maps.flatten(0, 1)).unflatten(0, self.shape)
        return replace(self, videos=videos, maps=replace(self.maps, maps=maps))


def _exact_esvs(batch: FeatureBatch, rng: Generator) -> FrameAttributions:
    esvs, _ = batch.attributor.explain_batch(batch.videos)
    index = batch.target.to(esvs.device)[:, None, None].expand(-1, esvs.shape[1], 1)
    return esvs.gather(2, index)[..., 0].double().cpu().numpy()


def _integrated_gradients(baseline_of: Callable[[Tensor], Tensor]) -> Attribute[FeatureBatch]:
    def attribute(batch: FeatureBatch, rng: Generator) -> FrameAttributions:
        inputs, mean = batch.videos, batch.mean_frame
        if batch.maps is not None:
            inputs, mean = batch.maps.maps, batch.maps.mean
        return gradients.integrated_gradients(batch.network, inputs, baseline_of(mean), batch.target, N_STEPS)

    return attribute


def _gradient_x_input(batch: FeatureBatch, rng: Generator) -> FrameAttributions:
    return gradients.gradient_x_input(replace(batch, maps=None).network, batch.videos, batch.target)


def _grad_cam(signed: bool) -> Attribute[FeatureBatch]:
    def attribute(batch: FeatureBatch, rng: Generator) -> FrameAttributions:
        assert batch.maps is not None
        return gradients.grad_cam_of_frames(batch.network, batch.maps.maps, batch.target, signed)

    return attribute


_OF_FEATURES: dict[str, Attribute[FeatureBatch]] = {
    **NAIVE,
    ESV: _exact_esvs,
    "ig": _integrated_gradients(lambda mean: mean),
    "ig-zero": _integrated_gradients(torch.zeros_like),
    "gradient-x-input": _gradient_x_input,
}
_OF_MAPS: dict[str, Attribute[FeatureBatch]] = {
    "grad-cam": _grad_cam(signed=False),
    "grad-cam-signed": _grad_cam(signed=True),
}


_NOTES = (
    f"Integrated Gradients (IG) take {N_STEPS} steps from the mean frame of these videos, or from zero. They sum to "
    "the score less that of a video of baseline frames, not less the prior.",
    "IG on maps and on features are equal where the backbone only pools and projects its last convolutional maps, as "
    "all backbones of this project do.",
    "Times start from features (or maps). Naive methods read the scores of all subsets, as ESVs do; for TSN, leave one "
    "out and frame alone would need n + 1 of them.",
)


class ComparedFeatureModel(ComparedModel[FeatureBatch]):
    """See `ComparedModel`.

    Maps of all frames stay in memory: 0.1 MB a video of 8 frames with the demo's backbone, 1.6 MB with BN-Inception.

    Args:
        name: of the model.
        attributor: exact attributor of the model.
        videos: at least one.
        device: of the model.
        pixels: None: methods that need maps are not possible.
        batch_size: videos at once.

    Raises:
        UserError: there are no videos, or see `Pixels.maps`.
    """

    notes = _NOTES

    def __init__(
        self,
        name: str,
        attributor: ShapleyAttributor,
        videos: SampledFeatures,
        device: torch.device,
        pixels: Pixels | None = None,
        batch_size: int = 32,
    ) -> None:
        if not len(videos):
            raise UserError("expected at least one video to explain, got none")
        self.name, self.attributor, self.device, self.batch_size = name, attributor, device, batch_size
        self.uids, self.classes, self.indices = videos.uids, videos.classes, videos.indices
        self.features = torch.from_numpy(videos.features)
        self.mean_frame = self.features.mean(dim=(0, 1)).to(device)
        started = time.perf_counter()
        self.maps = None if pixels is None else _maps_of(videos, pixels)
        self.seconds_of_maps = 0.0 if pixels is None else (time.perf_counter() - started) / len(videos)
        possible = _OF_FEATURES if pixels is None else {**_OF_FEATURES, **_OF_MAPS}
        self.methods = {method: possible[method] for method in METHODS if method in possible}
        self.refusals = {
            method: (
                f"expected pictures for {method}, but there are none: set backbone_config in the config of {name} and "
                "gulp the split, or leave this method out"
                if method in _OF_MAPS
                else f"expected a model of pixels for {method}, but {name} is one of features; leave this method out"
            )
            for method in METHODS
            if method not in possible
        }

    def predict(self) -> Labels:
        """See `ComparedModel.predict`."""
        scores = [self.attributor.explain_batch(part)[1] for part in self.features.split(self.batch_size)]
        return torch.cat(scores).argmax(dim=1).cpu().numpy()

    def batch(self, rows: slice, classes: Labels) -> FeatureBatch:
        """See `ComparedModel.batch`."""
        maps = self.maps
        if maps is not None:
            maps = replace(maps, maps=maps.maps[rows].to(self.device), mean=maps.mean.to(self.device))
        return FeatureBatch(self.attributor, self.features[rows].to(self.device), classes[rows], self.mean_frame, maps)

    def coalition_scores(self, classes: Labels) -> ScoreTable:
        """The table of all coalitions of all videos."""
        starts = range(0, len(self.uids), self.batch_size)
        return concatenate(
            [self.batch(slice(start, start + self.batch_size), classes).coalition_scores() for start in starts]
        )


def _maps_of(videos: SampledFeatures, pixels: Pixels) -> FrameMaps:
    """The maps of all frames, on the CPU."""
    assert isinstance(pixels.backbone, Backbone)
    rows = zip(videos.uids, videos.indices, videos.features, strict=True)
    maps = torch.stack([pixels.maps(uid, indices, torch.from_numpy(features)) for uid, indices, features in rows])
    return FrameMaps(maps, maps.mean(dim=(0, 1)), pixels.backbone.embed)
