"""Photographs from installed packages; nothing is downloaded.

scikit-image's are CC0 or in the public domain (brick, gravel and grass: CC0Textures; chelsea: Stefan van der Walt;
coffee: Rachel Michetti; moon: NASA; rocket: SpaceX). scikit-learn's china and flower are
CC BY 2.0, by danielbuechele and vultilion.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from play_fair.errors import UserError

_FOLDERS = {"skimage": "data", "sklearn": "datasets/images"}
_FILES = {
    "brick": ("skimage", "brick.png"),
    "gravel": ("skimage", "gravel.png"),
    "grass": ("skimage", "grass.png"),
    "chelsea": ("skimage", "chelsea.png"),
    "coffee": ("skimage", "coffee.png"),
    "moon": ("skimage", "moon.png"),
    "rocket": ("skimage", "rocket.jpg"),
    "china": ("sklearn", "china.jpg"),
    "flower": ("sklearn", "flower.jpg"),
}
COLOURFUL = ("china", "flower", "chelsea", "rocket")
"""Photographs whose crops look good printed on an object."""


@cache
def photo(name: str) -> Image.Image:
    """The RGB photograph `name`; cached, so it must not be modified.

    Raises:
        UserError: the package that contains it is not installed.
    """
    package, file = _FILES[name]
    # find_spec: importing scikit-image and scikit-learn costs seconds in every worker.
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise UserError(
            f"the demo dataset is drawn with photographs from {package}, which is not installed; "
            "run: pip install 'play-fair[demo]'"
        )
    path = Path(spec.origin).parent / _FOLDERS[package] / file
    with Image.open(path) as image:
        return image.convert("RGB")


def random_crop(rng: np.random.Generator, name: str, size: tuple[int, int], zoom: float) -> Image.Image:
    """A random part of a photograph, mirrored by chance, resized to `size` (width, height).

    Args:
        rng: of the position.
        name: of the photograph.
        size: of the result, in pixels.
        zoom: the part's longer side as a fraction of what would fit in the photograph, 0..1.
    """
    image = photo(name)
    fit = min(image.width / size[0], image.height / size[1]) * zoom
    width, height = size[0] * fit, size[1] * fit
    left = rng.uniform(0, image.width - width)
    top = rng.uniform(0, image.height - height)
    crop = image.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height), reducing_gap=2)
    return crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else crop


def tint(image: Image.Image, colour: tuple[int, int, int], strength: float) -> Image.Image:
    """`image` with its lightness kept and its colour drawn towards `colour`."""
    grey = np.asarray(image.convert("L"), dtype=np.float32)[..., None] / 128.0
    tinted = grey * np.array(colour, dtype=np.float32)
    mixed = (1 - strength) * np.asarray(image, dtype=np.float32) + strength * tinted
    return Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8))
