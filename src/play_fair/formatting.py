"""Format numbers, counts and names as text, with typographic minus signs."""

from collections.abc import Sequence
from math import isnan

SPACE = "\N{NO-BREAK SPACE}"
"""Between a number, its unit and its interval."""


def number(value: float, digits: int = 3) -> str:
    """Format with a true minus: 0.123, −0.045; 0.000 without a sign; – for NaN."""
    return "–" if isnan(value) else signed(value, digits).lstrip("+")


def signed(value: float, digits: int = 3) -> str:
    """Format with a sign: +0.123, −0.045; 0.000 without."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def brief(value: float, sign: bool = False) -> str:
    """Format with two digits and no leading zero, for labels of bars: .12, 1.00; with `sign` +.12 for .12."""
    text = signed(value, 2) if sign else number(value, 2)
    return text if float(text.replace("−", "-")) == 0 else text.replace("0.", ".", 1)


def percent(value: float) -> str:
    """Format a share of 1 as 71.3 %, with a no-break space."""
    return f"{number(100 * value, 1)}{SPACE}%"


def interval(mean: float, low: float, high: float, digits: int = 3, *, sign: bool = False, unit: str = "") -> str:
    """Format a mean with its confidence interval: 0.086 [0.080, 0.091].

    The mean stands alone where the ends are NaN; – for a mean of NaN.

    Args:
        sign: write + before positive numbers.
        unit: of the mean, such as "%".
    """
    if isnan(mean):
        return "–"
    write = signed if sign else number
    text = f"{write(mean, digits)}{SPACE}{unit}" if unit else write(mean, digits)
    return text if isnan(low) else f"{text}{SPACE}[{write(low, digits)},{SPACE}{write(high, digits)}]"


def duration(seconds: float) -> str:
    """Format a number of seconds: 7 s, 3 min, 2 h 5 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def score_sum(prior: float, total: float, score: float) -> str:
    """Format how ESVs add up: prior 0.100 + ESVs +0.727 = score 0.827."""
    return f"prior {number(prior)} + ESVs {signed(total)} = score {number(score)}"


def shortened(name: str, most: int = 60) -> str:
    """Shorten a class name to `most` characters."""
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def plural(count: int, noun: str) -> str:
    """Format a count with its noun: 1 video, 2 videos, 1,234 videos."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def join_with_and(parts: Sequence[str]) -> str:
    """Join as a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
