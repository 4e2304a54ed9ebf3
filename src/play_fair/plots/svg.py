"""Write figures as png and svg, and as svg elements of a page whose colours are the page's own."""

import re
from collections.abc import Callable
from html import escape
from io import StringIO
from pathlib import Path

from markupsafe import Markup
from matplotlib.figure import Figure

from play_fair.files import atomic_path
from play_fair.palette import LIGHT
from play_fair.plots.style import styled

_VARIABLES = {
    LIGHT.ink: "--ink",
    LIGHT.muted: "--muted",
    LIGHT.grid: "--grid",
    LIGHT.surface: "--surface",
    LIGHT.supports: "--supports",
    LIGHT.distracts: "--distracts",
    **{colour: f"--class-{index}" for index, colour in enumerate(LIGHT.classes) if index},
}


def svg_element(figure: Figure, name: str, label: str) -> Markup:
    """Draw a figure as an element of an HTML page, in the page's light or dark colours; templates do not escape it.

    Args:
        name: makes the ids within it unlike those of the other figures of the page.
        label: describes the figure to those who cannot see it.
    """
    with styled(name), StringIO() as file:
        figure.savefig(file, format="svg")
        return _element(file.getvalue(), label)


def _element(content: str, label: str) -> Markup:
    """An svg file as an element of a page."""
    element = content[content.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r' xmlns(:\w+)?="[^"]*"', "", element).replace("xlink:href", "href")
    used = set(re.findall(r'(?:url\(|href=")#([\w-]+)', element))
    element = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", element)
    for colour, variable in _VARIABLES.items():
        element = element.replace(colour, f"var({variable})")
    return Markup(element.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1))


def save(figure: Figure, stem: Path) -> None:
    """Write stem.png and stem.svg, atomically; the same figure gives the same bytes."""
    with styled(stem.name):
        for suffix, metadata in ((".png", {}), (".svg", {"Date": None})):
            with atomic_path(stem.with_name(stem.name + suffix)) as part:
                figure.savefig(part, dpi=160, metadata=metadata)


def save_and_show(draw: Callable[[bool], Figure], stem: Path, label: str) -> tuple[Markup, Markup]:
    """Write a figure as png and svg; returns it as elements of a page: for a desk, and for a phone.

    Args:
        draw: draws the figure, or, called with True, one that is narrow.
        stem, label: see `save` and `svg_element`.
    """
    with styled(stem.name):
        wide, narrow = draw(False), draw(True)
    save(wide, stem)
    content = stem.with_name(f"{stem.name}.svg").read_text(encoding="utf-8")  # drawing it again would take as long
    return _element(content, label), svg_element(narrow, f"{stem.name} narrow", label)
