"""Notices about parts of the address that match nothing, and the complete address for the browser."""

from dash import html
from dash.development.base_component import Component

from esv_dashboard.panels.context import PageContext
from esv_dashboard.view import show_video, to_change, to_query


def layout() -> Component:
    """The notices, before there are any."""
    return html.Div(id="notices", role="status")


def notices(context: PageContext) -> list[Component]:
    """A line for each notice."""
    return [html.P(notice) for notice in context.notices]


def answer(context: PageContext) -> dict[str, str | None]:
    """The complete query, the title, and the change that leads to the first listed video, for assets/address.js."""
    catalogue, view, uids = context.catalogue, context.view, context.listed
    return {
        "asked": context.query,
        "view": to_query(view),
        "title": f"{catalogue.class_names[context.video.label]} · {view.uid} · Play Fair",
        "first": to_change(view, show_video(catalogue, view, uids[0])) if uids else None,
    }


PANEL = {"notices.data-html": notices, "answer.data": answer}
