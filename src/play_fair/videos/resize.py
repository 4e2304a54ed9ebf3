"""Resizing and cropping of pictures, as torchvision does it with PIL images; no torch."""

import numpy as np
from PIL import Image

from play_fair.arrays import Frame, ResizedFrame


def resize(frame: Frame, height: int, width: int) -> ResizedFrame:
    """The picture with height x width pixels: PIL's bilinear filter, which averages when it shrinks."""
    if frame.shape[:2] == (height, width):
        return frame
    return np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.BILINEAR))


def resize_short_side(frame: Frame, pixels: int) -> ResizedFrame:
    """The picture with `pixels` on its shorter side; the longer keeps the ratio, truncated to whole pixels."""
    height, width = frame.shape[:2]
    if width < height:
        return resize(frame, int(pixels * height / width), pixels)
    return resize(frame, pixels, int(pixels * width / height))


def centre_crop(frame: Frame, size: int) -> ResizedFrame:
    """The size x size square in the middle; where it cannot be centred, half a pixel is rounded to even."""
    top, left = (round((length - size) / 2) for length in frame.shape[:2])
    return frame[top : top + size, left : left + size]
