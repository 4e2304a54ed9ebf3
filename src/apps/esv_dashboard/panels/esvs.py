"""The frames that the model was given, and below each its ESV, over the time of the video."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dash import html
from markupsafe import Markup

from esv_dashboard.markup import to_html
from esv_dashboard.panels.card import Card, Row
from esv_dashboard.panels.context import ModelContext
from play_fair.charts import strip, timeline
from play_fair.html_page import render_macro
from play_fair.wording import describe_curve, question

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def title(context: ModelContext) -> str:
    """The question, with the classes it is about."""
    asked = question(context.esvs)
    return f"{context.model.name}: {asked}" if context.is_one_of_several else asked[0].upper() + asked[1:]


def caption(context: ModelContext) -> str:
    """How many frames support the class, and which frames do most."""
    return describe_curve(context.esvs)


def body(context: ModelContext, backwards: bool = False) -> list[Any]:
    """The film strip above the bars; the browser moves the playhead (play_fair/templates/player.js)."""
    chart = timeline(context.esvs, shown_range=context.esv_range, backwards=backwards)
    shown = pictures(context) if context.has_pictures else []
    return [
        render_macro("charts.html", "strip", strip(context.esvs, backwards), shown[::-1] if backwards else shown),
        render_macro("charts.html", "timeline", chart, context.esvs.description),
    ]


def pictures(context: ModelContext) -> list[Markup]:
    """Elements with the pictures of the frames."""
    if context.frames.path(context.video.uid) is None:
        return [Markup('<span class="no-frame">no video</span>')] * len(context.esvs.frame_idxs)
    return [
        Markup(to_html(html.Img(src=address, alt="")))
        for address in frame_addresses(
            context.frames.version(context.video.uid), context.video.uid, context.esvs.frame_idxs
        )
    ]


def frame_addresses(version: str, uid: str, frames: list[int]) -> list[str]:
    """Addresses of frames of a video."""
    return [f"media/frames/{quote(uid, safe='')}/{frame}.jpg?v={version}" for frame in frames]


def picture(context: ModelContext) -> "Figure":
    """Bars of the ESVs above the frames."""
    from play_fair.plots import curve

    shown = context.esvs
    return curve(
        shown.values,
        title=f"{context.model.name}, video {context.video.uid}: {shown.description}",
        names=[str(frame) for frame in shown.frame_idxs],
        standard_errors=shown.standard_errors,
        pictures=context.frames.pictures(context.video.uid, shown.frame_idxs),
    )


def rows(context: ModelContext) -> Iterator[Row]:
    """ESVs of every class and frame."""
    explanation = context.explanation
    errors = explanation.standard_errors
    for class_id in range(len(explanation.scores)):
        for position, frame in enumerate(explanation.frame_idxs):
            error = "" if errors is None else errors[position, class_id]
            esv = explanation.values[position, class_id]
            yield (class_id, explanation.class_name(class_id), frame, esv, error)


CARD = Card(
    name="esvs",
    title=title,
    caption=caption,
    body=body,
    columns=("class_id", "class", "frame", "esv", "standard_error"),
    rows=rows,
    picture=picture,
)
