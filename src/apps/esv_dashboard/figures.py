"""The plots: what is known about one video -> a plotly figure."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go

from esv_dashboard import wording
from esv_dashboard.catalogue import Explanation
from esv_dashboard.theme import axis, base_layout, line_style
from play_fair.formatting import brief, percent, plural, shortened, signed
from play_fair.palette import Palette

TOP = 10
MOST_TEXTS = 24
"""Frames; with more, numbers and signs would run into each other: they are in the hover and in the csv."""


def top_classes(explanation: Explanation, always: Sequence[int], top: int = TOP) -> list[int]:
    """The `top` classes with the highest scores, and those in `always`, best first."""
    best_first = np.argsort(-explanation.scores, kind="stable").tolist()
    chosen = {*best_first[:top], *always}
    return [class_id for class_id in best_first if class_id in chosen]


def esv_figure(
    explanation: Explanation, classes: Sequence[int], focus: int, names: Sequence[str], length: int, theme: Palette
) -> go.Figure:
    """ESVs over the time of a video of `length` frames: a line for each class, triangles for the one in focus.

    Margins and ranges are fixed: the browser places the playhead by them (assets/sync.js).
    """
    frames = explanation.frames
    shown = explanation.esvs[:, list(classes)]
    errors = explanation.standard_errors
    spread = 0 if errors is None else errors[:, list(classes)]
    low, high = min(0.0, float((shown - spread).min())), max(0.0, float((shown + spread).max()))
    room = 0.12 * (high - low) or 0.1
    esvs = explanation.esvs[:, focus]
    stems = [
        go.Scatter(
            x=np.repeat(frames[there], 3),
            y=np.stack([np.zeros(there.sum()), esvs[there], np.full(there.sum(), np.nan)], axis=1).ravel(),
            mode="lines",
            line={"color": colour, "width": max(2, min(6, 120 / len(frames)))},
            opacity=0.3,
            hoverinfo="skip",
            showlegend=False,
        )
        for there, colour in ((esvs > 0, theme.supports), (esvs < 0, theme.distracts))
    ]
    styles = [line_style(theme, slot) for slot in range(len(classes))]
    lines = [
        go.Scatter(
            x=frames,
            y=explanation.esvs[:, class_id],
            error_y={"array": errors[:, class_id], "thickness": 1.2, "width": 4} if errors is not None else None,
            customdata=[signed(value) for value in explanation.esvs[:, class_id].tolist()],
            name=escape(shortened(names[class_id], 40), quote=False),
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2 if class_id == focus else 1.5},
            marker=_signed_markers(esvs, theme) if class_id == focus else {"size": 6, "color": colour},
            hovertemplate="%{customdata} %{fullData.name}<extra></extra>",
            meta={"focus": class_id == focus},
        )
        for class_id, (colour, dash) in zip(classes, styles, strict=True)
    ]
    # The line in focus is drawn last, so that it lies above the others.
    lines.sort(key=lambda line: line.meta["focus"])
    layout = go.Layout(
        **base_layout(theme, wording.esv_caption(explanation, focus, names[focus])),
        margin={"l": 56, "r": 16, "t": 12, "b": 44},
        xaxis=_time_axis(theme, length, hoverformat="d"),
        yaxis=axis(theme, "ESV", range=[low - room, high + room]),
        hovermode="x",
        shapes=[
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": 0,
                "y1": 0,
                "line": {"color": theme.muted, "width": 1},
            }
        ],
    )
    return go.Figure([*stems, *lines], layout)


def _signed_markers(esvs: np.ndarray, theme: Palette) -> dict[str, object]:
    """Filled triangles up where frames support, open ones down where they distract."""
    supports = esvs > 0
    return {
        "size": 14 if len(esvs) <= 16 else 9,
        "symbol": np.where(supports, "triangle-up", "triangle-down").tolist(),
        "color": np.where(supports, theme.supports, theme.surface).tolist(),
        "line": {"width": 2, "color": np.where(supports, theme.supports, theme.distracts).tolist()},
    }


def waterfall_figure(explanation: Explanation, class_id: int, names: Sequence[str], theme: Palette) -> go.Figure:
    """How prior and ESVs add up to the score of a class."""
    esvs = explanation.esvs[:, class_id].astype(np.float64)
    prior, score = float(explanation.priors[class_id]), float(explanation.scores[class_id])
    steps = [str(frame) for frame in explanation.frames.tolist()]
    every = len(steps) // 8 if len(steps) > MOST_TEXTS else 1
    tops = np.concatenate([[0, prior], prior + np.cumsum(esvs), [score]])
    room = 0.12 * float(tops.max() - tops.min()) or 0.1
    bars = go.Waterfall(
        x=["prior", *steps, "score"],
        y=[prior, *esvs.tolist(), score],
        measure=["absolute", *["relative"] * len(steps), "total"],
        text=[
            brief(prior),
            *(brief(value, sign=True) for value in esvs.tolist()),
            brief(score),
        ],
        textposition="outside" if len(steps) <= MOST_TEXTS else "none",
        textfont={"color": theme.ink, "size": 10},
        textangle=0 if len(steps) <= 8 else -90,
        constraintext="none",
        cliponaxis=False,
        increasing={"marker": {"color": theme.supports}},
        decreasing={"marker": {"color": theme.distracts}},
        totals={"marker": {"color": theme.muted}},
        connector={"line": {"color": theme.grid, "width": 1}},
        customdata=[f"{prior:.3f}", *map(signed, esvs.tolist()), f"{score:.3f}"],
        hovertemplate="%{x}: %{customdata}<br>sum so far %{y:.3f}<extra></extra>",
    )
    layout = go.Layout(
        **base_layout(theme, wording.waterfall_caption(explanation, class_id, names[class_id])),
        margin={"l": 48, "r": 20, "t": 12, "b": 44},
        xaxis=axis(
            theme,
            "Frames, in time order",
            type="category",
            showgrid=False,
            tickfont={"size": 11},
            **({"tickvals": ["prior", *steps[every::every], "score"], "tickangle": 0} if every > 1 else {}),
        ),
        yaxis=axis(theme, "", range=[float(tops.min()) - room, float(tops.max()) + room]),
        waterfallgap=0.25,
    )
    return go.Figure([bars], layout)


def scales_figure(
    explanations: Mapping[int, Explanation],
    class_id: int,
    names: Sequence[str],
    length: int,
    current: int,
    theme: Palette,
) -> go.Figure:
    """ESVs of a class for every number of frames fed: each moment of the video has those of the nearest frame."""
    numbers = sorted(explanations)
    values = np.zeros((len(numbers), length))
    hover = np.empty((len(numbers), length), dtype=object)
    marks: list[tuple[int, int, float]] = []
    for row, n_frames in enumerate(numbers):
        explanation = explanations[n_frames]
        esvs = explanation.esvs[:, class_id]
        nearest = np.abs(np.arange(length)[:, None] - explanation.frames).argmin(axis=1)
        values[row] = esvs[nearest]
        frames = explanation.frames.tolist()
        words = [f"frame {frame}: {signed(esv)}" for frame, esv in zip(frames, esvs.tolist(), strict=True)]
        hover[row] = [words[index] for index in nearest]
        if n_frames <= MOST_TEXTS:
            marks += [(frame, row, esv) for frame, esv in zip(frames, esvs.tolist(), strict=True)]
    heat = _heatmap(values, hover, theme, ygap=2)
    labels = [f"<b>{n_frames} ▸</b>" if n_frames == current else str(n_frames) for n_frames in numbers]
    layout = go.Layout(
        **base_layout(theme, wording.scales_caption(dict(explanations), class_id, names[class_id])),
        margin={"l": 48, "r": 12, "t": 12, "b": 44},
        xaxis=_time_axis(theme, length),
        yaxis=axis(
            theme,
            "Frames fed",
            range=[-0.5, len(numbers) - 0.5],
            tickvals=list(range(len(numbers))),
            ticktext=labels,
            showgrid=False,
        ),
    )
    return go.Figure([heat, _marks(marks, heat.zmax, theme)], layout)


def interactions_figure(
    interactions: np.ndarray, frames: Sequence[int], class_id: int, names: Sequence[str], theme: Palette
) -> go.Figure:
    """What every two frames (n, n) do together beyond what each does alone, for a class; nothing on the diagonal."""
    values = np.where(np.eye(len(frames), dtype=bool), np.nan, interactions)
    labels = [str(frame) for frame in frames]
    hover = [[f"frames {a} and {b}: {signed(value)}" for b, value in zip(labels, row, strict=True)]
             for a, row in zip(labels, interactions.tolist(), strict=True)]  # fmt: skip
    heat = _heatmap(values, np.array(hover, dtype=object), theme, xgap=2, ygap=2)
    heat.x = heat.y = labels
    marks = [
        (b, a, value)
        for a, row in zip(labels, interactions.tolist(), strict=True)
        for b, value in zip(labels, row, strict=True)
        if a != b
    ]
    digits = 2 if len(frames) <= 6 else None
    layout = go.Layout(
        **base_layout(theme, wording.interactions_caption(interactions, frames, names[class_id])),
        margin={"l": 48, "r": 12, "t": 12, "b": 44},
        xaxis=axis(theme, "Frame of the video", type="category", showgrid=False),
        yaxis=axis(theme, "Frame of the video", type="category", showgrid=False, autorange="reversed"),
    )
    return go.Figure([heat, _marks(marks if len(frames) <= MOST_TEXTS else [], heat.zmax, theme, digits)], layout)


def predictions_figure(
    explanation: Explanation, classes: Sequence[int], label: int | None, names: Sequence[str], theme: Palette
) -> go.Figure:
    """Scores as bars: for downloads; on the page the bars are buttons."""
    texts = [
        escape(shortened(names[class_id]), quote=False) + (" (true class)" if class_id == label else "")
        for class_id in classes
    ]
    bars = go.Bar(
        x=explanation.scores[list(classes)].tolist(),
        y=texts,
        orientation="h",
        text=[percent(score) for score in explanation.scores[list(classes)].tolist()],
        textposition="outside",
        cliponaxis=False,
        marker={"color": [theme.supports if class_id == label else theme.muted for class_id in classes]},
    )
    layout = go.Layout(
        **base_layout(theme, f"Scores of {plural(len(explanation.frames), 'frame')}"),
        margin={"l": 16, "r": 64, "t": 12, "b": 44},
        xaxis=axis(theme, "Score", range=[0, 1]),
        yaxis=axis(theme, autorange="reversed", showgrid=False, automargin=True),
    )
    return go.Figure([bars], layout)


def _time_axis(theme: Palette, length: int, **more: object) -> dict[str, object]:
    """The frames of a video, each as wide as the others; only whole ones are named."""
    step = {"dtick": 1} if length <= 6 else {}
    return axis(theme, "Frame of the video", range=[-0.5, length - 0.5], showgrid=False, **step, **more)


def _heatmap(values: np.ndarray, hover: np.ndarray, theme: Palette, **gaps: int) -> go.Heatmap:
    """Around zero, from distracting to supporting."""
    most = float(np.nanmax(np.abs(values), initial=0)) or 1.0
    return go.Heatmap(
        z=values,
        zmin=-most,
        zmax=most,
        colorscale=theme.diverging,
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        colorbar={
            "thickness": 8,
            "outlinewidth": 0,
            "len": 1,
            "tickvals": [-most, 0, most],
            "ticktext": [signed(-most, 2), "0", signed(most, 2)],
        },
        **gaps,
    )


def _marks(
    cells: Sequence[tuple[int | str, int | str, float]], most: float, theme: Palette, digits: int | None = None
) -> go.Scatter:
    """The signs of the cells (x, y, value) of a heat map, or their values with some digits: not by colour alone."""
    signs = [signed(value, 2 if digits is None else digits) for _, _, value in cells]
    return go.Scatter(
        x=[x for x, _, _ in cells],
        y=[y for _, y, _ in cells],
        text=signs if digits is not None else ["+" if value > 0 else "−" if value < 0 else "" for *_, value in cells],
        mode="text",
        # Legible on the full colour as well as on the pale.
        textfont={"size": 12, "color": [theme.surface if abs(v) > 0.7 * most else theme.ink for *_, v in cells]},
        hoverinfo="skip",
    )
