"""Frames per second of processor time from a video file, and from gulped JPEGs to what a backbone gets.

python benchmarks/decoding.py
python benchmarks/decoding.py --video my.webm
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from play_fair.videos.ffmpeg import encode_webm, iter_frames
from play_fair.videos.gulp import decode_frame, encode_frame
from play_fair.videos.resize import resize, resize_short_side
from play_fair.videos.transforms import Preprocess


def processor_seconds(run: Callable[[], object]) -> float:
    """Those of this process and of processes it has waited for."""
    start = sum(os.times()[:4])
    run()
    return sum(os.times()[:4]) - start


def write_pan(path: Path) -> None:
    """A webm of 4 s, 426 x 240 at 12 frames a second and 200 kbit/s: a pan over smooth noise."""
    noise = resize(np.random.default_rng(0).integers(0, 256, (60, 110, 3), np.uint8), 300, 600)
    encode_webm((noise[i : i + 240, 2 * i : 2 * i + 426] for i in range(48)), path, 12.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, help="(default: 4 s of a pan over noise, 426 x 240)")
    parser.add_argument("--frame-rate", type=float, default=8.0, help="frames per second to decode (default: 8)")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = args.video or Path(folder) / "pan.webm"
        if args.video is None:
            write_pan(video)
        frames = [np.ascontiguousarray(resize_short_side(frame, 240)) for frame in iter_frames(video, args.frame_rate)]
        n_frames = len(frames) * args.rounds
        decoding = processor_seconds(
            lambda: [sum(1 for _ in iter_frames(video, args.frame_rate)) for _ in range(args.rounds)]
        )
    jpegs = [encode_frame(frame) for frame in frames]
    encoding = processor_seconds(lambda: [encode_frame(frame) for _ in range(args.rounds) for frame in frames])
    preprocess = Preprocess(short_side=256, crop=224, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    reading = processor_seconds(
        lambda: [
            preprocess.resize_and_crop(np.stack([decode_frame(jpeg) for jpeg in jpegs])) for _ in range(args.rounds)
        ]
    )
    print(f"video to frames, {args.frame_rate:g} a second: {n_frames / decoding:.0f} frames/s a core")
    print(
        f"frames 240 pixels high to JPEGs: {n_frames / encoding:.0f} frames/s, {np.mean([*map(len, jpegs)]):.0f} bytes"
    )
    print(f"JPEGs to 224 x 224: {n_frames / reading:.0f} frames/s")


if __name__ == "__main__":
    main()
