"""The panels of the page, a module each. A new panel is a module with a `CARD` or a `PANEL`, and an entry here."""

from esv_dashboard.panels import (
    address,
    esvs,
    fewer_frames,
    heading,
    interactions,
    overview,
    picker,
    player,
    scores,
    twin,
    waterfall,
    what_if,
)
from esv_dashboard.panels.card import Card
from esv_dashboard.panels.context import PagePanel

EVIDENCE: tuple[Card, ...] = (esvs.CARD, twin.CARD)
"""Cards of each model below the video."""

DETAILS: tuple[Card, ...] = (waterfall.CARD, what_if.CARD, interactions.CARD, fewer_frames.CARD)
"""Cards below the ESVs of all models, in the section of each model."""

CARDS: tuple[Card, ...] = (scores.CARD, *EVIDENCE, *DETAILS)
"""All cards of a model."""

PAGE_PANELS: tuple[PagePanel, ...] = (
    *(overview.PANEL, heading.PANEL, twin.PANEL, player.PANEL, picker.PANEL, address.PANEL),
)
"""Panels that the page has once."""
