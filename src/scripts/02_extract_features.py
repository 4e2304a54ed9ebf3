"""Extract a backbone's features of every frame of the gulped videos, into one HDF5 file with a group for each split.

Worker processes decode and resize while the device computes, on batches of frames of several videos; on a CPU they run
the backbone too. A stopped run goes on where it was when the same command is run again. Splits that the file already
has and that are not named stay in it.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from play_fair.build import build_backbone, build_preprocess, pick_device
from play_fair.cli import progress, run
from play_fair.config import BackboneConfig, load_config
from play_fair.features import VIDEOS_PER_SHARD, FeatureExtractor, default_num_workers, extract_features
from play_fair.files import sha256_of
from play_fair.videos.gulp_dataset import GulpVideoDataset

EXAMPLE = """
example:
  python src/scripts/02_extract_features.py --split validation --split train \\
      configs/trn_bninception.jsonnet datasets/ssv2/features/trn.hdf
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
        help="folder in the config's gulp_dir; repeat for more",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (default: %(default)s)")
    parser.add_argument("--batch-size", type=int, help="frames the backbone sees at once (default: the config's)")
    parser.add_argument("--num-workers", type=int, help="processes that decode (default: one for each core, at most 8)")
    parser.add_argument(
        "--amp", action="store_true", help="mixed precision on CUDA: faster, good to about three digits"
    )
    parser.add_argument(
        "--videos-per-shard",
        type=int,
        default=VIDEOS_PER_SHARD,
        help="videos after which work is safe from a stop (default: %(default)s)",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    args = build_parser().parse_args(argv)
    config = load_config(args.config, BackboneConfig)
    device = pick_device(args.device)
    extractor = FeatureExtractor(
        build_backbone(config.backbone),
        build_preprocess(config.preprocess),
        device,
        batch_size=config.batch_size if args.batch_size is None else args.batch_size,
        num_workers=default_num_workers() if args.num_workers is None else args.num_workers,
        workers_embed=device.type == "cpu",
        amp=args.amp,
    )
    splits = {split: GulpVideoDataset(config.dataset.gulp_dir / split) for split in args.splits}
    settings = {
        "config": config.model_dump(mode="json", exclude={"batch_size"}),
        "weights": sha256_of(config.backbone.checkpoint),
        "amp": args.amp,
    }
    with progress(None, "Extracting features", total=sum(map(len, splits.values()))) as bar:
        done = extract_features(splits, extractor, args.features, settings, bar.update, args.videos_per_shard)
    if done.videos:
        print(f"{done.frames} frames of {done.videos} videos: {done.frames / done.seconds:.1f} frames per second")
    print(f"Features: {args.features}")


if __name__ == "__main__":
    sys.exit(run(main))
