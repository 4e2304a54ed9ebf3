"""Panels of lines with confidence intervals: what the figures of reports share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from play_fair.palette import LIGHT

WIDE, NARROW = 8.5, 3.4
"""Inches: beside text on a desk, and on a phone."""

MARKERS = ("o", "s", "^", "D", "v")
SERIES = (*LIGHT.classes[1:], LIGHT.classes[0])


def panels(
    titles: Sequence[str], narrow: bool, *, height: float = 2.7, columns: int = 2, sharey: bool = True
) -> tuple[Figure, list[Axes]]:
    """A figure with one panel for each title, in rows of `columns`, or below each other where it is narrow."""
    n_columns = 1 if narrow else min(columns, len(titles))
    n_rows = -(-len(titles) // n_columns)
    width = NARROW if narrow else WIDE if n_columns > 1 else WIDE * 0.7
    figure = Figure(figsize=(width, n_rows * height + 0.4), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, sharey=sharey, squeeze=False).ravel().tolist()
    for axis in axes[len(titles) :]:
        axis.set_visible(False)
    used = axes[: len(titles)]
    for axis, title in zip(used, titles, strict=True):
        axis.set_title(title)
        axis.yaxis.set_tick_params(labelleft=True)
    return figure, used


def colour_of(index: int) -> str:
    """The colour of the index-th model."""
    return SERIES[index % len(SERIES)]


def marker_of(index: int) -> str:
    """The marker of the index-th model, so that lines differ by more than colour."""
    return MARKERS[index % len(MARKERS)]


def line(axis: Axes, x: pd.Series, table: pd.DataFrame, value: str, colour: str, **style: Any) -> None:
    """A mean against x, with its interval as a band behind it (a bar where there is one point only)."""
    axis.plot(x, table[value], color=colour, **style)
    low, high = table["low"].to_numpy(np.float64), table["high"].to_numpy(np.float64)
    if len(table) > 1:
        axis.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
    else:
        axis.vlines(x, low, high, color=colour, alpha=0.5)


def percent(axis: Axes) -> None:
    """Shares on the y axis, in %."""
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.set_ylim(0, 1.02)


def whole_numbers(axis: Axes) -> None:
    """Numbers of frames on the x axis."""
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))


def legend(figure: Figure, axis: Axes, narrow: bool, columns: int = 4) -> None:
    """What the lines of one panel are, above all panels."""
    handles, labels = axis.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    look = {"ncols": 2, "fontsize": 8, "columnspacing": 1.0} if narrow else {"ncols": columns}
    figure.legend(unique.values(), unique.keys(), loc="outside upper left", **look)
