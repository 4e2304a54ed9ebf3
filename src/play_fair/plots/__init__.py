"""Static pictures (matplotlib): of the explanation of one video, and what the figures of reports share.

The functions take arrays and text and return a `matplotlib.figure.Figure`. Without `ax` the figure is a new one that
pyplot does not manage: save it with `figure.savefig(path)`, or let a notebook show it. For `pyplot.show()`, draw into
axes of pyplot: `ax=pyplot.gca()`.
"""

from play_fair.plots.bars import bar_axes, label_frames
from play_fair.plots.explanation import curve, heat_map, interactions, sum_title, waterfall
from play_fair.plots.pictures import as_pictures
from play_fair.plots.style import STYLE, WIDTH, colours, figure_of, styled, zero_line

__all__ = [
    "STYLE",
    "WIDTH",
    "as_pictures",
    "bar_axes",
    "colours",
    "curve",
    "figure_of",
    "heat_map",
    "interactions",
    "label_frames",
    "styled",
    "sum_title",
    "waterfall",
    "zero_line",
]
