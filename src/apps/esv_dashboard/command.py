"""Explore ESVs in the browser: pick a video, see what the model says, and which frames made it say so."""

import argparse
import os
import sys
from argparse import BooleanOptionalAction
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from esv_dashboard.app import create_app
from esv_dashboard.serving import serve
from esv_dashboard.settings import Settings
from esv_dashboard.uploads import Explainer

EXAMPLE = """
Without arguments, the files are those named by the environment: ESV_RESULTS, ESV_VIDEOS and ESV_CLASSES; so it is under
a WSGI server: gunicorn esv_dashboard.wsgi:server

example:
  python -m esv_dashboard datasets/demo/esvs/{mtrn,tsn}.pkl datasets/demo/videos \\
      datasets/demo/gulp/classes.csv
"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="esv-dashboard",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "results", type=Path, nargs="+", metavar="collated.pkl", help="results; several are shown side by side"
    )
    parser.add_argument("videos", type=Path, metavar="videos-dir", help="folder of {uid}.webm")
    parser.add_argument("classes", type=Path, metavar="classes.csv", help="csv of name,id")
    parser.add_argument(
        "--groups",
        type=Path,
        metavar="FILE",
        help="csv uid,group of videos that are not independent, or the demo's decisive-frames.json, as for script 09",
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="report of script 09 to link to; it may be written later"
    )
    parser.add_argument(
        "--host", default=Settings.host, help="address to listen on (default: %(default)s, this machine)"
    )
    parser.add_argument("--port", type=int, default=Settings.port, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--uploads",
        action=BooleanOptionalAction,
        help="whether one may upload a video to be explained as by play-fair-explain (default: if the address is "
        "this machine's and there is a model)",
    )
    parser.add_argument(
        "--uploads-config",
        type=Path,
        default=Settings.uploads_config,
        metavar="CONFIG",
        help="of the feature model that explains uploads (default: the demo's, %(default)s)",
    )
    parser.add_argument(
        "--upload-seconds",
        type=int,
        default=Settings.upload_seconds,
        metavar="S",
        help="give up an upload whose explanation makes no progress for so long (default: %(default)s)",
    )
    parser.add_argument("--debug", action="store_true", help="reload on changes of the code, and show its errors")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until stopped."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments or "ESV_RESULTS" not in os.environ:
        parsed = vars(build_parser().parse_args(arguments))
        settings = Settings(**{**parsed, "results": tuple(parsed["results"]), "uploads": bool(parsed["uploads"])})
        if parsed["uploads"] is None:
            settings = replace(settings, uploads=settings.loopback and Explainer(settings.uploads_config).is_there)
    else:
        settings = Settings.from_environment(os.environ)
    app = create_app(settings)
    if settings.debug:
        app.run(host=settings.host, port=settings.port, debug=True, dev_tools_disable_version_check=True)
    else:
        serve(app.server, settings.host, settings.port)
