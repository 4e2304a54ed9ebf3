"""The pictures of `play_fair.plots` as svg elements of a page; the curve with the place of its playhead."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from play_fair import plots
from play_fair.explanation import Explanation
from play_fair.plots import styled
from play_fair.plots.svg import svg_element


class Curve(NamedTuple):
    """The ESV curve of a class over the time of the video."""

    svg: Markup
    left: float
    """Begin of the video, in percent of the width of the picture."""
    right: float
    """Its end, from the right."""


@styled()
def curve(explanation: Explanation, class_id: int, seconds: Sequence[float], narrow: bool) -> Curve:
    """Draw the ESVs of one class; `narrow` for a phone.

    Args:
        seconds: when the T frames are shown.
    """
    ax = _axes(3.5, 2.4) if narrow else _axes(7.4, 2.8)
    errors = None if explanation.standard_errors is None else explanation.standard_errors[:, class_id]
    values, names = explanation.values[:, class_id], [f"{second:.1f}" for second in seconds]
    plots.curve(values, names=names, xlabel="seconds", standard_errors=errors, ax=ax)
    low, high = ax.get_xlim()
    place = ax.get_position()
    # Frame i of n evenly spread ones is at (i + 0.5) / n of the video.
    begin, end = (place.x0 + place.width * (x - low) / (high - low) for x in (-0.5, len(values) - 0.5))
    svg = _element(explanation, class_id, ax, "narrow curve" if narrow else "curve")
    return Curve(svg, round(100 * begin, 3), round(100 * (1 - end), 3))


@styled()
def waterfall(explanation: Explanation, class_id: int) -> Markup:
    """Draw how prior and ESVs of one class add up to its score."""
    ax = _axes(4.4, 3.0)
    explanation.plot(class_id, kind="waterfall", ax=ax)
    return _element(explanation, class_id, ax, "waterfall")


@styled()
def interactions(explanation: Explanation, class_id: int) -> Markup:
    """Draw the interactions of every two frames for one class."""
    ax = _axes(4.4, 4.2)
    explanation.plot(class_id, kind="interactions", ax=ax)
    return _element(explanation, class_id, ax, "interactions")


def _axes(width: float, height: float) -> Axes:
    """Axes with room for labels at the left and below, in a figure of that size in inches."""
    figure = Figure(figsize=(width, height))
    return figure.add_axes((0.6 / width, 0.45 / height, 1 - 0.7 / width, 1 - 0.55 / height))


def _element(explanation: Explanation, class_id: int, ax: Axes, picture: str) -> Markup:
    ax.set_title("", loc="left")  # the card has one
    label = f"{picture} of {explanation.class_name(class_id)}"
    return svg_element(plots.figure_of(ax), f"{picture} {class_id}", label)
