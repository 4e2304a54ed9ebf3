"""The gulp format: many videos in one file, each frame a JPEG.

A folder has chunks data_{i}.gulp (JPEGs one after another, each padded with zeros to a multiple of 4 bytes) with
meta_{i}.gmeta: json {uid: {"frame_info": [[offset, padding, length with padding], ...], "meta_data": [{...}]}}.
The format is GulpIO's (https://github.com/TwentyBN/GulpIO, gulpio2); either reads the other's folders.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from jaxtyping import Int64

from play_fair.arrays import Frame
from play_fair.errors import UserError, shown
from play_fair.files import atomic_path, read_json

MAX_PIXELS = 1 << 25
"""Most pixels of a frame: 8K video."""


@dataclass(frozen=True)
class EncodedVideo:
    """A video to be written into a chunk."""

    uid: str
    meta: dict[str, str | int]
    jpegs: list[bytes]


@dataclass(frozen=True)
class GulpedVideo:
    """Location of a video's frames in a gulp folder."""

    data: Path
    meta: dict[str, Any]
    frame_info: Int64[np.ndarray, "T 3"]
    """Offset, padding, and length with padding of each frame, in bytes."""

    def jpegs(self) -> list[bytes]:
        """Read the encoded frames.

        Raises:
            UserError: they overlap, and so could take any amount of memory.
        """
        offsets, padding, lengths = self.frame_info.T
        begin, end = int(offsets.min()), int((offsets + lengths).max())
        if sum(lengths.tolist()) > end - begin:
            raise UserError(f"the frames of a video overlap in {self.data}; gulp its videos again")
        with self.data.open("rb") as file:
            file.seek(begin)
            block = file.read(end - begin)
        starts = (offsets - begin).tolist()
        return [block[start : start + size] for start, size in zip(starts, (lengths - padding).tolist(), strict=True)]


def encode_frame(frame: Frame, quality: int = 90) -> bytes:
    """Encode a frame as JPEG; GulpIO's quality is 90."""
    return simplejpeg.encode_jpeg(np.ascontiguousarray(frame), quality=quality, colorspace="RGB")


def decode_frame(jpeg: bytes) -> Frame:
    """Decode a JPEG as GulpIO does (fast DCT and upsampling), but grey pictures as RGB, too.

    Raises:
        ValueError: it is not a JPEG, or has more than `MAX_PIXELS`.
    """
    height, width, _, _ = simplejpeg.decode_jpeg_header(jpeg)
    if height * width > MAX_PIXELS:
        raise ValueError(f"its header declares {width} x {height} pixels")
    return simplejpeg.decode_jpeg(jpeg, colorspace="RGB", fastdct=True, fastupsample=True)


def chunk_files(folder: Path, number: int) -> list[Path]:
    """Paths of the data and the meta file of a chunk."""
    return [folder / f"data_{number}.gulp", folder / f"meta_{number}.gmeta"]


def write_chunk(folder: Path, number: int, videos: Iterable[EncodedVideo]) -> None:
    """Write a chunk, one video in memory at a time; nothing without any video. Both files are atomic.

    The meta file, which makes the chunk visible, is written last.
    """
    iterator = iter(videos)
    if (first := next(iterator, None)) is None:
        return
    data_path, meta_path = chunk_files(folder, number)
    meta: dict[str, Any] = {}
    with atomic_path(data_path) as part, part.open("wb") as data:
        for video in chain([first], iterator):
            frame_info = []
            for jpeg in video.jpegs:
                padding = -len(jpeg) % 4
                frame_info.append([data.tell(), padding, len(jpeg) + padding])
                data.write(jpeg + bytes(padding))
            meta[video.uid] = {"frame_info": frame_info, "meta_data": [video.meta]}
    with atomic_path(meta_path) as part:
        part.write_text(json.dumps(meta), encoding="utf-8")


def read_folder(folder: Path | str, end: int | None = None) -> dict[str, GulpedVideo]:
    """uid -> video of all chunks of a gulp folder, ordered by their numbers. A data file without meta file is ignored.

    Args:
        end: read only chunks with smaller numbers.

    Raises:
        UserError: there is no such folder, or a chunk is broken: the message names it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"expected a gulp folder at {folder}, but there is none; make it with 01_gulp_ssv2.py")
    videos: dict[str, GulpedVideo] = {}
    for number, meta_path in sorted((chunk_number(path), path) for path in folder.glob("meta*.gmeta")):
        if end is not None and number >= end:
            break
        chunk = _read_chunk(meta_path)
        if again := videos.keys() & chunk.keys():
            raise UserError(f"expected each video once in {folder}, but chunk {number} has {min(again)} again")
        videos.update(chunk)
    return videos


def next_chunk(folder: Path) -> int:
    """The number after the last chunk of a gulp folder."""
    return max((chunk_number(path) + 1 for path in folder.glob("meta*.gmeta")), default=0)


def chunk_number(path: Path) -> int:
    """The number in the name of a chunk's file."""
    digits = re.search(r"\d+", path.name)
    return int(digits[0]) if digits else 0


def _read_chunk(meta_path: Path) -> dict[str, GulpedVideo]:
    data = meta_path.with_name(re.sub(r"^meta", "data", meta_path.stem) + ".gulp")
    if not data.is_file():
        raise UserError(f"the gulp chunk {meta_path} has no data file {data.name} beside it; gulp its videos again")
    size = data.stat().st_size
    content = read_json(meta_path, "the meta file of a gulp chunk")
    if not isinstance(content, dict):
        raise UserError(f"expected {{uid: frames}} in the gulp chunk {meta_path}, got {shown(content)}")
    return {uid: _parse(uid, entry, data, meta_path, size) for uid, entry in content.items()}


def _parse(uid: str, entry: Any, data: Path, meta_path: Path, size: int) -> GulpedVideo:
    """Parse one entry of a meta file whose data file has `size` bytes."""
    try:
        meta, frame_info = entry["meta_data"][0], np.array(entry["frame_info"])
        if not isinstance(meta, dict) or frame_info.dtype != np.int64 or frame_info.shape[1:] != (3,):
            raise ValueError("it needs meta data, and offset, padding and length of each frame")
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UserError(
            f"cannot read video {uid} of the gulp chunk {meta_path}: {shown(error)}; gulp its videos again"
        ) from error
    offsets, padding, lengths = frame_info.T
    whole = (offsets >= 0) & (padding >= 0) & (lengths >= padding) & (lengths <= size) & (offsets <= size - lengths)
    if not whole.all():
        raise UserError(f"the gulp chunk {data} is cut short: the frames of video {uid} are not all in it")
    return GulpedVideo(data, meta, frame_info)
