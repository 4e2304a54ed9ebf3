"""The gulp format: many videos in one file, every frame a JPEG, so that training reads no codec and few files.

A folder has chunks data_{i}.gulp (JPEGs one after another, each padded with zeros to a multiple of 4 bytes) with
meta_{i}.gmeta: json {uid: {"frame_info": [[offset, padding, length with padding], ...], "meta_data": [{...}]}}.
The format is GulpIO's (https://github.com/TwentyBN/GulpIO, gulpio2); either reads the other's folders.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from jaxtyping import Int64

from play_fair.arrays import Frame
from play_fair.errors import UserError, shown
from play_fair.files import atomic_path, read_json

MAX_PIXELS = 1 << 25
"""Of a frame: as many as 8K video has."""


@dataclass(frozen=True)
class EncodedVideo:
    """A video ready to be written into a chunk."""

    uid: str
    meta: dict[str, str | int]
    jpegs: list[bytes]


@dataclass(frozen=True)
class GulpedVideo:
    """A video in a gulp folder: where its frames are."""

    data: Path
    meta: dict[str, Any]
    frame_info: Int64[np.ndarray, "T 3"]
    """Of each frame: offset in bytes, bytes of padding, length in bytes with padding."""

    def jpegs(self) -> list[bytes]:
        """The frames as they are stored, in one read."""
        offsets, padding, lengths = self.frame_info.T
        begin = int(offsets.min())
        with self.data.open("rb") as file:
            file.seek(begin)
            block = file.read(int((offsets + lengths).max()) - begin)
        starts = (offsets - begin).tolist()
        return [block[start : start + size] for start, size in zip(starts, (lengths - padding).tolist(), strict=True)]


def encode_frame(frame: Frame, quality: int = 90) -> bytes:
    """The frame as a JPEG; GulpIO stores them with quality 90."""
    return simplejpeg.encode_jpeg(np.ascontiguousarray(frame), quality=quality, colorspace="RGB")


def decode_frame(jpeg: bytes) -> Frame:
    """The frame as GulpIO reads it (fast DCT and upsampling), but always RGB, grey pictures too.

    Raises:
        ValueError: it is not a JPEG, or declares more pixels than any video has.
    """
    height, width, _, _ = simplejpeg.decode_jpeg_header(jpeg)
    if height * width > MAX_PIXELS:
        raise ValueError(f"it says it is {width} x {height} pixels large")
    return simplejpeg.decode_jpeg(jpeg, colorspace="RGB", fastdct=True, fastupsample=True)


def write_chunk(folder: Path, number: int, videos: Sequence[EncodedVideo]) -> None:
    """Write chunk `number` of a gulp folder: first its data, then its meta file, each atomically.

    A run killed between the two leaves a data file without a meta file; `remove_unfinished` clears that away.
    """
    meta: dict[str, Any] = {}
    # The inner block ends first: the meta file, which makes the chunk exist for `read_folder`, appears last.
    with atomic_path(folder / f"meta_{number}.gmeta") as meta_path:
        with atomic_path(folder / f"data_{number}.gulp") as data_path, data_path.open("wb") as data:
            for video in videos:
                frame_info = []
                for jpeg in video.jpegs:
                    padding = -len(jpeg) % 4
                    frame_info.append([data.tell(), padding, len(jpeg) + padding])
                    data.write(jpeg + bytes(padding))
                meta[video.uid] = {"frame_info": frame_info, "meta_data": [video.meta]}
        meta_path.write_text(json.dumps(meta), encoding="utf-8")


def read_folder(folder: Path | str) -> dict[str, GulpedVideo]:
    """uid -> video of all chunks in a gulp folder, in their order; a data file without its meta file is no chunk.

    Raises:
        UserError: there is no such folder, or a chunk is broken: the message names it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"expected a gulp folder at {folder}, but there is none; make it with 01_gulp_ssv2.py")
    videos: dict[str, GulpedVideo] = {}
    for number, meta_path in sorted((chunk_number(path), path) for path in folder.glob("meta*.gmeta")):
        chunk = _read_chunk(meta_path)
        if again := videos.keys() & chunk.keys():
            raise UserError(f"expected each video once in {folder}, but chunk {number} has {min(again)} again")
        videos.update(chunk)
    return videos


def remove_unfinished(folder: Path) -> None:
    """Delete what a killed run left in a gulp folder; only for the one process that writes there."""
    for path in folder.glob(".part-*"):
        path.unlink()
    for path in folder.glob("data*.gulp"):
        if not _partner(path, "meta", ".gmeta").exists():
            path.unlink()


def chunk_number(path: Path) -> int:
    """The number in the name of a chunk's file."""
    digits = re.search(r"\d+", path.name)
    return int(digits[0]) if digits else 0


def _partner(path: Path, prefix: str, suffix: str) -> Path:
    return path.with_name(re.sub(r"^(data|meta)", prefix, path.stem) + suffix)


def _read_chunk(meta_path: Path) -> dict[str, GulpedVideo]:
    data = _partner(meta_path, "data", ".gulp")
    if not data.is_file():
        raise UserError(f"the gulp chunk {meta_path} has no data file {data.name} beside it; gulp its videos anew")
    size = data.stat().st_size
    content = read_json(meta_path, "the meta file of a gulp chunk")
    if not isinstance(content, dict):
        raise UserError(f"expected {{uid: frames}} in the gulp chunk {meta_path}, got {shown(content)}")
    return {uid: _parse(uid, entry, data, meta_path, size) for uid, entry in content.items()}


def _parse(uid: str, entry: Any, data: Path, meta_path: Path, size: int) -> GulpedVideo:
    """One entry of a meta file whose data file has `size` bytes."""
    try:
        meta, frame_info = entry["meta_data"][0], np.array(entry["frame_info"])
        if not isinstance(meta, dict) or frame_info.dtype != np.int64 or frame_info.shape[1:] != (3,):
            raise ValueError("it needs meta data, and offset, padding and length of each frame")
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UserError(
            f"cannot read video {uid} of the gulp chunk {meta_path}: {shown(error)}; gulp its videos anew"
        ) from error
    offsets, padding, lengths = frame_info.T
    whole = (offsets >= 0) & (padding >= 0) & (lengths >= padding) & (lengths <= size) & (offsets <= size - lengths)
    if not whole.all():
        raise UserError(f"the gulp chunk {data} is cut short: the frames of video {uid} are not all in it")
    return GulpedVideo(data, meta, frame_info)
