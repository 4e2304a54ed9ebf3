"""Export results as a folder of static pages: an index, and for each video and model the page of one video.

Of results for several numbers of frames, the largest is shown.

Any web server shows the folder, under any address; there is nothing to run and nothing is fetched from elsewhere. Run
again after an interruption, it makes only what is missing.

    python src/scripts/12_export_site.py datasets/demo/esvs/mtrn.pkl datasets/demo/esvs/tsn.pkl datasets/demo/webm \\
        datasets/demo/gulp/classes.csv datasets/demo/site --report datasets/demo/analysis/report.html \\
        --groups datasets/demo/labels/decisive-frames.json
    python -m http.server --directory datasets/demo/site
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from play_fair.analysis.groups import read_groups
from play_fair.cli import counting, run
from play_fair.jobs import n_cores
from play_fair.jobs.options import add_engine_options, engine_from, partition_from
from play_fair.labels import read_classes_csv
from play_fair.site_export import INDEX, export_site


def build_parser() -> ArgumentParser:
    """The command line."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+", metavar="results.pkl", help="of one model each")
    parser.add_argument("videos", type=Path, metavar="VIDEOS_DIR", help="has {uid}.webm")
    parser.add_argument("classes", type=Path, metavar="CLASSES.csv", help="names of the classes: name,id")
    parser.add_argument("site", type=Path, metavar="OUT_DIR", help="folder to write")
    parser.add_argument("--report", type=Path, metavar="FILE", help="report of script 09, to be a page of the site")
    parser.add_argument(
        "--groups",
        type=Path,
        metavar="FILE",
        help="csv uid,group of videos that are not independent, or the demo's decisive-frames.json: pages show the "
        "other video of a pair",
    )
    add_engine_options(parser, workers="one for each core")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Export, then print a report."""
    args = build_parser().parse_args(argv)
    ids = read_classes_csv(args.classes)
    report = export_site(
        args.results,
        args.videos,
        sorted(ids, key=ids.__getitem__),
        args.site,
        engine=engine_from(args, workers=n_cores()),
        partition=partition_from(args),
        bar=counting("Exporting"),
        report=args.report,
        groups=None if args.groups is None else read_groups(args.groups),
    )
    report.show(args.site / INDEX)
    report.require_success()


if __name__ == "__main__":
    sys.exit(run(main))
