"""Extract a backbone's features of every frame of the gulped videos, into one HDF5 file with a group for each split.

On a CPU, each worker decodes and computes on one core. On a CUDA device, full batches of frames of several videos are
computed while other processes decode. Other splits of an existing file are kept; a file that has all the given splits,
from the same videos with the same settings, is left as it is. The same command resumes a stopped run.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from play_fair.build import build_backbone, build_preprocess, pick_devices
from play_fair.cli import counting, run
from play_fair.config import BackboneConfig, load_config, provenance
from play_fair.features import VIDEOS_PER_SHARD, FeatureExtractor, default_decoders, extract_features
from play_fair.files import sha256_of
from play_fair.jobs import n_cores
from play_fair.jobs.options import (
    add_engine_options,
    engine_from,
    partition_from,
    partition_summary,
    warn_if_no_gpu,
)
from play_fair.videos.gulp_dataset import GulpVideoDataset

EXAMPLE = """
examples:
  python src/scripts/02_extract_features.py --split validation --split train \\
      configs/trn_bninception.jsonnet datasets/ssv2/features/trn.hdf
  ... --devices all                      on every GPU of this machine
  ... --engine ray --ray-address auto --devices cuda
                                         on every GPU of a Ray cluster
  ... --shard $SLURM_ARRAY_TASK_ID/16    in each job of a Slurm array 0-15; then once without --shard, to merge
"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path, metavar="CONFIG", help="dataset, preprocessing and backbone (jsonnet)")
    parser.add_argument("features", type=Path, metavar="FEATURES.hdf", help="file to write")
    parser.add_argument(
        "--split",
        action="append",
        required=True,
        dest="splits",
        metavar="NAME",
        help="folder in the config's gulp_dir; repeat for more",
    )
    parser.add_argument(
        "--batch-size",
        type=int,
        help="frames in one batch; a stopped run is resumed with the same number only (default: the config's)",
    )
    parser.add_argument(
        "--decoders",
        "--num-workers",
        type=int,
        metavar="N",
        help="decoder processes of each worker (default: none on a CPU; else the cores divided by the devices, at most "
        "8)",
    )
    parser.add_argument("--amp", action="store_true", help="mixed precision on CUDA: faster, about three digits")
    parser.add_argument(
        "--videos-per-shard",
        type=int,
        default=VIDEOS_PER_SHARD,
        help="videos between two save points (default: %(default)s)",
    )
    add_engine_options(parser, workers="one for each core of a CPU, one for each CUDA device", devices=True)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    args = build_parser().parse_args(argv)
    config = load_config(args.config, BackboneConfig)
    devices, partition = pick_devices(args.devices, elsewhere=args.engine == "ray"), partition_from(args)
    warn_if_no_gpu(args, devices)
    on_cpu = devices == ("cpu",)
    extractor = FeatureExtractor(
        build_backbone(config.backbone),
        build_preprocess(config.preprocess),
        torch.device(devices[0]),
        batch_size=config.batch_size if args.batch_size is None else args.batch_size,
        decoders=(0 if on_cpu else default_decoders(len(devices))) if args.decoders is None else args.decoders,
        amp=args.amp,
    )
    splits = {split: GulpVideoDataset(config.dataset.gulp_dir / split) for split in args.splits}
    checkpoint = config.backbone.checkpoint
    settings = {
        "config": provenance(config, args.config, exclude={"batch_size"}),
        "weights": None if checkpoint is None else sha256_of(checkpoint),
        "amp": args.amp,
    }
    engine = engine_from(args, devices, workers=n_cores() if on_cpu else 0)
    bar = counting("Extracting features")
    done = extract_features(splits, extractor, args.features, settings, args.videos_per_shard, engine, partition, bar)
    if done.videos:
        print(f"{done.frames} frames of {done.videos} videos: {done.frames / done.seconds:.1f} frames per second")
    print(f"Features: {args.features}" if partition is None else partition_summary(args.features, partition))


if __name__ == "__main__":
    sys.exit(run(main))
