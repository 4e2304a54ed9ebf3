"""Any video as a small webm for a page: every frame of it, upright, at one rate."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from play_fair.files import atomic_path
from play_fair.videos.ffmpeg import BrokenVideoError, Vp9, ffmpeg_process, file_url, last_line, probe

MAX_BYTES = 12 << 20
"""About how large the webm of a long video gets; short ones are as good as `_CODEC` makes them."""

MAX_SIZE = (640, 480)
"""Width and height a video is made to fit in; those of a long one are half of it."""

_CODEC = Vp9(crf=34, deadline="realtime", cpu_used=8)
_MAX_BITRATE = 1_000_000
_LOW_BITRATE = 100_000
"""Bits per second below which a picture is better small."""


@dataclass(frozen=True)
class Preview:
    """What was made of a video."""

    n_frames: int
    """All the frames that decode; the webm has each of them, once."""
    frame_rate: float
    """Frames per second of the webm: the mean of the video."""
    steady: bool
    """Whether the video itself has one rate; where it has not, the webm runs faster and slower than it."""
    damage: str | None
    """What the decoder complains of where it could still make a picture of all frames."""


def make_preview(
    path: Path | str, output: Path | str, on_frame: Callable[[int, int], object] = lambda done, total: None
) -> Preview:
    """Decode a video, strictly as `iter_frames` does, and write all its frames to `output` as a VP9 webm.

    Frames follow each other at the mean rate, for models count frames: frame i of T is on the screen from i/T to
    (i+1)/T of the duration, as the dashboard and the reports expect it.

    Args:
        on_frame: called with the number of frames that are done and about how many there are, for progress.

    Raises:
        UserError: there is no such file.
        BrokenVideoError: it has no video, ends early, or a frame does not decode.
    """
    info = probe(path)
    if reason := info.shortfall():
        raise BrokenVideoError(path, reason)
    # As a fraction ffmpeg and the webm format can write: 30000/1001 stays what it is.
    frame_rate = Fraction(min(max(info.frame_rate, 0.1), 120.0)).limit_denominator(1001)
    bitrate = min(_MAX_BITRATE, int(8 * MAX_BYTES * frame_rate / info.n_frames))
    width, height = (side // 2 if bitrate < _LOW_BITRATE else side for side in MAX_SIZE)
    # Pixels that are not square first become so: the browser shows them as they are.
    fit = f"scale=iw*sar:ih,scale=w='min({width},iw)':h='min({height},ih)':force_original_aspect_ratio=decrease"
    # `fps` drops and repeats nothing of what is even already; it tells the rate to the encoder.
    even = f"settb=1/90000,setpts=N/({frame_rate}*TB),fps={frame_rate}"
    codec = Vp9(str(bitrate), _CODEC.crf, _CODEC.deadline, _CODEC.cpu_used)
    # A key frame every second, so that a page can show any moment at once.
    encoding = [*codec.arguments(), "-row-mt", "1", "-g", str(max(1, round(frame_rate))), "-an", "-f", "webm", "-y"]
    source = ["-max_error_rate", "0", "-i", file_url(path), "-map", "0:V:0", "-fps_mode", "passthrough"]
    n_frames = 0
    with atomic_path(output) as part:
        command = [*source, "-vf", f"{fit},setsar=1,{even}", *encoding, "-progress", "-", file_url(part)]
        with ffmpeg_process(command, stdout=subprocess.PIPE) as (process, words):
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith(b"frame="):
                    n_frames = int(line.removeprefix(b"frame="))
                    on_frame(n_frames, info.n_frames)
            if process.wait():
                raise BrokenVideoError(path, last_line(words()))
            complaints = words()
            if "ended prematurely" in complaints:
                raise BrokenVideoError(path, "truncated: the file ends in the middle of a frame")
        if not n_frames or n_frames < 0.9 * info.n_frames - 2:
            raise BrokenVideoError(path, f"{n_frames} frames decode, its container has about {info.n_frames}")
    return Preview(n_frames, float(frame_rate), info.steady, last_line(complaints) if complaints else None)
