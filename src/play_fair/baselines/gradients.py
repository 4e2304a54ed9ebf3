"""Attributions by captum, summed over the values of each frame.

Integrated Gradients, Gradient x Input and KernelSHAP explain v(all frames), the softmax score, as ESVs do; Grad-CAM
explains the logit, by its definition. Inputs are the frames' features, the last convolutional maps of the backbone, or
pixels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from captum.attr import InputXGradient, IntegratedGradients, KernelShap, LayerGradCam
from jaxtyping import Float, Float64, Int64
from numpy.random import Generator
from torch import Tensor, nn

from play_fair.arrays import FrameAttributions
from play_fair.errors import UserError
from play_fair.tensors import LogitBatch, ScoreBatch, Videos

_VALUES_AT_ONCE = 1 << 23
"""Input and hidden values of the inputs evaluated at once: 32 MiB of float32, and their gradients."""

Inputs = Float[Tensor, "B n *values"]
"""For each frame features (D), last convolutional maps (K, h, w), or pixels (3, h, w)."""
Classes = Int64[Tensor, " B"]


@dataclass(frozen=True)
class Network:
    """A differentiable function from features, maps or pixels of the frames to logits.

    Attributes:
        logits: from features, or pixels, of whole videos.
        hidden_values: of one video, estimated.
        embed: from maps of pictures to features; None where the inputs are those of `logits`.
    """

    logits: Callable[[Videos], LogitBatch]
    hidden_values: int
    embed: Callable[[Tensor], Tensor] | None = None

    def logits_of(self, inputs: Inputs) -> LogitBatch:
        """Logits of B videos."""
        if self.embed is None:
            return self.logits(inputs)
        return self.logits(self.embed(inputs.flatten(0, 1)).unflatten(0, inputs.shape[:2]))

    def scores_of(self, inputs: Inputs) -> ScoreBatch:
        """v(all frames) of B videos."""
        return torch.softmax(self.logits_of(inputs), dim=1)

    def at_once(self, inputs: Inputs) -> int:
        """How many videos to evaluate at once."""
        return max(1, _VALUES_AT_ONCE // (inputs[0].numel() + self.hidden_values))


def integrated_gradients(
    network: Network, inputs: Inputs, baseline: Float[Tensor, "..."], classes: Classes, n_steps: int
) -> FrameAttributions:
    """Integrated Gradients: the mean gradient of the score between baseline and input, times their difference.

    They sum to v(all frames) - (the score of a video of baseline frames), up to the error of `n_steps` points.
    Sundararajan et al., "Axiomatic Attribution for Deep Networks", ICML 2017.

    Args:
        baseline: of one frame, for all frames or, (B, 1, ...), for those of each video.
    """
    attributions = IntegratedGradients(network.scores_of).attribute(
        inputs,
        baseline.expand_as(inputs),
        target=classes,
        n_steps=n_steps,
        # captum evaluates at least one step of all videos at once.
        internal_batch_size=max(len(inputs), network.at_once(inputs)),
    )
    return _of_frames(attributions)


def gradient_x_input(network: Network, inputs: Inputs, classes: Classes) -> FrameAttributions:
    """Gradient of the score times the input.

    Shrikumar et al., "Not Just a Black Box", 2016 (arXiv:1605.01713).
    """
    return _of_frames(InputXGradient(network.scores_of).attribute(inputs.clone().requires_grad_(), target=classes))


def kernel_shap(
    network: Network,
    inputs: Inputs,
    baseline: Inputs,
    classes: Classes,
    lengths: Sequence[int],
    n_samples: int,
    rng: Generator,
) -> Float64[np.ndarray, "1 players"]:
    """KernelSHAP with a player for each segment of frames, whose frames are replaced by the baseline's.

    They sum to v(all frames) - (the score of the baseline). Lundberg & Lee, "A Unified Approach to Interpreting Model
    Predictions", NeurIPS 2017.

    Args:
        inputs, baseline: one video.
        lengths: frames of each player, in order; two players or more.
        n_samples: evaluations of the network.
    """
    players = torch.arange(len(lengths), device=inputs.device).repeat_interleave(
        torch.tensor(lengths, device=inputs.device)
    )
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(int(rng.integers(2**31)))  # captum draws from torch's generator
        attributions = KernelShap(network.scores_of).attribute(
            inputs,
            baseline,
            target=classes,
            feature_mask=players.view(1, -1, *[1] * (inputs.ndim - 2)).expand_as(inputs),
            n_samples=n_samples,
            perturbations_per_eval=network.at_once(inputs),
            return_input_shape=False,
        )
    return attributions.double().cpu().numpy().astype(np.float64)


def grad_cam_of_clips(
    network: Network, layer: nn.Module, inputs: Inputs, classes: Classes, signed: bool
) -> FrameAttributions:
    """Grad-CAM of maps over time and space, summed over space and interpolated to the frames. It ranks frames.

    As `grad_cam_of_frames`, but alpha_k is the mean over time, too.

    Args:
        inputs: pixels.
        layer: of the network, with maps (B, K, t, h, w) as output.

    Raises:
        UserError: its output is another one.
    """
    cam = LayerGradCam(network.logits_of, layer).attribute(
        inputs.clone().requires_grad_(), target=classes, relu_attributions=not signed
    )
    if not isinstance(cam, Tensor) or cam.ndim != 5:
        got = tuple(cam.shape) if isinstance(cam, Tensor) else type(cam).__name__
        raise UserError(
            "expected a layer of maps (videos, channels, times, height, width) as model.grad_cam_layer, but its "
            f"Grad-CAM is {got}; name another layer, or none"
        )
    of_times = cam.detach().sum(dim=(3, 4))  # (B, 1, t)
    return _of_frames(F.interpolate(of_times, inputs.shape[1], mode="linear").transpose(1, 2))


def grad_cam_of_frames(network: Network, inputs: Inputs, classes: Classes, signed: bool) -> FrameAttributions:
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
