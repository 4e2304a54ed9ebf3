"""Things to push, lift, put and cover: everyday shapes that wear pieces of photographs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from demo_videos.photos import COLOURFUL, photo, random_crop, tint
from demo_videos.sprites import Sprite

_PAINTS = ((196, 60, 50), (54, 110, 170), (60, 140, 90), (226, 176, 60), (130, 84, 150), (232, 226, 214), (60, 64, 76))
_CLOTHS = ((170, 60, 60), (70, 110, 160), (90, 140, 100), (210, 180, 120), (150, 110, 160), (220, 214, 204))


@dataclass(frozen=True)
class Thing:
    """Something with a name for the label, standing on its anchor (the middle of its foot)."""

    name: str
    sprite: Sprite
    width: float
    height: float


def random_object(rng: np.random.Generator, size: int) -> Thing:
    """An object about `size` pixels high."""
    makers: tuple[Callable[[np.random.Generator, int], Thing], ...] = (
        _ball,
        _can,
        _box,
        _mug,
        _cup_and_saucer,
        _flower,
        _book,
        _bottle,
    )
    return makers[rng.integers(len(makers))](rng, size)


def random_cover(rng: np.random.Generator, width: float, height: float) -> Thing:
    """Something that hides an object of `width` x `height` pixels."""
    margin = rng.uniform(1.3, 1.55)
    w, h = round(max(width, 0.8 * height) * margin), round(max(height, 0.7 * width) * margin)
    return _cloth(rng, w, h) if rng.random() < 0.6 else _carton(rng, w, h)


def _coordinates(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixel centres as x and y in -1..1."""
    x = (np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1
    y = (np.arange(height, dtype=np.float32) + 0.5) / height * 2 - 1
    return x[None, :].repeat(height, 0), y[:, None].repeat(width, 1)


def _print(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A piece of a photograph to wear, (height, width, 3) float32."""
    name = COLOURFUL[rng.integers(len(COLOURFUL))]
    return np.asarray(random_crop(rng, name, (width, height), rng.uniform(0.25, 0.6)), dtype=np.float32)


def _paint(rng: np.random.Generator) -> np.ndarray:
    return np.array(_PAINTS[rng.integers(len(_PAINTS))], dtype=np.float32) * rng.uniform(0.85, 1.1)


def _finish(name: str, rgb: np.ndarray, alpha: np.ndarray, foot: float = 0.97) -> Thing:
    """A Thing of a picture drawn at twice its size."""
    rgba = np.concatenate([np.clip(rgb, 0, 255), 255 * np.clip(alpha, 0, 1)[..., None]], -1).astype(np.uint8)
    return _stand(name, Image.fromarray(rgba).reduce(2), foot)


def _stand(name: str, image: Image.Image, foot: float) -> Thing:
    """A Thing that stands at the fraction `foot` of its picture's height; a clear rim lets its edges be smooth."""
    anchor = (image.width / 2 + 1, image.height * foot + 1)
    return Thing(name, Sprite(ImageOps.expand(image, 1), anchor), float(image.width), float(image.height))


def _ball(rng: np.random.Generator, size: int) -> Thing:
    n = 2 * size
    x, y = _coordinates(n, n)
    r2 = x * x + y * y
    z = np.sqrt(np.clip(1 - r2, 0, 1))
    texture = _print(rng, n, n) if rng.random() < 0.7 else np.asarray(_moon(rng, n), dtype=np.float32)
    # Wrap the picture round the sphere: equal steps of the picture are equal angles.
    u = np.clip((np.arcsin(np.clip(x, -1, 1)) / np.pi + 0.5) * n, 0, n - 1).astype(int)
    v = np.clip((np.arcsin(np.clip(y, -1, 1)) / np.pi + 0.5) * n, 0, n - 1).astype(int)
    lit = np.clip(-0.4 * x - 0.6 * y + 0.7 * z, 0, 1)
    highlight = 120 * np.clip(lit, 0, 1)[..., None] ** 18
    return _finish("a ball", texture[v, u] * (0.4 + 0.75 * lit)[..., None] + highlight, (1 - r2) * n / 4)


def _moon(rng: np.random.Generator, n: int) -> Image.Image:
    return tint(random_crop(rng, "moon", (n, n), 0.7), _PAINTS[rng.integers(len(_PAINTS))], 0.8)


def _round_shade(x: np.ndarray) -> np.ndarray:
    """Light on an upright cylinder, over its width -1..1: brightest left of the middle, dark at the edges."""
    return 0.42 + 0.7 * np.sqrt(np.clip(1 - ((x + 0.25) / 1.3) ** 2, 0, 1)) ** 1.5


def _cylinder(
    rng: np.random.Generator, size: int, aspect: float, lid: np.ndarray, bare: float
) -> tuple[np.ndarray, np.ndarray]:
    """An upright cylinder with a printed side between bare bands, seen a little from above."""
    h, w = 2 * size, 2 * round(size * aspect)
    x, y = _coordinates(w, h)
    tilt = 0.26 * aspect
    bulge = tilt * np.sqrt(np.clip(1 - x * x, 0, 1))
    top, bottom = -1 + tilt + bulge, 1 - tilt + bulge
    alpha = ((y < bottom) & (y > -1 + tilt - bulge)).astype(np.float32) * (np.abs(x) < 0.99)
    side = _print(rng, w, h)
    u = np.clip((np.arcsin(np.clip(x, -1, 1)) / np.pi + 0.5) * w, 0, w - 1).astype(int)
    v = np.clip(((y - bulge) * 0.5 + 0.5) * h, 0, h - 1).astype(int)
    rgb = side[v, u]
    height = (y - bulge + 1) / 2
    band = (height < tilt / 2 + bare) | (height > 1 - tilt / 2 - bare)
    rgb = np.where(band[..., None], _paint(rng) if bare < 0.05 else lid * 0.9, rgb) * _round_shade(x)[..., None]
    on_lid = y < top - 0.015
    rgb = np.where(on_lid[..., None], lid * (0.85 + 0.2 * x[..., None]), rgb)
    return rgb, alpha


def _can(rng: np.random.Generator, size: int) -> Thing:
    metal = np.array((200, 202, 206), dtype=np.float32)
    rgb, alpha = _cylinder(rng, size, rng.uniform(0.58, 0.75), metal, 0.05)
    return _finish("a can", rgb, alpha)


def _mug(rng: np.random.Generator, size: int) -> Thing:
    inside = np.array((70, 46, 34), dtype=np.float32)
    rgb, alpha = _cylinder(rng, size, rng.uniform(0.75, 0.9), inside, 0.03)
    h, w = alpha.shape
    grip = round(0.34 * w) // 2 * 2
    rgb = np.pad(rgb, ((0, 0), (grip, grip), (0, 0)), mode="edge")
    alpha = np.pad(alpha, ((0, 0), (grip, grip)))
    x, y = _coordinates(w + 2 * grip, h)
    edge = w / (w + 2 * grip)
    r = np.hypot((np.abs(x) - edge) / (1 - edge), (y - 0.05) / 0.55)
    handle = (
        ((r < 0.95) & (r > 0.6) & (x > edge * 0.97))
        if rng.random() < 0.5
        else ((r < 0.95) & (r > 0.6) & (x < -edge * 0.97))
    )
    colour = _paint(rng)
    rgb = np.where(handle[..., None], colour * (1.0 - 0.8 * np.abs(r - 0.72))[..., None], rgb)
    return _finish("a mug", rgb, np.maximum(alpha, handle))


def _bottle(rng: np.random.Generator, size: int) -> Thing:
    h, w = round(2.5 * size) // 2 * 2, round(0.95 * size) // 2 * 2
    x, y = _coordinates(w, h)
    t = (y + 1) / 2
    shoulder = np.clip((t - 0.24) / 0.16, 0, 1)
    radius = 0.30 + 0.68 * (3 * shoulder**2 - 2 * shoulder**3)
    radius = np.where(t < 0.08, 0.36, radius)
    u = x / radius
    bulge = 0.025 * np.sqrt(np.clip(1 - u * u, 0, 1))
    alpha = ((np.abs(u) < 1) & (t < 0.965 + bulge) & (t > 0.02 - bulge)).astype(np.float32)
    glass = _paint(rng) * 0.75
    label = (t > 0.5 + bulge) & (t < 0.82 + bulge)
    texture = _print(rng, w, h)
    column = np.clip((np.arcsin(np.clip(u, -1, 1)) / np.pi + 0.5) * w, 0, w - 1).astype(int)
    row = np.clip((t * h), 0, h - 1).astype(int)
    rgb = np.where(label[..., None], texture[row, column], glass)
    rgb = np.where((t < 0.08)[..., None], _paint(rng), rgb) * _round_shade(u)[..., None]
    shine = np.exp(-(((u + 0.45) / 0.1) ** 2)) * ~label * 80
    return _finish("a bottle", rgb + shine[..., None], alpha)


def _faces(
    rng: np.random.Generator, width: int, height: int, front: np.ndarray, top: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A box seen from above its front: the front fills the lower part, the top recedes behind it."""
    x, y = _coordinates(width, height)
    ridge = -1 + 2 * rng.uniform(0.22, 0.36)
    inset = 0.16 * (ridge - y) / (ridge + 1)
    on_top = y < ridge
    alpha = np.where(on_top, (np.abs(x) < 0.98 - inset), np.abs(x) < 0.98).astype(np.float32)
    rgb = np.where(on_top[..., None], top * 1.12, front * (0.86 - 0.10 * y[..., None]))
    seam = np.abs(y - ridge) < 3.0 / height
    return np.where(seam[..., None], rgb * 0.8, rgb), alpha


def _box(rng: np.random.Generator, size: int) -> Thing:
    h, w = 2 * size, 2 * round(size * rng.uniform(0.8, 1.25))
    paper = _print(rng, w, h)
    return _finish("a box", *_faces(rng, w, h, paper, paper[::-1]))


def _book(rng: np.random.Generator, size: int) -> Thing:
    h, w = 2 * round(size * 0.8), 2 * round(size * 1.15)
    x, y = _coordinates(w, h)
    thick = 0.62
    inset = 0.24 * (thick - y) / (thick + 1)
    cover = y < thick
    pages = (y >= thick + 0.06) & (y < 0.92) & (np.abs(x) < 0.95)
    alpha = (np.abs(x) < 0.99 - np.where(cover, inset, 0)) & (y < 0.98)
    edge = _paint(rng)
    rgb = np.where(cover[..., None], _print(rng, w, h) * 1.05, edge * 0.7)
    stripes = 205 + 25 * np.sin(y * h * 0.9)
    rgb = np.where(pages[..., None], stripes[..., None] * np.array((1, 0.97, 0.88), dtype=np.float32), rgb)
    return _finish("a book", rgb, alpha.astype(np.float32))


def _cut_out(name: str, image: Image.Image, alpha: np.ndarray, width: int, foot: float) -> Thing:
    rgba = image.copy()
    rgba.putalpha(Image.fromarray((255 * np.clip(alpha, 0, 1)).astype(np.uint8)))
    height = round(width * image.height / image.width)
    return _stand(name, rgba.resize((width, height), Image.Resampling.BOX, reducing_gap=2), foot)


def _cup_and_saucer(rng: np.random.Generator, size: int) -> Thing:
    image = photo("coffee").crop((70, 12, 482, 382))
    x, y = _coordinates(*image.size)
    saucer = 1 - (x + 0.0) ** 2 / 0.97 - (y - 0.1) ** 2 / 0.80
    cup = 1 - ((x - 0.04) / 0.56) ** 2 - ((y + 0.42) / 0.57) ** 2
    if rng.random() < 0.5:
        image, saucer, cup = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), saucer[:, ::-1], cup[:, ::-1]
    return _cut_out("a cup of coffee", image, np.maximum(saucer, cup) * 30, round(1.35 * size), 0.92)


def _flower(rng: np.random.Generator, size: int) -> Thing:
    turn = rng.uniform(-180, 180)
    image, mask = (picture.rotate(turn, Image.Resampling.BILINEAR) for picture in _petals())
    return _cut_out("a flower", image, np.asarray(mask, dtype=np.float32) / 255, round(1.05 * size), 0.95)


@cache
def _petals() -> tuple[Image.Image, Image.Image]:
    """The flower of the photograph and its mask."""
    image = photo("flower").crop((165, 78, 457, 362))
    x, y = _coordinates(*image.size)
    rgb = np.asarray(image, dtype=np.float32)
    petals = (rgb[..., 0] - rgb[..., 2]) / 40 * ((x * x + y * y) < 1.02)
    mask = Image.fromarray((255 * np.clip(petals, 0, 1)).astype(np.uint8))
    mask = mask.filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.MinFilter(15)).filter(ImageFilter.GaussianBlur(1))
    return image, mask


def _cloth(rng: np.random.Generator, width: int, height: int) -> Thing:
    """A piece of cloth draped over something: folds fall from a rounded top to a wavy hem."""
    w, h = 2 * width, 2 * height
    x, y = _coordinates(w, h)
    colour = _CLOTHS[rng.integers(len(_CLOTHS))]
    base = ("brick", "gravel", "grass")[rng.integers(3)]
    fabric = np.asarray(tint(random_crop(rng, base, (w, h), 0.9), colour, 1.0), dtype=np.float32)
    fabric = 0.35 * fabric + 0.65 * np.array(colour, dtype=np.float32)
    phase, waves = rng.uniform(0, 6.28), rng.uniform(2.2, 3.6)
    fall = np.clip((y + 1) / 2, 0, 1)
    folds = np.sin(x * waves * 3.14 + phase + 0.6 * np.sin(3 * x)) * fall
    sides = 0.62 + 0.34 * fall + 0.02 * np.sin(9 * y + phase)
    dome = -0.96 + 0.42 * np.clip(np.abs(x) / 0.66, 0, 1) ** 3
    hem = 0.90 + 0.05 * np.sin(x * waves * 3.14 + phase)
    alpha = (np.abs(x) < sides) & (y > dome) & (y < hem)
    shade = 0.86 + 0.22 * folds - 0.22 * x - 0.10 * fall
    if rng.random() < 0.5:
        fabric = np.where((np.sin((x + 0.06 * folds) * 16) > 0.2)[..., None], fabric, fabric * 0.72 + 60)
    return _finish("a cloth", fabric * shade[..., None], alpha.astype(np.float32), foot=0.93)


def _carton(rng: np.random.Generator, width: int, height: int) -> Thing:
    w, h = 2 * width, 2 * height
    colour = ((186, 144, 98), (170, 128, 86), (206, 200, 190))[rng.integers(3)]
    front = np.asarray(tint(random_crop(rng, "gravel", (w, h), 1.0), colour, 1.0), dtype=np.float32)
    front = 0.12 * front + 0.88 * np.array(colour, dtype=np.float32)
    rgb, alpha = _faces(rng, w, h, front, front)
    return _finish("a box", rgb, alpha)
