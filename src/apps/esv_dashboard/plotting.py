"""Plotly helpers that the figures share: themes, layout, axes, heat maps."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from play_fair.formatting import signed
from play_fair.palette import DARK, FONT, LIGHT, Palette

THEMES = {"light": LIGHT, "dark": DARK}

MAX_LABELS = 24
"""Frames; labels of more would overlap, and are left to the hover text and the csv file."""

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "dot", "longdashdot", "solid", "dash", "dot")
_SVG_DASHES = {
    "solid": "none",
    "dash": "7 4",
    "dot": "2 3",
    "dashdot": "7 3 2 3",
    "longdash": "12 4",
    "longdashdot": "12 3 2 3",
}
MAX_LINES = len(_DASHES)
"""Number of distinct line styles: five colours in two sets of dashes."""


def line_style(theme: Palette, slot: int) -> tuple[str, str]:
    """Colour and dash of the class that was added to the ESV plot as number `slot`."""
    return theme.classes[slot % len(theme.classes)], _DASHES[slot]


def svg_line_style(theme: Palette, slot: int) -> tuple[str, str]:
    """The same as SVG attributes: stroke and stroke-dasharray."""
    colour, dash = line_style(theme, slot)
    return colour, _SVG_DASHES[dash]


def layout(theme: Palette, **more: Any) -> go.Layout:
    """Layout of a figure: the fonts and colours all figures share, and more."""
    return go.Layout(
        font={"family": FONT, "size": 12, "color": theme.muted},
        paper_bgcolor=theme.surface,
        plot_bgcolor=theme.surface,
        showlegend=False,
        dragmode=False,
        hoverlabel={
            "bgcolor": theme.surface,
            "bordercolor": theme.muted,
            "font": {"family": FONT, "size": 12, "color": theme.ink},
            "align": "left",
        },
        **more,
    )


def axis(theme: Palette, title: str = "", **more: Any) -> dict[str, Any]:
    """Axis with a light grid and a fixed range."""
    return {
        "title": {"text": title, "standoff": 8},
        "fixedrange": True,
        "gridcolor": theme.grid,
        "zeroline": False,
        "tickcolor": theme.grid,
        "automargin": False,
        "exponentformat": "none",
        **more,
    }


def time_axis(theme: Palette, length: int, **more: Any) -> dict[str, Any]:
    """Axis of the frames 0..length - 1 of a video, each one unit wide, with ticks at whole frames only."""
    step = {"dtick": 1} if length <= 6 else {}
    return axis(theme, "Frame of the video", range=[-0.5, length - 0.5], showgrid=False, **step, **more)


def padded_range(low: float, high: float) -> list[float]:
    """Range of an axis that leaves 12 % of room at both ends, and is not empty."""
    room = 0.12 * (high - low) or 0.1
    return [low - room, high + room]


def heatmap(values: np.ndarray, hover: np.ndarray, theme: Palette, **more: Any) -> go.Heatmap:
    """Heat map with a symmetric diverging scale around 0, from distracting to supporting."""
    most = float(np.nanmax(np.abs(values), initial=0)) or 1.0
    return go.Heatmap(
        z=values,
        zmin=-most,
        zmax=most,
        colorscale=theme.diverging,
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        colorbar={
            "thickness": 8,
            "outlinewidth": 0,
            "len": 1,
            "tickvals": [-most, 0, most],
            "ticktext": [signed(-most, 2), "0", signed(most, 2)],
        },
        **more,
    )


def cell_labels(
    cells: Sequence[tuple[int | str, int | str, float]], most: float, theme: Palette, digits: int | None = None
) -> go.Scatter:
    """Signs of the cells (x, y, value) of a heat map, or values with `digits`: colours alone are not enough.

    Args:
        most: largest absolute value of the heat map.
    """
    if digits is None:
        texts = ["+" if value > 0 else "−" if value < 0 else "" for _, _, value in cells]
    else:
        texts = [signed(value, digits) for _, _, value in cells]
    return go.Scatter(
        x=[x for x, _, _ in cells],
        y=[y for _, y, _ in cells],
        text=texts,
        mode="text",
        # Legible on the full colour as well as on the pale.
        textfont={"size": 12, "color": [theme.surface if abs(v) > 0.7 * most else theme.ink for *_, v in cells]},
        hoverinfo="skip",
    )
