"""Uploads: videos of users, explained by play-fair-explain in a process of its own.

The dashboard itself needs no torch; the process does.
"""

from esv_dashboard.uploads.explainer import Explainer
from esv_dashboard.uploads.jobs import Jobs
from esv_dashboard.uploads.routes import uploads_blueprint

__all__ = ["Explainer", "Jobs", "uploads_blueprint"]
