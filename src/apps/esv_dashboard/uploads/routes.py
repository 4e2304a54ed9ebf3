"""HTTP routes of uploads: the page, the jobs, and the dashboards of their results."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, render_template, request, send_file
from werkzeug.wrappers import Response as AnyResponse

from esv_dashboard.uploads.jobs import DONE, KEPT, BusyError, Job, Jobs, RefusedError
from play_fair.formatting import duration

MAX_FRAMES = 16
"""Frames up to which ESVs are exact."""
_CHUNK = 2**20
_PAGE_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; img-src data: blob:; media-src data: blob:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Reports may run their own scripts, but have no origin and reach nothing."""


def uploads_blueprint(
    jobs: Jobs, open_board: Callable[[Path, str], Flask], example: tuple[str, str] | None = None
) -> Blueprint:
    """Routes of the page /explain.

    Requests that change something need the secret in the page, which other sites cannot read.

    Args:
        open_board: creates the dashboard of a folder of results, mounted at a path.
        example: name and address of a video to try.
    """
    blueprint = Blueprint("uploads", __name__, template_folder="templates")
    secret = secrets.token_urlsafe(16)

    @blueprint.before_request
    def refuse_strangers() -> None:
        sent = request.headers.get("X-Explain-Secret", "")
        changes = request.method in ("POST", "DELETE") and request.endpoint != "uploads.board"
        if changes and not secrets.compare_digest(sent.encode(), secret.encode()):
            abort(403)

    @blueprint.get("/explain")
    def page() -> Response:
        model, class_names = jobs.explainer.model()
        document = render_template(
            "explain.html",
            secret=secret,
            model=model,
            class_names=class_names,
            megabytes=jobs.max_bytes // 2**20,
            max_frames=MAX_FRAMES,
            kept=KEPT,
            limit=duration(jobs.explainer.timeout),
            example=example,
        )
        return _guarded(Response(document), _PAGE_POLICY)

    @blueprint.post("/explain/jobs")
    def start() -> tuple[Response, int]:
        if request.content_length is None:
            return jsonify(reason="the size of the file was not sent"), 411
        if request.content_length > jobs.max_bytes:
            return jsonify(reason=f"the file is larger than {jobs.max_bytes / 2**20:,.0f} MB"), 413
        n_frames = request.args.get("n", "8")
        plain = n_frames.isascii() and n_frames.isdecimal() and len(n_frames) <= 4
        if not (plain and 1 <= int(n_frames) <= MAX_FRAMES):
            return jsonify(reason=f"expected 1 to {MAX_FRAMES} frames"), 400
        name = unquote(request.headers.get("X-File-Name", ""))
        try:
            job = jobs.start(_chunks(), name, int(n_frames), request.args.get("class", "").strip()[:200])
        except BusyError:
            return jsonify(reason="another video is being explained; try again when it is done"), 409
        except RefusedError as error:
            return jsonify(reason=str(error)), 400
        return jsonify(_status(job)), 201

    @blueprint.get("/explain/jobs/<token>")
    def status(token: str) -> Response:
        return jsonify(_status(_known(token)))

    @blueprint.delete("/explain/jobs/<token>")
    def cancel(token: str) -> Response:
        job = _known(token)
        jobs.cancel(job)
        return jsonify(_status(job))

    @blueprint.get("/explain/reports/<token>.html")
    def report(token: str) -> Response:
        page = _known(token).page
        if page is None:
            abort(404)
        return _guarded(send_file(page, mimetype="text/html", max_age=0), _REPORT_POLICY)

    @blueprint.route("/explain/boards/<token>/", defaults={"path": ""}, methods=["GET", "POST"])
    @blueprint.route("/explain/boards/<token>/<path:path>", methods=["GET", "POST"])
    def board(token: str, path: str) -> Response:
        job, here = _known(token), f"/explain/boards/{token}"
        if job.page is None:
            abort(404)
        if job.board is None:
            job.board = open_board(job.page.parent, f"{request.script_root}{here}/")
        within = {
            "SCRIPT_NAME": request.script_root + here,
            "PATH_INFO": request.environ["PATH_INFO"].removeprefix(here),
        }
        return current_app.make_response(AnyResponse.from_app(job.board, {**request.environ, **within}))

    def _known(token: str) -> Job:
        job = jobs.find(token)
        if job is None:
            abort(404)
        return job

    return blueprint


def _status(job: Job) -> dict[str, object]:
    done = job.state == DONE
    return {
        "token": job.token,
        "name": job.name,
        "state": job.state,
        "reason": job.reason,
        "seconds": round(job.seconds, 1),
        "report": f"explain/reports/{job.token}.html" if done else None,
        "board": f"explain/boards/{job.token}/" if done else None,
    }


def _chunks() -> Iterator[bytes]:
    while chunk := request.stream.read(_CHUNK):
        yield chunk


def _guarded(response: Response, policy: str) -> Response:
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
