"""Buttons and links that lead to another view, and the marks that several panels show.

A control holds the change of the address that it makes (`data-change`); assets/address.js applies it.
"""

from typing import Any

from dash import html
from dash.development.base_component import Component

from esv_dashboard.catalogue import ABSENT, CORRECT, MIXED, UNKNOWN, WRONG
from esv_dashboard.markup import attributes
from esv_dashboard.view import View, to_change, to_query

_MARKS = {
    CORRECT: ("✓", "correct"),
    WRONG: ("✗", "wrong"),
    MIXED: ("≠", "models disagree"),
    UNKNOWN: ("·", "true class unknown"),
    ABSENT: ("·", "no result"),
}


def view_button(content: str | list[Any], view: View, leads_to: View, pressed: bool) -> Component:
    """A button of a group, of which one is pressed."""
    state = attributes(aria_pressed="true" if pressed else "false", data_change=to_change(view, leads_to))
    return html.Button(content, type="button", className="segment", **state)


def view_link(content: str | list[Any], view: View, leads_to: View, css_class: str, **state: str) -> Component:
    """A link; `state` are attributes with underscores for hyphens."""
    more = attributes(data_change=to_change(view, leads_to), **state)
    return html.A(content, href=to_query(leads_to), className=css_class, **more)


def control_group(title: str, name: str) -> Component:
    """An empty row of buttons under a title."""
    return html.Div(
        [
            html.Div(title, id=f"{name}-label", className="label"),
            html.Div(id=name, className="segments", role="group", **attributes(aria_labelledby=f"{name}-label")),
        ],
        className="field",
    )


def verdict_meaning(verdict: int) -> str:
    """A verdict of the catalogue in words."""
    return _MARKS[verdict][1]


def verdict_mark(verdict: int, **more: Any) -> Component:
    """The sign of a verdict of the catalogue; `more` are its attributes."""
    sign, meaning = _MARKS[verdict]
    return html.Span(sign, className=f"mark mark-{meaning.split()[-1]}", **more)
