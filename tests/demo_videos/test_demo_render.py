import importlib.util

import numpy as np
import pytest
from PIL import Image, ImageOps

from demo_videos import photos
from demo_videos.hand import make_hand
from demo_videos.motions import PAIRS
from demo_videos.objects import random_cover, random_object
from demo_videos.render import render_clip
from demo_videos.sprites import Sprite, paste
from play_fair.errors import UserError

pytest.importorskip("skimage")
pytest.importorskip("sklearn")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def square(size: int = 10) -> Sprite:
    """A red square with a clear rim."""
    return Sprite(ImageOps.expand(Image.new("RGBA", (size, size), (255, 0, 0, 255)), 1), (size / 2 + 1, size / 2 + 1))


def red_of(frame: Image.Image) -> np.ndarray:
    return np.asarray(frame, dtype=np.float64)[..., 0]


def centre_of(red: np.ndarray) -> tuple[float, float]:
    y, x = np.mgrid[0 : red.shape[0], 0 : red.shape[1]] + 0.5
    return float((x * red).sum() / red.sum()), float((y * red).sum() / red.sum())


@pytest.mark.parametrize(("x", "y"), [(20.0, 15.0), (20.25, 15.5), (30.6, 10.9)])
def test_a_sprite_lands_where_it_is_put_to_a_fraction_of_a_pixel(x: float, y: float) -> None:
    frame = Image.new("RGB", (50, 30))
    paste(frame, square(), x, y)
    assert centre_of(red_of(frame)) == pytest.approx((x, y), abs=0.05)


def test_a_sprite_grows_with_the_square_of_its_scale() -> None:
    areas = []
    for scale in (1.0, 2.0):
        frame = Image.new("RGB", (60, 60))
        paste(frame, square(), 30.0, 30.0, scale)
        areas.append(red_of(frame).sum() / 255)
    assert areas == pytest.approx([100, 400], rel=0.03)


def test_a_sprite_turns_clockwise_about_its_anchor() -> None:
    frame = Image.new("RGB", (60, 60))
    bar = Sprite(Image.new("RGBA", (20, 4), (255, 0, 0, 255)), (0.0, 2.0))
    paste(frame, bar, 30.0, 30.0, angle=np.pi / 2)
    assert centre_of(red_of(frame)) == pytest.approx((30, 40), abs=0.6)


def test_a_sprite_outside_the_frame_leaves_it_alone() -> None:
    frame = Image.new("RGB", (50, 30))
    for x, y in ((-6.0, 10.0), (56.0, 10.0), (10.0, -5.5), (10.0, 36.0)):
        paste(frame, square(), x, y)
    assert red_of(frame).max() == 0


@pytest.mark.parametrize("pair", range(len(PAIRS)))
def test_a_clip_is_drawn_from_its_seed_alone(pair: int) -> None:
    clip, same, other = (render_clip(rng(seed), PAIRS[pair], 18) for seed in (3, 3, 4))
    assert clip.frames.shape == (18, 128, 224, 3)
    np.testing.assert_array_equal(clip.frames, same.frames)
    assert (clip.frames != other.frames).mean() > 0.5
    assert (clip.item, clip.cover) == (same.item, same.cover)
    assert bool(clip.cover) == PAIRS[pair].covers


def test_what_the_camera_films_changes_most_in_the_decisive_frames() -> None:
    for seed in range(6):
        clip = render_clip(rng(seed), PAIRS[0], 30)
        change = np.abs(np.diff(clip.frames.astype(np.int16), axis=0)).mean(axis=(1, 2, 3))
        first, last = clip.motion.decisive
        assert change[first:last].mean() > 1.5 * np.delete(change, range(max(first - 6, 0), last + 6)).mean()


def test_every_object_has_a_shape_and_a_name() -> None:
    things = [random_object(rng(seed), 40) for seed in range(60)]
    assert len({thing.name for thing in things}) == 8
    for thing in things:
        alpha = np.asarray(thing.sprite.image)[..., 3]
        assert 0.15 < (alpha > 128).mean() < 1
        assert thing.name.startswith("a ")
        assert 20 <= thing.height <= 60


def test_a_cover_hides_the_object() -> None:
    for seed in range(30):
        item = random_object(rng(seed), 40)
        cover = random_cover(rng(seed), item.width, item.height)
        frame = Image.new("RGB", (200, 200))
        red = Image.new("RGBA", item.sprite.image.size, (255, 0, 0, 255))
        red.putalpha(item.sprite.image.getchannel("A"))
        paste(frame, Sprite(red, item.sprite.anchor), 100.0, 150.0)
        before = (red_of(frame) == 255).sum()
        hidden = Image.new("RGBA", cover.sprite.image.size, (0, 0, 0, 255))
        hidden.putalpha(cover.sprite.image.getchannel("A"))
        paste(frame, Sprite(hidden, cover.sprite.anchor), 100.0, 153.0)
        assert (red_of(frame) > 128).sum() < 0.12 * before


def test_a_hand_has_fingers_behind_and_a_thumb_in_front() -> None:
    hand = make_hand(rng(), 80, angle=0.5)
    behind, front = (np.asarray(layer.image)[..., 3] > 128 for layer in (hand.behind, hand.front))
    assert 0 < front.sum() < 0.5 * behind.sum()
    for layer in (behind, front):  # a rim, for smooth edges; the arm goes on at the right
        assert not any(rim.any() for rim in (layer[:2], layer[-2:], layer[:, :2]))


def test_a_missing_package_of_photographs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    photos.photo.cache_clear()
    monkeypatch.setattr(photos, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"photographs from sklearn, which is not installed; run: pip install"):
        photos.photo("china")


@pytest.mark.parametrize("name", sorted(photos._FILES))
def test_every_photograph_is_in_its_package(name: str) -> None:
    assert importlib.util.find_spec(photos._FILES[name][0]) is not None
    assert photos.photo(name).mode == "RGB"
    assert min(photos.photo(name).size) > 250
