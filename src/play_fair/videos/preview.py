"""Encode any video as a small webm for a web page: every frame, upright, at a constant rate."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from play_fair.files import atomic_path
from play_fair.videos.ffmpeg import BrokenVideoError, Vp9, ffmpeg_process, file_url, last_line, probe

MAX_BYTES = 12 << 20
"""Approximate limit of the size of the webm."""

MAX_SIZE = (640, 480)
"""Largest width and height of the webm; halved for long videos."""

_CRF = 34
_MAX_BITRATE = 1_000_000
_LOW_BITRATE = 100_000
"""Bits per second below which the size is halved."""


@dataclass(frozen=True)
class Preview:
    """Properties of an encoded preview."""

    n_frames: int
    """Number of decoded frames; the webm has each of them once."""
    frame_rate: float
    """Frames per second of the webm: the mean rate of the video."""
    steady: bool
    """Whether the video has a constant rate; if not, the webm is partly faster and partly slower."""
    damage: str | None
    """A warning of the decoder, although all frames decode."""


def make_preview(
    path: Path | str, output: Path | str, on_frame: Callable[[int, int], object] = lambda done, total: None
) -> Preview:
    """Decode a video, strictly as `iter_frames` does, and write all its frames to `output` as a VP9 webm.

    The rate is constant: frame i of T is shown from i/T to (i+1)/T of the duration, which the dashboard and the reports
    rely on.

    Args:
        on_frame: called with the number of encoded frames and the approximate total, for progress.

    Raises:
        UserError: there is no such file.
        BrokenVideoError: it has no video, ends early, or a frame does not decode.
    """
    info = probe(path)
    if reason := info.shortfall():
        raise BrokenVideoError(path, reason)
    # A fraction that ffmpeg and webm represent exactly, such as 30000/1001.
    frame_rate = Fraction(min(max(info.frame_rate, 0.1), 120.0)).limit_denominator(1001)
    bitrate = min(_MAX_BITRATE, int(8 * MAX_BYTES * frame_rate / info.n_frames))
    width, height = (side // 2 if bitrate < _LOW_BITRATE else side for side in MAX_SIZE)
    # Browsers ignore the aspect ratio of pixels: make them square first.
    fit = f"scale=iw*sar:ih,scale=w='min({width},iw)':h='min({height},ih)':force_original_aspect_ratio=decrease"
    # The times are regular already: `fps` only passes the rate to the encoder.
    even = f"settb=1/90000,setpts=N/({frame_rate}*TB),fps={frame_rate}"
    codec = Vp9(str(bitrate), _CRF)
    # A key frame every second, for fast seeking.
    encoding = [*codec.arguments(), "-row-mt", "1", "-g", str(max(1, round(frame_rate))), "-an", "-f", "webm", "-y"]
    source = ["-max_error_rate", "0", "-i", file_url(path), "-map", "0:V:0", "-fps_mode", "passthrough"]
    n_frames = 0
    with atomic_path(output) as part:
        command = [*source, "-vf", f"{fit},setsar=1,{even}", *encoding, "-progress", "-", file_url(part)]
        with ffmpeg_process(command, stdout=subprocess.PIPE) as (process, log):
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith(b"frame="):
                    n_frames = int(line.removeprefix(b"frame="))
                    on_frame(n_frames, info.n_frames)
            if process.wait():
                raise BrokenVideoError(path, last_line(log()))
            warnings = log()
            if "ended prematurely" in warnings:
                raise BrokenVideoError(path, "truncated: the file ends in the middle of a frame")
        if not n_frames or n_frames < 0.9 * info.n_frames - 2:
            raise BrokenVideoError(path, f"{n_frames} frames decode, its container has about {info.n_frames}")
    return Preview(n_frames, float(frame_rate), info.steady, last_line(warnings) if warnings else None)
