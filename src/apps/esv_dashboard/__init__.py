"""The ESV dashboard: which frames of a video made the model say that, in a browser. Needs no torch."""

from esv_dashboard.app import create_app
from esv_dashboard.settings import Settings

__all__ = ["Settings", "create_app"]
