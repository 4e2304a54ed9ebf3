"""Start the dashboard: `python -m esv_dashboard`, the same as `esv-dashboard`."""

import sys

from play_fair.cli import run_command


def main() -> int:
    """Run the command; returns its exit code."""
    return run_command("esv_dashboard.command")


if __name__ == "__main__":
    sys.exit(main())
