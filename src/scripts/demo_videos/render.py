"""Render a motion: a table, a blurred room, an object, a hand, and a hand-held camera."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from demo_videos.hand import Hand, make_hand
from demo_videos.motions import HEIGHT, WIDTH, ActionPair, Motion, Series, Sizes, Track
from demo_videos.objects import Thing, random_cover, random_object
from demo_videos.photos import photo, random_crop, tint
from demo_videos.sprites import Sprite, paste
from play_fair.arrays import Frames

_MARGIN = 10
"""Pixels of background around the frame, for the motion of the camera."""

_SHADOW_LEVELS = 6

_TABLES = (
    (150, 108, 72),
    (110, 78, 56),
    (186, 160, 128),
    (128, 128, 124),
    (168, 172, 176),
    (92, 104, 96),
    (70, 74, 84),
)


_WOOD = ((500, 0, 600, 100), (480, 300, 600, 400), (0, 330, 100, 400))
"""Boxes in the photograph of the coffee cup with nothing but the wooden table."""


@dataclass(frozen=True)
class Clip:
    """One rendered clip.

    Args:
        frames: as filmed, forwards.
        motion: the motion in them.
        item, cover: names of the things; `cover` is empty without one.
    """

    frames: Frames
    motion: Motion
    item: str
    cover: str


def render_clip(rng: np.random.Generator, pair: ActionPair, n_frames: int) -> Clip:
    """Render one clip of `pair`, forwards; all random choices use `rng`."""
    item = random_object(rng, int(rng.integers(36, 50)))
    cover = random_cover(rng, item.width, item.height) if pair.covers else None
    hides = cover or item
    sizes = Sizes(item.width, item.height, hides.width, hides.height)
    motion = pair.plan(rng, n_frames, sizes)
    hand = make_hand(rng, round(rng.uniform(72, 86)), motion.arm_angle)
    background = _background(rng)
    camera_x, camera_y = _shake(rng, n_frames), _shake(rng, n_frames)
    exposure = _exposure(rng, n_frames)
    shadow = _shadow_levels()
    frames = np.empty((n_frames, HEIGHT, WIDTH, 3), dtype=np.uint8)
    for i in range(n_frames):
        dx, dy = camera_x[i], camera_y[i]
        frame = background.transform(
            (WIDTH, HEIGHT), Image.Transform.AFFINE, (1, 0, _MARGIN - dx, 0, 1, _MARGIN - dy), Image.Resampling.BILINEAR
        )
        _draw(frame, i, motion, item, cover, hand, shadow, dx, dy)
        frames[i] = np.asarray(frame.point(exposure[i]))
    return Clip(frames, motion, item.name, cover.name if cover else "")


def _draw(
    frame: Image.Image,
    i: int,
    motion: Motion,
    item: Thing,
    cover: Thing | None,
    hand: Hand,
    shadow: list[Sprite],
    dx: float,
    dy: float,
) -> None:
    """Draw frame `i` from back to front."""

    def put(sprite: Sprite, track: Track, angle: float = 0.0) -> None:
        paste(frame, sprite, track.x[i] + dx, track.y[i] + dy, track.scale[i], angle)

    held, track = (item, motion.item) if cover is None or motion.cover is None else (cover, motion.cover)
    if motion.shadow:
        _draw_shadow(frame, shadow, motion.item, item, i, dx, dy)
        if track is not motion.item:
            _draw_shadow(frame, shadow, track, held, i, dx, dy)
    if track is not motion.item:
        put(item.sprite, motion.item)
    put(hand.behind, motion.hand, motion.arm_angle)
    put(held.sprite, track)
    put(hand.front, motion.hand, motion.arm_angle)


def _draw_shadow(
    frame: Image.Image, levels: list[Sprite], track: Track, thing: Thing, i: int, dx: float, dy: float
) -> None:
    """Draw a soft shadow on the table: wider and paler with the height of the thing."""
    lift = float(track.lift[i])
    level = min(int(lift / 60 * len(levels)), len(levels) - 1)
    sprite = levels[level]
    scale = thing.width * (1.25 + lift / 160) / sprite.image.width
    paste(frame, sprite, track.x[i] + dx + 0.1 * lift, track.y[i] + lift + dy, scale)


def _shadow_levels() -> list[Sprite]:
    levels = []
    for level in range(_SHADOW_LEVELS):
        mask = Image.new("L", (96, 40))
        ImageDraw.Draw(mask).ellipse((12, 10, 84, 30), fill=round(170 - 110 * level / (_SHADOW_LEVELS - 1)))
        mask = mask.filter(ImageFilter.GaussianBlur(4 + level * 0.6))
        image = Image.new("RGBA", mask.size, (12, 8, 6, 255))
        image.putalpha(mask)
        levels.append(Sprite(image, (48.0, 20.0)))
    return levels


def _background(rng: np.random.Generator) -> Image.Image:
    """A table in front of an out-of-focus room, or the table alone, seen from above."""
    width, height = WIDTH + 2 * _MARGIN, HEIGHT + 2 * _MARGIN
    table = _table(rng, width, height)
    if rng.random() < 0.7:
        room = random_crop(
            rng, ("china", "flower", "rocket", "brick", "chelsea")[rng.integers(5)], (width, height), 0.8
        )
        room = room.filter(ImageFilter.GaussianBlur(rng.uniform(5, 9)))
        edge = rng.uniform(28, 62)
        slope = rng.uniform(-0.06, 0.06)
        mask = Image.new("L", (width, height))
        left, right = edge - slope * width / 2, edge + slope * width / 2
        ImageDraw.Draw(mask).polygon([(0, left), (width, right), (width, height), (0, height)], fill=255)
        room.paste(table, (0, 0), mask.filter(ImageFilter.GaussianBlur(1.2)))
        table = room
    return _light(rng, table)


def _table(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    colour = _TABLES[rng.integers(len(_TABLES))]
    if rng.random() < 0.45:
        # the wooden table beside the coffee cup
        wood = photo("coffee").crop(_WOOD[rng.integers(len(_WOOD))])
        table = wood.resize((width, height), Image.Resampling.BICUBIC)
        return tint(table, colour, rng.uniform(0.0, 0.9)).filter(ImageFilter.GaussianBlur(0.8))
    name = ("gravel", "grass", "brick")[rng.integers(3)]
    table = random_crop(rng, name, (width, height), 0.9)
    plain = Image.new("RGB", table.size, colour)
    return Image.blend(plain, tint(table, colour, 1.0), 0.35).filter(ImageFilter.GaussianBlur(rng.uniform(0.8, 1.6)))


def _light(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """Uneven light: one side brighter, the corners darker."""
    x, y = np.linspace(-1, 1, image.width)[None, :], np.linspace(-1, 1, image.height)[:, None]
    light = 1 + rng.uniform(-0.16, 0.16) * x + rng.uniform(-0.05, 0.12) * y - 0.10 * (x * x + y * y)
    return Image.fromarray(np.clip(np.asarray(image) * light[..., None], 0, 255).astype(np.uint8))


def _shake(rng: np.random.Generator, n_frames: int) -> Series:
    """Offset of a hand-held camera in pixels; its distribution is symmetric in time."""
    t = np.arange(n_frames) / 12
    waves = [rng.uniform(0, 0.8) / f * np.sin(2 * np.pi * (f * t + rng.random())) for f in (0.4, 0.9, 2.1)]
    return np.clip(np.sum(waves, axis=0), -_MARGIN + 1, _MARGIN - 1)


def _exposure(rng: np.random.Generator, n_frames: int) -> list[list[int]]:
    """One lookup table of 3 x 256 values for each frame: brightness, contrast, white balance and a faint flicker."""
    level = np.arange(256) / 255
    gamma, gain = rng.uniform(0.85, 1.2), rng.uniform(0.85, 1.12)
    balance = gain * np.array([1 + rng.uniform(-0.06, 0.06), 1.0, 1 + rng.uniform(-0.08, 0.08)])
    flicker = 1 + rng.normal(0, 0.006, size=n_frames)
    curve = np.clip(flicker[:, None, None] * balance[:, None] * level**gamma, 0, 1)
    return [[int(v) for v in table.ravel()] for table in np.round(255 * curve)]
