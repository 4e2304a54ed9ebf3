"""Gradient attributions by captum, summed over the values of each frame.

Integrated Gradients and Gradient x Input explain v(all frames), the softmax score, as ESVs do; Grad-CAM explains the
logit, by its definition. Inputs are the frames' features, or the last convolutional maps of the backbone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import InputXGradient, IntegratedGradients, LayerGradCam
from jaxtyping import Float, Int64
from torch import Tensor, nn

from play_fair.arrays import FrameAttributions
from play_fair.tensors import LogitBatch, ScoreBatch, VideoBatch

_VALUES_AT_ONCE = 1 << 23
"""Input and hidden values of the steps evaluated at once: 32 MiB of float32, and their gradients."""
_HIDDEN_VALUES = 256
"""Estimated hidden values of a multi-scale model for each subset."""

Inputs = Float[Tensor, "B n *values"]
"""For each frame features (D), or last convolutional maps (K, h, w)."""
Classes = Int64[Tensor, " B"]


@dataclass(frozen=True)
class Network:
    """A differentiable function from features or maps of the frames to logits.

    Attributes:
        logits: from features of whole videos.
        embed: from maps of pictures to features; None where the inputs are features.
    """

    logits: Callable[[VideoBatch], LogitBatch]
    embed: Callable[[Tensor], Tensor] | None = None

    def logits_of(self, inputs: Inputs) -> LogitBatch:
        """Logits of B videos."""
        if self.embed is None:
            return self.logits(inputs)
        return self.logits(self.embed(inputs.flatten(0, 1)).unflatten(0, inputs.shape[:2]))

    def scores_of(self, inputs: Inputs) -> ScoreBatch:
        """v(all frames) of B videos."""
        return torch.softmax(self.logits_of(inputs), dim=1)


def integrated_gradients(
    network: Network, inputs: Inputs, baseline: Float[Tensor, "*values"], classes: Classes, n_steps: int
) -> FrameAttributions:
    """Integrated Gradients: the mean gradient of the score between baseline and input, times their difference.

    They sum to v(all frames) - (the score of a video of baseline frames), up to the error of `n_steps` points.
    Sundararajan et al., "Axiomatic Attribution for Deep Networks", ICML 2017.

    Args:
        baseline: of one frame.
    """
    n_videos, n_frames = inputs.shape[:2]
    values = inputs[0].numel() + _HIDDEN_VALUES * 2**n_frames
    attributions = IntegratedGradients(network.scores_of).attribute(
        inputs,
        baseline.expand_as(inputs),
        target=classes,
        n_steps=n_steps,
        # captum evaluates at least one step of all videos at once.
        internal_batch_size=max(n_videos, _VALUES_AT_ONCE // values),
    )
    return _of_frames(attributions)


def gradient_x_input(network: Network, inputs: Inputs, classes: Classes) -> FrameAttributions:
    """Gradient of the score times the input.

    Shrikumar et al., "Not Just a Black Box", 2016 (arXiv:1605.01713).
    """
    return _of_frames(InputXGradient(network.scores_of).attribute(inputs.clone().requires_grad_(), target=classes))


def grad_cam(network: Network, inputs: Inputs, classes: Classes, signed: bool) -> FrameAttributions:
    """Sum of each frame's Grad-CAM map over the picture. Its scale is arbitrary: it ranks frames.

    The map is sum_k alpha_k A_k, with A_k the k-th of the last convolutional maps and alpha_k the mean over the picture
    of the gradient of the class's logit with respect to it. Selvaraju et al., "Grad-CAM", ICCV 2017, equations 1 and 2.

    Args:
        inputs: last convolutional maps.
        signed: keep negative values, which the definition clips at 0; else no frame can distract.
    """
    model = _FromMaps(network, inputs.shape[1])
    cam = LayerGradCam(model, model.maps).attribute(
        inputs.flatten(0, 1).clone().requires_grad_(), target=classes, relu_attributions=not signed
    )
    return _of_frames(cam.detach().unflatten(0, inputs.shape[:2]))


class _FromMaps(nn.Module):
    """The network from maps (B * n, K, h, w) to logits (B, C), with a layer for captum to take the maps from."""

    def __init__(self, network: Network, n_frames: int) -> None:
        super().__init__()
        self.network = network
        self.n_frames = n_frames
        self.maps = nn.Identity()

    def forward(self, maps: Float[Tensor, "pictures K h w"]) -> LogitBatch:
        return self.network.logits_of(self.maps(maps).unflatten(0, (-1, self.n_frames)))


def _of_frames(attributions: Tensor) -> FrameAttributions:
    """The sum of each frame's values (B, n, ...)."""
    return attributions.detach().flatten(start_dim=2).double().sum(dim=2).cpu().numpy().astype(np.float64)
