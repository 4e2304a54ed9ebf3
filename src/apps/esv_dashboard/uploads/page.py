"""The page on which a person's own video is explained. What it does is in assets/explain.js."""

from collections.abc import Sequence

from dash import html

from esv_dashboard.markup import Input, attributes, to_html
from esv_dashboard.uploads.jobs import KEPT

_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Explain your own video · Play Fair</title>
    <link rel="icon" href="assets/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="look.css">
    <link rel="stylesheet" href="assets/style.css">
    <script src="assets/explain.js" defer></script>
  </head>
  <body>{body}</body>
</html>
"""


def upload_page(secret: str, model: str, class_names: Sequence[str], megabytes: int, max_frames: int) -> str:
    """The whole document. `secret` is what proves that a request comes from it; `model` says which model explains,
    and `class_names` are what it can be asked about."""
    file = Input(id="file", type="file", accept="video/*,.gif", required=True)
    frames = Input(id="frames", type="number", min=1, max=max_frames, value=8, required=True)
    name = Input(id="class-name", type="text", list="class-names", placeholder="A class, in full", autoComplete="off")
    form = html.Form(
        [
            html.Label(
                [
                    html.Strong("Choose a video, or drop one here"),
                    html.Span(id="chosen", className="muted"),
                    file,
                ],
                className="drop",
                htmlFor="file",
            ),
            html.Div([html.Label("Frames the model sees", htmlFor="frames"), frames], className="field"),
            html.Div([html.Label("Why not this? (optional)", htmlFor="class-name"), name], className="field"),
            html.Button("Explain it", id="explain", type="submit", className="step"),
            html.Datalist([html.Option(value=class_name) for class_name in class_names], id="class-names"),
        ],
        id="form",
        className="card upload",
        **attributes(data_secret=secret, data_megabytes=megabytes),
    )
    progress = html.Div(
        [
            html.P(id="status"),
            html.Div(className="progress", **attributes(aria_hidden="true")),
            html.Button("Stop", id="stop", type="button", className="step"),
        ],
        id="working",
        className="card working",
        hidden=True,
    )
    result = html.Section(
        [
            html.Div(
                [
                    html.H2(id="result-title"),
                    html.Nav(
                        [
                            html.A("See it in the dashboard", id="board", className="pill"),
                            html.A(
                                "In a tab of its own", id="alone", target="_blank", rel="noopener", className="pill"
                            ),
                        ],
                        className="ways",
                        **attributes(aria_label="Other ways to see it"),
                    ),
                ],
                className="card-head",
            ),
            html.Iframe(
                id="report", title="The explanation", sandbox="allow-scripts allow-downloads", className="report"
            ),
        ],
        id="result",
        hidden=True,
        className="result",
    )
    body = html.Div(
        [
            html.Header(
                [
                    html.H1("Play Fair"),
                    html.P("Which frames of your own video make a model say that?", className="subtitle"),
                    html.A("Back to the results", href="./", className="pill"),
                ],
                className="top",
            ),
            html.Main(
                [
                    form,
                    html.P(
                        "The video stays on this machine and is deleted as soon as it is explained; what was found, "
                        f"and a small copy of the video, when the dashboard ends or {KEPT} more are explained. At most "
                        f"{megabytes:,} MB. {model} says one of its own classes, whatever the video shows.",
                        className="muted fine",
                    ),
                    html.Div(id="message", role="alert", className="card message", hidden=True),
                    html.Div(progress, **attributes(aria_live="polite")),
                    result,
                ]
            ),
        ],
        className="page",
    )
    return _DOCUMENT.format(body=to_html(body))
