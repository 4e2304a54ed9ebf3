"""Interactions of every two frames for what is explained."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from markupsafe import Markup

from esv_dashboard.panels.card import Card, Row
from esv_dashboard.panels.context import ModelContext
from play_fair import charts
from play_fair.html_page import render_macro
from play_fair.wording import describe_interactions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOT_STORED = "Known of the true and of the predicted class only: explain one of them to see it."


def is_shown(context: ModelContext) -> bool:
    """Whether interactions of some class are known, and there are two frames."""
    return context.explanation.interactions is not None and len(context.explanation.values) > 1


def is_known(context: ModelContext) -> bool:
    """Whether the interactions of what is explained are known."""
    return context.esvs.interactions is not None


def caption(context: ModelContext) -> str:
    """Which two frames change each other's effect most."""
    return describe_interactions(context.esvs) or NOT_STORED


def body(context: ModelContext) -> Markup:
    """A heat map of frames against frames."""
    return render_macro("charts.html", "interactions", charts.interactions(context.esvs))


def picture(context: ModelContext) -> "Figure":
    """A heat map of frames against frames."""
    from play_fair.plots import interactions

    pairs = context.esvs.interactions
    assert pairs is not None, "see is_known"
    title = f"{context.model.name}, video {context.video.uid}"
    return interactions(pairs, title=title, names=[str(frame) for frame in context.esvs.frame_idxs])


def rows(context: ModelContext) -> Iterator[Row]:
    """Every two frames in both orders, with their interaction."""
    frames, pairs = context.esvs.frame_idxs, context.esvs.interactions
    assert pairs is not None, "see is_known"
    for i, a in enumerate(frames):
        for j, b in enumerate(frames):
            if i != j:
                yield (a, b, pairs[i, j])


CARD = Card(
    name="interactions",
    title=lambda context: "Which frames work together",
    caption=caption,
    body=body,
    columns=("frame_a", "frame_b", "interaction"),
    rows=rows,
    picture=picture,
    is_shown=is_shown,
    is_known=is_known,
)
