"""Notices about parts of the address that match nothing, and the complete address for the browser."""

import json

from dash import html
from dash.development.base_component import Component

from esv_dashboard.panels.context import PageContext
from esv_dashboard.panels.esvs import frame_addresses
from esv_dashboard.panels.player import video_address
from esv_dashboard.view import show_video, step, to_change, to_query


def layout() -> Component:
    """The notices, before there are any, and the one that the browser shows when the server does not answer."""
    retry = html.Button("Retry", id="retry", type="button", className="step")
    lost = html.Div(["Connection lost. What you see may be out of date. ", retry], id="lost", role="alert", hidden=True)
    return html.Div([lost, html.Div(id="notices", role="status")])


def notices(context: PageContext) -> list[Component]:
    """A line for each notice."""
    return [html.P(notice) for notice in context.notices]


def answer(context: PageContext) -> str:
    """For assets/address.js, as JSON: the complete query, the title, the first listed video, what to fetch ahead."""
    catalogue, view, uids = context.catalogue, context.view, context.listed
    name = "All videos" if context.video is None else f"{catalogue.class_names[context.video.label]} · {view.uid}"
    found = {
        "asked": context.query,
        "view": to_query(view),
        "title": f"{name} · Play Fair",
        "first": to_change(view, show_video(view, uids[0])) if uids else None,
        "ahead": _next_media(context) if view.uid else [],
    }
    return json.dumps(found)


def _next_media(context: PageContext) -> list[str]:
    """Addresses of the pictures and of the video that the next video of the list shows."""
    uid = step(context.catalogue, context.view, 1).uid
    frames = context.frames
    if uid is None or frames.path(uid) is None:
        return []
    known = [model.explain(uid, context.view.n_frames) for model in context.catalogue.models]
    indices = dict.fromkeys(index for one in known if one is not None for index in one.frame_idxs)
    version = frames.version(uid)
    return [video_address(version, uid), *frame_addresses(version, uid, list(indices))]


def view_kind(context: PageContext) -> str:
    """Which part of the page is shown."""
    return "overview" if context.view.uid is None else "video"


PANEL = {"main.data-view": view_kind, "notices.data-html": notices, "answer.data-json": answer}
