"""Explore ESVs in the browser; the same as `python -m esv_dashboard`."""

import sys

from esv_dashboard.__main__ import main
from play_fair.cli import run

if __name__ == "__main__":
    sys.exit(run(main))
