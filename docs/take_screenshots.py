"""Take the pictures of the dashboard and of the page of one video in docs/media, with Chromium."""

import argparse
import logging
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from esv_dashboard import Settings, create_app
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from play_fair.cli import run
from play_fair.errors import UserError

EXAMPLE = """
example:
  python docs/take_screenshots.py datasets/demo/esvs/{mtrn,tsn}.pkl datasets/demo/webm \\
      datasets/demo/gulp/classes.csv --groups datasets/demo/labels/decisive-frames.json \\
      --query '?video=932' --frame 20
"""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


@dataclass(frozen=True)
class Shot:
    """A picture: of how many models, and how wide and high the window is."""

    name: str
    n_models: int
    width: int
    height: int
    whole_page: bool = False
    query: str | None = None
    """The view; None: the one of the command line."""
    is_saved: bool = False
    """Whether it is of the page of one video that the dashboard saves."""


SHOTS = (
    Shot("dashboard", 1, 1440, 1300),
    Shot("dashboard-overview", 2, 1440, 900, whole_page=True, query=""),
    Shot("dashboard-two-models", 2, 1440, 1300),
    Shot("explanation", 1, 1280, 900, whole_page=True, is_saved=True),
)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, nargs=2, metavar="collated.pkl", help="results of two models")
    parser.add_argument("videos", type=Path, metavar="videos-dir", help="folder of {uid}.webm")
    parser.add_argument("classes", type=Path, metavar="classes.csv", help="csv of name,id")
    parser.add_argument("--groups", type=Path, help="pairs of videos, as for the dashboard")
    parser.add_argument("--query", default="", help="which view, as in the address of the dashboard: ?video=12&n=8")
    parser.add_argument("--frame", type=int, default=0, help="where the playhead stands (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("media"), help="folder of the pictures")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    args = build_parser().parse_args(argv)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise UserError("expected chromium or google-chrome on PATH, found neither; install one to take pictures")
    args.output.mkdir(parents=True, exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for n_models in (1, 2):
            settings = Settings(tuple(args.results[:n_models]), args.videos, args.classes, groups=args.groups)
            server = make_server("127.0.0.1", 0, create_app(settings).server, threaded=True)
            Thread(target=server.serve_forever, daemon=True).start()
            for shot in SHOTS:
                if shot.n_models == n_models:
                    path = "download/0/page.html" if shot.is_saved else ""
                    query = args.query if shot.query is None else shot.query
                    take(browser, f"http://127.0.0.1:{server.port}/{path}{query}", args.frame, shot, args.output)
            server.shutdown()
        browser.close()
    print(f"Pictures: {args.output}")


def take(browser: Browser, address: str, frame: int, shot: Shot, folder: Path) -> None:
    """Write {folder}/{shot.name}.png with the playhead on `frame`."""
    page = browser.new_page(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="light",
        reduced_motion="reduce",
        bypass_csp=True,  # conditions to wait for are evaluated in the page
    )
    if shot.is_saved:
        page.set_content(page.request.get(address).text())
    else:
        page.goto(address)
    page.wait_for_selector(".plot:visible")
    page.wait_for_function("[...document.images].every(image => image.complete || image.loading === 'lazy')")
    if page.locator("#video").count():
        page.wait_for_function("document.getElementById('video').readyState > 1")
        page.locator(".plot:visible").first.focus()
        page.keyboard.press("Home")
        for _ in range(frame):
            page.keyboard.press("ArrowRight")
        page.wait_for_function("!document.getElementById('video').seeking")
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    page.wait_for_timeout(500)
    page.screenshot(path=folder / f"{shot.name}.png", full_page=shot.whole_page)
    page.close()


if __name__ == "__main__":
    sys.exit(run(main))
