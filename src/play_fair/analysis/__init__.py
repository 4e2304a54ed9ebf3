"""Analyses of results: tidy tables, figures and a report. Needs no torch."""

from play_fair.analysis.study import Study
from play_fair.analysis.summary import accuracy_table, describe, supporting_share

__all__ = ["Study", "accuracy_table", "describe", "supporting_share"]
