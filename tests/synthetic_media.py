"""Videos made for a test: small, smooth, and with a frame's number readable from its brightness."""

import json
from pathlib import Path

import numpy as np

from play_fair.videos.ffmpeg import Vp9, encode_webm, iter_frames

FAST = Vp9(bitrate="0", crf=15)


def brightening_frames(n_frames, height=48, width=64):
    """Frames of one grey each, 8 brighter from one to the next, with a red left half: uint8 (T, H, W, 3)."""
    levels = 16 + 8 * np.arange(n_frames, dtype=np.uint8)
    frames = np.broadcast_to(levels[:, None, None, None], (n_frames, height, width, 3)).copy()
    frames[:, :, : width // 2, 0] += 60
    return frames


def frame_numbers(frames):
    """Which of the `brightening_frames` each frame shows."""
    levels = frames[:, :, frames.shape[2] // 2 + 4 :].mean(axis=(1, 2, 3))
    return np.rint((levels - 16) / 8).astype(int).tolist()


def decode(path, frame_rate=None):
    """All frames of a video as `iter_frames` yields them, uint8 (T, H, W, 3)."""
    return np.stack(list(iter_frames(path, frame_rate)))


def make_video(path, n_frames=12, frame_rate=12.0, height=48, width=64):
    """Write `brightening_frames` as a webm; returns its path."""
    encode_webm(brightening_frames(n_frames, height, width), path, frame_rate, FAST)
    return Path(path)


def noisy_video(path, n_frames=24, frame_rate=12.0):
    """A webm of kilobytes: its frames are noise, so that a part of the file is a part of the video."""
    noise = np.random.default_rng(0).integers(0, 256, (n_frames, 48, 64, 3), dtype=np.uint8)
    encode_webm(noise, path, frame_rate, FAST)
    return Path(path)


def cut(path, n_bytes):
    """Keep only the first `n_bytes` (negative: drop so many at the end) of a file."""
    path.write_bytes(path.read_bytes()[:n_bytes])
    return path


def write_labels(folder, uids, split="validation"):
    """A split of two classes as SSv2 has it, classes in turn, beside its labels json; returns the path of the split."""
    folder.mkdir(parents=True, exist_ok=True)
    templates = ["Moving [something] up", "Dropping [something], then picking [something] up"]
    entries = [{"id": uid, "label": "a", "template": templates[i % 2]} for i, uid in enumerate(uids)]
    (folder / f"{split}.json").write_text(json.dumps(entries))
    names = {"Moving something up": "1", "Dropping something, then picking something up": "0"}
    (folder / "labels.json").write_text(json.dumps(names))
    return folder / f"{split}.json"
