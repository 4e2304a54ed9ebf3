"""Resize and crop pictures as torchvision does with PIL images, without torch."""

import numpy as np
from PIL import Image

from play_fair.arrays import Frame, ResizedFrame
from play_fair.errors import UserError
from play_fair.videos.gulp import MAX_PIXELS


def resize(frame: Frame, height: int, width: int) -> ResizedFrame:
    """Resize to height x width pixels with PIL's bilinear filter, which is antialiased.

    Raises:
        UserError: that is more than `MAX_PIXELS`, as where the shorter side of a narrow strip is enlarged.
    """
    if height * width > MAX_PIXELS:
        raise UserError(
            f"its frames of {frame.shape[1]} x {frame.shape[0]} pixels would be resized to {width} x {height}, "
            f"expected at most {MAX_PIXELS:,} pixels; crop the video first"
        )
    if frame.shape[:2] == (height, width):
        return frame
    return np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.BILINEAR))


def resize_short_side(frame: Frame, pixels: int) -> ResizedFrame:
    """Resize the shorter side to `pixels`; the longer side keeps the ratio, truncated to whole pixels."""
    height, width = frame.shape[:2]
    if width < height:
        return resize(frame, int(pixels * height / width), pixels)
    return resize(frame, pixels, int(pixels * width / height))


def centre_crop(frame: Frame, size: int) -> ResizedFrame:
    """Crop the central size x size square; offsets of half a pixel are rounded to even."""
    top, left = (round((length - size) / 2) for length in frame.shape[:2])
    return frame[top : top + size, left : left + size]
