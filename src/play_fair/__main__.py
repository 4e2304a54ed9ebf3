"""Explain videos from the command line: `python -m play_fair`, the same as `play-fair-explain`."""

import sys

from play_fair.cli import run_command


def main() -> int:
    """Run the command; returns its exit code."""
    return run_command("play_fair.video_page.command")


if __name__ == "__main__":
    sys.exit(main())
