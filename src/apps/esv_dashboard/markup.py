"""Writing HTML with Dash."""

from typing import Any


def attributes(**named: str | int) -> dict[str, Any]:
    """Attributes with a hyphen in their name: aria_label="Video" -> {"aria-label": "Video"}."""
    return {name.replace("_", "-"): str(value) for name, value in named.items()}
