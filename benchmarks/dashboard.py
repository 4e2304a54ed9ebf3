"""How long a person waits for the dashboard, for one or several versions of it in one run.

Serves each source tree (a checkout, such as a git worktree of an older commit) in a process of its own, opens it in
Chromium, and measures in the browser: from the action to the last change of the page. Rounds alternate between trees.

    cold load       a browser without a cache opens a video
    next video      the link to the next video of the list
    pressed bar     the bar of another class
    bytes           what the cold load transfers, without video and frames
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

EXAMPLE = """
example:
  git worktree add /tmp/before HEAD~1
  python benchmarks/dashboard.py /tmp/before . --results datasets/demo/esvs/mtrn.pkl datasets/demo/esvs/tsn.pkl
"""
QUIET = 700
"""Milliseconds without a change after which the page is taken to be complete."""

WATCH = """(() => {
  window.lastChange = performance.now();
  const moves = (change) => change.target.matches?.(".playhead, .ring");
  const watch = (changes) => { if (!changes.every(moves)) window.lastChange = performance.now(); };
  const all = {subtree: true, childList: true, attributes: true, characterData: true};
  new MutationObserver(watch).observe(document, all);
})()"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trees", type=Path, nargs="+", metavar="TREE", help="checkouts to compare")
    parser.add_argument("--results", type=Path, nargs="+", default=[Path("datasets/demo/esvs/mtrn.pkl")])
    parser.add_argument("--videos", type=Path, default=Path("datasets/demo/webm"))
    parser.add_argument("--classes", type=Path, default=Path("datasets/demo/gulp/classes.csv"))
    parser.add_argument("--query", default="?video=932", help="the video to begin with (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    args = build_parser().parse_args(argv)
    files = [str(path.resolve()) for path in (*args.results, args.videos, args.classes)]
    measured: dict[tuple[str, str], list[float]] = defaultdict(list)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        for _ in range(args.rounds):
            for tree in args.trees:
                with serving(tree, files) as address:
                    for name, value in measure(browser, f"{address}/{args.query}").items():
                        measured[str(tree), name].append(value)
        browser.close()
    for tree in args.trees:
        print(f"\n{tree}")
        for (of_tree, name), values in measured.items():
            if of_tree == str(tree):
                print(f"  {name:12} {statistics.median(values):10.0f}   ({min(values):.0f} to {max(values):.0f})")


@contextmanager
def serving(tree: Path, files: Sequence[str]) -> Iterator[str]:
    """The dashboard of a source tree, while the block runs."""
    path = os.pathsep.join(str((tree / folder).resolve()) for folder in ("src", "src/apps"))
    command = [sys.executable, "-m", "esv_dashboard", *files, "--port", "0", "--no-uploads"]
    environment = {**os.environ, "PYTHONPATH": path}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        line = next(line for line in process.stdout if "http://" in line)
        yield line[line.index("http://") :].split()[0]
    finally:
        process.terminate()
        process.wait(timeout=60)


def measure(browser: Browser, address: str) -> dict[str, float]:
    """Milliseconds of each action, and kilobytes of the cold load."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce", bypass_csp=True)
    page = context.new_page()
    page.add_init_script(WATCH)
    n_bytes = 0.0
    types: dict[str, str] = {}

    def received(event: dict[str, str]) -> None:
        types[event["requestId"]] = event["type"]

    def finished(event: dict[str, float]) -> None:
        nonlocal n_bytes
        if types.get(str(event["requestId"])) not in ("Media", "Image", "Prefetch"):
            n_bytes += event["encodedDataLength"]

    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.responseReceived", received)
    session.on("Network.loadingFinished", finished)
    page.goto(address)
    found = {"cold load": settled(page, "#title:not(:empty)", 0.0)}
    found["kilobytes"] = n_bytes / 1000
    for name, target in (("next video", "#steps a:last-child"), ("pressed bar", ".bar[aria-pressed=false]")):
        started = page.evaluate(
            "target => { document.querySelector(target).click(); return performance.now(); }", target
        )
        found[name] = settled(page, "#title:not(:empty)", started)
    context.close()
    return found


def settled(page: Page, selector: str, started: float) -> float:
    """Wait until nothing changes any more; milliseconds from `started` (in the page's time) to the last change."""
    page.wait_for_selector(selector, timeout=60_000)
    page.wait_for_function(f"performance.now() - window.lastChange > {QUIET}", timeout=60_000)
    return page.evaluate("window.lastChange") - started


if __name__ == "__main__":
    main()
