"""Run notebooks from top to bottom on the demo's files, and save them with their outputs.

    python notebooks/execute.py                                          # all of them
    python notebooks/execute.py notebooks/tsn-shapley-values.ipynb

Needs what bin/demo makes. A hash of the cells is saved too, by which bin/test knows when outputs are older than code.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError

from notebook_helpers.saving import executed, save
from play_fair.cli import run
from play_fair.errors import UserError

FOLDER = Path(__file__).resolve().parent


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", type=Path, nargs="*", help="(default: all in this folder)")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Execute and save."""
    paths = build_parser().parse_args(argv).notebooks or sorted(FOLDER.glob("*.ipynb"))
    for path in paths:
        start = time.monotonic()
        try:
            notebook = executed(nbformat.read(path, as_version=4), FOLDER)
        except CellExecutionError as error:
            raise UserError(f"{path.name} is left as it was, for a cell of it failed:\n{error}") from error
        save(notebook, path)
        print(f"{path.name}: {time.monotonic() - start:.0f} s, {path.stat().st_size / 1e3:.0f} kB", file=sys.stderr)
    print(f"Notebooks: {', '.join(path.name for path in paths)}")


if __name__ == "__main__":
    sys.exit(run(main))
