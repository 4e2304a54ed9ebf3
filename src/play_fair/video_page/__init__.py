"""Explain any video: from a file to a page that shows which frames made the model say what it says."""

from play_fair.video_page.job import ExplanationReport, explain_videos, find_videos
from play_fair.video_page.model import VideoModel, load_video_model
from play_fair.video_page.video_explanation import VideoExplanation

__all__ = [
    "ExplanationReport",
    "VideoExplanation",
    "VideoModel",
    "explain_videos",
    "find_videos",
    "load_video_model",
]
