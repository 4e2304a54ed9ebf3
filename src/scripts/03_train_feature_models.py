"""Train the config's model on features: TSN, a TRN for each number of frames from 1 to n_scales, or one of your own.

Trains on the split 'train', keeps the epoch of each model with the best accuracy on 'validation', and writes the
checkpoints that the config names. Beside them go KIND-accuracy.csv (top-1 and top-5 for each number of frames, those of
the multi-scale TRN included) and a picture of the learning curves. The same command resumes a stopped run after the
last finished model.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from play_fair.build import checkpoint_of_scale, make_network, pick_device, pick_devices
from play_fair.cli import counting, run
from play_fair.config import FeatureModelConfig, load_config, provenance
from play_fair.errors import UserError
from play_fair.features import open_features
from play_fair.files import require_file, require_output, sha256_of
from play_fair.jobs.options import add_engine_options, engine_from, partition_from, partition_summary, warn_if_no_gpu
from play_fair.models.labelled_features import LabelledFeatures
from play_fair.models.training_job import Head, train_heads

EXAMPLE = """
example:
  python src/scripts/03_train_feature_models.py configs/demo/feature_trn.jsonnet
"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path, metavar="CONFIG", help="features, model and training (jsonnet)")
    parser.add_argument("--seed", type=int, help="of all random numbers (default: the config's)")
    parser.add_argument("--epochs", type=int, help="largest number of epochs (default: the config's)")
    parser.add_argument(
        "--report", type=Path, metavar="ACCURACY.csv", help="(default: KIND-accuracy.csv beside the checkpoints)"
    )
    add_engine_options(parser, workers="one for each device, which uses all cores of a CPU", devices=True)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    args = build_parser().parse_args(argv)
    config = load_config(args.config, FeatureModelConfig)
    if args.epochs is not None and args.epochs < 1:
        raise UserError(f"expected 1 or more for --epochs, got {args.epochs}")
    if args.seed is not None and args.seed < 0:
        raise UserError(f"expected 0 or more for --seed, got {args.seed}")
    given = {"seed": args.seed, "epochs": args.epochs}
    training = config.training.model_copy(update={key: value for key, value in given.items() if value is not None})
    heads = heads_of(config)
    report = args.report or heads[0].checkpoint.with_name(f"{config.model.kind}-accuracy.csv")
    for output in (report, *(head.checkpoint for head in heads)):
        require_output(output)
    features = require_file(config.dataset.features, "a features file (made by 02_extract_features.py)")
    devices, partition = pick_devices(args.devices, elsewhere=args.engine == "ray"), partition_from(args)
    warn_if_no_gpu(args, devices)
    accuracies = train_heads(
        heads,
        partial(read_features, config),
        training,
        report,
        {"model": provenance(config.model, args.config), "features": sha256_of(features)},
        pick_device() if args.engine == "ray" else torch.device(devices[0]),
        engine_from(args, devices),
        partition,
        counting("Training", unit="epoch"),
    )
    for row in accuracies:
        print(f"{row.model} on {row.n_frames} frames: top-1 {100 * row.top1:.1f} %, top-5 {100 * row.top5:.1f} %")
    if partition is None:
        print(f"Checkpoints and {report.name}: {heads[0].checkpoint.parent}")
    else:
        print(partition_summary(report, partition))


def heads_of(config: FeatureModelConfig) -> list[Head]:
    """The models to train: one of any number of frames, or one for each scale."""
    model = config.model
    if model.n_scales is None:
        make, checkpoint = partial(make_network, config), Path(model.checkpoint)
        return [Head(model.name, config.training.n_frames, make, checkpoint, any_length=True)]
    return [
        Head(model.scale_name, n, partial(make_network, config, n), checkpoint_of_scale(config, n))
        for n in range(1, model.n_scales + 1)
    ]


def read_features(config: FeatureModelConfig, split: str) -> LabelledFeatures:
    """Load all features of a split into memory."""
    dataset = config.dataset
    with open_features(dataset.features, split, dataset.feature_dim, dataset.n_classes) as reader:
        return LabelledFeatures.of(((features, labels["action"]) for features, labels in reader), dataset.n_classes)


if __name__ == "__main__":
    sys.exit(run(main))
