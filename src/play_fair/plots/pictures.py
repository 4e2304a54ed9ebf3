"""Convert the frames of a video to pictures, and draw them as a strip below a plot."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64, Num, UInt8
from matplotlib.axes import Axes
from mpl_toolkits.axes_grid1 import make_axes_locatable

from play_fair.errors import UserError

Pictures = UInt8[np.ndarray, "T H W 3"]
"""RGB pictures, one for each player."""

TALLEST_PICTURE = 1.4
STRIP_GAP = 0.06
LABELS_HEIGHT = 0.5
"""Inches: of a picture, between plot and strip, and of the labels of the x axis."""

_SMALLEST_PICTURE = 0.42
_PICTURE_SHARE = 0.96
"""Of the room that a picture has in the strip."""


def as_pictures(frames: Any, n_players: int, n_video_frames: int, frame_idxs: Sequence[int]) -> Pictures:
    """Convert frames to one RGB picture for each player.

    Args:
        frames: (T, H, W, 3), (T, 3, H, W) or grey (T, H, W), integers in 0..255 or floats in 0..1; an array, a list of
            pictures, or a torch tensor.
        n_players: how many pictures are wanted.
        n_video_frames, frame_idxs: of so many frames, those at these indices are taken.

    Raises:
        UserError: the frames have another shape, number or range of values.
    """
    array = _as_array(frames)
    shape = array.shape
    if array.ndim == 3:
        array = array[..., None]
    elif array.ndim == 4 and shape[-1] not in (1, 3) and shape[1] in (1, 3):
        array = array.transpose(0, 2, 3, 1)
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or 0 in shape:
        raise UserError(f"expected frames of shape (T, H, W, 3), (T, 3, H, W) or (T, H, W), got {shape}")
    if n_players != len(array) == n_video_frames:
        array = array[np.asarray(frame_idxs)]
    elif len(array) != n_players:
        others = "" if n_video_frames == n_players else f" or all {n_video_frames} of the video"
        raise UserError(f"expected {n_players} frames{others}, one for each row of values, got {len(array)}")
    return np.ascontiguousarray(np.broadcast_to(_as_bytes(array), (*array.shape[:3], 3)))


def _as_array(frames: Any) -> np.ndarray:
    """Convert to an array; torch tensors without importing torch."""
    if hasattr(frames, "detach"):
        frames = frames.detach().cpu()
        # numpy has no bfloat16.
        frames = frames.float() if frames.is_floating_point() else frames
    try:
        array = np.asarray(frames) if hasattr(frames, "__array__") else np.stack([np.asarray(one) for one in frames])
    except (TypeError, ValueError) as error:
        raise UserError(f"expected frames of one size, as an array (T, H, W, 3), got others: {error}") from error
    if array.dtype.kind not in "biuf":
        raise UserError(f"expected frames of numbers, got an array of {array.dtype}")
    return array


def _as_bytes(array: Num[np.ndarray, "T H W c"]) -> UInt8[np.ndarray, "T H W c"]:
    """Convert colours to 0..255.

    Raises:
        UserError: they are outside of their range.
    """
    if array.dtype == np.uint8:
        return array
    most = 1.0 if array.dtype.kind == "f" else 255
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= most):
        raise UserError(
            f"expected colours in 0..1 (floats) or 0..255 (integers), got {array.dtype} in {low:.4g}..{high:.4g}; pass "
            "the frames from before they were normalised"
        )
    return (array * 255 + 0.5).astype(np.uint8) if array.dtype.kind == "f" else array.astype(np.uint8)


def strip_layout(pictures: Pictures, cell: float, tallest: float) -> tuple[Float64[np.ndarray, " S"], float]:
    """Places of the frames whose pictures are drawn, and the width of a picture; `cell` and width in inches."""
    n_frames = len(pictures)
    n_drawn = min(n_frames, max(1, int(n_frames * cell / _SMALLEST_PICTURE)))
    places = (np.arange(n_drawn) + 0.5) * n_frames / n_drawn - 0.5
    return places, min(n_frames / n_drawn * cell * _PICTURE_SHARE, tallest / aspect_of(pictures))


def draw_strip(ax: Axes, pictures: Pictures) -> tuple[Float64[np.ndarray, " S"], Axes]:
    """Draw pictures below the plot, within the room that `ax` has; returns their places, and the axes they are in."""
    cell, height, aspect = cell_width(ax), size_in_inches(ax)[1], aspect_of(pictures)
    places, width = strip_layout(pictures, cell, min(TALLEST_PICTURE, 0.45 * height))
    strip = make_axes_locatable(ax).append_axes("bottom", size=width * aspect + LABELS_HEIGHT, pad=STRIP_GAP)
    # In units of places on both axes: pictures keep their shape when the figure is resized.
    wide = width / cell
    for place in places.tolist():
        extent = (place - wide / 2, place + wide / 2, 0, wide * aspect)
        strip.imshow(pictures[round(place)], extent=extent, aspect="equal")
    strip.set(xlim=ax.get_xlim(), ylim=(0, wide * aspect), anchor="N")
    strip.set_yticks([])
    strip.grid(visible=False)
    strip.patch.set_visible(False)
    strip.spines[:].set_visible(False)
    strip.tick_params(axis="x", length=0)
    # The plot has less height from now on.
    locator: Any = ax.get_axes_locator()
    ax.apply_aspect(locator(ax, None))
    return places, strip


def aspect_of(pictures: Pictures) -> float:
    return pictures.shape[1] / pictures.shape[2]


def size_in_inches(ax: Axes) -> tuple[float, float]:
    """Width and height in inches."""
    box = ax.get_window_extent()
    return box.width / ax.figure.dpi, box.height / ax.figure.dpi


def cell_width(ax: Axes) -> float:
    """Inches from one place to the next."""
    left, right = ax.get_xlim()
    return size_in_inches(ax)[0] / (right - left)
