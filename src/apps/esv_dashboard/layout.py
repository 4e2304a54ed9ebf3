"""The page before any video is on it: every part that callbacks fill in."""

from dash import dcc, html
from dash.development.base_component import Component

from esv_dashboard.catalogue import Catalogue, Model
from esv_dashboard.markup import Input, attributes, to_html

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
GRAPHS = ("esv", "waterfall", "scales", "interactions")
"""Kinds of plots each model has; their ids are {kind}-{model index}."""


def page(catalogue: Catalogue, upload_link: tuple[str, str] | None = None) -> Component:
    """Everything, for the models of a catalogue; and a link (its words, its address) to explain one's own video."""
    several = len(catalogue.models) > 1
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
                    _picker(catalogue),
                    html.Main(
                        [
                            html.Div(id="notices", role="status"),
                            _heading(catalogue),
                            html.Div(
                                [
                                    _video_card(),
                                    *(_panel(index, model, several) for index, model in enumerate(catalogue.models)),
                                ],
                                id="board",
                                className="board",
                                tabIndex=-1,
                                **attributes(data_models="many" if several else "one"),
                            ),
                        ]
                    ),
                ],
            ),
        ],
    )


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


def _picker(catalogue: Catalogue) -> Component:
    names, counts = catalogue.class_names, catalogue.videos_per_class
    in_order = sorted((name, class_id) for class_id, name in enumerate(names) if counts[class_id])
    options = [html.Option(f"{name} ({counts[class_id]:,})", value=str(class_id)) for name, class_id in in_order]
    return html.Aside(
        html.Details(
            open=True,
            id="picker",
            className="card picker",
            children=[
                html.Summary(["Videos ", html.Span(id="count", className="muted")]),
                _field(
                    html.Label("Search", htmlFor="search"),
                    Input(id="search", type="search", placeholder="Id or words of the class", autoComplete="off"),
                ),
                _field(
                    html.Label("Class", htmlFor="class"),
                    html.Select([html.Option("All classes", value=""), *options], id="class"),
                ),
                _group("Prediction", "verdict"),
                html.Nav(id="steps", className="steps", **attributes(aria_label="Step through the videos")),
                html.Nav(id="videos", className="videos", **attributes(aria_label="Videos found")),
                html.Nav(id="pages", className="pages", **attributes(aria_label="Pages of the list")),
                html.Div(id="list-note", className="empty"),
            ],
        ),
        className="side",
    )


def _field(*content: Component, css_class: str = "") -> Component:
    """A label and what it is of. Form fields keep their values in the browser (assets/address.js), not in Dash."""
    return html.Div(className=f"field {css_class}", **attributes(data_html=to_html(list(content))))


def _group(title: str, name: str) -> Component:
    """A row of buttons under a title."""
    return html.Div(
        [
            html.Div(title, id=f"{name}-label", className="label"),
            html.Div(id=name, className="segments", role="group", **attributes(aria_labelledby=f"{name}-label")),
        ],
        className="field",
    )


def _heading(catalogue: Catalogue) -> Component:
    numbers = catalogue.n_frames
    ticks = [html.Span(str(number), className="tick") for number in numbers]
    # The slider counts positions: the numbers of frames may have gaps.
    slider = Input(
        id="n",
        type="range",
        max=len(numbers) - 1,
        value=len(numbers) - 1,
        disabled=len(numbers) == 1,
        **attributes(data_numbers=" ".join(map(str, numbers))),
    )
    return html.Div(
        className="heading",
        children=[
            html.Div([html.H2(id="title"), html.P(id="subtitle", className="muted")]),
            _field(
                html.Label(["Frames fed to the model: ", html.Strong(id="n-shown")], htmlFor="n"),
                slider,
                html.Div(ticks, className="ticks", **attributes(aria_hidden="true")),
                css_class="frames-fed",
            ),
            _group("Explain the score of", "focus"),
        ],
    )


def _video_card() -> Component:
    return html.Section(
        className="card video-card",
        **attributes(aria_label="Video"),
        children=[
            html.Div(id="video-box", className="video-box"),
            html.Div(
                [
                    html.Button("Pause", id="play", type="button", **attributes(aria_label="Pause the video")),
                    html.Span("", id="clock", className="clock"),
                ],
                className="transport",
            ),
            html.Ul(id="verdicts", className="verdicts"),
        ],
    )


def _panel(index: int, model: Model, several: bool) -> Component:
    cards = [
        html.Div(
            [
                _card(
                    index,
                    "esv",
                    "Which frames support it",
                    [
                        html.Div([_graph(index, "esv"), *_overlay()], className="plot", **attributes(data_plot=index)),
                        html.Div(
                            id=f"strip-{index}", className="strip", role="group", **attributes(aria_label="Film strip")
                        ),
                    ],
                ),
                _card(
                    index,
                    "predictions",
                    "What the model says",
                    html.Div(id=f"predictions-{index}", className="bars-box"),
                ),
                _card(index, "waterfall", "How the score adds up", _graph(index, "waterfall")),
            ],
            className="primary",
        ),
        html.Div(
            [
                _card(
                    index, "scales", "More or fewer frames", _graph(index, "scales"), hidden=len(model.n_frames) == 1
                ),
                _card(index, "interactions", "Which frames work together", _graph(index, "interactions")),
            ],
            className="secondary",
        ),
    ]
    heading = [html.H3(model.name, className="model-name")] if several else []
    return html.Section(
        [
            *heading,
            html.Div(id=f"empty-{index}", className="card empty", hidden=True),
            html.Div(cards, id=f"cards-{index}", className="cards"),
        ],
        className="model",
        **attributes(aria_label=f"Model {model.name}"),
    )


def _card(index: int, kind: str, title: str, body: Component | list[Component], hidden: bool = False) -> Component:
    return html.Section(
        className=f"card {kind}-card",
        id=f"{kind}-card-{index}",
        hidden=hidden,
        children=[
            html.Div(
                [
                    html.H3(title),
                    html.Div(
                        [
                            html.Button(
                                "PNG", id=f"{kind}-png-{index}", type="button", title="Download the plot as PNG"
                            ),
                            html.A("CSV", id=f"{kind}-csv-{index}", href="#", title="Download the values as CSV"),
                        ],
                        className="actions",
                    ),
                ],
                className="card-head",
            ),
            html.P(id=f"{kind}-caption-{index}", className="caption"),
            html.Div(body, className="card-body"),
            *([dcc.Store(id=f"{kind}-figure-{index}")] if kind == "predictions" else []),
        ],
    )


def _graph(index: int, kind: str) -> Component:
    return html.Div(
        dcc.Graph(
            id=f"{kind}-{index}",
            className="graph",
            responsive=True,
            config={"displayModeBar": False, "doubleClick": False},
        ),
        id=f"{kind}-picture-{index}",
        className=f"picture {kind}-picture",
        role="img",
        **attributes(aria_label="Plot"),
    )


def _overlay() -> list[Component]:
    """What moves over the ESV plot in the browser (assets/sync.js)."""
    slider = attributes(aria_label="Playhead", aria_valuemin=0, aria_valuemax=0, aria_valuenow=0)
    return [
        html.Div(className="ring", **attributes(aria_hidden="true")),
        html.Div(className="playhead", role="slider", tabIndex=0, **slider),
    ]
