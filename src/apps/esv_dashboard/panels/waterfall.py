"""The waterfall: how the prior and the ESVs add up to the score of the class in focus."""

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go

from esv_dashboard.panels.card import Card, Row
from esv_dashboard.panels.context import ModelContext
from esv_dashboard.plotting import MAX_LABELS, axis, layout, padded_range
from play_fair.formatting import brief, signed
from play_fair.wording import describe_sum


def caption(context: ModelContext) -> str:
    """Prior + ESVs = score."""
    return describe_sum(context.explanation, context.view.focus)


def figure(context: ModelContext) -> go.Figure:
    """A step for each frame, from the prior to the score."""
    explanation, theme, focus = context.explanation, context.theme, context.view.focus
    esvs = explanation.values[:, focus].astype(np.float64)
    prior, score = float(explanation.prior[focus]), float(explanation.scores[focus])
    steps = [str(frame) for frame in explanation.frame_idxs]
    n_steps = len(steps)
    ends = np.concatenate([[0, prior], prior + np.cumsum(esvs), [score]])
    bars = go.Waterfall(
        x=["prior", *steps, "score"],
        y=[prior, *esvs.tolist(), score],
        measure=["absolute", *["relative"] * n_steps, "total"],
        text=[brief(prior), *(brief(esv, sign=True) for esv in esvs.tolist()), brief(score)],
        textposition="outside" if n_steps <= MAX_LABELS else "none",
        textfont={"color": theme.ink, "size": 10},
        textangle=0 if n_steps <= 8 else -90,
        constraintext="none",
        cliponaxis=False,
        increasing={"marker": {"color": theme.supports}},
        decreasing={"marker": {"color": theme.distracts}},
        totals={"marker": {"color": theme.muted}},
        connector={"line": {"color": theme.grid, "width": 1}},
        customdata=[f"{prior:.3f}", *map(signed, esvs.tolist()), f"{score:.3f}"],
        hovertemplate="%{x}: %{customdata}<br>sum so far %{y:.3f}<extra></extra>",
    )
    every = n_steps // 8 if n_steps > MAX_LABELS else 1
    ticks = {"tickvals": ["prior", *steps[every::every], "score"], "tickangle": 0} if every > 1 else {}
    return go.Figure(
        [bars],
        layout(
            theme,
            margin={"l": 48, "r": 20, "t": 12, "b": 44},
            xaxis=axis(theme, "Frames, in time order", type="category", showgrid=False, tickfont={"size": 11}, **ticks),
            yaxis=axis(theme, range=padded_range(float(ends.min()), float(ends.max()))),
            waterfallgap=0.25,
        ),
    )


def rows(context: ModelContext) -> Iterator[Row]:
    """Prior, ESVs and score."""
    explanation, focus = context.explanation, context.view.focus
    yield ("prior", "", explanation.prior[focus])
    for frame, esv in zip(explanation.frame_idxs, explanation.values[:, focus], strict=True):
        yield ("esv", frame, esv)
    yield ("score", "", explanation.scores[focus])


CARD = Card(
    name="waterfall",
    title="How the score adds up",
    caption=caption,
    figure=figure,
    columns=("term", "frame", "value"),
    rows=rows,
)
