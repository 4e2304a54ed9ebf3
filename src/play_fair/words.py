"""Numbers in words, the same in all reports and in the dashboard."""


def signed(value: float, digits: int = 3) -> str:
    """With its sign and a true minus: +0.123, −0.045, 0.000."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def brief(value: float, sign: bool = False) -> str:
    """Two digits without a leading zero, for the little room in a plot: .12, 1.00; with `sign` +.12 for .12."""
    text = signed(value, 2) if sign else signed(value, 2).lstrip("+")
    return text if float(text.replace("−", "-")) == 0 else text.replace("0.", ".", 1)


def percent(value: float) -> str:
    """71.3 %, which does not break."""
    return f"{100 * value:.1f}\N{NO-BREAK SPACE}%"


def shortened(name: str, most: int = 60) -> str:
    """A class name that fits on a line."""
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def plural(count: int, noun: str) -> str:
    """1 video, 2 videos, 1,234 videos."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
