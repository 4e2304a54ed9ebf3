"""Pictures of one class of one explanation: the ESV curve, the waterfall and the interactions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from play_fair.formatting import number, score_sum
from play_fair.palette import LIGHT
from play_fair.plots.bars import bar_axes, bar_width, label_bars, label_frames, room_for_labels, write_value
from play_fair.plots.pictures import Pictures
from play_fair.plots.style import FrameValues, NotebookFigure, colours, figure_of, styled, zero_line

_MOST_SIGNED = 16
"""With more frames, the cells of the interactions are too small for signs."""

_STRONGEST = 0.7
"""Opacity of the largest value in a heat map, so that text on it can be read, light and dark."""


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
    ax.bar(places, values, width=bar_width(n_frames), color=colours(values))
    errors = np.zeros(n_frames) if standard_errors is None else 2 * np.nan_to_num(standard_errors)
    if standard_errors is not None:
        capsize = 3 if n_frames <= 32 else 0
        ax.errorbar(places, values, errors, fmt="none", ecolor=LIGHT.ink, elinewidth=1, capsize=capsize)
    zero_line(ax)
    label_bars(ax, values, np.where(values >= 0, values + errors, values - errors))
    ax.set_ylabel("ESV" if standard_errors is None else "ESV ± 2 s.e.")
    label_frames(ax, names or [str(place) for place in places], xlabel, pictures)
    ax.margins(y=room_for_labels(ax, 2))
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
    width = bar_width(n_frames)
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
        write_value(ax, place, max(total, 0.0), number(total), 8.5)
    label_bars(ax, values, np.maximum(sums[:-1], sums[1:]), above=True)
    frame_names = names or [str(place) for place in range(n_frames)]
    label_frames(ax, frame_names, xlabel, pictures, {name: place for name, (place, _) in ends.items()})
    low, high = min(0.0, float(sums.min()), score), max(0.0, float(sums.max()), score)
    reach = (high - low) or 1.0
    ax.set(
        ylabel="score of the class",
        ylim=(low - (0.05 if low < 0 else 0.0) * reach, high + room_for_labels(ax, 1) * reach),
    )
    return figure_of(ax)


@styled()
def interactions(
    values: Float[np.ndarray, "T T"],
    *,
    title: str = "",
    names: Sequence[str] | None = None,
    xlabel: str = "frame",
    ax: Axes | None = None,
) -> Figure:
    """Draw the interactions of every two frames for one class as a heat map, from -max to max of their sizes.

    Args: see `curve`.
    """
    n_frames = len(values)
    if ax is None:
        side = min(6.0, 2.4 + 0.25 * n_frames)
        ax = NotebookFigure(figsize=(side, side), layout="constrained").subplots()
    largest = float(np.abs(values).max()) or 1.0
    rows, columns = np.nonzero(~np.eye(n_frames, dtype=bool))
    heat_map(ax, columns - 0.5, rows - 0.5, np.ones(len(rows)), values[rows, columns] / largest)
    if n_frames <= _MOST_SIGNED:
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            sign = number(float(values[row, column]))
            if float(sign.replace("−", "-")):
                ax.text(column, row, "−" if sign.startswith("−") else "+", ha="center", va="center", fontsize=8)
    step = max(1, -(-n_frames // _MOST_SIGNED))
    labels = (names or [str(place) for place in range(n_frames)])[::step]
    ax.set_xticks(range(0, n_frames, step), labels)
    ax.set_yticks(range(0, n_frames, step), labels)
    ax.set(xlim=(-0.5, n_frames - 0.5), ylim=(n_frames - 0.5, -0.5), aspect="equal", title=title)
    ax.set(xlabel=f"{xlabel} (full colour: ±{largest:.2g})", ylabel=xlabel)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return figure_of(ax)


def heat_map(
    ax: Axes,
    left: Float[np.ndarray, " N"],
    bottom: Float[np.ndarray, " N"],
    width: Float[np.ndarray, " N"],
    values: Float[np.ndarray, " N"],
) -> None:
    """Draw N rectangles of height 1, coloured by the sign of their values in -1..1; the opacity grows with the size.

    Opacity, not a blend with the background, so that an svg can be shown on a dark page, too.
    """
    places = zip(left.tolist(), bottom.tolist(), width.tolist(), strict=True)
    cells = [Rectangle((x, y), wide, 1) for x, y, wide in places]
    opacity = (_STRONGEST * np.abs(values)).clip(max=_STRONGEST).tolist()
    looks = [to_rgba(colour, alpha) for colour, alpha in zip(colours(values), opacity, strict=True)]
    ax.add_collection(PatchCollection(cells, facecolors=looks, edgecolors=LIGHT.surface, linewidths=0.8))


def sum_title(name: str, values: FrameValues, prior: float, score: float) -> str:
    """Describe how the values of a class add up: the title of its plots. Only the name breaks into lines."""
    total = float(values.sum(dtype=np.float64))
    parts = score_sum(prior, total, score).replace(" ", "\N{NO-BREAK SPACE}")
    return f"{name}: {parts}"
