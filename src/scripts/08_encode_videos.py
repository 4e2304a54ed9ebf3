"""Encode folders of frames as VP9 webm videos, for the dashboard.

Every folder FRAMES_DIR/{uid} becomes VIDEOS_DIR/{uid}.webm. Run again, it adds only what is missing, with the same
--frame-rate, --bitrate and --pattern; a video appears when it is complete. Exit code 1 and a list if a video failed.

    python src/scripts/08_encode_videos.py datasets/ssv2/frames datasets/ssv2/webm --frame-rate 8 --bitrate 200k
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from play_fair.cli import counting, run
from play_fair.jobs import n_cores
from play_fair.jobs.options import add_engine_options, engine_from, partition_from
from play_fair.videos.webm_export import encode_videos


def build_parser() -> ArgumentParser:
    """The command line."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("frames_dir", type=Path, metavar="FRAMES_DIR", help="a folder of frames for each video")
    parser.add_argument("videos_dir", type=Path, metavar="VIDEOS_DIR", help="folder to write")
    parser.add_argument("--frame-rate", type=float, default=8.0, help="frames per second (default: 8)")
    parser.add_argument("--bitrate", default="200k", help="target bits per second (default: 200k)")
    parser.add_argument("--pattern", default="frame_*.jpg", help="names of a video's frames (default: frame_*.jpg)")
    add_engine_options(parser, workers="one for each core")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Encode, then print a report."""
    args = build_parser().parse_args(argv)
    report = encode_videos(
        args.frames_dir,
        args.videos_dir,
        frame_rate=args.frame_rate,
        bitrate=args.bitrate,
        pattern=args.pattern,
        engine=engine_from(args, workers=n_cores()),
        partition=partition_from(args),
        bar=counting("Encoding"),
    )
    report.show(args.videos_dir)
    report.require_success()


if __name__ == "__main__":
    sys.exit(run(main))
