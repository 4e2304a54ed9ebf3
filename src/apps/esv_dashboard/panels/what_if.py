"""What if the model had not seen some of the frames: its score of what is left, looked up in the browser."""

import json
from collections.abc import Iterator

import numpy as np
from dash import html
from dash.development.base_component import Component

from esv_dashboard.markup import attributes
from esv_dashboard.panels.card import Card, Row
from esv_dashboard.panels.context import ModelContext

NOT_STORED = "Known of the true and of the predicted class only: explain one of them to try it."


def _scores(context: ModelContext) -> np.ndarray | None:
    """Scores of all subsets of frames of what is explained, (2^n,); None where they are not stored."""
    stored = context.model.results.subset_scores(context.video.uid, len(context.esvs.frame_idxs))
    class_id, other = context.esvs.class_id, context.esvs.other
    if class_id not in stored or (other is not None and other not in stored):
        return None
    return stored[class_id] if other is None else stored[class_id] - stored[other]


def is_shown(context: ModelContext) -> bool:
    """Whether the results hold scores of subsets."""
    return bool(context.model.results.subset_scores(context.video.uid, len(context.esvs.frame_idxs)))


def caption(context: ModelContext) -> str:
    """What to do."""
    if _scores(context) is None:
        return NOT_STORED
    return f"Switch frames off: the model's actual score of {context.esvs.description} for what is left."


def body(context: ModelContext) -> Component:
    """A switch for each frame; assets/what_if.js looks the score up by the bits of those that are on."""
    scores = _scores(context)
    assert scores is not None, "see is_known"
    values = json.dumps([round(float(score), 4) for score in scores])
    switches = [
        html.Button(str(frame), type="button", className="segment", **attributes(aria_pressed="true"))
        for frame in context.esvs.frame_idxs
    ]
    return html.Div(
        [
            html.Div(switches, className="segments", role="group", **attributes(aria_label="Frames the model sees")),
            html.Div(html.Span(className="what-if-fill"), className="what-if-track", **attributes(aria_hidden="true")),
            html.P(className="what-if-score", role="status"),
            html.Button("All frames", type="button", className="step what-if-all"),
        ],
        className="what-if",
        **attributes(data_scores=values, data_difference="" if context.esvs.other is None else "yes"),
    )


def rows(context: ModelContext) -> Iterator[Row]:
    """The score of every subset of frames."""
    scores, frames = _scores(context), context.esvs.frame_idxs
    assert scores is not None, "see is_known"
    for mask, score in enumerate(scores.tolist()):
        yield (" ".join(str(frame) for bit, frame in enumerate(frames) if mask >> bit & 1), score)


CARD = Card(
    name="what-if",
    title=lambda context: "What if it had not seen some frames?",
    caption=caption,
    body=body,
    columns=("frames", "score"),
    rows=rows,
    is_shown=is_shown,
    is_known=lambda context: _scores(context) is not None,
)
