"""Format rows of tables with means and intervals."""

import pandas as pd

from play_fair.analysis.bootstrap import Interval
from play_fair.formatting import interval


def share(row: pd.Series, value: str = "share") -> str:
    """88.6 % [84.6, 92.0]."""
    return interval(100 * row[value], 100 * row["low"], 100 * row["high"], 1, unit="%")


def esv(row: pd.Series, value: str = "esv") -> str:
    """0.086 [0.080, 0.091]."""
    return interval(row[value], row["low"], row["high"])


def points(change: Interval) -> str:
    """+12.0 points [3.1, 20.8]."""
    mean, low, high = change
    return interval(100 * mean, 100 * low, 100 * high, 1, sign=True, unit="points")


def trend(change: Interval) -> str:
    """Whether a mean rises or falls, given the interval of its change."""
    if change.low > 0:
        return "rises"
    return "falls" if change.high < 0 else "does not clearly change"
