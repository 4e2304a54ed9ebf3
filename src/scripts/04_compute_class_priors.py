"""Compute class priors, the frequencies of classes in the training videos: the scores of a video without frames."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from play_fair.cli import run
from play_fair.videos.priors import priors_of_split

EXAMPLE = """
Every class of the dataset has a row; without examples its prior is 0, unless --smoothing is given.

example:
  python src/scripts/04_compute_class_priors.py datasets/demo/labels/train.json datasets/demo/class-priors.csv
"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "split", type=Path, metavar="TRAIN", help="the training split: its json, SSv2 style, or its gulp folder"
    )
    parser.add_argument("output", type=Path, metavar="class-priors.csv", help="class,prior: one row for each class")
    parser.add_argument(
        "--classes",
        type=Path,
        help="class ids: a labels json or a classes.csv (default: the labels json or classes.csv beside TRAIN)",
    )
    parser.add_argument(
        "--smoothing",
        type=float,
        default=0.0,
        metavar="COUNT",
        help="additive smoothing: examples to add to every class (default: %(default)s)",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    args = build_parser().parse_args(argv)
    priors = priors_of_split(args.split, args.output, args.classes, args.smoothing)
    print(f"{len(priors)} classes, {(priors == 0).sum()} without examples")
    print(f"Class priors: {args.output}")


if __name__ == "__main__":
    sys.exit(run(main))
