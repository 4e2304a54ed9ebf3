"""Interactions of every two frames for the class in focus."""

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go

from esv_dashboard.panels.card import Card
from esv_dashboard.panels.context import ModelContext
from esv_dashboard.plotting import MAX_LABELS, axis, cell_labels, heatmap, layout
from play_fair.formatting import signed
from play_fair.wording import describe_interactions

NOT_STORED = "Known of the true and of the predicted class only: explain the score of one of them to see it."


def is_shown(context: ModelContext) -> bool:
    """Whether interactions of some class are known, and there are two frames."""
    return context.explanation.interactions is not None and len(context.explanation.values) > 1


def is_known(context: ModelContext) -> bool:
    """Whether the interactions for the class in focus are known."""
    return context.explanation.interactions_of(context.view.focus) is not None


def _pairs(context: ModelContext) -> np.ndarray:
    """Interactions for the class in focus, (n, n)."""
    pairs = context.explanation.interactions_of(context.view.focus)
    assert pairs is not None, "see is_known"
    return pairs


def caption(context: ModelContext) -> str:
    """Which two frames change each other's effect most."""
    return describe_interactions(context.explanation, context.view.focus) or NOT_STORED


def figure(context: ModelContext) -> go.Figure:
    """A heat map of frames against frames with an empty diagonal."""
    pairs, theme = _pairs(context), context.theme
    frames = [str(frame) for frame in context.explanation.frame_idxs]
    hover = [
        [f"frames {a} and {b}: {signed(value)}" for b, value in zip(frames, row, strict=True)]
        for a, row in zip(frames, pairs.tolist(), strict=True)
    ]
    off_diagonal = np.where(np.eye(len(frames), dtype=bool), np.nan, pairs)
    heat = heatmap(off_diagonal, np.array(hover, dtype=object), theme, x=frames, y=frames, xgap=2, ygap=2)
    labelled = list(rows(context)) if len(frames) <= MAX_LABELS else []
    cells = [(str(b), str(a), float(value)) for a, b, value in labelled]
    frame_axis = axis(theme, "Frame of the video", type="category", showgrid=False)
    return go.Figure(
        [heat, cell_labels(cells, heat.zmax, theme, digits=2 if len(frames) <= 6 else None)],
        layout(
            theme,
            margin={"l": 48, "r": 12, "t": 12, "b": 44},
            xaxis=frame_axis,
            yaxis={**frame_axis, "autorange": "reversed"},
        ),
    )


def rows(context: ModelContext) -> Iterator[tuple[int, int, np.float32]]:
    """Every two frames in both orders, with their interaction."""
    frames, pairs = context.explanation.frame_idxs, _pairs(context)
    for i, a in enumerate(frames):
        for j, b in enumerate(frames):
            if i != j:
                yield (a, b, pairs[i, j])


CARD = Card(
    name="interactions",
    title="Which frames work together",
    caption=caption,
    figure=figure,
    columns=("frame_a", "frame_b", "interaction"),
    rows=rows,
    is_shown=is_shown,
    is_known=is_known,
)
