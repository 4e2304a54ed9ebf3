"""The ten actions: five motions that, played backwards, are another class.

A motion says where the object, the hand and the cover are in every frame. Its direction can only be told from the order
of the frames, which is what makes the data worth explaining.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float64

Series = Float64[np.ndarray, " T"]
"""One number for each frame."""

Kind = Literal["local", "state-change"]
"""Where the evidence lies: in the moments of motion, or also in how things look before and after them."""

WIDTH, HEIGHT = 224, 128
"""The frame that places and sizes below are meant for, in pixels."""

_PASSES_THROUGH = 0.4
"""How often pushing, lifting and approaching carry the object through the picture instead of resting in it."""


@dataclass(frozen=True)
class Track:
    """Where something is over time.

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
    """What happens in one clip.

    Args:
        kind: whether the frames before and after tell something, too.
        item: the object that the class is about.
        cover: what hides the object, where there is one.
        hand: grasps the cover if there is one, else the object.
        arm_angle: where the forearm goes to, radians clockwise from the right.
        decisive: first and last frame in which something moves that matters.
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
    """Pixels the things in a clip take at scale 1; without a cover, it is as large as the object."""

    width: float
    height: float
    cover_width: float
    cover_height: float


Plan = Callable[[np.random.Generator, int, Sizes], Motion]


@dataclass(frozen=True)
class ActionPair:
    """Two classes that are each other's reversal, spelled as Something-Something v2 spells them."""

    forwards: str
    backwards: str
    plan: Plan
    covers: bool = False


def _ease(t: Series, first: int | float, last: int | float) -> Series:
    """0 up to frame `first`, 1 from frame `last`, smooth in between and symmetric in time."""
    p = np.clip((t - first) / (last - first), 0, 1)
    return p * p * (3 - 2 * p)


def _window(rng: np.random.Generator, n_frames: int, shortest: int, longest: int, margin: int = 0) -> tuple[int, int]:
    """A short moment, with equal chance anywhere in the clip that leaves `margin` frames before and after it."""
    length = int(rng.integers(shortest, longest + 1))
    first = int(rng.integers(margin, n_frames - margin - length))
    return first, first + length


def _sway(rng: np.random.Generator, n_frames: int, amplitude: float) -> Series:
    """The slow unsteadiness of a hand, in pixels."""
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
    """A hand that comes to the thing on `track` before frame `first` and has left it soon after frame `last`."""
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
    """A hand that never lets go of `item`."""
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
    """Towards the camera: the object grows and sinks in the picture."""
    passes = rng.random() < _PASSES_THROUGH
    first, last = window = _window(rng, n_frames, 11, 14) if passes else _window(rng, n_frames, 6, 9, margin=2)
    t = np.arange(n_frames, dtype=np.float64)
    near = (t - first) / (last - first) if passes else _ease(t, first, last)
    near = np.clip(near, 0, 1)
    far_scale, near_scale = rng.uniform(0.55, 0.7), rng.uniform(1.4, 1.7)
    # Size goes with 1 / distance, and the hand moves evenly in distance.
    scale = 1 / (1 / far_scale + (1 / near_scale - 1 / far_scale) * near)
    x = rng.uniform(75, WIDTH - 75) + _sway(rng, n_frames, 1.5)
    middle = rng.uniform(56, 66) + rng.uniform(2, 10) * near + _sway(rng, n_frames, 1.2)
    angle = _choose_angle(rng, FROM_RIGHT, FROM_LEFT, FROM_BELOW)
    if passes:
        # It comes from beyond one side, far away, and leaves below, close by.
        x = x + np.cos(angle) * 260 * np.clip(1 - 3.2 * near, 0, 1)
        middle = middle + 170 * np.clip(3.2 * near - 2.2, 0, 1)
    item = Track(x, middle + 0.5 * sizes.height * scale, scale, np.zeros(n_frames))
    if passes:
        return _passing(rng, item, sizes, angle, window, shadow=False)
    return Motion("state-change", item, None, _held(rng, item, sizes.height), angle, window, shadow=False)


def _stroke(rng: np.random.Generator, n_frames: int, window: tuple[int, int], start: float, end: float) -> Series:
    """From `start` to `end` within the window, at a nearly even speed."""
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
    """The hand carries the object through the picture: before and after, there is nothing to see."""
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
    """From just outside the picture, on the arm's side, in an arc down to rest at `place`."""
    t = np.arange(n_frames, dtype=np.float64)
    p = _ease(t, *window)
    dx, dy = _away(angle, _distance_out(place, size, angle))
    hop = rng.uniform(16, 30) * 4 * p * (1 - p)
    return Track(place[0] + (1 - p) * dx, place[1] + (1 - p) * dy - hop, np.ones(n_frames), hop)


def _distance_out(place: tuple[float, float], size: tuple[float, float], angle: float) -> float:
    """How far something that stands at `place` must go in that direction until it is out of sight."""
    (x, y), (width, height), (dx, dy) = place, size, _away(angle, 1.0)
    across = (WIDTH + width / 2 - x if dx > 0 else x + width / 2) / max(abs(dx), 1e-6)
    along = (HEIGHT + height - y if dy > 0 else y + 0.1 * height) / max(abs(dy), 1e-6)
    return min(across, along) + 2.0


def _carried(rng: np.random.Generator, thing: Track, angle: float, height: float, last: int) -> Track:
    """A hand that holds `thing` until frame `last`, then lets go and leaves."""
    t = np.arange(len(thing.x), dtype=np.float64)
    gone = _ease(t, last + 0.5, last + rng.uniform(4, 6))
    dx, dy = _away(angle, 150.0)
    return Track(thing.x + gone * dx, thing.y - 0.5 * height + gone * dy, thing.scale, np.zeros_like(t))


def _in_view(track: Track, width: float, height: float, window: tuple[int, int]) -> tuple[int, int]:
    """The frames of the window in which something of this size can be seen."""
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
