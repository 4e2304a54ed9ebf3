"""Folders of frames -> one VP9 webm for each, small enough for a browser."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from play_fair.arrays import Frame
from play_fair.errors import UserError
from play_fair.shards import THIS_PROCESS, Engine, Share
from play_fair.videos.batch import BatchReport, VideoTask, run_tasks
from play_fair.videos.ffmpeg import Vp9, encode_webm, find_executable


@dataclass(frozen=True)
class _Encode(VideoTask):
    folder: Path
    pattern: str
    frame_rate: float
    codec: Vp9

    def do(self) -> str | None:
        try:
            encode_webm(_pictures(frame_files(self.folder, self.pattern)), self.output, self.frame_rate, self.codec)
        except UserError as error:
            return str(error)
        return None


def encode_videos(
    frames_dir: Path,
    videos_dir: Path,
    *,
    frame_rate: float = 8.0,
    bitrate: str = "200k",
    pattern: str = "frame_*.jpg",
    engine: Engine = THIS_PROCESS,
    share: Share | None = None,
) -> BatchReport:
    """Encode every folder frames_dir/{uid} of pictures as videos_dir/{uid}.webm; those that are there are left.

    The pictures of a video are the files that match `pattern`, in the order of the last number in their names, which
    must count up by one. A video appears when it is complete.

    Args:
        engine: where the work is done.
        share: do this part of it only, see `run_job`.

    Raises:
        UserError: `frames_dir` has no folders, another run writes into `videos_dir`, or what is there was made
            with other settings.
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
    find_executable("ffmpeg")  # fail now, not in each process
    tasks = [
        _Encode(folder.name, videos_dir / f"{folder.name}.webm", folder, pattern, frame_rate, Vp9(bitrate))
        for folder in folders
    ]
    settings = {"frame_rate": frame_rate, "bitrate": bitrate, "pattern": pattern}
    return run_tasks(tasks, videos_dir, settings, "encoding", engine, share)


def frame_files(folder: Path, pattern: str = "frame_*.jpg") -> list[Path]:
    """The pictures of one video in time order: by the last number in their names.

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
    if missing := sorted(set(range(min(numbered), max(numbered))) - numbered.keys()):
        raise UserError(f"frame {missing[0]} is missing in {folder}, which has {min(numbered)} to {max(numbered)}")
    return [numbered[number] for number in sorted(numbered)]


def _pictures(paths: list[Path]) -> Iterator[Frame]:
    for path in paths:
        try:
            with Image.open(path) as picture:
                yield np.asarray(picture.convert("RGB"))
        except (UnidentifiedImageError, OSError) as error:
            raise UserError(f"cannot read the frame {path}: {error}") from error
