"""The scores of the most likely classes, as bars that add a class to the ESV plot or take it out."""

from collections.abc import Iterator
from html import escape

import numpy as np
import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from esv_dashboard.controls import line_sample
from esv_dashboard.markup import attributes
from esv_dashboard.panels.card import Card, Row
from esv_dashboard.panels.context import ModelContext
from esv_dashboard.plotting import MAX_LINES, axis, layout
from esv_dashboard.view import can_toggle
from play_fair.formatting import percent, plural, shortened

TOP = 10


def shown_classes(context: ModelContext) -> list[int]:
    """The `TOP` classes with the highest scores, the class of the video, and those in the ESV plot, best first."""
    best_first = np.argsort(-context.explanation.scores, kind="stable").tolist()
    shown = {*best_first[:TOP], context.video.label, *context.view.classes}
    return [class_id for class_id in best_first if class_id in shown]


def caption(context: ModelContext) -> str:
    """How many frames the model was given."""
    return f"Scores of {plural(len(context.explanation.values), 'frame')}."


def figure(context: ModelContext) -> go.Figure:
    """The bars as a picture, for downloads."""
    explanation, theme, classes = context.explanation, context.theme, shown_classes(context)
    label, scores = context.video.true_class, explanation.scores[classes].tolist()
    names = [
        escape(shortened(explanation.class_name(class_id)), quote=False)
        + (" (true class)" if class_id == label else "")
        for class_id in classes
    ]
    bars = go.Bar(
        x=scores,
        y=names,
        orientation="h",
        text=[percent(score) for score in scores],
        textposition="outside",
        cliponaxis=False,
        marker={"color": [theme.supports if class_id == label else theme.muted for class_id in classes]},
    )
    return go.Figure(
        [bars],
        layout(
            theme,
            margin={"l": 16, "r": 64, "t": 12, "b": 44},
            xaxis=axis(theme, "Score", range=[0, 1]),
            yaxis=axis(theme, autorange="reversed", showgrid=False, automargin=True),
        ),
    )


def bars(context: ModelContext) -> Component:
    """The bars as buttons; pressed ones have a line in the ESV plot."""
    return html.Ol([html.Li(_bar(context, class_id)) for class_id in shown_classes(context)], className="bars")


def _bar(context: ModelContext, class_id: int) -> Component:
    view, score = context.view, float(context.explanation.scores[class_id])
    is_true, in_plot = class_id == context.video.true_class, class_id in view.classes
    sample = line_sample(context.theme, view.classes.index(class_id)) if in_plot else html.Span("+", className="add")
    badge = [html.Span("true class", className="badge")] if is_true else []
    return html.Button(
        [
            html.Span(sample, className="bar-sample", **attributes(aria_hidden="true")),
            html.Span([context.explanation.class_name(class_id), *badge], className="bar-name"),
            html.Span(percent(score), className="bar-score"),
            html.Span(className="bar-fill", style={"width": f"{100 * score:.2f}%"}),
        ],
        type="button",
        className="bar true" if is_true else "bar",
        title=_tooltip(in_plot, can_toggle(view, class_id)),
        disabled=not can_toggle(view, class_id),
        **attributes(data_toggle=class_id, aria_pressed="true" if in_plot else "false"),
    )


def _tooltip(in_plot: bool, can_change: bool) -> str:
    if can_change:
        return "Take it out of the ESV plot" if in_plot else "Add it to the ESV plot"
    return "The only class in the ESV plot: one stays" if in_plot else f"The ESV plot holds {MAX_LINES} classes at most"


def rows(context: ModelContext) -> Iterator[Row]:
    """Scores and priors of the classes."""
    explanation = context.explanation
    for class_id in shown_classes(context):
        score, prior = explanation.scores[class_id], explanation.prior[class_id]
        yield (class_id, explanation.class_name(class_id), score, prior, int(class_id == context.video.true_class))


CARD = Card(
    name="predictions",
    title="What the model says",
    caption=caption,
    figure=figure,
    columns=("class_id", "class", "score", "prior", "is_true_class"),
    rows=rows,
    hint="Press a bar to plot its class.",
    body=bars,
)
