"""Colours of the figures, for light and dark; the page itself has the same ones in assets/style.css.

The palette is Okabe & Ito's ("Color Universal Design", 2008), made for colour-blind eyes: blue supports, vermillion
(orange in the dark) distracts, and the classes have the others.
"""

from dataclasses import dataclass
from typing import Any

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


@dataclass(frozen=True)
class Theme:
    """Colours as CSS writes them."""

    ink: str
    muted: str
    grid: str
    surface: str
    supports: str
    distracts: str
    classes: tuple[str, ...]
    """In the order in which classes are added to the plot."""

    @property
    def diverging(self) -> list[tuple[float, str]]:
        """From distracting over nothing to supporting."""
        return [(0.0, self.distracts), (0.5, self.surface), (1.0, self.supports)]


LIGHT = Theme(
    ink="#1a1f24",
    muted="#57616b",
    grid="#e3e7eb",
    surface="#ffffff",
    supports="#0072b2",
    distracts="#d55e00",
    classes=("#1a1f24", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"),
)
DARK = Theme(
    ink="#e8ebee",
    muted="#a3adb7",
    grid="#2f3841",
    surface="#1a2027",
    supports="#56b4e9",
    distracts="#e69f00",
    classes=("#e8ebee", "#009e73", "#cc79a7", "#f0e442", "#d55e00"),
)
THEMES = {"light": LIGHT, "dark": DARK}

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
"""One for each class, so that lines differ by more than colour."""


def base_layout(theme: Theme, caption: str) -> dict[str, Any]:
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


def axis(theme: Theme, title: str = "", **more: Any) -> dict[str, Any]:
    """A quiet axis that stays where it is."""
    return {
        "title": {"text": title, "standoff": 8},
        "fixedrange": True,
        "gridcolor": theme.grid,
        "zeroline": False,
        "tickcolor": theme.grid,
        "automargin": False,
        **more,
    }
