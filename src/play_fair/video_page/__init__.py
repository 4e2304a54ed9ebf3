"""Explain any video: from a file to a page of the frames that support and distract from each class."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from play_fair.video_page.job import ExplanationReport, explain_videos, find_videos
    from play_fair.video_page.model import VideoModel, load_video_model

__all__ = [
    "ExplanationReport",
    "VideoModel",
    "explain_videos",
    "find_videos",
    "load_video_model",
]

_MODULE_OF = {
    "ExplanationReport": "job",
    "VideoModel": "model",
    "explain_videos": "job",
    "find_videos": "job",
    "load_video_model": "model",
}


def __getattr__(name: str) -> Any:
    # Imported on first use: the dashboard renders pages of its results (`report`) without torch.
    if name in _MODULE_OF:
        return getattr(import_module(f"play_fair.video_page.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'play_fair.video_page' has no attribute {name!r}")
