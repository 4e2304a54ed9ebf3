"""Explore ESVs in the browser; the same as `python -m esv_dashboard`."""

import sys

from esv_dashboard.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
