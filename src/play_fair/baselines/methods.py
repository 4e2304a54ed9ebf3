"""The methods that are compared, by name."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from numpy.random import Generator
from torch import Tensor

from play_fair.arrays import FrameAttributions, Labels
from play_fair.attribution import ShapleyAttributor
from play_fair.baselines import gradients, naive
from play_fair.baselines.ablation import BEST
from play_fair.baselines.coalition_scores import CoalitionScores, score_coalitions
from play_fair.baselines.differentiable import video_logits
from play_fair.tensors import VideoBatch

N_STEPS = 32
"""Steps of Integrated Gradients; the error of the sum is 4e-4 on the demo."""

ESV = "esv"


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
class Batch:
    """Input of a method: B videos, and the class of each that is explained.

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
        """B, n."""
        return self.videos.shape[0], self.videos.shape[1]

    @property
    def target(self) -> Tensor:
        """The classes, on the device of the videos."""
        return torch.from_numpy(self.classes).to(self.videos.device)

    def coalition_scores(self) -> CoalitionScores:
        """Scores of all coalitions; not cached, so that the time of each method includes them."""
        return score_coalitions(self.attributor.game, self.videos, self.classes)


@dataclass(frozen=True)
class Method:
    """An attribution method.

    Attributes:
        title: for tables and figures.
        attribute: returns the attributions of a batch; random methods draw from the generator.
        shares: whether attributions have the unit of the score, so that their sum can be compared with it.
        needs_maps: whether it needs maps, and so pixels.
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
    """The model as a function of maps where there are any, else of features."""
    embed = None if batch.maps is None else batch.maps.embed
    return gradients.Network(video_logits(batch.attributor.game), embed)


METHODS = {
    ESV: Method("exact ESV", _exact_esvs),
    "leave-one-out": Method("leave one out", lambda batch, rng: naive.leave_one_out(batch.coalition_scores())),
    "alone": Method("frame alone", lambda batch, rng: naive.frame_alone(batch.coalition_scores())),
    "one-order": Method("one random order", lambda batch, rng: naive.one_order(batch.coalition_scores(), rng)),
    "ig": Method("IG (mean frame)", _integrated_gradients),
    "ig-zero": Method("IG (zero)", _integrated_gradients_from_zero),
    "gradient-x-input": Method("Gradient x Input", _gradient_x_input),
    "grad-cam": Method("Grad-CAM", _grad_cam(signed=False), shares=False, needs_maps=True),
    "grad-cam-signed": Method("signed Grad-CAM", _grad_cam(signed=True), shares=False, needs_maps=True),
    "uniform": Method("uniform", lambda batch, rng: naive.uniform(batch.coalition_scores())),
    "middle": Method("middle frame", lambda batch, rng: naive.middle(*batch.shape), shares=False),
    "random": Method("random", lambda batch, rng: naive.random(*batch.shape, rng), shares=False),
}
"""In the order of tables and figures."""


def title_of(method: str) -> str:
    """Return the title of a method, or of the best possible orders."""
    return "best possible order" if method == BEST else METHODS[method].title
