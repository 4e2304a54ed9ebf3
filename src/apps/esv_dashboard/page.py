"""The page: its layout before any video is on it, and the callbacks that fill in its panels.

Controls change the address in the browser (assets/address.js); the content of all panels depends on the address.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from esv_dashboard.catalogue import Catalogue, Model
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.markup import attributes, to_html
from esv_dashboard.panels import CARD_ROWS, MODEL_PANELS, PAGE_PANELS, address, heading, model_section, picker, player
from esv_dashboard.panels.card import Card
from esv_dashboard.panels.context import ModelContext, PageContext, PagePanel

INDEX = """<!DOCTYPE html>
<html lang="en">
  <head>
    {%metas%}
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{%title%}</title>
    <link rel="icon" href="assets/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="look.css">
    {%css%}
  </head>
  <body>
    <noscript>The dashboard needs JavaScript.</noscript>
    {%app_entry%}
    {%config%}
    {%scripts%}
    {%renderer%}
  </body>
</html>
"""

HELP = (
    "An Element Shapley Value (ESV) is what one frame adds to the model's score of a class: averaged over all ways of "
    "showing the model some of the frames first, and this one next. ",
    "Above zero the frame supports the class, below zero it distracts from it. ",
    "The ESVs of all frames and the class prior, which is the score of no frames at all, sum to the model's score.",
)


def layout(catalogue: Catalogue, upload_link: tuple[str, str] | None = None) -> Component:
    """The page for the models of a catalogue, with an optional link (its text, its address) to upload a video."""
    several = len(catalogue.models) > 1
    sections = [
        model_section.layout(index, model, _card_rows(model), several) for index, model in enumerate(catalogue.models)
    ]
    board = html.Div(
        [player.layout(), *sections],
        id="board",
        className="board",
        tabIndex=-1,
        **attributes(data_models="many" if several else "one"),
    )
    return html.Div(
        className="page",
        children=[
            dcc.Store(id="address"),
            dcc.Store(id="answer"),
            dcc.Store(id="scheme"),
            html.A("Skip to the video", href="#board", className="skip"),
            _header(catalogue, upload_link),
            html.Div(
                className="shell",
                children=[
                    html.Aside(picker.layout(catalogue), className="side"),
                    html.Main([address.layout(), heading.layout(catalogue), board]),
                ],
            ),
        ],
    )


def _card_rows(model: Model) -> list[tuple[str, list[Card]]]:
    return [(name, [card for card in cards if card.applies_to(model)]) for name, cards in CARD_ROWS.items()]


def _header(catalogue: Catalogue, upload_link: tuple[str, str] | None) -> Component:
    models = " and ".join(model.name for model in catalogue.models)
    datasets = dict.fromkeys(str(model.results.attrs.get("dataset", "")) for model in catalogue.models)
    dataset = ", ".join(name for name in datasets if name)
    return html.Header(
        className="top",
        children=[
            html.H1("Play Fair"),
            html.P(f"Which frames made {models} say that?{f' · {dataset}' if dataset else ''}", className="subtitle"),
            *([html.A(upload_link[0], href=upload_link[1], className="pill")] if upload_link else []),
            html.Details([html.Summary("Help", className="pill"), _help()], className="help", id="help"),
        ],
    )


def _help() -> Component:
    keys = (
        (html.Span("▲", className="supports-text"), "a frame that supports the class in focus: ESV above zero"),
        (html.Span("▽", className="distracts-text"), "a frame that distracts from it: ESV below zero"),
        (html.Span(className="key-line"), "the playhead: drag it, or use the arrow keys; space plays and pauses"),
        (html.Span("+", className="key-sign"), "a frame with an ESV above zero in a heat map; − one below"),
        (html.Span("▬", className="key-sign"), "bars are buttons: each adds its class to the plot or takes it away"),
    )
    return html.Div(
        className="help-panel",
        children=[
            html.P(HELP),
            html.Dl([part for sign, meaning in keys for part in (html.Dt(sign), html.Dd(meaning))]),
            html.P("Colours: the palette of Okabe and Ito, made for colour-blind eyes. The address holds all you see."),
        ],
    )


def register_callbacks(app: Dash, catalogue: Catalogue, frames: FrameStore) -> None:
    """Connect the panels to the address and to the colour scheme of the browser."""
    for index in range(len(catalogue.models)):
        _register_model(app, catalogue, frames, index)
    for panel in PAGE_PANELS:
        _register_panel(app, catalogue, frames, panel)
    app.clientside_callback(ClientsideFunction("esv", "colourScheme"), Output("scheme", "data"), Input("board", "id"))
    app.clientside_callback(ClientsideFunction("esv", "arrive"), Output("address", "data"), Input("board", "id"))
    app.clientside_callback(ClientsideFunction("esv", "complete"), Input("answer", "data"), prevent_initial_call=True)


def _register_panel(app: Dash, catalogue: Catalogue, frames: FrameStore, panel: PagePanel) -> None:
    @app.callback(output=_outputs(panel), inputs=_inputs())
    def update(query: str | None, scheme: str | None) -> dict[str, Any]:
        return _contents(panel, PageContext.from_address(catalogue, frames, query, scheme))


def _register_model(app: Dash, catalogue: Catalogue, frames: FrameStore, index: int) -> None:
    """One callback for all panels of a model, so that explanations are read once."""
    cards = [card for _, row in _card_rows(catalogue.models[index]) for card in row]
    panels = {name: give for panel in (*MODEL_PANELS, *(card.panel for card in cards)) for name, give in panel.items()}

    @app.callback(output=_outputs([*model_section.PANEL, *panels], f"-{index}"), inputs=_inputs())
    def update(query: str | None, scheme: str | None) -> dict[str, Any]:
        context = PageContext.from_address(catalogue, frames, query, scheme).of_model(index)
        contents = _contents(panels, context) if context.has_result else dict.fromkeys(panels, no_update)
        return _contents(model_section.PANEL, context) | contents

    for card in cards:
        component, component_property = card.figure_output.split(".")
        app.clientside_callback(
            ClientsideFunction("esv", "downloadPng"),
            Output(f"{card.name}-png-{index}", "title"),
            Input(f"{card.name}-png-{index}", "n_clicks"),
            State(f"{component}-{index}", component_property),
            State(f"{card.name}-csv-{index}", "href"),
            prevent_initial_call=True,
        )


def _inputs() -> dict[str, Input]:
    return {"query": Input("address", "data"), "scheme": Input("scheme", "data")}


def _outputs(names: Iterable[str], suffix: str = "") -> dict[str, Output]:
    """Dash outputs by "id.property"; the suffix is appended to the ids."""
    split = {name: name.split(".") for name in names}
    return {name: Output(f"{component}{suffix}", of) for name, (component, of) in split.items()}


def _contents(panel: Mapping[str, Callable[[Any], Any]], context: PageContext | ModelContext) -> dict[str, Any]:
    """Values of component properties by "id.property"."""
    values = {name: give(context) for name, give in panel.items()}
    return {name: to_html(value) if name.endswith(".data-html") else value for name, value in values.items()}
