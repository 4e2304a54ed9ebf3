"""Frames of videos as JPEGs, decoded once per video and cached up to a memory limit."""

import io
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image

from play_fair.arrays import Frame, Frames
from play_fair.errors import UserError
from play_fair.videos.ffmpeg import BrokenVideoError, grab_jpeg, iter_frames
from play_fair.videos.uids import require_plain_uid

MAX_SIZE = (480, 320)
"""Larger frames are scaled down to this width and height."""
THUMBNAIL_SIZE = (240, 160)
_QUALITY = 85


class FrameMissingError(Exception):
    """There is no such frame; the message is the reason."""


@dataclass(frozen=True)
class _Decoded:
    """The JPEGs of a video, or the reason why there are none."""

    jpegs: tuple[bytes, ...]
    reason: str = ""

    @property
    def n_bytes(self) -> int:
        return sum(map(len, self.jpegs)) + 1000


class FrameStore:
    """The videos of a folder and their frames. Thread-safe; one video is decoded at a time.

    Args:
        folder: has {uid}.webm.
        max_bytes: memory limit of the cache; the least recently used videos are dropped first.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._thumbnails = Lock()  # apart: a list of thumbnails does not keep the video that is shown waiting
        self._decoded: OrderedDict[tuple[str, str], _Decoded] = OrderedDict()

    def path(self, uid: str) -> Path | None:
        """The file of a video, if there is one; a uid that is no plain file name has none."""
        try:
            path = self._folder / f"{require_plain_uid(uid, self._folder)}.webm"
        except UserError:
            return None
        return path if path.is_file() else None

    def version(self, uid: str) -> str:
        """Changes when the file of a video changes; "" where there is none."""
        path = self.path(uid)
        if path is None:
            return ""
        status = path.stat()
        return f"{status.st_mtime_ns:x}-{status.st_size:x}"

    def jpeg(self, uid: str, index: int) -> bytes:
        """Frame `index` of a video, the `index`-th of its file whatever its frame rate.

        Raises:
            FrameMissingError: there is no such video or frame, or it does not decode.
        """
        path = self.path(uid)
        if path is None:
            raise FrameMissingError("no video file")
        key = (uid, self.version(uid))
        with self._lock:
            if key in self._decoded:
                self._decoded.move_to_end(key)
            else:
                self._decoded[key] = _decode(path)
                self._evict()
            decoded = self._decoded[key]
        if decoded.reason:
            raise FrameMissingError(decoded.reason)
        if not 0 <= index < len(decoded.jpegs):
            raise FrameMissingError(f"the video has {len(decoded.jpegs)} frames")
        return decoded.jpegs[index]

    def thumbnail(self, uid: str, index: int) -> bytes:
        """Frame `index` of a video as a small JPEG; the frames behind it are not decoded.

        Raises:
            FrameMissingError: see `jpeg`.
        """
        path = self.path(uid)
        if path is None:
            raise FrameMissingError("no video file")
        with self._thumbnails:
            try:
                return grab_jpeg(path, index, THUMBNAIL_SIZE)
            except UserError as error:
                raise FrameMissingError("the video does not decode") from error

    def pictures(self, uid: str, indices: Sequence[int]) -> Frames | None:
        """Frames of a video as an array (T, H, W, 3); None if one of them is missing."""
        try:
            return np.stack([np.asarray(Image.open(io.BytesIO(self.jpeg(uid, index)))) for index in indices])
        except FrameMissingError:
            return None

    @property
    def n_bytes(self) -> int:
        """Memory that the cached frames take."""
        return sum(decoded.n_bytes for decoded in self._decoded.values())

    def _evict(self) -> None:
        while self.n_bytes > self._max_bytes and len(self._decoded) > 1:
            self._decoded.popitem(last=False)


def _decode(path: Path) -> _Decoded:
    try:
        return _Decoded(tuple(map(_to_jpeg, iter_frames(path))))
    except BrokenVideoError as error:
        return _Decoded((), f"the video does not decode: {error.reason}")
    except UserError as error:
        return _Decoded((), str(error))


def _to_jpeg(frame: Frame) -> bytes:
    image = Image.fromarray(frame)
    image.thumbnail(MAX_SIZE)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=_QUALITY)
    return content.getvalue()
