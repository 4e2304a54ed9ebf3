"""Build models and attributors from configs, and choose devices."""

from pathlib import Path

import torch
from torch import nn

from play_fair.arrays import Priors
from play_fair.attribution import (
    Approximation,
    CharacteristicFunctionShapleyAttributor,
    OnlineShapleyAttributor,
    ShapleyAttributor,
)
from play_fair.config import BackboneModelConfig, FeatureModelConfig, PreprocessConfig, VideoModelConfig
from play_fair.errors import UserError
from play_fair.esv_job import VideoExplainer
from play_fair.games import CharacteristicFunction, MeanConsensusGame
from play_fair.models import FeatureTSN, MultiscaleModel, load_checkpoint
from play_fair.models.video_network import (
    PreprocessClip,
    VideoNetwork,
    load_torchvision_checkpoint,
    load_transformers_folder,
    preprocessing_of_transformers,
    preprocessing_of_weights,
    torchvision_weights,
)
from play_fair.plugins import call_plugin
from play_fair.tensors import Scores, SubsetFeatures, SubsetScores
from play_fair.videos.transforms import Preprocess

SCALE = "{n_frames}"
"""Stands for the number of frames in the checkpoint path of a TRN."""


def pick_device(name: str = "auto") -> torch.device:
    """Return the device of that name; "auto" is the first CUDA device if there is one, and the CPU otherwise.

    Raises:
        UserError: there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UserError(f"expected a device such as auto, cpu, cuda or cuda:1, got {name!r}") from None
    if device.type == "cuda" and not (device.index or 0) < torch.cuda.device_count():
        raise UserError(f"no CUDA device {name!r} here ({torch.cuda.device_count()} found); use --device cpu")
    return device


def pick_devices(names: str = "auto", elsewhere: bool = False) -> tuple[str, ...]:
    """Return the devices of these names, separated by commas; "all" are all CUDA devices, or the CPU if there is none.

    Args:
        elsewhere: they are those of other machines, so that it does not matter which this one has.

    Raises:
        UserError: there is no such device, or there are CPU and CUDA devices among them, which give other roundings.
    """
    if elsewhere and names.startswith(("cuda", "all")):
        return ("cuda",)
    if names == "all":
        return tuple(f"cuda:{index}" for index in range(torch.cuda.device_count())) or ("cpu",)
    devices = tuple(dict.fromkeys(str(pick_device(name.strip())) for name in names.split(",")))
    if len({device.split(":")[0] for device in devices}) > 1:
        raise UserError(f"expected devices of one kind, got {names}")
    return devices


def build_backbone(config: BackboneModelConfig) -> nn.Module:
    """Build the backbone with its weights, in evaluation mode on the CPU.

    Raises:
        UserError: there is no such backbone, it has neither a checkpoint nor weights of its own, or see
            `load_checkpoint`.
    """

    def make(seed: int) -> nn.Module:
        torch.manual_seed(seed)
        return call_plugin(config.make, config.options, feature_dim=config.feature_dim)

    with torch.random.fork_rng(devices=[]):
        backbone = make(seed=0)
        if config.checkpoint is None:
            _require_same_weights(config.kind, backbone, make(seed=1))
    if config.checkpoint is not None:
        load_checkpoint(backbone, config.checkpoint)
    return backbone.eval()


def _require_same_weights(name: str, backbone: nn.Module, other: nn.Module) -> None:
    """Refuse random weights: the features of the same frames would differ between runs.

    Raises:
        UserError: two backbones made from different seeds differ.
    """
    weights = other.state_dict()
    for key, values in backbone.state_dict().items():
        if not torch.equal(values, weights[key]):
            raise UserError(
                f"the backbone {name} has random weights ({key} differs between two that were made alike): name a "
                "checkpoint in its config, or let its function load the weights"
            )


def build_preprocess(config: PreprocessConfig) -> Preprocess:
    """Build what turns frames into the backbone's input."""
    return Preprocess(**config.model_dump())


def build_video_network(config: VideoModelConfig) -> VideoNetwork:
    """Build a network on pixels with its weights and its preprocessing, in evaluation mode on the CPU.

    Raises:
        UserError: its weights are missing, which says where they come from; the config names no preprocessing, and
            neither do the weights; or see `call_plugin` and `load_checkpoint`.
    """
    model, clip = config.model, config.clip
    preprocess: PreprocessClip | None = None if clip.preprocess is None else build_preprocess(clip.preprocess)
    class_names: tuple[str, ...] | None = None
    if model.folder is not None:
        network, class_names = load_transformers_folder(model.folder, model.hub_id)
        preprocess = preprocess or preprocessing_of_transformers(model.folder)
    else:
        assert model.make is not None  # the config's validator refuses one without the other
        assert model.checkpoint is not None
        weights = None if model.weights is None else torchvision_weights(model.weights)
        network = call_plugin(model.make, model.options)
        load_torchvision_checkpoint(network, model.checkpoint, weights)
        if weights is not None:
            preprocess = preprocess or preprocessing_of_weights(weights)
            class_names = tuple(weights.meta["categories"])
    if preprocess is None:
        raise UserError("expected clip.preprocess in the config of a model without torchvision's weights")
    return VideoNetwork(
        network.eval(),
        preprocess,
        class_names,
        channels_first=model.folder is None and model.axes == "NCTHW",
        n_frames=None if clip.any_length else clip.n_frames,
    )


