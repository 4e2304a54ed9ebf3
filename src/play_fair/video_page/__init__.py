"""Explain any video: from a file to a page of the frames that support and distract from each class."""

from play_fair.video_page.job import ExplanationReport, explain_videos, find_videos
from play_fair.video_page.model import VideoModel, load_video_model

__all__ = [
    "ExplanationReport",
    "VideoModel",
    "explain_videos",
    "find_videos",
    "load_video_model",
]
