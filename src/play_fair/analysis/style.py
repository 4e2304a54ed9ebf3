"""What the figures of reports share: panels, lines with intervals, colours that a page can turn dark."""

import re
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from play_fair.files import atomic_path
from play_fair.html_page import text
from play_fair.palette import LIGHT
from play_fair.plots import styled

WIDE, NARROW = 8.5, 3.4
"""Inches: beside text on a desk, and on a phone."""

MARKERS = ("o", "s", "^", "D", "v")
SERIES = (*LIGHT.classes[1:], LIGHT.classes[0])

_VARIABLES = {
    LIGHT.ink: "--ink",
    LIGHT.muted: "--muted",
    LIGHT.grid: "--grid",
    LIGHT.surface: "--surface",
    LIGHT.supports: "--supports",
    LIGHT.distracts: "--distracts",
    **{colour: f"--class-{index}" for index, colour in enumerate(LIGHT.classes) if index},
}


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


def percent(axis: Axes, low: float = 0, high: float = 1) -> None:
    """Shares on the y axis, in %."""
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.set_ylim(low, high + 0.02 * (high - low))


def whole_numbers(axis: Axes) -> None:
    """Numbers of frames on the x axis."""
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))


def legend(figure: Figure, axis: Axes, narrow: bool, columns: int = 4) -> None:
    """What the lines of one panel are, above all panels."""
    handles, labels = axis.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    look = {"ncols": 2, "fontsize": 8, "columnspacing": 1.0} if narrow else {"ncols": columns}
    figure.legend(unique.values(), unique.keys(), loc="outside upper left", **look)


def draw(stem: Path, label: str, drawn: Callable[[bool], Figure]) -> tuple[str, str]:
    """Draw a figure, write it as png and svg, and give it as elements of a page: for a desk, and for a phone.

    Args:
        stem: the path without a suffix.
        label: what the figure is, for those who cannot see it.
        drawn: the figure, or, of True, one that is narrow.
    """
    with styled(stem.name):
        save(drawn(False), stem)
    with styled(f"{stem.name} narrow"), StringIO() as file:
        drawn(True).savefig(file, format="svg")
        narrow = file.getvalue()
    wide = stem.with_name(f"{stem.name}.svg").read_text(encoding="utf-8")
    return _svg_for_page(wide, label), _svg_for_page(narrow, label)


def save(figure: Figure, stem: Path) -> None:
    """Write stem.png and stem.svg; the same figure gives the same bytes."""
    for suffix, metadata in ((".png", {}), (".svg", {"Date": None})):
        with atomic_path(stem.with_name(stem.name + suffix)) as part:
            figure.savefig(part, dpi=160, metadata=metadata)


def _svg_for_page(svg: str, label: str) -> str:
    """An svg file as an element of a page, its colours the page's own: light or dark as the reader has it."""
    element = svg[svg.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r' xmlns(:\w+)?="[^"]*"', "", element).replace("xlink:href", "href")
    used = set(re.findall(r'(?:url\(|href=")#([\w-]+)', element))
    element = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", element)
    for colour, variable in _VARIABLES.items():
        element = element.replace(colour, f"var({variable})")
    return element.replace("<svg ", f'<svg role="img" aria-label="{text(label)}" ', 1)
