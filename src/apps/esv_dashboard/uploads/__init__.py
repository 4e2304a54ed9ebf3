"""Explain uploaded videos by running play-fair-explain as a subprocess, so that the dashboard never imports torch."""

from esv_dashboard.uploads.explainer import Explainer
from esv_dashboard.uploads.jobs import Jobs
from esv_dashboard.uploads.routes import uploads_blueprint

__all__ = ["Explainer", "Jobs", "uploads_blueprint"]
