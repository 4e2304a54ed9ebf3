"""Compare Element Shapley Values (ESVs) with other attributions of the same models on the same videos.

    esv               exact; of models of pixels estimated, from as many evaluations as the config says
    leave-one-out     v(all frames) - v(all but this one): occlusion of frames
    alone             v(this frame) - v(no frame)
    one-order         marginal contribution in one random order
    kernel-shap       captum's, one feature a frame; models of pixels only
    ig, ig-zero       Integrated Gradients, from the mean frame or from zero
    gradient-x-input  on features, or on pixels
    grad-cam, grad-cam-signed
    attention-rollout of transformers of pixels, where attention is joint over tokens that belong to one time each
    uniform, middle, random

Configs are those of feature models, and of models of pixels (kind: 'video_model') that name a gulp folder
(dataset.gulp_dir). Of a feature model, Integrated Gradients and Grad-CAM use the last convolutional maps of the
backbone, where the config names it (backbone_config) and the split is gulped; without pictures, Integrated Gradients
use features, and Grad-CAM is left out. All 2^N subsets of N frames are scored: at most 16 frames. Of a model of pixels,
Grad-CAM uses the layer that the config names (model.grad_cam_layer); only the subsets that are asked for are scored,
with frames removed as the config says (explanation.removal).

Measures (the report says what each one assumes):

    deletion area         of the score as the frames with the largest attributions are removed first; lower is better
    insertion area        as they are added first; higher is better. Removal gap: insertion minus deletion
    rank correlation      with ESVs: agreement, not quality
    efficiency gap        |sum + prior - score|; lower is better, 0 for ESVs by definition
    infidelity            squared error of sums of attributions as predictions of what the score loses without their
                          frames; lower is better, also at the best scale for methods without a unit
    max-sensitivity       relative change of attributions with small noise on the video; lower is better, if the model
                          itself is stable
    ms a video

With --decisive-frames also agreement with the decisive frames, and controls: attributions of other videos, the best
fixed position, chance. All means have 95 % intervals; twins count as one.

    python src/scripts/10_compare_attributions.py configs/demo/feature_multiscale_trn.jsonnet \\
        configs/demo/feature_tsn.jsonnet datasets/demo/class-priors.csv datasets/demo/baselines --split test \\
        --decisive-frames datasets/demo/labels/decisive-frames.json
    python src/scripts/10_compare_attributions.py configs/demo/pixel_convolution.jsonnet \\
        configs/demo/pixel_transformer.jsonnet datasets/demo/class-priors.csv datasets/demo/baselines-pixels \\
        --split test --limit 48
"""

