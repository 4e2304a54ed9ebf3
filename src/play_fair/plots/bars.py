"""Bars over the position of frames: axes, labels of frames, labels of bars."""

import textwrap
from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from play_fair.formatting import signed
from play_fair.palette import LIGHT
from play_fair.plots.pictures import (
    LABELS_HEIGHT,
    STRIP_GAP,
    TALLEST_PICTURE,
    Pictures,
    aspect_of,
    cell_width,
    draw_strip,
    size_in_inches,
    strip_layout,
)
from play_fair.plots.style import WIDTH, FrameValues, NotebookFigure

# Inches.
_NARROWEST = 4.8
_PLOT_HEIGHT = 2.2
_LEFT, _RIGHT, _TITLE_LINE = 0.85, 0.15, 0.19
_CHARACTER, _BOLD_CHARACTER, _LABEL_HEIGHT = 0.075, 0.08, 0.22

_FEWEST_PLACES = 4
"""Fewer bars are drawn as wide as if there were so many."""

_MOST_SPACED = 64
"""More bars have no gaps between them, which would make them pale."""

_NARROWEST_TITLE = 48
"""Characters: a sum of prior and values is not broken into lines."""


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
        bottom, slot = LABELS_HEIGHT, _PLOT_HEIGHT
        if pictures is not None:
            _, picture_width = strip_layout(pictures, plot_width / span, TALLEST_PICTURE)
            # The strip is a part of the plot's place, with its labels.
            bottom, slot = 0.0, _PLOT_HEIGHT + STRIP_GAP + picture_width * aspect_of(pictures) + LABELS_HEIGHT
        height = bottom + slot + top
        figure = NotebookFigure(figsize=(width, height))
        ax = figure.add_axes((_LEFT / width, bottom / height, plot_width / width, slot / height))
    else:
        title = _wrapped(title, size_in_inches(ax)[0])
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
        places, labelled = draw_strip(ax, pictures)
        ax.tick_params(axis="x", labelbottom=False)
    cell = cell_width(ax)
    room = _CHARACTER * max(len(name) for name in names) + 0.14
    gap = cell * float(places[1] - places[0]) if len(places) > 1 else room
    ticks = {place: names[round(place)] for place in places[:: _round_step(room / gap)].tolist()}
    for name, other in (others or {}).items():
        reserved = (room + _CHARACTER * len(name)) / 2 / cell
        ticks = {place: label for place, label in ticks.items() if abs(place - other) >= reserved}
    ticks.update({place: name for name, place in (others or {}).items()})
    labelled.set_xticks(list(ticks), list(ticks.values()))
    labelled.set_xlabel(xlabel)


def bar_width(n_frames: int) -> float:
    return 0.72 if n_frames <= _MOST_SPACED else 1.0


def _round_step(least: float) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, 50, ... that is at least `least`."""
    magnitude = 10 ** max(0, floor(log10(least)))
    return next((factor * magnitude for factor in (1, 2, 5) if factor * magnitude >= least), 10 * magnitude)


def label_bars(ax: Axes, values: FrameValues, ends: np.ndarray, above: bool = False) -> None:
    """Write the values at the ends of bars, if there is room."""
    most = float(np.abs(values).max())
    digits = min(6, max(1, 1 - floor(log10(most)))) if most > 0 else 1
    labels = [signed(value, digits) for value in values.tolist()]
    room = cell_width(ax) / max(map(len, labels)) / _CHARACTER
    if room < 0.8:
        return
    for place, (label, value, end) in enumerate(zip(labels, values.tolist(), ends.tolist(), strict=True)):
        write_value(ax, float(place), end, label, 8.0 if room >= 1 else 6.5, above or value >= 0)


def room_for_labels(ax: Axes, n_sides: int) -> float:
    """Room for the labels above (or above and below) bars, as a part of the height of the bars."""
    height = max(0.8, size_in_inches(ax)[1])
    return _LABEL_HEIGHT / (height - n_sides * _LABEL_HEIGHT)


def write_value(ax: Axes, place: float, height: float, text: str, size: float, above: bool = True) -> None:
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
