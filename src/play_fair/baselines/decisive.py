"""Agreement of attributions with known decisive frames, and of three controls.

A measure alone proves little: windows are more often in the middle of a video, and so may be large attributions.

* chance: frames drawn at random;
* shuffled: attributions of other videos of the same kind against this video's window, without its twin, which shows the
  same clip: the effect of preferring certain positions;
* best fixed: one ranking of positions for all videos, by how often a window covers them. It is chosen on the windows
  that it is tested on, which favours it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

from play_fair.arrays import FrameAttributions, SequenceIndices
from play_fair.errors import UserError
from play_fair.files import read_json

Inside = Bool[np.ndarray, "N n"]
"""Whether each sampled frame lies in its video's decisive window."""
Measure = Callable[[FrameAttributions, Inside], Float64[np.ndarray, " N"]]


@dataclass(frozen=True)
class DecisiveFrames:
    """The window of frames in which the action of a video happens.

    Attributes:
        kind: of evidence: "local" (only in the window) or "state-change" (also in the states before and after).
        first, last: frame indices of the window, inclusive.
        twin: uid of the video that shows the same clip, if any.
    """

    kind: str
    first: int
    last: int
    twin: str | None


def read_decisive_frames(path: Path | str) -> dict[str, DecisiveFrames]:
    """Read the windows of all videos, by uid.

    Raises:
        UserError: the file has another content.
    """
    content = read_json(path, "a json of decisive frames (made by 00_make_demo_dataset.py)")
    videos = content.get("videos") if isinstance(content, dict) else None
    if not isinstance(videos, dict):
        raise UserError(f'expected {{"videos": {{uid: {{"kind", "decisive", "twin"}}}}}} in {path}')
    return {uid: _read_window(uid, entry, path) for uid, entry in videos.items()}


def _read_window(uid: str, entry: Any, path: Path | str) -> DecisiveFrames:
    try:
        first, last = entry["decisive"]
        return DecisiveFrames(str(entry["kind"]), int(first), int(last), entry.get("twin"))
    except (TypeError, KeyError, ValueError, OverflowError):
        raise UserError(
            f'expected "kind" and "decisive": [first, last] of video {uid} in {path}, got {entry!r}'
        ) from None


def inside_windows(uids: list[str], indices: SequenceIndices, windows: Mapping[str, DecisiveFrames]) -> Inside:
    """Mark the sampled frames that are in the window of their video.

    Raises:
        UserError: a video has no window.
    """
    if missing := [uid for uid in uids if uid not in windows]:
        raise UserError(
            f"expected the decisive frames of all {len(uids)} videos, but {len(missing)} have none, first "
            f"{missing[0]!r}; give the file of this dataset, or leave out --decisive-frames"
        )
    first, last = (np.array([getattr(windows[uid], end) for uid in uids])[:, None] for end in ("first", "last"))
    return (indices >= first) & (indices <= last)


def clips_of(uids: list[str], windows: Mapping[str, DecisiveFrames]) -> list[str]:
    """The clip that each video shows. Twins show the same: they are one observation, not two."""
    return [min(uid, windows[uid].twin or uid) if uid in windows else uid for uid in uids]


def pointing_hit(attributions: FrameAttributions, inside: Inside) -> Float64[np.ndarray, " N"]:
    """1 where the frame with the largest attribution is inside; of several such frames, the share inside."""
    top = attributions == attributions.max(axis=1, keepdims=True)
    return (top & inside).sum(axis=1) / top.sum(axis=1)


def mass_inside(attributions: FrameAttributions, inside: Inside) -> Float64[np.ndarray, " N"]:
    """Share of the positive attributions that is inside; without positive ones, the share of frames inside."""
    positive = attributions.clip(min=0)
    total = positive.sum(axis=1)
    mass = (positive * inside).sum(axis=1)
    return np.where(total > 0, mass / np.where(total > 0, total, 1), inside.mean(axis=1))


def auc(attributions: FrameAttributions, inside: Inside) -> Float64[np.ndarray, " N"]:
    """Probability that a frame inside has more than one outside, ties counting half; NaN without such a pair."""
    one, other = attributions[:, :, None], attributions[:, None, :]
    wins = (one > other) + 0.5 * (one == other)
    pairs = inside[:, :, None] & ~inside[:, None, :]
    n_pairs = pairs.sum(axis=(1, 2))
    return np.where(n_pairs > 0, (wins * pairs).sum(axis=(1, 2)) / n_pairs.clip(min=1), np.nan)


MEASURES: dict[str, Measure] = {"pointing hit": pointing_hit, "mass inside": mass_inside, "AUC": auc}


def shuffled(
    measure: Measure, attributions: FrameAttributions, inside: Inside, clips: list[str]
) -> Float64[np.ndarray, " N"]:
    """Mean measure of each video's window under the attributions of all videos of other clips.

    NaN where there is no other clip.
    """
    result = np.full(len(inside), np.nan)
    for row, (clip, window) in enumerate(zip(clips, inside, strict=True)):
        others = attributions[[other != clip for other in clips]]
        if len(others):
            result[row] = measure(others, np.tile(window, (len(others), 1))).mean()
    return result


def best_fixed(measure: Measure, inside: Inside) -> Float64[np.ndarray, " N"]:
    """The measure of attributions that are, in all videos, how often windows cover the position."""
    return measure(np.tile(inside.mean(axis=0), (len(inside), 1)), inside)


def chance(measure: Measure, inside: Inside) -> Float64[np.ndarray, " N"]:
    """The expected measure of frames drawn at random: that of equal attributions."""
    return measure(np.ones(inside.shape), inside)
