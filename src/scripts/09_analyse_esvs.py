"""Analyse ESVs as the paper does: tables, figures, and one report to send."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from play_fair.analysis.examples import pictures_of_folder, pictures_of_gulp
from play_fair.analysis.job import REPORT, analyse
from play_fair.analysis.study import Study
from play_fair.cli import run

EXAMPLE = """
Written into the output folder, for each figure: NAME.csv (tidy, what is drawn), NAME.png and NAME.svg; and report.html,
one self-contained file with findings, all figures and their numbers. Models are compared with confidence intervals.

Each results file is one model, on one number of frames or (collated by 06_collate_esvs.py) on several, which shows how
things change as their number grows.

example:
  python src/scripts/09_analyse_esvs.py datasets/demo/esvs/tsn.pkl datasets/demo/esvs/mtrn.pkl \\
      --output-dir datasets/demo/analysis --classes-csv datasets/demo/gulp/classes.csv \\
      --gulp-dir datasets/demo/gulp/validation --groups datasets/demo/labels/decisive-frames.json
"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, nargs="+", metavar="results.pkl", help="of one model each")
    parser.add_argument("--output-dir", type=Path, required=True, help="created if missing")
    parser.add_argument("--names", nargs="+", default=[], help="of the models (default: those in the files)")
    parser.add_argument("--classes-csv", type=Path, help="names of the classes: name,id")
    frames = parser.add_mutually_exclusive_group()
    frames.add_argument("--gulp-dir", type=Path, help="gulp folder with the videos, for film strips")
    frames.add_argument("--frames-dir", type=Path, help="frames of 07_dump_frames_from_gulp_dir.py, for film strips")
    parser.add_argument(
        "--groups",
        type=Path,
        help="groups of dependent videos, for the intervals: a csv uid,group, or the demo's decisive-frames.json",
    )
    parser.add_argument(
        "--examples",
        type=int,
        default=3,
        metavar="N",
        help="film strips of each kind for each model (default: %(default)s)",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    args = build_parser().parse_args(argv)
    pictures = None
    if args.gulp_dir:
        pictures = pictures_of_gulp(args.gulp_dir)
    elif args.frames_dir:
        pictures = pictures_of_folder(args.frames_dir)
    study = Study.load(args.results, names=args.names, classes_csv=args.classes_csv, groups_file=args.groups)
    print(*analyse(study, args.output_dir, n_examples=args.examples, pictures=pictures), sep="\n")
    print(f"Report: {args.output_dir / REPORT}")


if __name__ == "__main__":
    sys.exit(run(main))
