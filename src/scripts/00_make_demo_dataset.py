"""Generate the demo dataset: short videos of ten actions, and Something-Something v2 style label files.

The ten classes are five actions and their reversals. Every clip is filmed once and encoded forwards and backwards, so
only the order of the frames determines its class. The same arguments give the same files, byte for byte; the same
command resumes a stopped run.

example:
    python src/scripts/00_make_demo_dataset.py datasets/demo
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from demo_videos import DemoSettings, make_demo_dataset
from play_fair.cli import counting, run
from play_fair.jobs import LocalEngine, n_cores


def build_parser() -> argparse.ArgumentParser:
    default = DemoSettings()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="dataset to make: videos/ and labels/ appear in it")
    parser.add_argument("--seed", type=int, default=default.seed, help="of all random choices (default: %(default)s)")
    for split, n_videos in default.n_videos().items():
        text = f"{split} videos, a multiple of 10 (default: %(default)s)"
        parser.add_argument(f"--n-{split}", type=int, default=n_videos, metavar="N", help=text)
    parser.add_argument("--workers", type=int, default=0, help="processes (default: one for each core)")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    args = build_parser().parse_args(argv)
    settings = DemoSettings(args.seed, args.n_train, args.n_validation, args.n_test)
    engine = LocalEngine(workers=args.workers or n_cores())
    print(make_demo_dataset(args.folder, settings, engine, counting("Generating")))


if __name__ == "__main__":
    sys.exit(run(main))
