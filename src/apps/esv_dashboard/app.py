"""The application factory."""

import atexit
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from dash import Dash
from dash.development.base_component import Component
from flask import Flask

from esv_dashboard.catalogue import Catalogue
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.guards import guard, require_loopback_host
from esv_dashboard.media import REPORT, media_blueprint
from esv_dashboard.page import INDEX, layout, register_callbacks
from esv_dashboard.settings import Settings
from esv_dashboard.uploads import Explainer, Jobs, uploads_blueprint

UPLOAD = ("Your own video", "explain")
BACK = ("Another video", "../../../explain")
REPORT_LINK = ("Report", REPORT)
"""Links: to the page of uploads, back to it from the dashboard of an upload, and to the report of the analysis."""


class _Page(Dash):
    """Dash without the scripts of its other components: the page has those of `dash.html` only."""

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]  # as Dash's documentation has it
        scripts = parts["scripts"].splitlines()
        used = [script for script in scripts if "/dash/dcc/" not in script and "/dash/dash_table/" not in script]
        return super().interpolate_index(**{**parts, "scripts": "\n".join(used)})


def create_app(settings: Settings, prefix: str = "/") -> Dash:
    """Create the dashboard; `create_app(...).server` is a WSGI application.

    Args:
        prefix: path at which browsers find it; not "/" if it is mounted within another dashboard.

    Raises:
        UserError: the files named by the settings are missing, damaged, or do not fit together.
    """
    catalogue = Catalogue.load(settings)
    frames = FrameStore(settings.videos, settings.cache_megabytes * 2**20)
    app = _Page(
        "esv_dashboard",
        title="Play Fair: ESV dashboard",
        update_title="",
        assets_folder=str(Path(__file__).with_name("assets")),
        assets_ignore=r"explain\.js",
        index_string=INDEX,
        serve_locally=True,
        requests_pathname_prefix=prefix,
        routes_pathname_prefix="/",
        enable_mcp=False,
        compress=prefix == "/",  # what is mounted passes through the compression of the other
    )
    app.server.register_blueprint(media_blueprint(catalogue, frames, settings.report))
    if settings.uploads:
        explainer = replace(Explainer(settings.uploads_config).require_files(), timeout=float(settings.upload_seconds))
        jobs = Jobs(explainer, settings.upload_megabytes * 2**20)
        atexit.register(jobs.close)
        name = next((f"{uid}.webm" for uid in catalogue.uids if frames.path(uid)), None)
        example = None if name is None else (name, f"media/videos/{quote(name)}")
        app.server.register_blueprint(uploads_blueprint(jobs, partial(_board, settings.host), example))
    upload_link = [UPLOAD] if settings.uploads else [BACK] if prefix != "/" else []

    def page() -> Component:
        """The layout; the report may be written while the dashboard runs."""
        is_there = settings.report is not None and settings.report.is_file()
        return layout(catalogue, [REPORT_LINK, *upload_link] if is_there else upload_link)

    app.layout = page
    register_callbacks(app, catalogue, frames)
    if settings.loopback:
        require_loopback_host(app.server)
    guard(app, with_policy=not settings.debug)
    return app


def _board(host: str, folder: Path, prefix: str) -> Flask:
    """A dashboard of the results of an uploaded video, within one that listens on `host`."""
    settings = Settings((folder / "results.pkl",), folder / "videos", folder / "classes.csv", host)
    return create_app(settings, prefix).server
