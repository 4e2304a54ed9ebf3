"""Write the frames of gulped videos as JPEG files, one folder for each video.

FRAMES_DIR/{uid}/frame_000000.jpg is frame 0, the number that results use (sequence_idxs) and that ffmpeg starts at.
Run again, it adds only what is missing, with the same --quality; a video appears when all its frames are there. Exit
code 1 and a list if a video failed.

    python src/scripts/07_dump_frames_from_gulp_dir.py datasets/ssv2/gulp/validation datasets/ssv2/frames
"""

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from play_fair.cli import counting, run
from play_fair.jobs import n_cores
from play_fair.jobs.options import add_engine_options, engine_from, partition_from
from play_fair.labels import read_uids_csv
from play_fair.videos.frame_dump import dump_frames


def build_parser() -> ArgumentParser:
    """The command line."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("gulp_dir", type=Path, metavar="GULP_DIR", help="folder made by 01_gulp_ssv2.py")
    parser.add_argument("frames_dir", type=Path, metavar="FRAMES_DIR", help="folder to write")
    parser.add_argument(
        "--quality",
        type=quality,
        metavar="1..100",
        help="encode the JPEGs again with this quality (default: copy them without loss)",
    )
    parser.add_argument(
        "--uids-csv", type=Path, metavar="CSV", help="only these videos: column uid, or the first without a header"
    )
    add_engine_options(parser, workers="one for each core")
    return parser


def quality(text: str) -> int:
    """Parse the quality of JPEGs; argparse shows the error."""
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise ArgumentTypeError(f"expected 1..100, got {text}")
    return int(text)


def main(argv: Sequence[str] | None = None) -> None:
    """Dump, then print a report."""
    args = build_parser().parse_args(argv)
    report = dump_frames(
        args.gulp_dir,
        args.frames_dir,
        quality=args.quality,
        uids=None if args.uids_csv is None else read_uids_csv(args.uids_csv),
        engine=engine_from(args, workers=n_cores()),
        partition=partition_from(args),
        bar=counting("Dumping frames"),
    )
    report.show(args.frames_dir)
    report.require_success()


if __name__ == "__main__":
    sys.exit(run(main))
