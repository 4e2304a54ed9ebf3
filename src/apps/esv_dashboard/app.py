"""The application: data and page put together."""

import atexit
from pathlib import Path

from dash import Dash

from esv_dashboard.callbacks import register_callbacks
from esv_dashboard.catalogue import Catalogue
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.layout import INDEX, page
from esv_dashboard.media import media_blueprint
from esv_dashboard.settings import Settings
from esv_dashboard.uploads import Explainer, Jobs, uploads_blueprint


def create_app(settings: Settings) -> Dash:
    """The dashboard of some results, ready to run; `create_app(...).server` is a WSGI application.

    Raises:
        UserError: the files that the settings name are missing, damaged, or do not fit together.
    """
    catalogue = Catalogue.load(settings)
    frames = FrameStore(settings.videos, settings.cache_megabytes * 2**20)
    app = Dash(
        "esv_dashboard",
        title="Play Fair: ESV dashboard",
        update_title="",
        assets_folder=str(Path(__file__).with_name("assets")),
        assets_ignore=r"explain\.js",
        index_string=INDEX,
        serve_locally=True,
        enable_mcp=False,
    )
    app.server.register_blueprint(media_blueprint(catalogue, frames))
    if settings.uploads:
        jobs = Jobs(Explainer(settings.uploads_config).require_files(), settings.upload_megabytes * 2**20)
        atexit.register(jobs.close)
        app.server.register_blueprint(uploads_blueprint(jobs, catalogue.class_names, settings.loopback))
    app.layout = page(catalogue, uploads=settings.uploads)
    register_callbacks(app, catalogue, frames)
    return app
