"""A person's own video: uploaded to this machine, explained by script 11 in a process of its own, and shown.

The dashboard itself needs no torch; the process does.
"""

from esv_dashboard.uploads.explainer import Explainer
from esv_dashboard.uploads.jobs import Jobs
from esv_dashboard.uploads.routes import uploads_blueprint

__all__ = ["Explainer", "Jobs", "uploads_blueprint"]
