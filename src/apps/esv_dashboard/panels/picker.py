"""The list of videos, with its search, its filters and its pages."""

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from esv_dashboard.catalogue import Catalogue
from esv_dashboard.controls import control_group, verdict_mark, verdict_meaning, view_button, view_link
from esv_dashboard.markup import Input, attributes, form_field
from esv_dashboard.panels.context import PageContext
from esv_dashboard.view import LISTED, View, list_verdict, page_of, show_video, step
from play_fair.formatting import plural


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
            html.Nav(id="steps", className="steps", **attributes(aria_label="Step through the videos")),
            html.Nav(id="videos", className="videos", **attributes(aria_label="Videos found")),
            html.Nav(id="pages", className="pages", **attributes(aria_label="Pages of the list")),
            html.Div(id="list-note", className="empty"),
        ],
    )


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
        view_link("‹ Previous", view, step(context.catalogue, view, -1), "step", rel="prev"),
        view_link("Next ›", view, step(context.catalogue, view, 1), "step", rel="next"),
    ]


def video_links(context: PageContext) -> list[Component]:
    """One page of the list."""
    view, uids = context.view, context.listed
    start = (page_of(view, uids) - 1) * LISTED
    return [_video_link(context.catalogue, view, uid) for uid in uids[start : start + LISTED]]


def _video_link(catalogue: Catalogue, view: View, uid: str) -> Component:
    video = catalogue.video(uid)
    assert video is not None
    verdict = catalogue.verdict(uid, view.n_frames)
    meaning = verdict_meaning(verdict)
    mark = verdict_mark(verdict, title=meaning, role="img", **attributes(aria_label=meaning))
    texts = html.Span([html.Span(uid, className="uid"), html.Span(catalogue.class_names[video.label], className="of")])
    current = {"aria_current": "true"} if uid == view.uid else {}
    return view_link([mark, texts], view, show_video(view, uid), "video-link", **current)


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
    everything = replace(view, label=None, verdict="all", text="", page=None)
    return [html.Strong(what), view_link("Clear filters", view, everything, "step")]


PANEL = {
    "count.children": count,
    "verdict.data-html": verdict_buttons,
    "steps.data-html": step_links,
    "videos.data-html": video_links,
    "pages.data-html": page_links,
    "list-note.data-html": empty_note,
}
