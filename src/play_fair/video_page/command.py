"""The command play-fair-explain: arguments, and one call of `explain_videos`."""

import shlex
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from play_fair.cli import progress
from play_fair.video_page.job import explain_videos, find_videos
from play_fair.video_page.model import load_video_model

COMMAND = "play-fair-explain"
DESCRIPTION = """Explain any video: what a trained model says of it, and which frames made it say so, as a web page.

Takes N evenly spread frames of each video, extracts their features with the backbone that belongs to the model, and
splits the score of every class over them: exactly up to 16 frames, with the best estimator for more. A model on pixels
is evaluated as often as its config says. The page is one file that holds the video too and needs no server. For
clip.mp4 there are, in the output folder:

    clip.html              the page; index.html if there are several videos
    clip.csv, clip.json    all ESVs, priors and scores
    results.pkl, videos/, classes.csv   all videos of this run, for the dashboard:
        python -m esv_dashboard explanations/results.pkl explanations/videos explanations/classes.csv

The default model is the demo's, which bin/demo trains: it knows ten actions, all done with a hand. A video that cannot
be explained is named with the reason, the others are done, and the exit code is 1.

    {command} clip.mp4

    {command} clip.mp4 more-clips/ --class 'Moving something up' --sample-n-frames 12

    {command} clip.mp4 --config configs/feature_multiscale_trn.jsonnet

    {command} clip.mp4 --config configs/video/r3d_18.jsonnet
"""
DEMO = Path("configs/demo/feature_multiscale_trn.jsonnet")


def build_parser(command: str = COMMAND) -> ArgumentParser:
    """The command line; `command` is how it is started."""
    parser = ArgumentParser(
        prog=command.split("/")[-1],
        description=DESCRIPTION.format(command=command),
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "videos", type=Path, nargs="+", metavar="VIDEO", help="any video ffmpeg reads, or a folder of videos"
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=DEMO,
        help="of the model: on features, as for script 05, or on pixels, as in configs/video (default: the demo's, "
        "%(default)s)",
    )
    parser.add_argument(
        "--sample-n-frames",
        type=int,
        metavar="N",
        help="frames of each video that the model sees; -1: every frame, at most 512, where the seconds grow with "
        "about the cube of their number (default: 8, or what the config of a model on pixels says)",
    )
    parser.add_argument(
        "--class",
        dest="class_names",
        action="append",
        default=[],
        metavar="NAME",
        help="also show what frames did to this class (why not that?), besides the ten most likely; repeat for more",
    )
    parser.add_argument(
        "--output-dir", type=Path, default=Path("explanations"), metavar="DIR", help="(default: %(default)s)"
    )
    parser.add_argument(
        "--backbone-config", type=Path, metavar="CONFIG", help="(default: the one that --config names in its dataset)"
    )
    parser.add_argument("--class-priors", type=Path, metavar="CSV", help="class,prior (default: likewise)")
    parser.add_argument("--classes-csv", type=Path, metavar="CSV", help="name,id (default: likewise)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (default: auto)")
    return parser


def main(argv: Sequence[str] | None = None, command: str = COMMAND) -> None:
    """Explain all videos, and tell which could not be."""
    args = build_parser(command).parse_args(argv)
    videos = find_videos(args.videos)
    model = load_video_model(
        args.config,
        backbone_config=args.backbone_config,
        classes_csv=args.classes_csv,
        class_priors=args.class_priors,
        device=args.device,
    )
    command_line = f"{command} {shlex.join(sys.argv[1:] if argv is None else argv)}"
    attrs = {"command": command_line, "version": version("play-fair"), "config": str(args.config)}
    with progress(None, "Explaining", total=len(videos)) as bar:

        def show(words: str) -> None:
            bar.set_postfix_str(words, refresh=False)
            bar.update(0)  # as often as the bar is drawn

        report = explain_videos(
            model,
            videos,
            args.output_dir,
            args.sample_n_frames,
            args.class_names,
            attrs,
            on_stage=show,
            on_video=bar.update,
        )
    report.show()
    report.require_success()
