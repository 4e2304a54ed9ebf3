"""From configs to objects: the only place that wires the parts together and picks a device."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from play_fair.arrays import Priors
from play_fair.attribution import (
    CharacteristicFunctionShapleyAttributor,
    OnlineShapleyAttributor,
    ShapleyAttributor,
)
from play_fair.config import (
    BackboneModelConfig,
    FeatureModelConfig,
    MultiscaleTrnConfig,
    PreprocessConfig,
    TrnConfig,
    TsnConfig,
)
from play_fair.errors import UserError
from play_fair.games import MeanConsensusGame, SubsetSampler
from play_fair.models import BNInception, FeatureTSN, MLPConsensus, MultiscaleModel, load_checkpoint, resnet50_backbone
from play_fair.models.backbones.light import light_backbone
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


def build_backbone(config: BackboneModelConfig) -> nn.Module:
    """The backbone with its weights, in evaluation mode on the CPU."""
    makers = {"bninception": BNInception, "resnet50": resnet50_backbone, "light": light_backbone}
    backbone = makers[config.kind](config.feature_dim)
    load_checkpoint(backbone, config.checkpoint)
    return backbone.eval()


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


def checkpoint_of_scale(model: TrnConfig, n_frames: int) -> Path:
    """Where the TRN for `n_frames` frames has its weights.

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
    if isinstance(model, TsnConfig):
        return [model.checkpoint]
    if SCALE not in model.checkpoint:
        return [Path(model.checkpoint)]
    return [checkpoint_of_scale(model, n_frames) for n_frames in range(1, model.n_scales + 1)]


def build_single_scale_models(config: FeatureModelConfig, model: TrnConfig) -> list[MLPConsensus]:
    """The trained TRNs for 1, 2, ..., n_scales frames, in evaluation mode."""
    models = [new_trn(config, model, n_frames) for n_frames in range(1, model.n_scales + 1)]
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
    if isinstance(model, MultiscaleTrnConfig):
        models: Sequence[nn.Module] = build_single_scale_models(config, model)
        return OnlineShapleyAttributor(models, priors, n_classes, device, subset_sampler)
    raise UserError(
        "a single-scale TRN takes a fixed number of frames, so it has no score for fewer of them; "
        "explain the multi-scale model made of it (kind: 'multiscale_trn')"
    )
