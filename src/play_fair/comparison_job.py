"""Script 10: from configs to models with videos, their attributions, and the report that compares them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from play_fair.baselines import (
    ComparedFeatureModel,
    ComparedModel,
    ComparedVideoModel,
    Explained,
    ExplainedNetwork,
    Pixels,
    SampledClips,
    SampledFeatures,
    compare,
    explain,
    write_comparison,
)
from play_fair.baselines.decisive import read_decisive_frames
from play_fair.baselines.explain import count_attributions
from play_fair.build import build_attributor, build_backbone, build_preprocess, build_video_network, pick_device
from play_fair.cli import progress
from play_fair.config import BackboneConfig, FeatureModelConfig, VideoModelConfig, load_config, load_model_config
from play_fair.errors import UserError
from play_fair.features import open_features
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.games.model_game import logits_of
from play_fair.games.segments import segments_of_length
from play_fair.labels import read_class_priors
from play_fair.models.video_network import VideoNetwork
from play_fair.videos.gulp_dataset import GulpVideoDataset

FEATURE_FRAMES = 8
"""Frames of a video that a model of features is given, by default."""

ModelConfig = FeatureModelConfig | VideoModelConfig


@dataclass(frozen=True)
class ComparisonOptions:
    """The options of script 10; see its help."""

    split: str
    n_frames: int | None
    limit: int | None
    methods: Sequence[str] | None
    predicted: bool
    use_pictures: bool
    n_sensitivity: int
    batch_size: int
    seed: int
    device: str


def compare_models(
    config_paths: Sequence[Path],
    priors: Path,
    output: Path,
    options: ComparisonOptions,
    decisive_frames: Path | None,
    about: Mapping[str, str],
) -> list[str]:
    """Explain the videos of a split with every model and method, and write the report; return its findings.

    Args:
        about: name -> value for the head of the report, besides what was compared.

    Raises:
        UserError: a config, a file or an option does not fit; see the messages.
    """
    windows = None if decisive_frames is None else read_decisive_frames(decisive_frames)
    configs = [load_model_config(path) for path in config_paths]
    explained = [_explain(config, priors, options) for config in configs]
    head = {
        "dataset": ", ".join(dict.fromkeys(config.dataset.name for config in configs)),
        "split": options.split,
        "models": ", ".join(config.model.name for config in configs),
        "frames": ", ".join(dict.fromkeys(str(_n_frames(config, options)) for config in configs)),
        "class explained": "predicted" if options.predicted else "true",
    }
    n_methods = sum(len(of_model.attributions) for of_model in explained)
    with progress(None, "Removing frames", n_methods, "method") as bar:
        comparison = compare(explained, windows, options.seed, bar.update)
    return write_comparison(comparison, {**head, **about}, output)


def _n_frames(config: ModelConfig, options: ComparisonOptions) -> int:
    default = config.clip.n_frames if isinstance(config, VideoModelConfig) else FEATURE_FRAMES
    return options.n_frames or default


def _explain(config: ModelConfig, priors: Path, options: ComparisonOptions) -> Explained:
    device = pick_device(options.device)
    model: ComparedModel = (
        _video_model(config, priors, options, device)
        if isinstance(config, VideoModelConfig)
        else _feature_model(config, priors, options, device)
    )
    if options.methods is None and isinstance(config, VideoModelConfig):
        for method, message in model.refusals.items():
            print(f"Left out {method}: {message}")
    methods = list(model.methods) if options.methods is None else options.methods
    model.require(methods)
    n_attributions = count_attributions(model, methods, options.n_sensitivity)
    with progress(None, f"Explaining {model.name}", n_attributions, "attribution") as bar:
        return explain(model, methods, options.predicted, options.seed, options.n_sensitivity, bar.update)


def _feature_model(
    config: FeatureModelConfig, priors: Path, options: ComparisonOptions, device: torch.device
) -> ComparedFeatureModel:
    of_classes = read_class_priors(priors, config.dataset.n_classes)
    pixels = _pixels(config, options, device)
    attributor = build_attributor(config, of_classes, device)
    videos = _sample_features(config, options)
    return ComparedFeatureModel(config.model.name, attributor, videos, device, pixels, options.batch_size)


def _sample_features(config: FeatureModelConfig, options: ComparisonOptions) -> SampledFeatures:
    """Sample frames uniformly from the videos that are long enough; print how many are left out."""
    sampled, n_too_short, n_frames = [], 0, _n_frames(config, options)
    dataset = config.dataset
    with open_features(dataset.features, options.split, dataset.feature_dim, dataset.n_classes) as videos:
        for row in range(len(videos) if options.limit is None else min(options.limit, len(videos))):
            features, labels = videos[row]
            if len(features) < n_frames:
                n_too_short += 1
                continue
            indices = uniform_frame_indices(len(features), n_frames)
            sampled.append((labels, indices, features[indices]))
    _report_too_short(n_too_short, len(sampled), n_frames)
    return SampledFeatures(
        uids=[labels["uid"] for labels, _, _ in sampled],
        classes=np.array([labels["label"] for labels, _, _ in sampled], dtype=np.int64),
        indices=np.stack([indices for _, indices, _ in sampled]),
        features=np.stack([features for _, _, features in sampled]),
    )


def _report_too_short(n_too_short: int, n_sampled: int, n_frames: int) -> None:
    if n_too_short:
        print(f"Left out {n_too_short} videos of fewer than {n_frames} frames")
    if not n_sampled:
        raise UserError(f"expected videos of at least {n_frames} frames, but there are none; sample fewer")


def _pixels(config: FeatureModelConfig, options: ComparisonOptions, device: torch.device) -> Pixels | None:
    """The pictures of the split and the backbone; None, with a line printed, if the split is not gulped."""
    if not options.use_pictures or config.dataset.backbone_config is None:
        return None
    backbone = load_config(config.dataset.backbone_config, BackboneConfig)
    gulp_dir = backbone.dataset.gulp_dir / options.split
    if not gulp_dir.is_dir():
        print(f"No pictures at {gulp_dir}: gradients are those of features, and Grad-CAM is left out")
        return None
    network = build_backbone(backbone.backbone).to(device)
    return Pixels(network, build_preprocess(backbone.preprocess), GulpVideoDataset(gulp_dir).frames, device)


def _video_model(
    config: VideoModelConfig, priors: Path, options: ComparisonOptions, device: torch.device
) -> ComparedVideoModel:
    name, n_frames, settings = config.model.name, _n_frames(config, options), config.explanation
    if config.dataset.gulp_dir is None:
        raise UserError(f"expected the gulp folder of the videos of {name}: set dataset.gulp_dir in its config")
    if not config.clip.any_length and n_frames != config.clip.n_frames:
        raise UserError(f"expected --sample-n-frames {config.clip.n_frames}, which {name} takes, got {n_frames}")
    network = build_video_network(config)
    layers = dict(network.network.named_modules())
    if (layer := config.model.grad_cam_layer) is not None and layer not in layers:
        outer = ", ".join(child for child, _ in network.network.named_children())
        raise UserError(f"expected a layer of {name} as model.grad_cam_layer, such as one of {outer}, got {layer!r}")
    network.network.to(device)
    gulp_dir = config.dataset.gulp_dir / options.split
    videos = _sample_clips(network, GulpVideoDataset(gulp_dir), n_frames, options.limit)
    with torch.no_grad():
        n_classes = logits_of(network(videos.clips[:1].to(device)), 1).shape[1]
    if not (videos.classes.min() >= 0 and videos.classes.max() < n_classes):
        raise UserError(
            f"expected class ids in 0..{n_classes - 1}, which {name} has, in {gulp_dir}, got {videos.classes.min()}.."
            f"{videos.classes.max()}; use a split with labels (-1 stands for no label)"
        )
    explained = ExplainedNetwork(
        network,
        read_class_priors(priors, n_classes),
        settings.removal,
        segments_of_length(settings.frames_per_player, n_frames),
        settings.budget,
        settings.seed,
        None if layer is None else layers[layer],
    )
    return ComparedVideoModel(name, explained, videos, device)


def _sample_clips(network: VideoNetwork, dataset: GulpVideoDataset, n_frames: int, limit: int | None) -> SampledClips:
    """Sample frames uniformly from the videos that are long enough; print how many are left out."""
    lengths = dataset.frame_counts[:limit].tolist()
    rows = [row for row, length in enumerate(lengths) if length >= n_frames]
    _report_too_short(len(lengths) - len(rows), len(rows), n_frames)
    uids, indices = [dataset.uids[row] for row in rows], [uniform_frame_indices(lengths[row], n_frames) for row in rows]
    read = progress(list(zip(uids, indices, strict=True)), "Reading clips", len(rows))
    clips = torch.stack([network.preprocess(dataset.frames(uid, chosen)) for uid, chosen in read])
    return SampledClips(uids, dataset.labels[rows], np.stack(indices), clips)
