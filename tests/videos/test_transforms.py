import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from play_fair.errors import UserError
from play_fair.videos.resize import centre_crop, resize, resize_short_side
from play_fair.videos.transforms import Preprocess

BN_INCEPTION = Preprocess(short_side=256, crop=224, channel_order="bgr", scale=255.0, mean=(104.0, 117.0, 128.0))
RESNET50 = Preprocess(short_side=256, crop=224, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


def noise(height, width, n_frames=1):
    return np.random.default_rng(0).integers(0, 256, (n_frames, height, width, 3), dtype=np.uint8)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 64))
def test_the_short_side_is_exact_and_the_long_one_truncated(height, width, pixels):
    resized = resize_short_side(np.zeros((height, width, 3), np.uint8), pixels)
    assert min(resized.shape[:2]) == pixels
    assert max(resized.shape[:2]) == int(pixels * max(height, width) / min(height, width))
    assert (resized.shape[0] < resized.shape[1]) <= (height < width)


def test_a_narrow_strip_is_not_enlarged_beyond_the_largest_frame():
    with pytest.raises(UserError, match="frames of 16384 x 16 pixels would be resized to 262144 x 256, expected"):
        resize_short_side(np.zeros((16, 16384, 3), np.uint8), 256)


@given(st.integers(8, 40), st.integers(8, 40), st.integers(1, 8))
def test_the_crop_is_in_the_middle(height, width, size):
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    cropped = centre_crop(np.stack([rows, columns, columns], axis=-1), size)
    assert cropped.shape == (size, size, 3)
    for channel, length in ((0, height), (1, width)):
        before = int(cropped[..., channel].min())
        after = length - size - before
        assert abs(before - after) <= 1


def test_half_a_pixel_is_rounded_to_even():
    row = np.arange(9, dtype=np.uint8)[None, :, None].repeat(9, axis=0).repeat(3, axis=2)
    assert centre_crop(row, 6)[0, 0, 0] == 2  # 1.5
    assert centre_crop(row, 4)[0, 0, 0] == 2  # 2.5


@pytest.mark.parametrize(
    ("height", "width", "box"), [(427, 240, (16, 116)), (240, 427, (116, 16)), (100, 100, (16, 16))]
)
def test_pictures_are_resized_as_pil_does_it(height, width, box):
    frames = noise(height, width, n_frames=2)
    long = int(256 * max(height, width) / min(height, width))
    size = (256, long) if height > width else (long, 256)
    left, top = box
    expected = [
        np.asarray(
            Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR).crop((left, top, left + 224, top + 224))
        )
        for frame in frames
    ]
    np.testing.assert_array_equal(RESNET50.resize_and_crop(frames), expected)


def test_a_ramp_stays_a_ramp():
    """Bilinear shrinking by 4 averages a linear ramp: its value at the centre of each new pixel."""
    ramp = np.arange(0, 256, dtype=np.uint8)[None, :, None].repeat(64, axis=0).repeat(3, axis=2)
    shrunk = resize(ramp, 16, 64)
    np.testing.assert_allclose(shrunk[8, 2:-2, 0], (np.arange(64) * 4 + 1.5)[2:-2], atol=0.51)


def test_bn_inception_sees_bgr_minus_its_mean():
    frames = np.full((1, 224, 224, 3), (10, 20, 30), np.uint8)
    images = dataclasses.replace(BN_INCEPTION, short_side=224)(frames)
    assert images.dtype == torch.float32
    assert images.shape == (1, 3, 224, 224)
    assert images[0, :, 5, 7].tolist() == [30 - 104, 20 - 117, 10 - 128]


def test_resnet_sees_normalised_rgb():
    frames = np.full((1, 256, 300, 3), (10, 20, 30), np.uint8)
    expected = [(10 / 255 - 0.485) / 0.229, (20 / 255 - 0.456) / 0.224, (30 / 255 - 0.406) / 0.225]
    assert RESNET50(frames)[0, :, 5, 7].tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("preprocess", [BN_INCEPTION, RESNET50, Preprocess(size=(40, 72))])
def test_the_two_parts_make_the_whole(preprocess):
    frames = noise(60, 90, n_frames=2)
    pictures = preprocess.resize_and_crop(frames)
    assert pictures.dtype == np.uint8
    assert torch.equal(preprocess.normalise(torch.from_numpy(pictures)), preprocess(frames))


def test_an_exact_size_ignores_the_ratio():
    assert Preprocess(size=(40, 72))(noise(60, 90)).shape == (1, 3, 40, 72)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "expected either short_side or size, got None and None"),
        ({"short_side": 8, "size": (8, 8)}, "expected either short_side or size"),
        ({"short_side": 200, "crop": 224}, "expected a crop of at most 200 pixels, .* got 224"),
        ({"size": (300, 200), "crop": 224}, "expected a crop of at most 200 pixels"),
    ],
)
def test_impossible_settings_are_refused(arguments, message):
    with pytest.raises(UserError, match=message):
        Preprocess(**arguments)
