"""The panels of the page, a module each. A new panel is a module with a `CARD` or a `PANEL`, and an entry here."""

from esv_dashboard.panels import (
    address,
    esv,
    heading,
    interactions,
    picker,
    player,
    predictions,
    scales,
    strip,
    waterfall,
)
from esv_dashboard.panels.card import Card
from esv_dashboard.panels.context import ModelPanel, PagePanel

CARD_ROWS: dict[str, tuple[Card, ...]] = {
    "primary": (esv.CARD, predictions.CARD, waterfall.CARD),
    "secondary": (scales.CARD, interactions.CARD),
}
"""Cards of each model, by the CSS class of their row."""

MODEL_PANELS: tuple[ModelPanel, ...] = (strip.PANEL,)
"""Other panels of each model; they are part of a card."""

PAGE_PANELS: tuple[PagePanel, ...] = (heading.PANEL, player.PANEL, picker.PANEL, address.PANEL)
"""Panels that the page has once. The browser requests them in this order."""
