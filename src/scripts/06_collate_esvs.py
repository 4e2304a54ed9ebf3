"""Collate ESVs for several numbers of frames into one file, over the videos that all of them have."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from play_fair.analysis import describe
from play_fair.cli import run
from play_fair.collation import collate_files

EXAMPLE = """
The order of the videos is that of the first file. Inputs that contradict each other (labels, lengths, class priors)
are refused. Videos that are left out are listed.

example:
  python src/scripts/06_collate_esvs.py datasets/demo/esvs/mtrn-{1,2,3,4,5,6,7,8}.pkl datasets/demo/esvs/mtrn.pkl \\
      --dataset "Play Fair demo" --model MTRN
"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("inputs", type=Path, nargs="+", metavar="in.pkl", help="results of 05_compute_esvs.py")
    parser.add_argument("output", type=Path, metavar="out.pkl", help="the collated results")
    parser.add_argument(
        "--dataset", default="Something-Something v2", help="written into the file (default: %(default)s)"
    )
    parser.add_argument("--model", default="", help="written into the file, e.g. TSN or MTRN")
    parser.add_argument("--uids-csv", type=Path, help="collate only these videos: a csv with a column uid")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    args = build_parser().parse_args(argv)
    report = collate_files(args.inputs, args.output, {"dataset": args.dataset, "model": args.model}, args.uids_csv)
    print(*report, describe(args.output), sep="\n")
    print(f"Collated results: {args.output}")


if __name__ == "__main__":
    sys.exit(run(main))
