"""Static pictures (matplotlib) of the explanation of one video, and the style that all static pictures share.

The functions take arrays and text and return a `matplotlib.figure.Figure`. Without `ax` the figure is a new one that
pyplot does not manage: save it with `figure.savefig(path)`, or let a notebook show it. For `pyplot.show()`, draw into
axes of pyplot: `ax=pyplot.gca()`.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from math import floor, log10
from typing import Any

import numpy as np
from jaxtyping import Float, Float64, Num, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.style import context
from mpl_toolkits.axes_grid1 import make_axes_locatable

from play_fair.errors import UserError
from play_fair.formatting import signed
from play_fair.palette import LIGHT

WIDTH = 9.6
"""Inches: of the figure of a video of more than a few frames."""

STYLE: dict[str, Any] = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "text.parse_math": False,  # a dollar in a name is a dollar
    "text.color": LIGHT.ink,
    "axes.labelcolor": LIGHT.muted,
    "axes.edgecolor": LIGHT.muted,
    "axes.facecolor": LIGHT.surface,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": LIGHT.grid,
    "grid.linewidth": 0.8,
    "xtick.color": LIGHT.muted,
    "ytick.color": LIGHT.muted,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "figure.facecolor": LIGHT.surface,
    "savefig.facecolor": LIGHT.surface,
    "svg.fonttype": "none",  # text stays text
}

Pictures = UInt8[np.ndarray, "T H W 3"]
"""RGB pictures, one for each player."""

FrameValues = Float[np.ndarray, " T"]
"""Values of one class, one for each player."""

# Inches.
_NARROWEST = 4.8
_PLOT_HEIGHT = 2.2
_LEFT, _RIGHT, _BOTTOM, _TITLE_LINE = 0.85, 0.15, 0.5, 0.19
_SMALLEST_PICTURE, _TALLEST_PICTURE = 0.42, 1.4
_STRIP_GAP = 0.06
_CHARACTER, _BOLD_CHARACTER, _LABEL_HEIGHT = 0.075, 0.08, 0.22

_FEWEST_PLACES = 4
"""Fewer bars are drawn as wide as if there were so many."""

_MOST_SPACED = 64
"""More bars have no gaps between them, which would make them pale."""

_PICTURE_SHARE = 0.96
"""Of the room that a picture has in the strip."""

_NARROWEST_TITLE = 48
"""Characters: a sum of prior and values is not broken into lines."""


class NotebookFigure(Figure):
    """A figure that a notebook shows even if pyplot was not imported there."""

    def _repr_png_(self) -> bytes:
        with BytesIO() as file:
            self.savefig(file, format="png")
            return file.getvalue()


@contextmanager
def styled(salt: str = "") -> Iterator[None]:
    """Apply `STYLE` to the figures drawn and saved within the block, or in the decorated function.

    Args:
        salt: makes the ids within an svg file unlike those of other files.
    """
    with context({**STYLE, "svg.hashsalt": f"play_fair {salt}"}):
        yield


def zero_line(ax: Axes) -> None:
    """Draw a line at 0: values above support the class, values below distract from it."""
    ax.axhline(0, color=LIGHT.muted, linewidth=0.9)


@styled()
def curve(
    values: FrameValues,
    *,
    title: str = "",
    names: Sequence[str] | None = None,
    xlabel: str = "frame",
    standard_errors: FrameValues | None = None,
    pictures: Pictures | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the values of one class as bars over the position of the frames, coloured by their sign.

    Args:
        names: labels of the frames; None: 0, 1, ..., T - 1.
        standard_errors: draws bars of two standard errors; NaN draws none.
        pictures: one for each frame, drawn as a strip below the bars. Of many frames, every k-th is drawn.
        ax: where to draw; None: in a new figure.
    """
    n_frames = len(values)
    ax = bar_axes(n_frames, title, pictures, ax)
    places = np.arange(n_frames)
    ax.bar(places, values, width=_bar_width(n_frames), color=colours(values))
    errors = np.zeros(n_frames) if standard_errors is None else 2 * np.nan_to_num(standard_errors)
    if standard_errors is not None:
        capsize = 3 if n_frames <= 32 else 0
        ax.errorbar(places, values, errors, fmt="none", ecolor=LIGHT.ink, elinewidth=1, capsize=capsize)
    zero_line(ax)
    _label_bars(ax, values, np.where(values >= 0, values + errors, values - errors))
    ax.set_ylabel("ESV" if standard_errors is None else "ESV ± 2 s.e.")
    label_frames(ax, names or [str(place) for place in places], xlabel, pictures)
    ax.margins(y=_room_for_labels(ax, 2))
    return figure_of(ax)


