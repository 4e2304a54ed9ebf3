"""How all plots look. The colours are `play_fair.palette`'s, as are those of the page."""

from typing import Any

from play_fair.palette import DARK, FONT, LIGHT, Palette

THEMES = {"light": LIGHT, "dark": DARK}

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "dot", "longdashdot", "solid", "dash", "dot")
_SVG_DASHES = {
    "solid": "none",
    "dash": "7 4",
    "dot": "2 3",
    "dashdot": "7 3 2 3",
    "longdash": "12 4",
    "longdashdot": "12 3 2 3",
}
MAX_LINES = len(_DASHES)
"""As many lines as can be told apart: the second five have the colours of the first, with other dashes."""


def line_style(theme: Palette, slot: int) -> tuple[str, str]:
    """Colour and dash of a class in the ESV plot, by when it was added."""
    return theme.classes[slot % len(theme.classes)], _DASHES[slot]


def svg_line_style(theme: Palette, slot: int) -> tuple[str, str]:
    """The same as SVG writes it: stroke and stroke-dasharray."""
    colour, dash = line_style(theme, slot)
    return colour, _SVG_DASHES[dash]


def base_layout(theme: Palette, caption: str) -> dict[str, Any]:
    """What all figures share. `caption` is the title of a downloaded picture; on the page it is above the plot."""
    return {
        "font": {"family": FONT, "size": 12, "color": theme.muted},
        "paper_bgcolor": theme.surface,
        "plot_bgcolor": theme.surface,
        "showlegend": False,
        "dragmode": False,
        "meta": {"caption": caption},
        "hoverlabel": {
            "bgcolor": theme.surface,
            "bordercolor": theme.muted,
            "font": {"family": FONT, "size": 12, "color": theme.ink},
            "align": "left",
        },
    }


def axis(theme: Palette, title: str = "", **more: Any) -> dict[str, Any]:
    """A quiet axis that stays where it is."""
    return {
        "title": {"text": title, "standoff": 8},
        "fixedrange": True,
        "gridcolor": theme.grid,
        "zeroline": False,
        "tickcolor": theme.grid,
        "automargin": False,
        "exponentformat": "none",
        **more,
    }
