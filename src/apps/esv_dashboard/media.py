"""Routes besides the page: colours, videos, frames, and csv files of the cards."""

import io
from html import escape
from pathlib import Path
from threading import Lock
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request, send_file

from esv_dashboard.catalogue import Catalogue
from esv_dashboard.frame_store import FrameMissingError, FrameStore
from esv_dashboard.panels import CARDS
from esv_dashboard.panels.card import Card, file_name, to_csv
from esv_dashboard.panels.context import ModelContext, PageContext
from esv_dashboard.saved_page import saved_page
from play_fair.analysis.video_links import link_videos
from play_fair.errors import UserError
from play_fair.html_page import asset

REPORT = "report.html"
MAX_AGE = 7 * 24 * 3600
"""Seconds for which browsers keep videos and frames; their addresses change when the files do."""


def media_blueprint(catalogue: Catalogue, frames: FrameStore, report: Path | None = None) -> Blueprint:
    """/look.css, /player.js, and routes below /media and /download, where uids are looked up; all else is a 404.

    Args:
        report: of script 09, which gets links to its videos.
    """
    blueprint = Blueprint("media", __name__)
    drawing = Lock()  # matplotlib's settings are those of the process
    shared = {
        "look.css": (asset("look.css") + asset("charts.css") + asset("overview.css"), "text/css"),
        "player.js": (asset("player.js") + asset("swarm.js"), "text/javascript"),
    }

    @blueprint.get("/<any('look.css', 'player.js'):name>")
    def shared_asset(name: str) -> Response:
        content, mimetype = shared[name]
        response = Response(content, mimetype=mimetype)
        response.cache_control.no_cache = True  # kept, but asked for anew: it may be of a newer version
        response.add_etag()
        response.make_conditional(request)
        return response

    @blueprint.get(f"/{REPORT}")
    def report_page() -> str:
        if report is None or not report.is_file():
            abort(404)

        def address(model: str, uid: str) -> str | None:
            return None if catalogue.video(uid) is None else f"./?{urlencode({'video': uid})}"

        return link_videos(report.read_text(encoding="utf-8"), address)

    @blueprint.get("/media/videos/<uid>.webm")
    def video(uid: str) -> Response:
        path = frames.path(uid) if catalogue.video(uid) is not None else None
        if path is None:
            abort(404)
        # conditional: parts of it (seeking) and "not modified".
        return send_file(path.resolve(), mimetype="video/webm", conditional=True, max_age=MAX_AGE)

    @blueprint.get("/media/<any('frames', 'thumbnails'):size>/<uid>/<int:index>.jpg")
    def frame(size: str, uid: str, index: int) -> Response:
        if catalogue.video(uid) is None:
            return _placeholder("unknown video")
        try:
            jpeg = frames.jpeg(uid, index) if size == "frames" else frames.thumbnail(uid, index)
        except FrameMissingError as error:
            return _placeholder(str(error))
        response = Response(jpeg, mimetype="image/jpeg")
        response.cache_control.max_age = MAX_AGE
        response.set_etag(f"{size}-{frames.version(uid)}-{index}")
        response.make_conditional(request)
        return response

    def download(model_index: int, name: str) -> tuple[Card, ModelContext | None]:
        card = next((card for card in CARDS if card.name == name), None)
        if card is None or model_index >= len(catalogue.models):
            abort(404)
        query = request.query_string.decode(errors="replace")
        return card, PageContext.from_address(catalogue, frames, query).models[model_index]

    @blueprint.get("/download/<int:model_index>/<name>.csv")
    def table(model_index: int, name: str) -> Response:
        card, context = download(model_index, name)
        if context is None:
            abort(404)
        rows = card.rows(context) if card.is_known(context) else ()
        return _attached(to_csv([card.columns, *rows]), "text/csv", file_name(context, name, "csv"))

    @blueprint.get("/download/<int:model_index>/page.html")
    def page(model_index: int) -> Response:
        _, context = download(model_index, "esvs")
        if context is None:
            abort(404)
        try:
            return _attached(saved_page(context), "text/html", file_name(context, "page", "html"))
        except (FrameMissingError, UserError):
            abort(404)

    @blueprint.get("/download/<int:model_index>/<name>.png")
    def picture(model_index: int, name: str) -> Response:
        card, context = download(model_index, name)
        if context is None or card.picture is None or not card.is_known(context):
            abort(404)
        content = io.BytesIO()
        with drawing:
            card.picture(context).savefig(content, dpi=160)
        return _attached(content.getvalue(), "image/png", file_name(context, name, "png"))

    return blueprint


def _placeholder(reason: str) -> Response:
    """A picture of the reason; browsers show it although the status is 404."""
    words = reason.split()
    lines = [" ".join(words[start : start + 4]) for start in range(0, min(len(words), 16), 4)]
    texts = "".join(
        f'<text x="80" y="{52 - 7 * len(lines) + 14 * row}">{escape(line)}</text>' for row, line in enumerate(lines)
    )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90" font-family="system-ui, sans-serif" '
        f'font-size="11" text-anchor="middle" fill="#57616b">'
        f'<rect width="160" height="90" fill="#e3e7eb"/>{texts}</svg>'
    )
    return Response(svg, status=404, mimetype="image/svg+xml")


def _attached(content: str | bytes, mimetype: str, name: str) -> Response:
    response = Response(content, mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
