"""The page: its layout before any video is on it, and the callbacks that fill in its panels.

Controls change the address in the browser (assets/address.js); the content of all panels depends on the address.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, html
from dash.development.base_component import Component

from esv_dashboard.catalogue import Catalogue, Model
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.markup import attributes, to_html
from esv_dashboard.panels import (
    CARDS,
    DETAILS,
    EVIDENCE,
    PAGE_PANELS,
    address,
    heading,
    overview,
    picker,
    player,
    scores,
)
from esv_dashboard.panels.card import Card
from esv_dashboard.panels.context import PageContext, PagePanel
from play_fair.formatting import plural

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
    <script src="player.js"></script>
  </body>
</html>
"""


HOME = "video=&why=&focus=&against=&page="
"""Change of the address that leads to the overview."""


def layout(catalogue: Catalogue, links: Sequence[tuple[str, str]] = ()) -> Component:
    """The page for the models of a catalogue, with links (text and address) to other pages."""
    several = len(catalogue.models) > 1
    models = list(enumerate(catalogue.models))
    stage = html.Div([player.layout(), *(scores.CARD.layout(index) for index, _ in models)], className="stage")
    notes = [html.Div(id=f"empty-{index}", className="card empty") for index, _ in models]
    shown = [part for index, _ in models for part in (notes[index], *(card.layout(index) for card in EVIDENCE))]
    details = html.Div([_details(index, model, several) for index, model in models], className="details")
    board = html.Div(
        [stage, *shown, details],
        id="board",
        className="board",
        tabIndex=-1,
        **attributes(data_models="many" if several else "one"),
    )
    return html.Div(
        className="page",
        children=[
            html.Div(id="address", hidden=True),
            html.Div(id="answer", hidden=True),
            html.A("Skip to the video", href="#board", className="skip"),
            _header(catalogue, links),
            html.Div(
                className="shell",
                children=[
                    html.Aside(picker.layout(catalogue), className="side"),
                    html.Main(
                        [address.layout(), overview.layout(), heading.layout(catalogue), board],
                        id="main",
                        **attributes(data_view=""),
                    ),
                ],
            ),
        ],
    )


def _details(index: int, model: Model, has_name: bool) -> Component:
    """The cards of one model below the ESVs of all."""
    cards = [card.layout(index) for card in DETAILS if card.applies_to(model)]
    name = [html.H3(model.name, className="model-name")] if has_name else []
    return html.Section([*name, html.Div(cards, className="cards")], **attributes(aria_label=f"Model {model.name}"))


def _header(catalogue: Catalogue, links: Sequence[tuple[str, str]]) -> Component:
    models = " and ".join(model.name for model in catalogue.models)
    datasets = dict.fromkeys(str(model.results.attrs.get("dataset", "")) for model in catalogue.models)
    dataset = ", ".join(name for name in datasets if name)
    return html.Header(
        className="top",
        children=[
            html.H1(html.A("Play Fair", href="./", title="All videos together", **attributes(data_change=HOME))),
            html.P(f"Which frames made {models} say that?{f' · {dataset}' if dataset else ''}", className="subtitle"),
            *(html.A(text, href=address, className="pill") for text, address in links),
            html.Details([html.Summary("Help", className="pill"), _help()], className="help", id="help"),
        ],
    )


def _help() -> Component:
    keys = (
        (html.Span("▲", className="supports-text"), "a frame that supports the explained class: ESV above zero"),
        (html.Span("▽", className="distracts-text"), "a frame that distracts from it: ESV below zero, hatched"),
        (html.Span(className="key-line"), "the playhead: drag it, or use the arrow keys; space plays and pauses"),
        (html.Span("+", className="key-sign"), "a value above zero in a heat map; − one below"),
        (html.Span("▬", className="key-sign"), "bars are buttons: press one to explain its class"),
    )
    return html.Div(
        className="help-panel",
        children=[
            html.P(overview.WHAT_IS_AN_ESV),
            html.Dl([part for sign, meaning in keys for part in (html.Dt(sign), html.Dd(meaning))]),
            html.P("Keys: j and k go to the next and the previous video, space plays and pauses, ? opens this help."),
            html.P("Colours: the palette of Okabe and Ito, made for colour-blind eyes. The address holds all you see."),
        ],
    )


def register_callbacks(app: Dash, catalogue: Catalogue, frames: FrameStore) -> None:
    """Connect the panels to the address."""
    panels = {name: give for panel in (*PAGE_PANELS, _models_panel(catalogue)) for name, give in panel.items()}
    split = {name: name.split(".") for name in panels}
    outputs = {name: Output(component, of) for name, (component, of) in split.items()}

    # One request for all: the parts of the page are always of one view.
    @app.callback(output=outputs, inputs={"query": Input("address", "data-query")})
    def update(query: str | None) -> dict[str, Any]:
        context = PageContext.from_address(catalogue, frames, query)
        values = {name: give(context) for name, give in panels.items()}
        return {name: to_html(value) if name.endswith(".data-html") else value for name, value in values.items()}

    app.clientside_callback(ClientsideFunction("esv", "arrive"), Output("address", "data-query"), Input("board", "id"))
    complete = ClientsideFunction("esv", "complete")
    app.clientside_callback(complete, Input("answer", "data-json"), prevent_initial_call=True)


def _models_panel(catalogue: Catalogue) -> PagePanel:
    """All cards of all models, and the notes that stand in their place."""
    panel: dict[str, Any] = {}
    for index, model in enumerate(catalogue.models):
        for card in CARDS:
            if card.applies_to(model):
                panel[f"{card.name}-card-{index}.data-html"] = partial(_contents, card, index)
        panel[f"empty-{index}.data-html"] = partial(_no_result_note, index)
    return panel


def _contents(card: Card, index: int, context: PageContext) -> list[Component]:
    return card.contents(context.models[index])


def _no_result_note(index: int, context: PageContext) -> list[Component]:
    """What stands in place of the cards of a model; nothing if there is a result."""
    if context.video is None or context.explanations[index] is not None:
        return []
    model = context.catalogue.models[index]
    known = ", ".join(map(str, model.explain_all(context.video.uid)))
    note = (
        f"for {plural(context.view.n_frames, 'frame')} of this video, but for {known}." if known else "for this video."
    )
    return [html.Strong(f"No result of {model.name}"), html.Span(note)]
