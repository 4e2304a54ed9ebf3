"""Encode a clip and its reversal as VP9 in one run of ffmpeg."""

import subprocess
from pathlib import Path

from play_fair.arrays import Frames
from play_fair.errors import UserError
from play_fair.files import atomic_path
from play_fair.videos.ffmpeg import Vp9, find_executable


def encode_twins(frames: Frames, forwards: Path, backwards: Path, fps: int, crf: int) -> None:
    """Write `frames` to the webm file `forwards` and reversed to `backwards`; the same frames give the same bytes.

    Raises:
        UserError: ffmpeg is missing or fails.
    """
    height, width = frames.shape[1:3]
    vp9 = Vp9(bitrate="0", crf=crf).arguments()
    # One thread, and no dates or random ids: the same frames always give the same file.
    same = ["-threads", "1", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-f", "webm"]
    with atomic_path(forwards) as a, atomic_path(backwards) as b:
        command = [find_executable("ffmpeg"), "-v", "error", "-nostdin", "-y", "-filter_complex_threads", "1"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "pipe:"]
        command += ["-filter_complex", "format=yuv420p,split[a][c];[c]reverse[b]"]
        command += ["-map", "[a]", *vp9, *same, str(a), "-map", "[b]", *vp9, *same, str(b)]
        result = subprocess.run(command, input=frames.tobytes(), capture_output=True, check=False)
        if result.returncode:
            raise UserError(f"ffmpeg could not encode {forwards}: {result.stderr.decode(errors='replace').strip()}")