@styled()
def waterfall(
    values: FrameValues,
    prior: float,
    score: float,
    *,
    title: str = "",
    names: Sequence[str] | None = None,
    xlabel: str = "frame",
    ylabel: str = "score of the class",
    pictures: Pictures | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw how prior and values add up to the score: every frame is a step of the height of its value.

    Args: see `curve`.
    """
    n_frames = len(values)
    # The bars of prior and score are as wide as their labels, however narrow the others are.
    end = max(1.0, 0.06 * n_frames)
    ax = bar_axes(n_frames, title, pictures, ax, end)
    sums = prior + np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    width = _bar_width(n_frames)
    ends = {"prior": (-0.5 - end / 2, prior), "score": (n_frames - 0.5 + end / 2, score)}
    end_width = end - 1 + 0.72
    ax.bar([place for place, _ in ends.values()], [prior, score], width=end_width, color=LIGHT.muted)
    # With edges, so that steps of almost nothing are seen.
    look: dict[str, Any] = {"color": colours(values), "edgecolor": colours(values), "linewidth": 0.6}
    ax.bar(np.arange(n_frames), values, bottom=sums[:-1], width=width, **look)
    begins = np.arange(n_frames + 1) - 1 + width / 2
    begins[0] = ends["prior"][0] + end_width / 2
    stops = np.arange(n_frames + 1) - width / 2
    stops[-1] = ends["score"][0] - end_width / 2
    ax.hlines(sums, begins, stops, color=LIGHT.muted, linewidth=0.8)
    zero_line(ax)
    for place, total in ends.values():
        _write(ax, place, max(total, 0.0), _plain(total), 8.5)
    _label_bars(ax, values, np.maximum(sums[:-1], sums[1:]), above=True)
    frame_names = names or [str(place) for place in range(n_frames)]
    label_frames(ax, frame_names, xlabel, pictures, {name: place for name, (place, _) in ends.items()})
    low, high = min(0.0, float(sums.min()), score), max(0.0, float(sums.max()), score)
    reach = (high - low) or 1.0
    ax.set(ylabel=ylabel, ylim=(low - (0.05 if low < 0 else 0.0) * reach, high + _room_for_labels(ax, 1) * reach))
    return figure_of(ax)


def figure_of(ax: Axes) -> Figure:
    """Return the whole figure that axes are in."""
    figure = ax.figure.figure
    assert isinstance(figure, Figure)
    return figure


def colours(values: FrameValues) -> list[str]:
    """Colours of bars: of supporting values (above 0) and of distracting ones."""
    return [LIGHT.supports if value > 0 else LIGHT.distracts for value in values.tolist()]


def bar_axes(
    n_frames: int, title: str, pictures: Pictures | None = None, ax: Axes | None = None, end: float = 0.0
) -> Axes:
    """Prepare axes for bars at 0, 1, ..., n_frames - 1, in a new figure if `ax` is None.

    Args:
        pictures: leaves room for those, which `label_frames` draws.
        end: room before the first and after the last bar, in bars.
    """
    span = max(n_frames + 2 * end, _FEWEST_PLACES)
    if ax is None:
        width = min(WIDTH, max(_NARROWEST, _LEFT + _RIGHT + 1.1 * span))
        plot_width = width - _LEFT - _RIGHT
        title = _wrapped(title, plot_width)
        top = 0.12 + _TITLE_LINE * (title.count("\n") + 1)
        bottom, slot = _BOTTOM, _PLOT_HEIGHT
        if pictures is not None:
            _, picture_width = _strip_layout(pictures, plot_width / span, _TALLEST_PICTURE)
            # The strip is a part of the plot's place, with its labels.
            bottom, slot = 0.0, _PLOT_HEIGHT + _STRIP_GAP + picture_width * _aspect(pictures) + _BOTTOM
        height = bottom + slot + top
        figure = NotebookFigure(figsize=(width, height))
        ax = figure.add_axes((_LEFT / width, bottom / height, plot_width / width, slot / height))
    else:
        title = _wrapped(title, _size(ax)[0])
        ax.grid(axis="y", color=LIGHT.grid, linewidth=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
    middle = (n_frames - 1) / 2
    ax.set_xlim(middle - span / 2, middle + span / 2)
    ax.set_title(title, loc="left")
    ax.grid(axis="x", visible=False)
    ax.tick_params(axis="x", length=0)
    return ax


def label_frames(
    ax: Axes,
    names: Sequence[str],
    xlabel: str,
    pictures: Pictures | None = None,
    others: Mapping[str, float] | None = None,
) -> None:
    """Label the frames on the x axis, as many as there is room for, below a strip of their pictures if there are any.

    Args:
        ax: from `bar_axes`.
        others: further labels and their places; labels of frames make room for them.
    """
    places = np.arange(len(names), dtype=np.float64)
    labelled = ax
    if pictures is not None:
        places, labelled = _draw_strip(ax, pictures)
        ax.tick_params(axis="x", labelbottom=False)
    cell = _cell(ax)
    room = _CHARACTER * max(len(name) for name in names) + 0.14
    gap = cell * float(places[1] - places[0]) if len(places) > 1 else room
    ticks = {place: names[round(place)] for place in places[:: _round_step(room / gap)].tolist()}
    for name, other in (others or {}).items():
        reserved = (room + _CHARACTER * len(name)) / 2 / cell
        ticks = {place: label for place, label in ticks.items() if abs(place - other) >= reserved}
    ticks.update({place: name for name, place in (others or {}).items()})
    labelled.set_xticks(list(ticks), list(ticks.values()))
    labelled.set_xlabel(xlabel)


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


def _strip_layout(pictures: Pictures, cell: float, tallest: float) -> tuple[Float64[np.ndarray, " S"], float]:
    """Places of the frames whose pictures are drawn, and the width of a picture; `cell` and width in inches."""
    n_frames = len(pictures)
    n_drawn = min(n_frames, max(1, int(n_frames * cell / _SMALLEST_PICTURE)))
    places = (np.arange(n_drawn) + 0.5) * n_frames / n_drawn - 0.5
    return places, min(n_frames / n_drawn * cell * _PICTURE_SHARE, tallest / _aspect(pictures))


def _draw_strip(ax: Axes, pictures: Pictures) -> tuple[Float64[np.ndarray, " S"], Axes]:
    """Draw pictures below the plot, within the room that `ax` has; returns their places, and the axes they are in."""
    cell, height, aspect = _cell(ax), _size(ax)[1], _aspect(pictures)
    places, width = _strip_layout(pictures, cell, min(_TALLEST_PICTURE, 0.45 * height))
    strip = make_axes_locatable(ax).append_axes("bottom", size=width * aspect + _BOTTOM, pad=_STRIP_GAP)
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


def _aspect(pictures: Pictures) -> float:
    return pictures.shape[1] / pictures.shape[2]


def _size(ax: Axes) -> tuple[float, float]:
    """Width and height in inches."""
    box = ax.get_window_extent()
    return box.width / ax.figure.dpi, box.height / ax.figure.dpi


def _cell(ax: Axes) -> float:
    """Inches from one place to the next."""
    left, right = ax.get_xlim()
    return _size(ax)[0] / (right - left)


def _bar_width(n_frames: int) -> float:
    return 0.72 if n_frames <= _MOST_SPACED else 1.0


def _round_step(least: float) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, 50, ... that is at least `least`."""
    magnitude = 10 ** max(0, floor(log10(least)))
    return next((factor * magnitude for factor in (1, 2, 5) if factor * magnitude >= least), 10 * magnitude)


def _label_bars(ax: Axes, values: FrameValues, ends: np.ndarray, above: bool = False) -> None:
    """Write the values at the ends of bars, if there is room."""
    most = float(np.abs(values).max())
    digits = min(6, max(1, 1 - floor(log10(most)))) if most > 0 else 1
    labels = [signed(value, digits) for value in values.tolist()]
    room = _cell(ax) / max(map(len, labels)) / _CHARACTER
    if room < 0.8:
        return
    for place, (label, value, end) in enumerate(zip(labels, values.tolist(), ends.tolist(), strict=True)):
        _write(ax, float(place), end, label, 8.0 if room >= 1 else 6.5, above or value >= 0)


def _room_for_labels(ax: Axes, n_sides: int) -> float:
    """Room for the labels above (or above and below) bars, as a part of the height of the bars."""
    height = max(0.8, _size(ax)[1])
    return _LABEL_HEIGHT / (height - n_sides * _LABEL_HEIGHT)


def _write(ax: Axes, place: float, height: float, text: str, size: float, above: bool = True) -> None:
    offset, alignment = ((0, 3), "bottom") if above else ((0, -3), "top")
    look: dict[str, Any] = {
        "textcoords": "offset points",
        "ha": "center",
        "va": alignment,
        "fontsize": size,
        "color": LIGHT.ink,
    }
    ax.annotate(text, (place, height), offset, **look)


def _wrapped(title: str, width: float) -> str:
    """Break a title into lines of at most `width` inches, but at non-breaking spaces."""
    lines = textwrap.wrap(title, max(_NARROWEST_TITLE, int(width / _BOLD_CHARACTER)))
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def sum_title(name: str, values: FrameValues, prior: float, score: float) -> str:
    """Describe how the values of a class add up: the title of its plots. Only the name breaks into lines."""
    total = signed(float(values.sum(dtype=np.float64)))
    parts = f"prior {_plain(prior)} + ESVs {total} = score {_plain(score)}".replace(" ", "\N{NO-BREAK SPACE}")
    return f"{name}: {parts}"


def _plain(value: float) -> str:
    return signed(value).lstrip("+")