import shlex
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from play_fair.baselines import (
    METHODS,
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
from play_fair.baselines.report import REPORT
from play_fair.build import build_attributor, build_backbone, build_preprocess, build_video_network, pick_device
from play_fair.cli import progress, run
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


def build_parser() -> ArgumentParser:
    """The command line."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "configs", type=Path, nargs="+", metavar="CONFIG", help="of models of features or of pixels (*.jsonnet)"
    )
    parser.add_argument("priors", type=Path, metavar="CLASS_PRIORS.csv", help="made by 04_compute_class_priors.py")
    parser.add_argument("output", type=Path, metavar="OUT_DIR", help="folder for tables, figures and the report")
    parser.add_argument(
        "--split", default="validation", help="of the features file, or gulp folder (default: %(default)s)"
    )
    parser.add_argument(
        "--sample-n-frames",
        type=int,
        metavar="N",
        help=f"frames the model sees (default: {FEATURE_FRAMES}; models of pixels: clip.n_frames of the config)",
    )
    parser.add_argument("--limit", type=int, metavar="M", help="the first M videos only (default: all)")
    parser.add_argument(
        "--methods", nargs="+", choices=METHODS, metavar="METHOD", help="(default: all that are possible)"
    )
    parser.add_argument("--predicted", action="store_true", help="explain the predicted class, not the true one")
    parser.add_argument("--no-pictures", action="store_true", help="use features only, of models of features")
    parser.add_argument(
        "--decisive-frames", type=Path, metavar="JSON", help="windows and twins, made by 00_make_demo_dataset.py"
    )
    parser.add_argument(
        "--sensitivity-videos",
        type=int,
        default=4,
        metavar="M",
        help="measure max-sensitivity on the first M videos: each method explains each of them 4 times more "
        "(0: not at all; default: %(default)s)",
    )
    parser.add_argument(
        "--batch-size", type=int, default=32, help="videos at once, of models of features (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of random methods and of the bootstrap (default: %(default)s)"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (default: %(default)s)")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Explain, compare, and write the report."""
    args = build_parser().parse_args(argv)
    least_values = {"sample_n_frames": 1, "limit": 1, "sensitivity_videos": 0, "batch_size": 1, "seed": 0}
    for name, least in least_values.items():
        if (value := getattr(args, name)) is not None and value < least:
            raise UserError(f"expected --{name.replace('_', '-')} of at least {least}, got {value}")
    windows = None if args.decisive_frames is None else read_decisive_frames(args.decisive_frames)
    configs = [load_model_config(path) for path in args.configs]
    device = pick_device(args.device)
    explained = [explain_model(config, args, device) for config in configs]
    about = {
        "dataset": ", ".join(dict.fromkeys(config.dataset.name for config in configs)),
        "split": args.split,
        "models": ", ".join(config.model.name for config in configs),
        "frames": ", ".join(dict.fromkeys(str(n_frames_of(config, args)) for config in configs)),
        "class explained": "predicted" if args.predicted else "true",
        "command": shlex.join(["python", "src/scripts/10_compare_attributions.py", *(argv or sys.argv[1:])]),
    }
    n_methods = sum(len(of_model.attributions) for of_model in explained)
    with progress(None, "Removing frames", n_methods, "method") as bar:
        comparison = compare(explained, windows, args.seed, bar.update)
    for sentence in write_comparison(comparison, about, args.output):
        print(f"* {sentence}")
    print(f"Comparison: {args.output / REPORT}")


def n_frames_of(config: FeatureModelConfig | VideoModelConfig, args: Namespace) -> int:
    """Frames of a video that a model is given."""
    default = config.clip.n_frames if isinstance(config, VideoModelConfig) else FEATURE_FRAMES
    return args.sample_n_frames or default


def explain_model(config: FeatureModelConfig | VideoModelConfig, args: Namespace, device: torch.device) -> Explained:
    """Run all methods on the videos of the split, for one model."""
    model: ComparedModel = (
        video_model(config, args, device)
        if isinstance(config, VideoModelConfig)
        else feature_model(config, args, device)
    )
    methods = args.methods or list(model.methods)
    model.require(methods)
    n_attributions = count_attributions(model, methods, args.sensitivity_videos)
    with progress(None, f"Explaining {model.name}", n_attributions, "attribution") as bar:
        return explain(model, methods, args.predicted, args.seed, args.sensitivity_videos, bar.update)


def feature_model(config: FeatureModelConfig, args: Namespace, device: torch.device) -> ComparedFeatureModel:
    """A model of features, with sampled videos of the split."""
    priors = read_class_priors(args.priors, config.dataset.n_classes)
    pixels = pixels_of(config, args, device)
    attributor = build_attributor(config, priors, device)
    videos = sampled_features(config, args)
    return ComparedFeatureModel(config.model.name, attributor, videos, device, pixels, args.batch_size)


def sampled_features(config: FeatureModelConfig, args: Namespace) -> SampledFeatures:
    """Sample frames uniformly from the videos that are long enough; print how many are left out."""
    sampled, too_short, n_frames = [], 0, n_frames_of(config, args)
    with open_features(
        config.dataset.features, args.split, config.dataset.feature_dim, config.dataset.n_classes
    ) as videos:
        for row in range(len(videos) if args.limit is None else min(args.limit, len(videos))):
            features, labels = videos[row]
            if len(features) < n_frames:
                too_short += 1
                continue
            indices = uniform_frame_indices(len(features), n_frames)
            sampled.append((labels, indices, features[indices]))
    report_too_short(too_short, len(sampled), n_frames)
    return SampledFeatures(
        uids=[labels["uid"] for labels, _, _ in sampled],
        classes=np.array([labels["label"] for labels, _, _ in sampled], dtype=np.int64),
        indices=np.stack([indices for _, indices, _ in sampled]),
        features=np.stack([features for _, _, features in sampled]),
    )


def report_too_short(n_too_short: int, n_sampled: int, n_frames: int) -> None:
    """Print how many videos are left out.

    Raises:
        UserError: that is all of them.
    """
    if n_too_short:
        print(f"Left out {n_too_short} videos of fewer than {n_frames} frames")
    if not n_sampled:
        raise UserError(f"expected videos of at least {n_frames} frames, but there are none; sample fewer")


def pixels_of(config: FeatureModelConfig, args: Namespace, device: torch.device) -> Pixels | None:
    """The pictures of the split and the backbone; None, with a line printed, if the split is not gulped."""
    if args.no_pictures or config.dataset.backbone_config is None:
        return None
    backbone = load_config(config.dataset.backbone_config, BackboneConfig)
    gulp_dir = backbone.dataset.gulp_dir / args.split
    if not gulp_dir.is_dir():
        print(f"No pictures at {gulp_dir}: gradients are those of features, and Grad-CAM is left out")
        return None
    network = build_backbone(backbone.backbone).to(device)
    return Pixels(network, build_preprocess(backbone.preprocess), GulpVideoDataset(gulp_dir).frames, device)


def video_model(config: VideoModelConfig, args: Namespace, device: torch.device) -> ComparedVideoModel:
    """A model of pixels, with sampled clips of the split; print which methods are not possible.

    Raises:
        UserError: the config names no videos, or a layer that the network has not, or the network does not take so
            many frames.
    """
    name, n_frames, settings = config.model.name, n_frames_of(config, args), config.explanation
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
    videos = sampled_clips(network, GulpVideoDataset(config.dataset.gulp_dir / args.split), n_frames, args.limit)
    with torch.no_grad():
        n_classes = logits_of(network(videos.clips[:1].to(device)), 1).shape[1]
    if not (videos.classes.min() >= 0 and videos.classes.max() < n_classes):
        raise UserError(
            f"expected class ids in 0..{n_classes - 1}, which {name} has, in {config.dataset.gulp_dir / args.split}, "
            f"got {videos.classes.min()}..{videos.classes.max()}; use a split with labels (-1 stands for no label)"
        )
    explained = ExplainedNetwork(
        network,
        read_class_priors(args.priors, n_classes),
        settings.removal,
        segments_of_length(settings.frames_per_player, n_frames),
        settings.budget,
        settings.seed,
        None if layer is None else layers[layer],
    )
    model = ComparedVideoModel(name, explained, videos, device)
    if not args.methods:
        for method, message in model.refusals.items():
            print(f"Left out {method}: {message}")
    return model


def sampled_clips(network: VideoNetwork, dataset: GulpVideoDataset, n_frames: int, limit: int | None) -> SampledClips:
    """Sample frames uniformly from the videos that are long enough; print how many are left out."""
    rows = [row for row, length in enumerate(dataset.frame_counts[:limit].tolist()) if length >= n_frames]
    report_too_short(len(dataset.frame_counts[:limit]) - len(rows), len(rows), n_frames)
    uids, labels = [dataset.uids[row] for row in rows], dataset.labels[rows]
    indices = np.stack([uniform_frame_indices(int(dataset.frame_counts[row]), n_frames) for row in rows])
    read = progress(list(zip(uids, indices, strict=True)), "Reading clips", len(rows))
    clips = torch.stack([network.preprocess(dataset.frames(uid)[chosen]) for uid, chosen in read])
    return SampledClips(uids, labels, indices, clips)


if __name__ == "__main__":
    sys.exit(run(main))
