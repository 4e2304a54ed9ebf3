"""Gulp a split of a dataset: store the frames of its videos as JPEGs in a few large files.

Something-Something v2: reads the label json of a split (something-something-v2-validation.json or validation.json, also
.gz) and, beside it, the labels json with the class names. Any other videos: put them in a folder for each class
(VIDEOS_DIR/CLASS/NAME.mp4) and use --layout folders.

Writes the chunks, label2idx.json, settings.json and report.json to GULP_DIR, and classes.csv beside it. The same
command resumes a stopped run; a later one adds only what is missing. A video that is missing, empty, cut short or does
not decode is reported with its reason, all others are gulped, and the exit code is 1 (0 with --allow-missing).

    python src/scripts/01_gulp_ssv2.py datasets/ssv2/labels/validation.json datasets/ssv2/videos \\
        datasets/ssv2/gulp/validation
    python src/scripts/01_gulp_ssv2.py --layout folders datasets/mine/videos/train datasets/mine/gulp/train
"""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from play_fair.cli import counting, run
from play_fair.errors import UserError
from play_fair.jobs import n_cores
from play_fair.jobs.options import add_engine_options, engine_from, partition_from
from play_fair.videos.class_folders import read_class_folders
from play_fair.videos.gulp_ingest import GulpSettings, gulp_split
from play_fair.videos.split import Split
from play_fair.videos.ssv2 import read_ssv2_split


def build_parser() -> ArgumentParser:
    """The command line."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "labels_json", type=Path, nargs="?", metavar="LABELS_JSON", help="the videos of the split (layout ssv2 only)"
    )
    parser.add_argument("videos_dir", type=Path, metavar="VIDEOS_DIR", help="folder of {id}.webm, or of CLASS folders")
    parser.add_argument("gulp_dir", type=Path, metavar="GULP_DIR", help="folder to write, one for each split")
    parser.add_argument(
        "--layout",
        choices=("ssv2", "folders"),
        default="ssv2",
        help="a label json (ssv2), or a folder for each class (default: ssv2)",
    )
    parser.add_argument(
        "--frame-rate", type=float, default=8.0, help="frames per second; 0: every frame of the video (default: 8)"
    )
    parser.add_argument(
        "--shorter-edge", type=int, metavar="PIXELS", help="resize the shorter edge to this (default: as it is)"
    )
    parser.add_argument(
        "--videos-per-chunk", type=int, default=100, help="each chunk is made by one worker (default: 100)"
    )
    parser.add_argument(
        "--classes-json", type=Path, help="json {class name: id} (default: the labels json beside LABELS_JSON)"
    )
    parser.add_argument("--allow-missing", action="store_true", help="exit with 0 even if videos failed")
    add_engine_options(parser, workers="one for each core", aliases=["--num-workers"])
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Gulp, then print a report."""
    args = build_parser().parse_args(argv)
    report = gulp_split(
        read_split(args),
        args.videos_dir,
        args.gulp_dir,
        GulpSettings(args.frame_rate or None, args.shorter_edge),
        videos_per_chunk=args.videos_per_chunk,
        engine=engine_from(args, workers=n_cores()),
        partition=partition_from(args),
        bar=counting("Gulping"),
    )
    report.show(args.gulp_dir)
    if not args.allow_missing:
        report.require_success()


def read_split(args: Namespace) -> Split:
    """The split that the arguments select."""
    if args.layout == "ssv2":
        if args.labels_json is None:
            raise UserError("expected LABELS_JSON VIDEOS_DIR GULP_DIR, got only two; or give --layout folders")
        return read_ssv2_split(args.labels_json, args.classes_json)
    if args.labels_json or args.classes_json:
        raise UserError("--layout folders takes the labels from the names of folders: expected no label json")
    classes_csv = args.gulp_dir.parent / "classes.csv"
    return read_class_folders(args.videos_dir, classes_csv if classes_csv.exists() else None)


if __name__ == "__main__":
    sys.exit(run(main))
