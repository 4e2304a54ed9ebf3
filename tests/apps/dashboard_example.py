"""A small world for the dashboard: videos, the results of two models on them, and their classes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from esv_dashboard.settings import Settings

from play_fair.frame_sampling import uniform_frame_indices
from play_fair.labels import write_classes_csv
from play_fair.results import EsvResults
from play_fair.videos.ffmpeg import encode_webm

CLASSES = [
    "Moving something up",
    "Moving something down",
    "Pushing something from left to right",
    "Pushing something from right to left",
    "Turning something upside down",
    "Putting something behind something that is much too large to be seen as a whole",
    "Pretending to take something from somewhere",
    "Opening something",
    "Closing something",
    "Dropping something onto something",
    "Showing that something is empty",
    "Approaching something with your camera",
]
LENGTH = 24
WITHOUT_VIDEO, BROKEN = "104", "105"
"""uids whose video is missing, or no video."""


def ball_video(seed: int, length: int = LENGTH, height: int = 72, width: int = 128) -> list[np.ndarray]:
    """A ball that crosses a striped scene: (length) frames."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    scene = np.stack([120 + 40 * np.sin(columns / rng.uniform(4, 12) + phase) for phase in range(3)], axis=-1)
    ball, (x0, x1, y) = rng.integers(0, 255, 3), rng.uniform([10, 80, 20], [40, 120, 50])
    frames = []
    for index in range(length):
        x = x0 + (x1 - x0) * index / (length - 1)
        inside = (columns - x) ** 2 + (rows - y) ** 2 < 14**2
        frames.append(np.where(inside[..., None], ball, scene).astype(np.uint8))
    return frames


def make_scale(n_frames: int, uids: list[str], labels: np.ndarray, seed: int, extras: bool) -> EsvResults:
    """Results for one number of frames: right on most videos, ESVs that add up."""
    rng = np.random.default_rng([seed, n_frames])
    n_classes, n_videos = len(CLASSES), len(uids)
    priors = np.full(n_classes, 1 / n_classes)
    logits = rng.normal(size=(n_videos, n_classes))
    logits[np.arange(n_videos), labels] += rng.uniform(-1, 4, n_videos)
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    esvs = rng.normal(0, 0.06, (n_videos, n_frames, n_classes))
    esvs += ((scores - priors) - esvs.sum(axis=1))[:, None] / n_frames
    more = {}
    if extras:
        pairs = rng.normal(0, 0.05, (n_videos, 2, n_frames, n_frames))  # of the true and of the predicted class
        pairs = (pairs + pairs.swapaxes(2, 3)) / 2
        more["interactions"] = (pairs * (1 - np.eye(n_frames))).astype(np.float32)
        subsets = rng.uniform(size=(n_videos, 2, 2**n_frames))  # of the true and of the predicted class
        subsets[:, :, 0] = 1 / n_classes
        subsets[:, 0, -1], subsets[:, 1, -1] = scores[np.arange(n_videos), labels], scores.max(axis=1)
        more["subset_scores"] = subsets.astype(np.float32)
        more["standard_errors"] = rng.uniform(0.005, 0.03, esvs.shape).astype(np.float32)
    return EsvResults.single(
        uids=uids,
        labels=labels,
        sequence_lengths=np.full(n_videos, LENGTH),
        priors=priors,
        sequence_idxs=np.tile(uniform_frame_indices(LENGTH, n_frames), (n_videos, 1)),
        scores=scores.astype(np.float32),
        shapley_values=esvs.astype(np.float32),
        extras=more,
    )


@dataclass(frozen=True)
class World:
    """Files of the example."""

    mtrn: Path
    """n = 1..8; no extras."""
    tsn: Path
    """n = 2, 4, 8; standard errors and interactions; lacks the first video."""
    videos: Path
    classes: Path

    def settings(self, *results: Path) -> Settings:
        """Settings of a dashboard of these results; by default MTRN's."""
        return Settings(results=results or (self.mtrn,), videos=self.videos, classes=self.classes)


def make_world(folder: Path, n_videos: int = 14) -> World:
    """Write everything below `folder`."""
    uids = [str(100 + index) for index in range(n_videos)]
    labels = np.arange(n_videos) % 7
    world = World(folder / "mtrn.pkl", folder / "tsn.pkl", folder / "videos", folder / "classes.csv")
    mtrn = [make_scale(n_frames, uids, labels, 1, extras=False) for n_frames in range(1, 9)]
    tsn = [make_scale(n_frames, uids[1:], labels[1:], 2, extras=True) for n_frames in (2, 4, 8)]
    EsvResults.collate(mtrn, {"model": "MTRN", "dataset": "Example"}).save(world.mtrn)
    EsvResults.collate(tsn, {"model": "TSN", "dataset": "Example"}).save(world.tsn)
    # Rows in another order than the ids: they are matched by id.
    write_classes_csv(world.classes, dict(reversed([(name, index) for index, name in enumerate(CLASSES)])))
    world.videos.mkdir()
    for index, uid in enumerate(uids):
        if uid == BROKEN:
            (world.videos / f"{uid}.webm").write_bytes(b"this is no video")
        elif uid != WITHOUT_VIDEO:
            encode_webm(ball_video(index), world.videos / f"{uid}.webm", frame_rate=12.0)
    return world
