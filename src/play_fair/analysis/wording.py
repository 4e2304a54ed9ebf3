"""Numbers as words: every sentence of a report is made of the data it is about."""

import numpy as np
import pandas as pd

from play_fair.analysis.bootstrap import Interval

SPACE = "\N{NO-BREAK SPACE}"
"""Within a number, its unit and its interval."""


def share(row: pd.Series, value: str = "share") -> str:
    """88.6 % [84.6, 92.0]."""
    return with_interval(100 * row[value], 100 * row["low"], 100 * row["high"], "{:.1f}", f"{SPACE}%")


def esv(row: pd.Series, value: str = "esv") -> str:
    """0.086 [0.080, 0.091]."""
    return with_interval(row[value], row["low"], row["high"], "{:.3f}")


def points(interval: Interval) -> str:
    """+12.0 points [3.1, 20.8]."""
    mean, low, high = interval
    return with_interval(100 * mean, 100 * low, 100 * high, "{:+.1f}", f"{SPACE}points")


def signed(interval: Interval) -> str:
    """+0.026 [+0.017, +0.035]."""
    return with_interval(*interval, "{:+.3f}")


def with_interval(mean: float, low: float, high: float, number: str, unit: str = "") -> str:
    """A mean and its interval; the interval is left out where there is none."""
    if np.isnan(mean):
        return "unknown"
    said = plain(mean, number) + unit
    return said if np.isnan(low) else f"{said}{SPACE}[{plain(low, number)},{SPACE}{plain(high, number)}]"


def plain(value: float, number: str) -> str:
    """A number with the sign −, and none if it is shown as 0."""
    shown = number.format(value)
    return shown.replace("-", "−") if float(shown) else shown.replace("-", "").replace("+", "")


def trend(change: Interval) -> str:
    """What can be said of a change, given its interval."""
    if change.low > 0:
        return "rises"
    return "falls" if change.high < 0 else "does not clearly change"
