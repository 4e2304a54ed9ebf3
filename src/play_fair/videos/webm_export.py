"""Encode folders of frames as VP9 webm videos, small enough for a browser."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from play_fair.arrays import Frame
from play_fair.errors import UserError
from play_fair.jobs import THIS_PROCESS, Bar, Engine, OnItems, Partition, no_bar
from play_fair.videos.batch import SETTINGS, BatchReport, Failures, VideoTask, run_tasks
from play_fair.videos.ffmpeg import Vp9, encode_webm, find_executable
from play_fair.videos.gulp import MAX_PIXELS


@dataclass(frozen=True)
class _Encode(VideoTask):
    folder: Path
    pattern: str
    frame_rate: float
    codec: Vp9

    def is_done(self) -> bool:
        (output,) = self.outputs
        return output.exists()

    def do(self, on_items: OnItems) -> Failures:
        (output,) = self.outputs
        failures = {}
        try:
            encode_webm(_pictures(frame_files(self.folder, self.pattern)), output, self.frame_rate, self.codec)
        except UserError as error:
            failures[self.name] = str(error)
        on_items(1)
        return failures


def encode_videos(
    frames_dir: Path,
    videos_dir: Path,
    *,
    frame_rate: float = 8.0,
    bitrate: str = "200k",
    pattern: str = "frame_*.jpg",
    engine: Engine = THIS_PROCESS,
    partition: Partition | None = None,
    bar: Bar = no_bar,
) -> BatchReport:
    """Encode every folder frames_dir/{uid} of pictures as videos_dir/{uid}.webm; keep existing videos.

    The pictures of a video are the files that match `pattern`, ordered by the last number in their names, without gaps.
    A video appears when it is complete.

    Args:
        engine: where the videos are encoded.
        partition: encode only this partition; see `run_job`.
        bar: shows the number of finished videos.

    Raises:
        UserError: `frames_dir` has no folders, another run writes into `videos_dir`, or `videos_dir` was made with
            other settings or has videos from elsewhere.
    """
    if not 0 < frame_rate < math.inf:
        raise UserError(f"expected a frame rate of more than 0 frames per second, got {frame_rate}")
    if not re.fullmatch(r"[1-9]\d*(\.\d+)?[kKmM]?", bitrate):
        raise UserError(f"expected a bitrate such as 200k or 1M, got {bitrate!r}")
    folders = sorted(path for path in frames_dir.glob("*") if path.is_dir() and not path.name.startswith("."))
    if not folders:
        raise UserError(
            f"expected a folder of frames for each video in {frames_dir}; 07_dump_frames_from_gulp_dir.py makes them"
        )
    if not (videos_dir / SETTINGS).exists() and (others := sorted(videos_dir.glob("*.webm"))):
        raise UserError(
            f"expected a folder for encoded videos, got {videos_dir}, which has other ones, perhaps originals: "
            f"{others[0].name}; choose another folder, such as {videos_dir.parent / 'webm'}"
        )
    find_executable("ffmpeg")  # fail now, not in each process
    tasks = [
        _Encode(folder.name, [videos_dir / f"{folder.name}.webm"], folder, pattern, frame_rate, Vp9(bitrate))
        for folder in folders
    ]
    settings = {"frame_rate": frame_rate, "bitrate": bitrate, "pattern": pattern}
    return run_tasks(tasks, videos_dir, settings, engine, partition, bar)


def frame_files(folder: Path, pattern: str = "frame_*.jpg") -> list[Path]:
    """Paths of the pictures of one video in time order: by the last number in their names.

    Raises:
        UserError: there are none, one has no number, or a number is missing.
    """
    numbered: dict[int, Path] = {}
    for path in folder.glob(pattern):
        digits = re.findall(r"\d+", path.stem)
        if not digits:
            raise UserError(f"expected numbered frames in {folder}, got {path.name}")
        numbered[int(digits[-1])] = path
    if not numbered:
        raise UserError(f"expected frames {pattern} in {folder}, got none")
    numbers = sorted(numbered)
    for number, following in pairwise(numbers):
        if following != number + 1:
            raise UserError(f"frame {number + 1} is missing in {folder}, which has {numbers[0]} to {numbers[-1]}")
    return [numbered[number] for number in numbers]


def _pictures(paths: list[Path]) -> Iterator[Frame]:
    for path in paths:
        try:
            with Image.open(path) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise ValueError(f"its header declares {picture.width} x {picture.height} pixels")
                yield np.asarray(picture.convert("RGB"))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:  # see Pillow's plugins
            raise UserError(f"cannot read the frame {path}: {error}") from error
