"""HTML of Dash components.

Dash's renderer checks every component on the page each time one of them changes: with hundreds of links, bars and
frames that takes longer than anything else. Components without callbacks are therefore sent as HTML, in the attribute
`data-html` of the component they go into; assets/fragments.js puts them on the page.
"""

from html import escape
from typing import Any

from dash import html
from dash.development.base_component import Component
from markupsafe import Markup

_NAMES = {"className": "class", "htmlFor": "for", "tabIndex": "tabindex", "autoComplete": "autocomplete"}
_WITHOUT_CONTENT = frozenset({"img", "input"})


class Input(Component):
    """`<input>` with properties named as in `dash.html`, for `to_html` only.

    Dash has no input that leaves its value to the browser.
    """

    def __init__(self, **properties: Any) -> None:
        self.properties = properties

    def to_plotly_json(self) -> dict[str, Any]:
        return {"props": dict(self.properties)}


def attributes(**named: str | int) -> dict[str, Any]:
    """Attributes with a hyphen in their name: aria_label="Video" -> {"aria-label": "Video"}."""
    return {name.replace("_", "-"): str(value) for name, value in named.items()}


def form_field(*content: Component, css_class: str = "") -> Component:
    """A label with its field, whose value stays in the browser."""
    return html.Div(className=f"field {css_class}", **attributes(data_html=to_html(list(content))))


def to_html(content: Any) -> str:
    """Components of `dash.html`, `Input`, text, and lists of them as HTML; all text but `Markup` is escaped."""
    if content is None:
        return ""
    if isinstance(content, list | tuple):
        return "".join(map(to_html, content))
    if not isinstance(content, Component):
        return str(content) if isinstance(content, Markup) else escape(str(content))
    tag = type(content).__name__.lower()
    properties = content.to_plotly_json()["props"]
    inside = properties.pop("children", None)
    start = " ".join([tag, *(text for name, value in properties.items() if (text := _attribute(name, value)))])
    return f"<{start}>" if tag in _WITHOUT_CONTENT else f"<{start}>{to_html(inside)}</{tag}>"


def _attribute(name: str, value: Any) -> str:
    name = _NAMES.get(name, name)
    if value is None or value is False:
        return ""
    if value is True:
        return name
    if isinstance(value, dict):
        value = ";".join(f"{rule}:{setting}" for rule, setting in value.items())
    return f'{name}="{escape(str(value))}"'
