"""The scores of the most likely classes, as bars that choose the class to explain."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from dash import html
from dash.development.base_component import Component

from esv_dashboard.markup import attributes
from esv_dashboard.panels.card import Card, Row
from esv_dashboard.panels.context import ModelContext
from esv_dashboard.view import to_change
from play_fair.formatting import percent, plural

TOP = 5


def shown_classes(context: ModelContext) -> list[int]:
    """The `TOP` classes with the highest scores, the true class, and those that are explained, best first."""
    best_first = _ranking(context)
    shown = {*best_first[:TOP], context.video.label, context.esvs.class_id, context.esvs.other}
    return [class_id for class_id in best_first if class_id in shown]


def _ranking(context: ModelContext) -> list[int]:
    return np.argsort(-context.explanation.scores, kind="stable").tolist()


def caption(context: ModelContext) -> str:
    """How many frames the model was given."""
    return f"Scores of {plural(len(context.explanation.values), 'frame')}. Press a bar to explain its class."


def bars(context: ModelContext) -> Component:
    """The bars as buttons; those of the explained classes are pressed."""
    return html.Ol([html.Li(_bar(context, class_id)) for class_id in shown_classes(context)], className="bars")


def _bar(context: ModelContext, class_id: int) -> Component:
    view, score = context.view, float(context.explanation.scores[class_id])
    is_true = class_id == context.video.true_class
    is_explained = class_id in (context.esvs.class_id, context.esvs.other)
    badges = [html.Span("true class", className="badge")] if is_true else []
    leads_to = replace(view, focus=None if view.focus == class_id else class_id, against=None)
    return html.Button(
        [
            html.Span([context.explanation.class_name(class_id), *badges], className="bar-name"),
            html.Span(percent(score), className="bar-score"),
            html.Span(className="bar-fill", style={"width": f"{100 * score:.2f}%"}),
        ],
        type="button",
        className="bar true" if is_true else "bar",
        title="Back to the switch above" if view.focus == class_id else "Explain this class",
        **attributes(data_change=to_change(view, leads_to), aria_pressed="true" if is_explained else "false"),
    )


def rows(context: ModelContext) -> Iterator[Row]:
    """Scores and priors of all classes, best first."""
    explanation = context.explanation
    for class_id in _ranking(context):
        score, prior = explanation.scores[class_id], explanation.prior[class_id]
        yield (class_id, explanation.class_name(class_id), score, prior, int(class_id == context.video.true_class))


CARD = Card(
    name="scores",
    title=lambda context: f"What {context.model.name} predicts",
    caption=caption,
    body=bars,
    columns=("class_id", "class", "score", "prior", "is_true_class"),
    rows=rows,
)
