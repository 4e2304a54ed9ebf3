"""Format means with intervals for summaries and findings."""

import pandas as pd

from play_fair.analysis.bootstrap import Interval
from play_fair.formatting import interval


def share(row: pd.Series, value: str = "share") -> str:
    """88.6 % [84.6, 92.0]."""
    return interval(100 * row[value], 100 * row["low"], 100 * row["high"], 1, unit="%")


def esv(row: pd.Series, value: str = "esv") -> str:
    """0.086 [0.080, 0.091]."""
    return interval(row[value], row["low"], row["high"])


def points(difference: Interval) -> str:
    """+12.0 points [3.1, 20.8]."""
    mean, low, high = difference
    return interval(100 * mean, 100 * low, 100 * high, 1, sign=True, unit="points")


def esv_difference(difference: Interval) -> str:
    """+0.027 [+0.015, +0.038]."""
    return interval(*difference, sign=True)


def is_clear(difference: Interval) -> bool:
    """Whether the interval excludes 0."""
    return difference.low > 0 or difference.high < 0


def verdict(difference: Interval) -> str:
    """Larger or smaller, where the interval excludes 0."""
    if not is_clear(difference):
        return "no clear difference"
    return "larger" if difference.low > 0 else "smaller"
