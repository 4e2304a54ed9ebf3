"""The ten actions: five motions that, played backwards, are another class.

A motion is the positions of object, hand and cover in every frame. Only the order of the frames determines its
direction, and so the class.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float64

Series = Float64[np.ndarray, " T"]
"""One value for each frame."""

Kind = Literal["local", "state-change"]
"""Location of the evidence: only in the frames of motion (local), or also before and after them (state-change)."""

WIDTH, HEIGHT = 224, 128
"""Size of the frames in pixels."""

_PASSES_THROUGH = 0.4
"""Probability that a pushed, lifted or approaching object passes through the frame instead of resting in it."""


@dataclass(frozen=True)
class Track:
    """Position of something over time.

    Args:
        x, y: pixels; the foot of an object or a cover, the grasp of a hand.
        scale: size relative to the thing's own.
        lift: pixels above the table, for its shadow.
    """

    x: Series
    y: Series
    scale: Series
    lift: Series

    def reversed(self) -> "Track":
        return Track(self.x[::-1], self.y[::-1], self.scale[::-1], self.lift[::-1])


@dataclass(frozen=True)
class Motion:
    """The motion in one clip.

    Args:
        kind: whether the frames before and after the motion are evidence, too.
        item: the object that the class is about.
        cover: the thing that hides the object, if any.
        hand: grasps the cover if there is one, else the object.
        arm_angle: direction of the forearm, radians clockwise from the right.
        decisive: first and last frame of the motion that determines the class.
        shadow: whether the thing stands or hangs over the table.
    """

    kind: Kind
    item: Track
    cover: Track | None
    hand: Track
    arm_angle: float
    decisive: tuple[int, int]
    shadow: bool = True

    def reversed(self) -> "Motion":
        """The same motion played backwards."""
        last = len(self.item.x) - 1
        return replace(
            self,
            item=self.item.reversed(),
            cover=None if self.cover is None else self.cover.reversed(),
            hand=self.hand.reversed(),
            decisive=(last - self.decisive[1], last - self.decisive[0]),
        )


@dataclass(frozen=True)
class Sizes:
    """Sizes of object and cover at scale 1 in pixels; without a cover, its size is that of the object."""

    width: float
    height: float
    cover_width: float
    cover_height: float


Plan = Callable[[np.random.Generator, int, Sizes], Motion]


@dataclass(frozen=True)
class ActionPair:
    """Two classes that are the reversal of each other, with the names of Something-Something v2."""

    forwards: str
    backwards: str
    plan: Plan
    covers: bool = False


def _ease(t: Series, first: int | float, last: int | float) -> Series:
    """A smooth step, symmetric in time: 0 up to frame `first`, 1 from frame `last`."""
    p = np.clip((t - first) / (last - first), 0, 1)
    return p * p * (3 - 2 * p)


def _window(rng: np.random.Generator, n_frames: int, shortest: int, longest: int, margin: int = 0) -> tuple[int, int]:
    """A short window, uniformly distributed over the clip with `margin` frames before and after it."""
    length = int(rng.integers(shortest, longest + 1))
    first = int(rng.integers(margin, n_frames - margin - length))
    return first, first + length


def _sway(rng: np.random.Generator, n_frames: int, amplitude: float) -> Series:
    """Slow random movement of a hand, in pixels."""
    t = np.arange(n_frames) / n_frames
    waves = [rng.uniform(0.3, 1.0) * np.sin(2 * np.pi * (f * t + rng.random())) for f in (0.7, 1.6, 2.9)]
    return amplitude * np.sum(waves, axis=0) / 2


def _still(n_frames: int, x: float, y: float) -> Track:
    return Track(np.full(n_frames, x), np.full(n_frames, y), np.ones(n_frames), np.zeros(n_frames))


def _away(angle: float, distance: float) -> tuple[float, float]:
    return float(np.cos(angle) * distance), float(np.sin(angle) * distance)


def _choose_angle(rng: np.random.Generator, *degrees: tuple[float, float]) -> float:
    low, high = degrees[rng.integers(len(degrees))]
    return float(np.radians(rng.uniform(low, high)))


FROM_BELOW, FROM_ABOVE, FROM_RIGHT, FROM_LEFT = (55.0, 125.0), (-120.0, -60.0), (-15.0, 35.0), (145.0, 195.0)


def _visit(track: Track, arm_angle: float, height: float, first: int, last: int, rng: np.random.Generator) -> Track:
    """Track of a hand that grasps the thing on `track` before frame `first` and releases it soon after frame `last`."""
    t = np.arange(len(track.x), dtype=np.float64)
    come, go = rng.uniform(3.5, 5.5, size=2)
    absent = np.maximum(1 - _ease(t, first - come, first), _ease(t, last, last + go))
    dx, dy = _away(arm_angle, 150.0)
    return Track(
        track.x + absent * dx, track.y - 0.5 * height * track.scale + absent * dy, track.scale, np.zeros_like(t)
    )


def _push(rng: np.random.Generator, n_frames: int, sizes: Sizes) -> Motion:
    y = np.full(n_frames, rng.uniform(92, 114))
    still = np.zeros(n_frames)
    angle = _choose_angle(rng, FROM_BELOW, FROM_BELOW, FROM_ABOVE)
    if rng.random() < _PASSES_THROUGH:
        window = _window(rng, n_frames, 10, 13)
        beyond = sizes.width / 2 + 6.0
        item = Track(_stroke(rng, n_frames, window, -beyond, WIDTH + beyond), y, still + 1, still)
        return _passing(rng, item, sizes, angle, window)
    first, last = _window(rng, n_frames, 6, 9, margin=2)
    t = np.arange(n_frames, dtype=np.float64)
    middle, distance = rng.uniform(WIDTH / 2 - 28, WIDTH / 2 + 28), rng.uniform(75, 110)
    item = Track(middle + distance * (_ease(t, first, last) - 0.5), y, still + 1, still)
    hand = _visit(item, angle, sizes.height, first, last, rng)
    return Motion("state-change", item, None, hand, angle, (first, last))


def _held(rng: np.random.Generator, item: Track, height: float) -> Track:
    """Track of a hand that holds `item` throughout."""
    zeros = np.zeros_like(item.x)
    return Track(item.x + rng.uniform(-2, 2), item.y - rng.uniform(0.4, 0.55) * height * item.scale, item.scale, zeros)


def _lift(rng: np.random.Generator, n_frames: int, sizes: Sizes) -> Motion:
    x = rng.uniform(70, WIDTH - 70) + _sway(rng, n_frames, 1.5)
    still = np.zeros(n_frames)
    if rng.random() < _PASSES_THROUGH:
        window = _window(rng, n_frames, 10, 13)
        y = _stroke(rng, n_frames, window, HEIGHT + sizes.height + 6, -6.0)
        item = Track(x, y, still + 1, still + HEIGHT)
        return _passing(rng, item, sizes, _choose_angle(rng, FROM_RIGHT, FROM_LEFT), window)
    window = _window(rng, n_frames, 6, 9, margin=2)
    t = np.arange(n_frames, dtype=np.float64)
    lift = rng.uniform(42, 56) * _ease(t, *window) + rng.uniform(2, 6) + _sway(rng, n_frames, 1.0)
    item = Track(x, rng.uniform(100, 118) - lift, still + 1, np.maximum(lift, 0))
    angle = _choose_angle(rng, FROM_RIGHT, FROM_LEFT, FROM_BELOW)
    return Motion("state-change", item, None, _held(rng, item, sizes.height), angle, window)


def _approach(rng: np.random.Generator, n_frames: int, sizes: Sizes) -> Motion:
    """Motion towards the camera: the object grows and moves down in the frame."""
    passes = rng.random() < _PASSES_THROUGH
    first, last = window = _window(rng, n_frames, 11, 14) if passes else _window(rng, n_frames, 6, 9, margin=2)
    t = np.arange(n_frames, dtype=np.float64)
    near = (t - first) / (last - first) if passes else _ease(t, first, last)
    near = np.clip(near, 0, 1)
    far_scale, near_scale = rng.uniform(0.55, 0.7), rng.uniform(1.4, 1.7)
    # Size is proportional to 1 / distance, and the distance changes at constant speed.
    scale = 1 / (1 / far_scale + (1 / near_scale - 1 / far_scale) * near)
    x = rng.uniform(75, WIDTH - 75) + _sway(rng, n_frames, 1.5)
    middle = rng.uniform(56, 66) + rng.uniform(2, 10) * near + _sway(rng, n_frames, 1.2)
    angle = _choose_angle(rng, FROM_RIGHT, FROM_LEFT, FROM_BELOW)
    if passes:
        # It enters at one side, far away, and leaves at the bottom, close to the camera.
        x = x + np.cos(angle) * 260 * np.clip(1 - 3.2 * near, 0, 1)
        middle = middle + 170 * np.clip(3.2 * near - 2.2, 0, 1)
    item = Track(x, middle + 0.5 * sizes.height * scale, scale, np.zeros(n_frames))
    if passes:
        return _passing(rng, item, sizes, angle, window, shadow=False)
    return Motion("state-change", item, None, _held(rng, item, sizes.height), angle, window, shadow=False)


def _stroke(rng: np.random.Generator, n_frames: int, window: tuple[int, int], start: float, end: float) -> Series:
    """Motion from `start` to `end` within the window, at nearly constant speed."""
    t = np.arange(n_frames, dtype=np.float64)
    p = np.clip((t - window[0]) / (window[1] - window[0]), 0, 1)
    wobble = rng.uniform(-0.03, 0.03) * np.sin(2 * np.pi * p)
    return start + (end - start) * (p + wobble)


def _passing(
    rng: np.random.Generator,
    item: Track,
    sizes: Sizes,
    angle: float,
    window: tuple[int, int],
    shadow: bool = True,
) -> Motion:
    """Motion of a hand that carries the object through the frame, which is empty before and after."""
    t = np.arange(len(item.x))
    hand = _held(rng, item, sizes.height)
    gone = np.where((t <= window[0]) | (t >= window[1]), 1e4, 0.0)
    hand = replace(hand, x=hand.x + gone)
    item = replace(item, x=item.x + gone)
    return Motion("local", item, None, hand, angle, _in_view(item, sizes.width, sizes.height, window), shadow)


def _arrival(
    rng: np.random.Generator,
    n_frames: int,
    place: tuple[float, float],
    size: tuple[float, float],
    angle: float,
    window: tuple[int, int],
) -> Track:
    """Track from just outside the frame, on the side of the arm, in an arc down to `place`."""
    t = np.arange(n_frames, dtype=np.float64)
    p = _ease(t, *window)
    dx, dy = _away(angle, _distance_out(place, size, angle))
    hop = rng.uniform(16, 30) * 4 * p * (1 - p)
    return Track(place[0] + (1 - p) * dx, place[1] + (1 - p) * dy - hop, np.ones(n_frames), hop)


def _distance_out(place: tuple[float, float], size: tuple[float, float], angle: float) -> float:
    """Distance from `place` in that direction to outside the frame."""
    (x, y), (width, height), (dx, dy) = place, size, _away(angle, 1.0)
    across = (WIDTH + width / 2 - x if dx > 0 else x + width / 2) / max(abs(dx), 1e-6)
    along = (HEIGHT + height - y if dy > 0 else y + 0.1 * height) / max(abs(dy), 1e-6)
    return min(across, along) + 2.0


def _carried(rng: np.random.Generator, thing: Track, angle: float, height: float, last: int) -> Track:
    """Track of a hand that holds `thing` until frame `last`, then releases it and leaves."""
    t = np.arange(len(thing.x), dtype=np.float64)
    gone = _ease(t, last + 0.5, last + rng.uniform(4, 6))
    dx, dy = _away(angle, 150.0)
    return Track(thing.x + gone * dx, thing.y - 0.5 * height + gone * dy, thing.scale, np.zeros_like(t))


def _in_view(track: Track, width: float, height: float, window: tuple[int, int]) -> tuple[int, int]:
    """The frames of the window in which something of this size is visible."""
    beside = np.abs(track.x - WIDTH / 2) >= (WIDTH + width * track.scale) / 2
    above_or_below = (track.y <= 0) | (track.y - height * track.scale >= HEIGHT)
    seen = ~(beside | above_or_below)
    frames = np.flatnonzero(seen[window[0] : window[1] + 1]) + window[0]
    return int(frames[0]), int(frames[-1])


def _put(rng: np.random.Generator, n_frames: int, sizes: Sizes) -> Motion:
    window = _window(rng, n_frames, 7, 10, margin=3)
    angle = _choose_angle(rng, (-50.0, 10.0), (170.0, 230.0), FROM_BELOW)
    place, size = (rng.uniform(65, WIDTH - 65), rng.uniform(88, 114)), (sizes.width, sizes.height)
    item = _arrival(rng, n_frames, place, size, angle, window)
    hand = _carried(rng, item, angle, sizes.height, window[1])
    return Motion("state-change", item, None, hand, angle, _in_view(item, *size, window))


def _cover(rng: np.random.Generator, n_frames: int, sizes: Sizes) -> Motion:
    window = _window(rng, n_frames, 7, 10, margin=3)
    angle = _choose_angle(rng, (-50.0, 10.0), (170.0, 230.0), FROM_ABOVE)
    x, y = rng.uniform(65, WIDTH - 65), rng.uniform(92, 114)
    place, size = (x + rng.uniform(-2, 2), y + rng.uniform(2, 4)), (sizes.cover_width, sizes.cover_height)
    cover = _arrival(rng, n_frames, place, size, angle, window)
    hand = _carried(rng, cover, angle, 1.4 * sizes.cover_height, window[1])
    return Motion("state-change", _still(n_frames, x, y), cover, hand, angle, _in_view(cover, *size, window))


PAIRS: tuple[ActionPair, ...] = (
    ActionPair("Pushing [something] from left to right", "Pushing [something] from right to left", _push),
    ActionPair("Moving [something] up", "Moving [something] down", _lift),
    ActionPair("Moving [something] towards the camera", "Moving [something] away from the camera", _approach),
    ActionPair("Covering [something] with [something]", "Uncovering [something]", _cover, covers=True),
    ActionPair("Putting [something] on a surface", "Picking [something] up", _put),
)
