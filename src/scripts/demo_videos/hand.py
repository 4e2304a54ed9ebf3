"""A hand, modelled as soft tapered limbs lit from one side: enough to read as a hand at a glance.

In its own coordinates the hand holds something at (0, 0): the forearm comes in from +x, the fingers reach past the
object on its far side (the `behind` layer) and the thumb lies on its near side (the `front` layer). One unit is the
length of the hand.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from PIL import Image

from demo_videos.sprites import Sprite

SKIN_TONES = ((236, 190, 160), (224, 172, 138), (198, 140, 104), (160, 105, 72), (112, 72, 50))
SLEEVES = ((52, 70, 104), (120, 44, 46), (66, 82, 62), (200, 196, 186), (46, 46, 50), (150, 120, 80), (96, 110, 128))

_REACH = 2.6
"""How far the forearm goes on, in hand lengths: long enough to leave the picture from anywhere in it."""
_LEFT, _TOP, _BOTTOM = 0.62, 0.62, 0.62
"""How far the drawing reaches from the grasp to the other sides."""
_SEAM = 0.03
"""Width of the seam between limbs."""


@dataclass(frozen=True)
class Hand:
    """Two layers of one hand, anchored at the same place; draw `behind`, then the object, then `front`."""

    behind: Sprite
    front: Sprite


@dataclass(frozen=True)
class _Limb:
    """A tapered capsule from a to b with radii ra and rb, at height z above the table."""

    a: tuple[float, float]
    b: tuple[float, float]
    ra: float
    rb: float
    z: float = 0.0


def make_hand(rng: np.random.Generator, length: int, angle: float) -> Hand:
    """A hand of a random pose, skin and sleeve.

    Args:
        rng: decides the pose and the colours.
        length: pixels from wrist to finger tips.
        angle: at which it will be drawn, radians clockwise; light falls from above whatever the angle.
    """
    skin = np.array(SKIN_TONES[rng.integers(len(SKIN_TONES))], dtype=np.float32) * rng.uniform(0.92, 1.05)
    sleeve = np.array(SLEEVES[rng.integers(len(SLEEVES))], dtype=np.float32) * rng.uniform(0.85, 1.1)
    cuff = rng.uniform(0.78, 1.15)
    fingers, palm, thumb, arm = _pose(rng)
    light_x, light_y = rng.uniform(-0.5, 0.1), -0.75
    cos, sin = np.cos(angle), np.sin(angle)
    light = np.array([cos * light_x + sin * light_y, cos * light_y - sin * light_x, 0.75], dtype=np.float32)
    behind = _draw(fingers + palm + arm, length, light, skin, sleeve, cuff)
    front = _draw(thumb, length, light, skin, sleeve, cuff)
    return Hand(behind, front)


def _pose(rng: np.random.Generator) -> tuple[list[_Limb], list[_Limb], list[_Limb], list[_Limb]]:
    """Fingers, palm, thumb and forearm of a loosely closed hand."""
    spread = rng.uniform(0.9, 1.15)
    curl = rng.uniform(-0.05, 0.05)
    fingers = []
    lengths = (0.44, 0.51, 0.48, 0.37)
    for i, finger in enumerate(lengths):
        y = (-0.165 + 0.112 * i) * spread
        root = (0.23 + 0.02 * abs(i - 1.4), y)
        tilt = (i - 1.5) * 0.07 * spread
        middle = (root[0] - 0.55 * finger, y + tilt * 0.5)
        tip = (root[0] - finger, y + tilt * 0.8 + curl + (0.02 if i < 2 else -0.02))
        z = 0.02 * (1.5 - abs(i - 1.5))
        fingers += [_Limb(root, middle, 0.064, 0.056, z), _Limb(middle, tip, 0.056, 0.044, z - 0.02)]
    palm = [
        _Limb((0.24, -0.13), (0.52, -0.08), 0.105, 0.115),
        _Limb((0.24, 0.0), (0.54, 0.0), 0.11, 0.125),
        _Limb((0.25, 0.12), (0.52, 0.07), 0.10, 0.115),
    ]
    base, knuckle = (0.50, 0.13), (0.27, 0.27 + rng.uniform(-0.03, 0.03))
    tip = (0.02 + rng.uniform(-0.05, 0.05), 0.20 + rng.uniform(-0.05, 0.04))
    thumb = [_Limb(base, knuckle, 0.105, 0.07, 0.03), _Limb(knuckle, tip, 0.068, 0.05, 0.04)]
    arm = [_Limb((0.54, 0.0), (0.95, 0.0), 0.125, 0.135), _Limb((0.95, 0.0), (_REACH, 0.0), 0.135, 0.24)]
    return fingers, palm, thumb, arm


def _draw(
    limbs: list[_Limb], length: int, light: np.ndarray, skin: np.ndarray, sleeve: np.ndarray, cuff: float
) -> Sprite:
    """Light the limbs' common surface; drawn at twice the size and halved, for smooth edges."""
    scale = 2 * length
    width, height = round((_LEFT + _REACH) * scale), round((_TOP + _BOTTOM) * scale)
    x = np.arange(width, dtype=np.float32)[None] / scale - _LEFT
    y = np.arange(height, dtype=np.float32)[:, None] / scale - _TOP
    surface = np.full((height, width), -1.0, dtype=np.float32)
    inside = np.zeros(surface.shape, dtype=bool)
    for limb in limbs:
        rows, columns = _span(y, [limb], 1), _span(x, [limb], 0)
        z, covered = _limb_surface(limb, x[:, columns], y[rows])
        surface[rows, columns] = _smooth_max(surface[rows, columns], z)
        inside[rows, columns] |= covered
    rows, columns = _span(y, limbs, 1), _span(x, limbs, 0)
    surface, inside, x = surface[rows, columns], inside[rows, columns], x[:, columns]
    # A loose sleeve lies over the arm from the cuff on.
    in_sleeve = x > cuff
    dy, dx = np.gradient(np.where(inside, surface, 0.0), 1 / scale)
    normal = np.stack([-dx, -dy, np.ones_like(dx)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    lit = np.clip(normal @ (light / np.linalg.norm(light)), 0, 1)[..., None]
    shade = 0.38 + 0.72 * lit
    colour = np.where(in_sleeve[..., None], sleeve, skin * np.concatenate([shade**0.75, shade, shade**1.1], -1) / shade)
    rgb = np.clip(colour * shade, 0, 255)
    rgba = np.concatenate([rgb, 255.0 * inside[..., None]], axis=-1).astype(np.uint8)
    image = Image.fromarray(rgba).reduce(2)
    return Sprite(image, (_LEFT * length - columns.start / 2, _TOP * length - rows.start / 2))


def _span(where: np.ndarray, limbs: list[_Limb], axis: int) -> slice:
    """The pixels that limbs cover in x (axis 0) or y, and a clear rim; even, so that halving pairs the same ones.

    Args:
        where: coordinates of the pixels on this axis.
    """
    ends = [end for limb in limbs for end in ((limb.a[axis], limb.ra), (limb.b[axis], limb.rb))]
    low, high = min(at - radius for at, radius in ends), max(at + radius for at, radius in ends)
    first, last = map(int, np.searchsorted(where.ravel(), (low, high)))
    return slice(max(0, first - 4) // 2 * 2, (last + 5) // 2 * 2)


def _limb_surface(limb: _Limb, x: np.ndarray, y: np.ndarray) -> tuple[Float[np.ndarray, "H W"], np.ndarray]:
    ax, ay = limb.a
    vx, vy = limb.b[0] - ax, limb.b[1] - ay
    t = np.clip(((x - ax) * vx + (y - ay) * vy) / (vx * vx + vy * vy), 0, 1)
    radius = limb.ra + (limb.rb - limb.ra) * t
    squared = radius**2 - (x - ax - t * vx) ** 2 - (y - ay - t * vy) ** 2
    inside = squared > 0
    return np.where(inside, limb.z + np.sqrt(np.maximum(squared, 0)), -1.0), inside


def _smooth_max(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Maximum with a rounded seam, so that neighbouring limbs blend like flesh."""
    blend = np.maximum(_SEAM - np.abs(a - b), 0) / _SEAM
    return np.maximum(a, b) + blend * blend * _SEAM * 0.25
