"""The list of videos, with its search, its filters and its pages."""

from dataclasses import replace
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component
from markupsafe import Markup

from esv_dashboard.catalogue import Catalogue, Video
from esv_dashboard.controls import control_group, verdict_mark, verdict_meaning, view_button, view_link
from esv_dashboard.markup import Input, attributes, form_field
from esv_dashboard.panels.context import PageContext
from esv_dashboard.view import LISTED, list_verdict, page_of, show_video, step
from play_fair.formatting import plural
from play_fair.overview import ORDERS


def layout(catalogue: Catalogue) -> Component:
    """The list before it is filled in. Fields keep their values in the browser (assets/address.js), not in Dash."""
    names, counts = catalogue.class_names, catalogue.videos_per_class
    in_order = sorted((name, class_id) for class_id, name in enumerate(names) if counts[class_id])
    options = [html.Option(f"{name} ({counts[class_id]:,})", value=str(class_id)) for name, class_id in in_order]
    return html.Details(
        open=True,
        id="picker",
        className="card picker",
        children=[
            html.Summary(["Videos ", html.Span(id="count", className="muted")]),
            form_field(
                html.Label("Search", htmlFor="search"),
                Input(id="search", type="search", placeholder="Id or words of the class", autoComplete="off"),
            ),
            form_field(
                html.Label("Class", htmlFor="class"),
                html.Select([html.Option("All classes", value=""), *options], id="class"),
            ),
            control_group("Prediction", "verdict"),
            html.Div(id="predicted"),
            *([_order_field()] if catalogue.has_overview else []),
            html.Nav(id="steps", className="steps", **attributes(aria_label="Step through the videos")),
            html.Nav(id="videos", className="videos", **attributes(aria_label="Videos found")),
            html.Nav(id="pages", className="pages", **attributes(aria_label="Pages of the list")),
            html.Div(id="list-note", className="empty"),
        ],
    )


def _order_field() -> Component:
    options = [
        html.Option("as in the results", value=""),
        *(html.Option(name, value=key) for key, name in ORDERS.items()),
    ]
    return form_field(html.Label("Order", htmlFor="sort"), html.Select(options, id="sort"))


def prediction_filter(context: PageContext) -> list[Component]:
    """The filter by the prediction of a model, if there is one, and how to leave it."""
    if context.view.predicted is None:
        return []
    model, class_id = context.view.predicted
    catalogue = context.catalogue
    text = f"{catalogue.models[model].name} predicts “{catalogue.class_names[class_id]}” "
    everything = replace(context.view, predicted=None, page=None)
    return [
        html.P(
            [text, view_link("✕", context.view, everything, "clear", aria_label="Clear this filter")], className="field"
        )
    ]


def count(context: PageContext) -> str:
    """12 of 200; 200 videos where all are listed."""
    found, total = len(context.listed), len(context.catalogue.uids)
    return plural(total, "video") if found == total else f"{found:,} of {total:,}"


def verdict_buttons(context: PageContext) -> list[Component]:
    """Filters of the list by verdict."""
    catalogue, view = context.catalogue, context.view
    texts = {"all": "All", "correct": "Correct", "wrong": "Wrong", "mixed": "Mixed"}
    if len(catalogue.models) == 1:
        texts.pop("mixed")
    return [
        view_button(text, view, list_verdict(catalogue, view, verdict), verdict == view.verdict)
        for verdict, text in texts.items()
    ]


def step_links(context: PageContext) -> list[Component]:
    """Links to the videos before and after the current one."""
    if not context.listed:
        return []
    view = context.view
    return [
        view_link("‹ Previous", view, step(context.catalogue, view, -1), "step", rel="prev", data_step="-1"),
        view_link("Next ›", view, step(context.catalogue, view, 1), "step", rel="next", data_step="1"),
    ]


def video_links(context: PageContext) -> list[Component]:
    """One page of the list."""
    view, uids = context.view, context.listed
    start = (page_of(view, uids) - 1) * LISTED
    return [_video_link(context, uid) for uid in uids[start : start + LISTED]]


def _video_link(context: PageContext, uid: str) -> Component:
    catalogue, view = context.catalogue, context.view
    video = catalogue.video(uid)
    assert video is not None
    verdict = catalogue.verdict(uid, view.n_frames)
    meaning = verdict_meaning(verdict)
    mark = verdict_mark(verdict, title=meaning, role="img", **attributes(aria_label=meaning))
    classes = html.Span(_predicted_and_true(context, video), className="of")
    texts = html.Span([mark, html.Span(uid, className="uid"), classes])
    current = {"aria_current": "true"} if uid == view.uid else {}
    return view_link([_thumbnail(context, video), texts], view, show_video(view, uid), "video-link", **current)


def _thumbnail(context: PageContext, video: Video) -> Component | Markup:
    """The frame in the middle, loaded when it is in sight; `html.Img` has no such attribute."""
    if context.frames.path(video.uid) is None:
        return html.Span(className="thumbnail")
    address = thumbnail_address(context.frames.version(video.uid), video.uid, video.length // 2)
    return Markup('<img src="{}" alt="" class="thumbnail" loading="lazy">').format(address)


def thumbnail_address(version: str, uid: str, frame: int) -> str:
    """Address of a small picture of a frame."""
    return f"media/thumbnails/{quote(uid, safe='')}/{frame}.jpg?v={version}"


def _predicted_and_true(context: PageContext, video: Video) -> str:
    """The true class; where the first model that has a result is wrong: predicted → true."""
    names = context.catalogue.class_names
    for model in context.catalogue.models:
        predicted = int(model.predictions([video.uid], context.view.n_frames)[0])
        if predicted >= 0 and predicted != video.true_class:
            return names[predicted] if video.true_class is None else f"{names[predicted]} → {names[video.label]}"
    return names[video.label]


def page_links(context: PageContext) -> list[Component]:
    """Links to the other pages of a long list, and which videos of it are shown."""
    view, uids = context.view, context.listed
    last, page = -(-len(uids) // LISTED), page_of(view, uids)
    if last <= 1:
        return []

    def turn(sign: str, to: int, label: str) -> Component:
        if not 1 <= to <= last or to == page:
            return html.Span(sign, className="step off", **attributes(aria_hidden="true"))
        return view_link(sign, view, replace(view, page=to), "step", aria_label=label)

    first_shown, last_shown = (page - 1) * LISTED + 1, min(page * LISTED, len(uids))
    return [
        turn("«", 1, "First page"),
        turn("‹", page - 1, "Page before"),
        html.Span(f"{first_shown:,}–{last_shown:,}", className="of-pages"),
        turn("›", page + 1, "Page after"),
        turn("»", last, "Last page"),
    ]


def empty_note(context: PageContext) -> list[Component]:
    """What stands in place of an empty list."""
    if context.listed:
        return []
    view = context.view
    what = f"Nothing matches “{view.text}”." if view.text else "No video passes these filters."
    everything = replace(view, label=None, verdict="all", predicted=None, text="", page=None)
    return [html.Strong(what), view_link("Clear filters", view, everything, "step")]


PANEL = {
    "count.children": count,
    "verdict.data-html": verdict_buttons,
    "predicted.data-html": prediction_filter,
    "steps.data-html": step_links,
    "videos.data-html": video_links,
    "pages.data-html": page_links,
    "list-note.data-html": empty_note,
}
