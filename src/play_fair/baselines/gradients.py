"""Gradient attributions by captum, summed up frame by frame: what others explain pictures with, for videos.

Integrated Gradients and Gradient x Input explain v(all frames), the softmax score that ESVs share out; Grad-CAM, as it
is defined, the logit. Both work on the frames' features, or on the last convolutional maps of the backbone.
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
"""Of inputs and hidden layers, on the path from baseline to input: 32 MiB of float32, and their gradients."""
_HIDDEN_VALUES = 256
"""A guess at what each subset of a multi-scale model takes."""

Inputs = Float[Tensor, "B n *values"]
"""Of each frame, its features (D), or its last convolutional maps (K, h, w)."""
Classes = Int64[Tensor, " B"]


@dataclass(frozen=True)
class Network:
    """A model from what is known of each frame to logits.

    Attributes:
        logits: of whole videos, from features.
        embed: from maps to features, picture by picture; None where the inputs are features already.
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
    """The gradient of the score, averaged on the way from `baseline`, times the way; summed over each frame's values.

    They add up to v(all frames) - (the score of a video of baseline frames), but for the error of `n_steps` points.
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
        # captum: less than one step of all videos at once is not possible.
        internal_batch_size=max(n_videos, _VALUES_AT_ONCE // values),
    )
    return _of_frames(attributions)


def gradient_x_input(network: Network, inputs: Inputs, classes: Classes) -> FrameAttributions:
    """The gradient of the score times the input, summed over each frame's values.

    Shrikumar et al., "Not Just a Black Box", 2016 (arXiv:1605.01713).
    """
    return _of_frames(InputXGradient(network.scores_of).attribute(inputs.clone().requires_grad_(), target=classes))


def grad_cam(network: Network, inputs: Inputs, classes: Classes, signed: bool) -> FrameAttributions:
    """The sum over the picture of each frame's Grad-CAM map: its scale means nothing, so it ranks and does not share.

    The map is sum_k alpha_k A_k, with A_k the k-th of the last convolutional maps and alpha_k the mean over the picture
    of the gradient of the class's logit with respect to it. Selvaraju et al., "Grad-CAM", ICCV 2017, equations 1 and 2.

    Args:
        inputs: last convolutional maps.
        signed: keep what is below zero, which the definition cuts off: only with it can a frame distract.
    """
    model = _FromMaps(network, inputs.shape[1])
    cam = LayerGradCam(model, model.maps).attribute(
        inputs.flatten(0, 1).clone().requires_grad_(), target=classes, relu_attributions=not signed
    )
    return _of_frames(cam.detach().unflatten(0, inputs.shape[:2]))


class _FromMaps(nn.Module):
    """The rest of the network, behind a layer of its own that captum can name: (B * n, K, h, w) -> (B, C) logits."""

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
