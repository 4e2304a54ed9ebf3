"""The colours of all figures and pages, named once, for light and dark.

They are Okabe & Ito's ("Color Universal Design", 2008), made for colour-blind eyes: blue supports, vermillion
(orange in the dark) distracts, and classes, models and other series have the others.
"""

from dataclasses import dataclass

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
"""The fonts of pages, as CSS writes them: what the system has, nothing to fetch."""


@dataclass(frozen=True)
class Palette:
    """Colours as CSS writes them."""

    page: str
    """Behind everything."""
    surface: str
    """Of plots and cards."""
    raised: str
    """Of what is pressed or pointed at, and of what is not there yet."""
    line: str
    """Around cards and controls."""
    grid: str
    """Within plots."""
    ink: str
    muted: str
    supports: str
    distracts: str
    classes: tuple[str, ...]
    """Of the series of a plot, in order; the first is the ink."""

    @property
    def diverging(self) -> list[tuple[float, str]]:
        """From distracting (0) over nothing (0.5) to supporting (1)."""
        return [(0.0, self.distracts), (0.5, self.surface), (1.0, self.supports)]


LIGHT = Palette(
    page="#f4f5f6",
    surface="#ffffff",
    raised="#eef1f3",
    line="#d5dbe0",
    grid="#e3e7eb",
    ink="#1a1f24",
    muted="#57616b",
    supports="#0072b2",
    distracts="#d55e00",
    classes=("#1a1f24", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"),
)
DARK = Palette(
    page="#12161b",
    surface="#1a2027",
    raised="#242c35",
    line="#333d47",
    grid="#2f3841",
    ink="#e8ebee",
    muted="#a3adb7",
    supports="#56b4e9",
    distracts="#e69f00",
    classes=("#e8ebee", "#009e73", "#cc79a7", "#f0e442", "#d55e00"),
)

_ESTIMATORS = {
    "set_kernel": (LIGHT.ink, "o"),
    "layered": (LIGHT.classes[3], "^"),
    "surrogate": (LIGHT.classes[1], "D"),
    "permutations": (LIGHT.classes[4], "s"),
    "constructive": (LIGHT.classes[2], "h"),
    "KernelSHAP": (LIGHT.supports, "v"),
    "LeverageSHAP": (LIGHT.distracts, "X"),
    "SVARM": ("#8c6d31", "P"),
    "ProxySPEX": ("#7b3294", "*"),
    "PermutationSamplingSV": ("#8a949e", "<"),
}
"""Colour and marker of estimators of ESVs, those of other libraries included."""


def style_of_estimator(name: str) -> tuple[str, str]:
    """Return colour and marker of an estimator; those without an entry are drawn in the muted colour."""
    return _ESTIMATORS.get(name, (LIGHT.muted, "."))
