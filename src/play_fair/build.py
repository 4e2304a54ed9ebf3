"""From configs to objects: the only place that wires the parts together and picks a device."""

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
from play_fair.config import (
    BackboneModelConfig,
    FeatureModelConfig,
    MultiscaleConfig,
    MultiscaleTrnConfig,
    PreprocessConfig,
    ScalesConfig,
    SequenceConfig,
    TrnConfig,
    TsnConfig,
)
from play_fair.errors import UserError
from play_fair.esv_job import VideoExplainer
from play_fair.games import CharacteristicFunction, MeanConsensusGame, SubsetSampler
from play_fair.models import BNInception, FeatureTSN, MLPConsensus, MultiscaleModel, load_checkpoint, resnet50_backbone
from play_fair.models.backbones.light import light_backbone
from play_fair.plugins import load_plugin
from play_fair.tensors import Scores, SubsetFeatures, SubsetScores
from play_fair.videos.transforms import Preprocess

SCALE = "{n_frames}"
"""Stands for the number of frames in the checkpoint path of a TRN."""


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" is the first CUDA device if there is one, and the CPU otherwise.

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
    """The devices of these names, separated by commas; "all" are all CUDA devices, or the CPU if there is none.

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
    """The backbone with its weights, in evaluation mode on the CPU.

    Raises:
        UserError: there is no such backbone, it has neither a checkpoint nor weights of its own, or see
            `load_checkpoint`.
    """
    known = {"bninception": BNInception, "resnet50": resnet50_backbone, "light": light_backbone}
    make = known[config.kind] if config.kind in known else load_plugin(config.kind)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        backbone = make(feature_dim=config.feature_dim, **config.options)
        if config.checkpoint is None:
            torch.manual_seed(1)
            _require_same_weights(config.kind, backbone, make(feature_dim=config.feature_dim, **config.options))
    if config.checkpoint is not None:
        load_checkpoint(backbone, config.checkpoint)
    return backbone.eval()


def _require_same_weights(name: str, backbone: nn.Module, other: nn.Module) -> None:
    """Random weights would differ between runs, and so would the features of the same frames.

    Raises:
        UserError: two backbones that were made alike, with other random numbers, differ.
    """
    weights = other.state_dict()
    for key, values in backbone.state_dict().items():
        if not torch.equal(values, weights[key]):
            raise UserError(
                f"the backbone {name} has random weights ({key} differs between two that were made alike): name a "
                "checkpoint in its config, or let its function load the weights"
            )


def build_preprocess(config: PreprocessConfig) -> Preprocess:
    """What the backbone wants done to frames."""
    return Preprocess(**config.model_dump())


def new_tsn(config: FeatureModelConfig, model: TsnConfig) -> FeatureTSN:
    """An untrained TSN head."""
    return FeatureTSN(config.dataset.feature_dim, config.dataset.n_classes, model.input_relu, model.dropout)


def new_trn(config: FeatureModelConfig, model: TrnConfig, n_frames: int) -> MLPConsensus:
    """An untrained TRN for `n_frames` frames."""
    return MLPConsensus(
        input_dim=config.dataset.feature_dim * n_frames,
        hidden_dim=model.hidden_dim,
        output_dim=config.dataset.n_classes,
        hidden_layers=model.hidden_layers,
        dropout=model.dropout,
        batch_norm=model.batch_norm,
        input_relu=model.input_relu,
    )


def new_sequence_model(config: FeatureModelConfig, model: TsnConfig | SequenceConfig) -> nn.Module:
    """An untrained model of any number of frames: (B, T, D) -> logits (B, C)."""
    if isinstance(model, TsnConfig):
        return new_tsn(config, model)
    dataset = config.dataset
    return load_plugin(model.make)(feature_dim=dataset.feature_dim, n_classes=dataset.n_classes, **model.options)


def new_single_scale_model(config: FeatureModelConfig, model: TrnConfig | MultiscaleConfig, n_frames: int) -> nn.Module:
    """An untrained model of `n_frames` frames: (B, n_frames, D) -> logits (B, C)."""
    if isinstance(model, TrnConfig):
        return new_trn(config, model, n_frames)
    dataset, make = config.dataset, load_plugin(model.make)
    return make(n_frames=n_frames, feature_dim=dataset.feature_dim, n_classes=dataset.n_classes, **model.options)


def checkpoint_of_scale(model: ScalesConfig, n_frames: int) -> Path:
    """Where the model of `n_frames` frames has its weights.

    Raises:
        UserError: the config names one file for all scales.
    """
    if SCALE not in model.checkpoint:
        raise UserError(
            f"expected {SCALE} in the checkpoint path of a model with a file for each scale, got {model.checkpoint}"
        )
    return Path(model.checkpoint.replace(SCALE, str(n_frames)))


def checkpoints_of(config: FeatureModelConfig) -> list[Path]:
    """All files the model's weights are in."""
    model = config.model
    if isinstance(model, TsnConfig | SequenceConfig):
        return [model.checkpoint]
    if SCALE not in model.checkpoint:
        return [Path(model.checkpoint)]
    return [checkpoint_of_scale(model, n_frames) for n_frames in range(1, model.n_scales + 1)]


