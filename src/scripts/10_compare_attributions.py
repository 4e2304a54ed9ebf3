"""Compare exact Element Shapley Values (ESVs) with other attributions of the same models on the same videos.

    esv               exact ESVs
    leave-one-out     v(all frames) - v(all but this one)
    alone             v(this frame) - v(no frame)
    one-order         marginal contribution in one random order
    ig, ig-zero       Integrated Gradients, from the mean frame or from zero
    gradient-x-input  on features
    grad-cam, grad-cam-signed
    uniform, middle, random

Integrated Gradients and Grad-CAM use the last convolutional maps of the backbone, where the config names it
(backbone_config) and the split is gulped; without pictures, Integrated Gradients use features, and Grad-CAM is left
out. All 2^N subsets of N frames are scored: at most 16 frames.

Measures: frame ablation in both directions (score and accuracy as frames are removed, areas under the curves), rank
correlation with exact ESVs, efficiency gap |sum + prior - score|, seconds a video. With --decisive-frames also
agreement with the decisive frames, and controls: attributions of other videos, the best fixed position, chance. All
means have 95 % intervals; twins count as one.

    python src/scripts/10_compare_attributions.py configs/demo/feature_multiscale_trn.jsonnet \\
        configs/demo/feature_tsn.jsonnet datasets/demo/class-priors.csv datasets/demo/baselines --split test \\
        --decisive-frames datasets/demo/labels/decisive-frames.json
"""

import shlex
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from play_fair.arrays import Priors
from play_fair.baselines import METHODS, Explained, Pixels, SampledFeatures, compare, explain, write_comparison
from play_fair.baselines.decisive import read_decisive_frames
from play_fair.baselines.report import REPORT
from play_fair.build import build_attributor, build_backbone, build_preprocess, pick_device
from play_fair.cli import progress, run
from play_fair.config import BackboneConfig, FeatureModelConfig, load_config
from play_fair.errors import UserError
from play_fair.features import open_features
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.labels import read_class_priors
from play_fair.videos.gulp_dataset import GulpVideoDataset


def build_parser() -> ArgumentParser:
    """The command line."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("configs", type=Path, nargs="+", metavar="CONFIG", help="of feature models (*.jsonnet)")
    parser.add_argument("priors", type=Path, metavar="CLASS_PRIORS.csv", help="made by 04_compute_class_priors.py")
    parser.add_argument("output", type=Path, metavar="OUT_DIR", help="folder for tables, figures and the report")
    parser.add_argument("--split", default="validation", help="of the features file (default: %(default)s)")
    parser.add_argument(
        "--sample-n-frames", type=int, default=8, metavar="N", help="frames the model sees (default: %(default)s)"
    )
    parser.add_argument("--limit", type=int, metavar="M", help="the first M videos only (default: all)")
    parser.add_argument(
        "--methods", nargs="+", choices=METHODS, metavar="METHOD", help="(default: all that are possible)"
    )
    parser.add_argument("--predicted", action="store_true", help="explain the predicted class, not the true one")
    parser.add_argument("--no-pictures", action="store_true", help="use features only")
    parser.add_argument(
        "--decisive-frames", type=Path, metavar="JSON", help="windows and twins, made by 00_make_demo_dataset.py"
    )
    parser.add_argument("--batch-size", type=int, default=32, help="videos at once (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of random methods and of the bootstrap (default: %(default)s)"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (default: %(default)s)")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Explain, compare, and write the report."""
    args = build_parser().parse_args(argv)
    for name, least in (("sample_n_frames", 1), ("limit", 1), ("batch_size", 1), ("seed", 0)):
        if (value := getattr(args, name)) is not None and value < least:
            raise UserError(f"expected --{name.replace('_', '-')} of at least {least}, got {value}")
    windows = None if args.decisive_frames is None else read_decisive_frames(args.decisive_frames)
    configs = [load_config(path, FeatureModelConfig) for path in args.configs]
    device = pick_device(args.device)
    explained = [
        explain_model(config, read_class_priors(args.priors, config.dataset.n_classes), args, device)
        for config in configs
    ]
    about = {
        "dataset": ", ".join(dict.fromkeys(config.dataset.name for config in configs)),
        "split": args.split,
        "models": ", ".join(config.model.name for config in configs),
        "frames": str(args.sample_n_frames),
        "class explained": "predicted" if args.predicted else "true",
        "command": shlex.join(["python", "src/scripts/10_compare_attributions.py", *(argv or sys.argv[1:])]),
    }
    for sentence in write_comparison(compare(explained, windows, args.seed), about, args.output):
        print(f"* {sentence}")
    print(f"Comparison: {args.output / REPORT}")


def explain_model(config: FeatureModelConfig, priors: Priors, args: Namespace, device: torch.device) -> Explained:
    """Run all methods on the videos of the split, for one model."""
    name, pixels = config.model.name, pixels_of(config, args, device)
    methods = args.methods or [method for method in METHODS if pixels is not None or not METHODS[method].needs_maps]
    attributor = build_attributor(config, priors, device)
    videos = sampled_features(config, args)
    with progress(None, f"Explaining {name}", total=len(videos)) as bar:
        return explain(
            *(name, attributor, videos, methods, device, pixels),
            predicted=args.predicted,
            seed=args.seed,
            batch_size=args.batch_size,
            on_videos=bar.update,
        )


def sampled_features(config: FeatureModelConfig, args: Namespace) -> SampledFeatures:
    """Sample frames uniformly from the videos that are long enough; print how many are left out."""
    sampled, too_short = [], 0
    with open_features(
        config.dataset.features, args.split, config.dataset.feature_dim, config.dataset.n_classes
    ) as videos:
        for row in range(len(videos) if args.limit is None else min(args.limit, len(videos))):
            features, labels = videos[row]
            if len(features) < args.sample_n_frames:
                too_short += 1
                continue
            indices = uniform_frame_indices(len(features), args.sample_n_frames)
            sampled.append((labels, indices, features[indices]))
    if too_short:
        print(f"Left out {too_short} videos of fewer than {args.sample_n_frames} frames")
    if not sampled:
        raise UserError(f"expected videos of at least {args.sample_n_frames} frames, but there are none; sample fewer")
    return SampledFeatures(
        uids=[labels["uid"] for labels, _, _ in sampled],
        classes=np.array([labels["label"] for labels, _, _ in sampled], dtype=np.int64),
        indices=np.stack([indices for _, indices, _ in sampled]),
        features=np.stack([features for _, _, features in sampled]),
    )


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


if __name__ == "__main__":
    sys.exit(run(main))
