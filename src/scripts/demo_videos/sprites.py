"""Pictures with transparency and an anchor point."""

import math
from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True)
class Sprite:
    """An RGBA picture; `paste` moves its `anchor` (x, y), in pixels, to a position in the frame."""

    image: Image.Image
    anchor: tuple[float, float]


def paste(frame: Image.Image, sprite: Sprite, x: float, y: float, scale: float = 1.0, angle: float = 0.0) -> None:
    """Draw `sprite` on `frame` in place, with its anchor at (x, y), to a fraction of a pixel for smooth motion.

    Args:
        frame: RGB picture to draw on.
        x, y: pixels from the left and from the top; may lie outside.
        scale: size relative to the sprite's own.
        angle: radians, clockwise on the screen.
    """
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    ax, ay = sprite.anchor
    width, height = sprite.image.size
    corners = [
        (x + cos * (u - ax) - sin * (v - ay), y + sin * (u - ax) + cos * (v - ay))
        for u, v in ((0, 0), (width, 0), (0, height), (width, height))
    ]
    left = max(math.floor(min(c[0] for c in corners)), 0)
    top = max(math.floor(min(c[1] for c in corners)), 0)
    right = min(math.ceil(max(c[0] for c in corners)), frame.width)
    bottom = min(math.ceil(max(c[1] for c in corners)), frame.height)
    if left >= right or top >= bottom:
        return
    # Pillow takes the map from the frame back to the sprite: the inverse rotation and scale.
    cos, sin = math.cos(angle) / scale, math.sin(angle) / scale
    dx, dy = left - x, top - y
    inverse = (cos, sin, cos * dx + sin * dy + ax, -sin, cos, -sin * dx + cos * dy + ay)
    size = (right - left, bottom - top)
    piece = sprite.image.transform(size, Image.Transform.AFFINE, inverse, Image.Resampling.BILINEAR)
    frame.paste(piece, (left, top), piece)
