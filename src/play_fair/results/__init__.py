"""ESVs of a set of videos: access, explanations of single videos, collation, and the results file."""

from play_fair.results.results import EsvResults
from play_fair.results.scale import PADDING, Scale, pad_frames

__all__ = ["PADDING", "EsvResults", "Scale", "pad_frames"]