def build_single_scale_models(config: FeatureModelConfig, model: TrnConfig | MultiscaleConfig) -> list[nn.Module]:
    """The trained models of 1, 2, ..., n_scales frames, in evaluation mode."""
    models = [new_single_scale_model(config, model, n_frames) for n_frames in range(1, model.n_scales + 1)]
    if SCALE in model.checkpoint:
        for n_frames, single_scale in enumerate(models, start=1):
            load_checkpoint(single_scale, checkpoint_of_scale(model, n_frames))
    else:
        load_checkpoint(MultiscaleModel(models), model.checkpoint)
    return [single_scale.eval() for single_scale in models]


def build_tsn(config: FeatureModelConfig, model: TsnConfig) -> FeatureTSN:
    """The trained TSN head, in evaluation mode."""
    tsn = new_tsn(config, model)
    load_checkpoint(tsn, model.checkpoint)
    return tsn.eval()


def build_sequence_model(config: FeatureModelConfig, model: SequenceConfig) -> nn.Module:
    """The user's trained model of any number of frames, in evaluation mode."""
    network = new_sequence_model(config, model)
    load_checkpoint(network, model.checkpoint)
    return network.eval()


def characteristic_function(network: nn.Module, prior: Scores) -> CharacteristicFunction:
    """v of a network of any number of frames: its softmax scores, and the class priors where there is no frame."""

    def v(frames: SubsetFeatures) -> SubsetScores:
        return network(frames).softmax(dim=-1) if frames.shape[1] else prior[None].float()

    return v


def build_attributor(
    config: FeatureModelConfig,
    priors: Priors,
    device: torch.device,
    subset_sampler: SubsetSampler | None = None,
) -> ShapleyAttributor:
    """What explains videos with the config's model: exactly, or on the subsets that `subset_sampler` chooses.

    Raises:
        UserError: the model takes a fixed number of frames, so it cannot score subsets; or see `load_checkpoint`.
    """
    model, n_classes = config.model, config.dataset.n_classes
    if isinstance(model, TsnConfig):
        tsn = build_tsn(config, model).to(device)
        game = MeanConsensusGame(tsn.frame_logits, torch.from_numpy(priors).to(device))
        return CharacteristicFunctionShapleyAttributor(game, n_classes, subset_sampler, device)
    if isinstance(model, MultiscaleTrnConfig | MultiscaleConfig):
        models = build_single_scale_models(config, model)
        return OnlineShapleyAttributor(models, priors, n_classes, device, subset_sampler)
    if isinstance(model, SequenceConfig):
        network = build_sequence_model(config, model).to(device)
        v = characteristic_function(network, torch.from_numpy(priors).to(device))
        return CharacteristicFunctionShapleyAttributor(v, n_classes, subset_sampler, device)
    raise UserError(
        "a single-scale TRN takes a fixed number of frames, so it has no score for fewer of them; "
        "explain the multi-scale model made of it (kind: 'multiscale_trn')"
    )


def build_explainer(
    config: FeatureModelConfig,
    priors: Priors,
    n_frames: int,
    batch_size: int,
    approximation: Approximation | None,
    interactions: bool,
    device: str,
) -> VideoExplainer:
    """What explains many videos on a device; see `build_attributor` and `VideoExplainer`."""
    attributor = build_attributor(config, priors, torch.device(device))
    return VideoExplainer(attributor, priors, n_frames, batch_size, approximation, interactions)
