"""The waterfall: how the prior and the ESVs add up to the score of what is explained."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from markupsafe import Markup

from esv_dashboard.panels.card import Card, Row
from esv_dashboard.panels.context import ModelContext
from play_fair import charts
from play_fair.html_page import render_macro
from play_fair.wording import describe_sum

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def title(context: ModelContext) -> str:
    """Title of the card: the sum of ESVs is a score, or a difference of two scores."""
    return "How the score adds up" if context.esvs.other is None else "How the difference adds up"


def caption(context: ModelContext) -> str:
    """Prior + ESVs = score."""
    return describe_sum(context.esvs)


def body(context: ModelContext) -> Markup:
    """A row for each frame, from the prior to the score."""
    return render_macro("charts.html", "waterfall", charts.waterfall(context.esvs))


def picture(context: ModelContext) -> "Figure":
    """A step for each frame, from the prior to the score."""
    from play_fair.plots import waterfall

    esvs = context.esvs
    return waterfall(
        esvs.values,
        esvs.prior,
        esvs.score,
        title=f"{context.model.name}, video {context.video.uid}: {esvs.description}",
        names=[str(frame) for frame in esvs.frame_idxs],
    )


def rows(context: ModelContext) -> Iterator[Row]:
    """Prior, ESVs and score."""
    yield ("prior", "", context.esvs.prior)
    for frame, esv in zip(context.esvs.frame_idxs, context.esvs.values.tolist(), strict=True):
        yield ("esv", frame, esv)
    yield ("score", "", context.esvs.score)


CARD = Card(
    name="waterfall",
    title=title,
    caption=caption,
    body=body,
    columns=("term", "frame", "value"),
    rows=rows,
    picture=picture,
)
