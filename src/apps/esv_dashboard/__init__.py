"""The ESV dashboard: explore in a browser which frames of a video support a prediction. Needs no torch."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import play_fair  # noqa: F401  # names the extra to install if a package is missing

if TYPE_CHECKING:
    from esv_dashboard.app import create_app
    from esv_dashboard.settings import Settings

__all__ = ["Settings", "create_app"]

_MODULE_OF = {"Settings": "esv_dashboard.settings", "create_app": "esv_dashboard.app"}


def __getattr__(name: str) -> Any:
    # Imported on first use: `python -m esv_dashboard` imports this package before it can report a missing one.
    if name in _MODULE_OF:
        return getattr(import_module(_MODULE_OF[name]), name)
    raise AttributeError(f"module 'esv_dashboard' has no attribute {name!r}")
