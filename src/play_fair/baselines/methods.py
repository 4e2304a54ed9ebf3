"""All methods that are compared, by name."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from numpy.random import Generator
from torch import Tensor

from play_fair.arrays import FrameAttributions, Labels
from play_fair.attribution import ShapleyAttributor
from play_fair.baselines import gradients, naive
from play_fair.baselines.differentiable import video_logits
from play_fair.baselines.value_table import ValueTable, value_table
from play_fair.tensors import VideoBatch

N_STEPS = 32
"""Of the path of Integrated Gradients: on the demo they add up to 4e-4."""

ESV = "esv"


@dataclass(frozen=True)
class FrameMaps:
    """The last convolutional maps of every frame.

    Attributes:
        maps: of the videos' frames.
        mean: of the frames of all videos.
        embed: what the backbone makes of maps (pictures, K, h, w): features.
    """

    maps: Float[Tensor, "B n K h w"]
    mean: Float[Tensor, "K h w"]
    embed: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Batch:
    """Some videos, the class of each that is to be explained, and what methods may want to know.

    Attributes:
        attributor: exact, of the model.
        videos: features of the sampled frames, on the model's device.
        mean_frame: the mean features of the frames of all videos.
        maps: None where there are no pixels.
    """

    attributor: ShapleyAttributor
    videos: VideoBatch
    classes: Labels
    mean_frame: Float[Tensor, " D"]
    maps: FrameMaps | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Videos and frames of each."""
        return self.videos.shape[0], self.videos.shape[1]

    @property
    def target(self) -> Tensor:
        """The classes, beside the videos."""
        return torch.from_numpy(self.classes).to(self.videos.device)

    def table(self) -> ValueTable:
        """All scores, computed anew: each method that needs them pays for them."""
        return value_table(self.attributor.game, self.videos, self.classes)


@dataclass(frozen=True)
class Method:
    """A way to say what each frame of a video did for the class.

    Attributes:
        title: for tables and figures.
        attribute: the attributions; the generator is for those that draw.
        shares: whether they are shares of the score, so that it makes sense to ask if they add up.
        needs_maps: whether pixels must be at hand.
    """

    title: str
    attribute: Callable[[Batch, Generator], FrameAttributions]
    shares: bool = True
    needs_maps: bool = False


def _exact_esvs(batch: Batch, rng: Generator) -> FrameAttributions:
    esvs, _ = batch.attributor.explain_batch(batch.videos)
    index = batch.target.to(esvs.device)[:, None, None].expand(-1, esvs.shape[1], 1)
    return esvs.gather(2, index)[..., 0].double().cpu().numpy()


def _integrated_gradients(batch: Batch, rng: Generator) -> FrameAttributions:
    return _from_baseline(batch, lambda mean: mean)


def _integrated_gradients_from_zero(batch: Batch, rng: Generator) -> FrameAttributions:
    return _from_baseline(batch, torch.zeros_like)


def _from_baseline(batch: Batch, baseline_of: Callable[[Tensor], Tensor]) -> FrameAttributions:
    network, inputs, mean = _network(batch), batch.videos, batch.mean_frame
    if batch.maps is not None:
        inputs, mean = batch.maps.maps, batch.maps.mean
    return gradients.integrated_gradients(network, inputs, baseline_of(mean), batch.target, N_STEPS)


def _gradient_x_input(batch: Batch, rng: Generator) -> FrameAttributions:
    network = gradients.Network(video_logits(batch.attributor.game))
    return gradients.gradient_x_input(network, batch.videos, batch.target)


def _grad_cam(signed: bool) -> Callable[[Batch, Generator], FrameAttributions]:
    def attribute(batch: Batch, rng: Generator) -> FrameAttributions:
        assert batch.maps is not None
        return gradients.grad_cam(_network(batch), batch.maps.maps, batch.target, signed)

    return attribute


def _network(batch: Batch) -> gradients.Network:
    """From maps where there are any, else from features."""
    embed = None if batch.maps is None else batch.maps.embed
    return gradients.Network(video_logits(batch.attributor.game), embed)


METHODS = {
    ESV: Method("exact ESV", _exact_esvs),
    "leave-one-out": Method("leave one out", lambda batch, rng: naive.leave_one_out(batch.table())),
    "alone": Method("frame alone", lambda batch, rng: naive.frame_alone(batch.table())),
    "one-order": Method("one random order", lambda batch, rng: naive.one_order(batch.table(), rng)),
    "ig": Method("IG (mean frame)", _integrated_gradients),
    "ig-zero": Method("IG (zero)", _integrated_gradients_from_zero),
    "gradient-x-input": Method("Gradient x Input", _gradient_x_input),
    "grad-cam": Method("Grad-CAM", _grad_cam(signed=False), shares=False, needs_maps=True),
    "grad-cam-signed": Method("signed Grad-CAM", _grad_cam(signed=True), shares=False, needs_maps=True),
    "uniform": Method("uniform", lambda batch, rng: naive.uniform(batch.table())),
    "middle": Method("middle frame", lambda batch, rng: naive.middle(*batch.shape), shares=False),
    "random": Method("random", lambda batch, rng: naive.random(*batch.shape, rng), shares=False),
}
"""In the order of tables and figures."""
