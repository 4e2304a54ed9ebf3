"""A model of pixels, with the methods that it allows: estimated ESVs, captum's methods, and attention rollout."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Float64
from numpy.random import Generator
from torch import Tensor, nn

from play_fair.api import explain
from play_fair.arrays import FrameAttributions, Labels, Priors
from play_fair.baselines import gradients
from play_fair.baselines.coalition_scores import EvaluatedScores
from play_fair.baselines.compared_model import Attribute, Batch, ComparedModel, SampledVideos, perturbed
from play_fair.baselines.methods import ESV, METHODS, N_STEPS
from play_fair.baselines.naive import NAIVE
from play_fair.baselines.rollout import frame_rollout
from play_fair.games import ModelGame, SegmentedGame, segmented
from play_fair.games.model_game import logits_of
from play_fair.models.video_network import VideoNetwork
from play_fair.removal import REMOVALS, Removal
from play_fair.tensors import LogitBatch, Videos

_HIDDEN_VALUES = 4
"""Estimated hidden values of a network for each value of its input."""


@dataclass(frozen=True)
class SampledClips(SampledVideos):
    """Clips of N videos, as their network takes them."""

    clips: Float[Tensor, "N T 3 h w"]


@dataclass(frozen=True)
class ExplainedNetwork:
    """A network, and how it is explained.

    Attributes:
        network: in evaluation mode, on its device.
        prior: v(empty).
        removal: a name of `REMOVALS`.
        lengths: frames of each player.
        budget: evaluations for the ESVs of a video.
        seed: of the ESVs' sampling.
        grad_cam_layer: None: Grad-CAM is not possible.
    """

    network: VideoNetwork
    prior: Priors
    removal: str
    lengths: list[int]
    budget: int
    seed: int = 0
    grad_cam_layer: nn.Module | None = None

    @property
    def game(self) -> SegmentedGame:
        """v of coalitions of players."""
        return segmented(ModelGame(self.network, removal=self.removal, prior=self.prior), self.lengths)

    def logits(self, clips: Videos) -> LogitBatch:
        """Logits of whole clips."""
        return logits_of(self.network(clips), len(clips))

    def of_players(self, of_frames: Float64[np.ndarray, "B T"]) -> Float64[np.ndarray, "B players"]:
        """The sum over the frames of each player."""
        return np.add.reduceat(of_frames, np.cumsum([0, *self.lengths[:-1]]), axis=1)


@dataclass(frozen=True)
class ClipBatch(Batch):
    """A single video; see `Batch`.

    Attributes:
        clip: on the device of the network.
    """

    explained: ExplainedNetwork
    clip: Float[Tensor, "1 T 3 h w"]
    classes: Labels

    @property
    def shape(self) -> tuple[int, int]:
        """See `Batch.shape`."""
        return 1, len(self.explained.lengths)

    @property
    def target(self) -> Tensor:
        """The class, on the device of the clip."""
        return torch.from_numpy(self.classes).to(self.clip.device)

    @property
    def network(self) -> gradients.Network:
        """The network as a differentiable function of clips."""
        return gradients.Network(self.explained.logits, _HIDDEN_VALUES * self.clip.numel())

    def coalition_scores(self) -> EvaluatedScores:
        """See `Batch.coalition_scores`."""
        return EvaluatedScores(self.explained.game, self.clip, self.classes)

    def perturbed(self, radius: float, rng: Generator) -> "ClipBatch":
        """See `Batch.perturbed`; the inputs are the pixels."""
        return replace(self, clip=perturbed(self.clip, radius, rng))


def _esvs(batch: ClipBatch, rng: Generator) -> FrameAttributions:
    of = batch.explained
    explanation = explain(
        of.network,
        batch.clip[0],
        prior=of.prior,
        removal=of.removal,
        segments=of.lengths,
        budget=of.budget,
        seed=of.seed,
    )
    return explanation.values[None, :, batch.classes[0]].astype(np.float64)


def _kernel_shap(batch: ClipBatch, rng: Generator) -> FrameAttributions:
    removal = REMOVALS[batch.explained.removal]
    filler = removal if removal.has_filler else REMOVALS["mean"]
    return gradients.kernel_shap(
        batch.network,
        batch.clip,
        _all_filler(batch.clip, filler),
        batch.target,
        batch.explained.lengths,
        batch.explained.budget,
        rng,
    )


def _all_filler(clip: Float[Tensor, "1 T 3 h w"], removal: Removal) -> Float[Tensor, "1 T 3 h w"]:
    return removal.apply(clip[0], torch.zeros(1, clip.shape[1], dtype=torch.bool, device=clip.device))


def _integrated_gradients(baseline_of: Callable[[Tensor], Tensor]) -> Attribute[ClipBatch]:
    def attribute(batch: ClipBatch, rng: Generator) -> FrameAttributions:
        baseline = baseline_of(batch.clip.mean(dim=1, keepdim=True))
        of_frames = gradients.integrated_gradients(batch.network, batch.clip, baseline, batch.target, N_STEPS)
        return batch.explained.of_players(of_frames)

    return attribute


def _gradient_x_input(batch: ClipBatch, rng: Generator) -> FrameAttributions:
    return batch.explained.of_players(gradients.gradient_x_input(batch.network, batch.clip, batch.target))


def _grad_cam(signed: bool) -> Attribute[ClipBatch]:
    def attribute(batch: ClipBatch, rng: Generator) -> FrameAttributions:
        layer = batch.explained.grad_cam_layer
        assert layer is not None
        of_frames = gradients.grad_cam_of_clips(batch.network, layer, batch.clip, batch.target, signed)
        return batch.explained.of_players(of_frames)

    return attribute


def _attention_rollout(batch: ClipBatch, rng: Generator) -> FrameAttributions:
    of_frames = frame_rollout(batch.explained.network, batch.clip)
    assert of_frames is not None
    return batch.explained.of_players(of_frames.double().cpu().numpy())


_OF_CLIPS: dict[str, Attribute[ClipBatch]] = {
    **NAIVE,
    ESV: _esvs,
    "kernel-shap": _kernel_shap,
    "ig": _integrated_gradients(lambda mean: mean),
    "ig-zero": _integrated_gradients(torch.zeros_like),
    "gradient-x-input": _gradient_x_input,
    "grad-cam": _grad_cam(signed=False),
    "grad-cam-signed": _grad_cam(signed=True),
    "attention-rollout": _attention_rollout,
}


_NOTES = (
    "Models of pixels: naive methods, ESVs and measures remove frames as the config says (explanation.removal), and "
    "ESVs are estimated from a budget of evaluations where all subsets are more. KernelSHAP has the same budget, but "
    "puts the mean frame of the video (or the filler of the removal) in the place of a removed frame.",
    f"Gradient methods act on the pixels as the network takes them, Integrated Gradients (IG) in {N_STEPS} steps from "
    "the mean frame of the video, or from zero. KernelSHAP and IG sum to the score less that of a video of baseline "
    "frames, not less the prior.",
    "Grad-CAM of clips weighs channels by the mean gradient over time and space; its map is summed over space, and "
    "interpolated to the frames. Attention rollout is the same for all classes.",
)


class ComparedVideoModel(ComparedModel[ClipBatch]):
    """See `ComparedModel`. Clips stay in memory: 10 MB a video of 16 frames of 224 x 224 pixels.

    Args:
        name: of the model.
        explained: the network.
        videos: at least one.
        device: of the network.
    """

    batch_size = 1
    notes = _NOTES

    def __init__(self, name: str, explained: ExplainedNetwork, videos: SampledClips, device: torch.device) -> None:
        self.name, self.explained = name, explained
        self.uids, self.classes = videos.uids, videos.classes
        lengths = np.array(explained.lengths)
        self.indices = videos.indices[:, lengths.cumsum() - lengths + (lengths - 1) // 2]  # each player's middle frame
        self.clips = videos.clips.to(device)
        self.evaluations = None if 2 ** len(explained.lengths) - 1 <= explained.budget else explained.budget
        self.refusals = _refusals(name, explained, self.clips[:1])
        self.methods = {method: _OF_CLIPS[method] for method in METHODS if method not in self.refusals}

    def predict(self) -> Labels:
        """See `ComparedModel.predict`."""
        with torch.no_grad():
            logits = torch.cat([self.explained.logits(clip[None]) for clip in self.clips])
        return logits.argmax(dim=1).cpu().numpy()

    def batch(self, rows: slice, classes: Labels) -> ClipBatch:
        """See `ComparedModel.batch`."""
        return ClipBatch(self.explained, self.clips[rows], classes[rows])

    def coalition_scores(self, classes: Labels) -> EvaluatedScores:
        """See `ComparedModel.coalition_scores`."""
        return EvaluatedScores(self.explained.game, self.clips, classes)


def _refusals(name: str, explained: ExplainedNetwork, clip: Float[Tensor, "1 T 3 h w"]) -> dict[str, str]:
    """Why methods are not possible, by name."""
    refusals = {}
    if len(explained.lengths) < 2:
        refusals["kernel-shap"] = f"expected two players or more for kernel-shap, but {name} is explained by one"
    if explained.grad_cam_layer is None:
        for method in ("grad-cam", "grad-cam-signed"):
            refusals[method] = (
                f"expected a layer for {method}, but the config of {name} names none: set model.grad_cam_layer to the "
                "last layer whose output has times, height and width, or leave this method out"
            )
    if frame_rollout(explained.network, clip) is None:
        refusals["attention-rollout"] = (
            f"expected joint attention over one token a frame (nn.MultiheadAttention), or VideoMAE, for "
            f"attention-rollout, but {name} has none; leave it out"
        )
    return refusals
