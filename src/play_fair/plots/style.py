"""The style that all static pictures share."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.style import context

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

FrameValues = Float[np.ndarray, " T"]
"""Values of one class, one for each player."""


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


def figure_of(ax: Axes) -> Figure:
    """Return the whole figure that axes are in."""
    figure = ax.figure.figure
    assert isinstance(figure, Figure)
    return figure


def colours(values: FrameValues) -> list[str]:
    """Colours of bars: of supporting values (above 0) and of distracting ones."""
    return [LIGHT.supports if value > 0 else LIGHT.distracts for value in values.tolist()]
