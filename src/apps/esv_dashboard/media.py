"""Routes besides the page: colours, videos, frames, and csv files of the cards."""

from html import escape

from flask import Blueprint, Response, abort, request, send_file

from esv_dashboard.catalogue import Catalogue
from esv_dashboard.frame_store import FrameMissingError, FrameStore
from esv_dashboard.panels import CARD_ROWS
from esv_dashboard.panels.card import to_csv
from esv_dashboard.panels.context import PageContext
from play_fair.html_page import look

MAX_AGE = 7 * 24 * 3600
"""Seconds for which browsers keep videos and frames; their addresses change when the files do."""


def media_blueprint(catalogue: Catalogue, frames: FrameStore) -> Blueprint:
    """/look.css, and routes below /media and /download, where uids are looked up in the results; all else is a 404."""
    blueprint = Blueprint("media", __name__)
    style = look()

    @blueprint.get("/look.css")
    def look_css() -> Response:
        response = Response(style, mimetype="text/css")
        response.cache_control.no_cache = True  # kept, but asked for anew: it may be of a newer version
        response.add_etag()
        response.make_conditional(request)
        return response

    @blueprint.get("/media/videos/<uid>.webm")
    def video(uid: str) -> Response:
        path = frames.path(uid) if catalogue.video(uid) is not None else None
        if path is None:
            abort(404)
        # conditional: parts of it (seeking) and "not modified".
        return send_file(path.resolve(), mimetype="video/webm", conditional=True, max_age=MAX_AGE)

    @blueprint.get("/media/frames/<uid>/<int:index>.jpg")
    def frame(uid: str, index: int) -> Response:
        if catalogue.video(uid) is None:
            return _placeholder("unknown video")
        try:
            jpeg = frames.jpeg(uid, index)
        except FrameMissingError as error:
            return _placeholder(str(error))
        response = Response(jpeg, mimetype="image/jpeg")
        response.cache_control.max_age = MAX_AGE
        response.set_etag(f"{frames.version(uid)}-{index}")
        response.make_conditional(request)
        return response

    @blueprint.get("/download/<int:model_index>/<name>.csv")
    def table(model_index: int, name: str) -> Response:
        card = next((card for row in CARD_ROWS.values() for card in row if card.table_name == name), None)
        if card is None or model_index >= len(catalogue.models):
            abort(404)
        query = request.query_string.decode(errors="replace")
        context = PageContext.from_address(catalogue, frames, query).of_model(model_index)
        rows = card.rows(context) if context.has_result and card.is_known(context) else ()
        response = Response(to_csv([card.columns, *rows]), mimetype="text/csv")
        file_name = f"{context.model.name}-{context.view.uid}-{context.view.n_frames}-frames-{name}.csv"
        response.headers.set("Content-Disposition", "attachment", filename=_plain(file_name))
        return response

    @blueprint.get("/media/", defaults={"anything": ""})
    @blueprint.get("/media/<path:anything>")
    @blueprint.get("/download/<path:anything>")
    def nothing(anything: str) -> Response:
        # Without this, Dash answers unknown addresses with its page.
        abort(404)

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


def _plain(name: str) -> str:
    """A file name of letters, digits, hyphens, full stops and underscores."""
    return "".join(character if character.isalnum() or character in "-._" else "-" for character in name)
