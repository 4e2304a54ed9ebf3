"""ESVs over the time of the video, with a playhead that the browser moves, above the film strip."""

from collections.abc import Iterator
from html import escape

import numpy as np
import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from esv_dashboard.markup import attributes
from esv_dashboard.panels import strip
from esv_dashboard.panels.card import Card, Row
from esv_dashboard.panels.context import ModelContext
from esv_dashboard.plotting import axis, layout, line_style, padded_range, time_axis
from play_fair.formatting import shortened, signed
from play_fair.palette import Palette
from play_fair.wording import describe_curve


def caption(context: ModelContext) -> str:
    """How many frames support the class in focus, and which frames do most."""
    return describe_curve(context.explanation, context.view.focus)


def figure(context: ModelContext) -> go.Figure:
    """A line for each class of the view; triangles and stems for the class in focus.

    Margins and ranges are fixed: the browser places the playhead by them (assets/sync.js).
    """
    explanation, theme, focus = context.explanation, context.theme, context.view.focus
    frames, classes = explanation.frame_idxs, list(context.view.classes)
    values, errors = explanation.values[:, classes], explanation.standard_errors
    spread = 0 if errors is None else np.nan_to_num(errors[:, classes])
    low, high = min(0.0, float((values - spread).min())), max(0.0, float((values + spread).max()))
    lines = []
    for slot, class_id in enumerate(classes):
        esvs = explanation.values[:, class_id]
        colour, dash = line_style(theme, slot)
        in_focus = class_id == focus
        lines.append(
            go.Scatter(
                x=frames,
                y=esvs,
                error_y=None if errors is None else {"array": errors[:, class_id], "thickness": 1.2, "width": 4},
                customdata=[signed(esv) for esv in esvs.tolist()],
                name=escape(shortened(explanation.class_name(class_id), 40), quote=False),
                mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 2 if in_focus else 1.5},
                marker=_signed_markers(esvs, theme) if in_focus else {"size": 6, "color": colour},
                hovertemplate="%{customdata} %{fullData.name}<extra></extra>",
                meta={"focus": in_focus},
            )
        )
    # The line in focus is drawn last, so that it lies above the others.
    lines.sort(key=lambda line: line.meta["focus"])
    zero = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0}
    return go.Figure(
        [*_stems(np.array(frames), explanation.values[:, focus], theme), *lines],
        layout(
            theme,
            margin={"l": 56, "r": 16, "t": 12, "b": 44},
            xaxis=time_axis(theme, context.video.length, hoverformat="d"),
            yaxis=axis(theme, "ESV", range=padded_range(low, high)),
            hovermode="x",
            shapes=[{**zero, "line": {"color": theme.muted, "width": 1}}],
        ),
    )


def _stems(frames: np.ndarray, esvs: np.ndarray, theme: Palette) -> list[go.Scatter]:
    """Bars from zero to the ESVs, in one trace for each sign."""
    return [
        go.Scatter(
            x=np.repeat(frames[chosen], 3),
            y=np.stack([np.zeros(chosen.sum()), esvs[chosen], np.full(chosen.sum(), np.nan)], axis=1).ravel(),
            mode="lines",
            line={"color": colour, "width": max(2, min(6, 120 / len(frames)))},
            opacity=0.3,
            hoverinfo="skip",
            showlegend=False,
        )
        for chosen, colour in ((esvs > 0, theme.supports), (esvs < 0, theme.distracts))
    ]


def _signed_markers(esvs: np.ndarray, theme: Palette) -> dict[str, object]:
    """Filled triangles up where frames support, open ones down where they distract."""
    supports = esvs > 0
    return {
        "size": 14 if len(esvs) <= 16 else 9,
        "symbol": np.where(supports, "triangle-up", "triangle-down").tolist(),
        "color": np.where(supports, theme.supports, theme.surface).tolist(),
        "line": {"width": 2, "color": np.where(supports, theme.supports, theme.distracts).tolist()},
    }


def rows(context: ModelContext) -> Iterator[Row]:
    """ESVs of the classes in the plot."""
    explanation, errors = context.explanation, context.explanation.standard_errors
    for class_id in context.view.classes:
        for position, frame in enumerate(explanation.frame_idxs):
            error = "" if errors is None else errors[position, class_id]
            esv = explanation.values[position, class_id]
            yield (class_id, explanation.class_name(class_id), frame, esv, error)


def _with_strip(graph: Component, index: int) -> list[Component]:
    """The plot with what moves over it in the browser (assets/sync.js), and the film strip."""
    slider = attributes(aria_label="Playhead", aria_valuemin=0, aria_valuemax=0, aria_valuenow=0)
    overlay = [
        html.Div(className="ring", **attributes(aria_hidden="true")),
        html.Div(className="playhead", role="slider", tabIndex=0, **slider),
    ]
    return [html.Div([graph, *overlay], className="plot", **attributes(data_plot=index)), strip.layout(index)]


CARD = Card(
    name="esv",
    title="Which frames support it",
    caption=caption,
    figure=figure,
    columns=("class_id", "class", "frame", "esv", "standard_error"),
    rows=rows,
    table="esvs",
    arrange=_with_strip,
)
