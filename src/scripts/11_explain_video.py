"""Explain any video as a web page: the command play-fair-explain, as one of the numbered scripts."""

import sys
from collections.abc import Sequence

from play_fair.cli import run
from play_fair.video_page import command


def main(argv: Sequence[str] | None = None) -> None:
    command.main(argv, "python src/scripts/11_explain_video.py")


if __name__ == "__main__":
    sys.exit(run(main))