def make_network(config: FeatureModelConfig, n_frames: int | None = None) -> nn.Module:
    """Make an untrained network of the config's model: (B, T, D) -> logits (B, C).

    Args:
        n_frames: the number of frames it takes, for a model with a network for each; else None.
    """
    sizes = {"feature_dim": config.dataset.feature_dim, "n_classes": config.dataset.n_classes}
    if n_frames is not None:
        sizes["n_frames"] = n_frames
    return call_plugin(config.model.make, config.model.options, **sizes)


def checkpoint_of_scale(config: FeatureModelConfig, n_frames: int) -> Path:
    """Return the path of the weights of the network for `n_frames` frames.

    Raises:
        UserError: the config names one file for all scales.
    """
    path = str(config.model.checkpoint)
    if SCALE not in path:
        raise UserError(f"expected {SCALE} in the checkpoint path of a model with a file for each scale, got {path}")
    return Path(path.replace(SCALE, str(n_frames)))


def checkpoints_of(config: FeatureModelConfig) -> list[Path]:
    """Return all files the model's weights are in: one, or one for each scale."""
    n_scales, path = config.model.n_scales, config.model.checkpoint
    if n_scales is None or SCALE not in str(path):
        return [Path(path)]
    return [checkpoint_of_scale(config, n_frames) for n_frames in range(1, n_scales + 1)]


def build_networks(config: FeatureModelConfig) -> list[nn.Module]:
    """Build the trained networks in evaluation mode: one of any number of frames, or those of 1, ..., n_scales frames.

    Raises:
        UserError: see `call_plugin` and `load_checkpoint`.
    """
    n_scales = config.model.n_scales
    networks = [make_network(config, n) for n in (range(1, n_scales + 1) if n_scales else (None,))]
    paths = checkpoints_of(config)
    one_file_for_all = n_scales is not None and SCALE not in str(config.model.checkpoint)
    holders = [MultiscaleModel(networks)] if one_file_for_all else networks
    for holder, path in zip(holders, paths, strict=True):
        load_checkpoint(holder, path)
    return [network.eval() for network in networks]


def characteristic_function(network: nn.Module, prior: Scores) -> CharacteristicFunction:
    """Make the characteristic function of a network: its softmax scores, and `prior` where there is no frame."""

    def v(frames: SubsetFeatures) -> SubsetScores:
        return network(frames).softmax(dim=-1) if frames.shape[1] else prior[None].float()

    return v


def build_attributor(
    config: FeatureModelConfig,
    priors: Priors,
    device: torch.device,
) -> ShapleyAttributor:
    """Build the exact attributor of the config's model.

    Raises:
        UserError: the model takes a fixed number of frames, so it cannot score subsets; or see `load_checkpoint`.
    """
    if config.model.kind == "trn":
        raise UserError(
            "a single-scale TRN takes a fixed number of frames, so it has no score for fewer of them; "
            "explain the multi-scale model made of it (kind: 'multiscale_trn')"
        )
    n_classes, networks = config.dataset.n_classes, build_networks(config)
    if config.model.n_scales is not None:
        return OnlineShapleyAttributor(networks, priors, n_classes, device)
    network, prior = networks[0].to(device), torch.from_numpy(priors).to(device)
    game: CharacteristicFunction = characteristic_function(network, prior)
    if isinstance(network, FeatureTSN):  # a mean over frames, whose logits are computed once
        game = MeanConsensusGame(network.frame_logits, prior)
    return CharacteristicFunctionShapleyAttributor(game, n_classes, device=device)


def build_explainer(
    config: FeatureModelConfig,
    priors: Priors,
    n_frames: int,
    batch_size: int,
    approximation: Approximation | None,
    interactions: bool,
    subset_scores: bool,
    device: str,
) -> VideoExplainer:
    """Build what explains many videos on a device; see `build_attributor` and `VideoExplainer`."""
    attributor = build_attributor(config, priors, torch.device(device))
    return VideoExplainer(attributor, priors, n_frames, batch_size, approximation, interactions, subset_scores)
