"""ESVs of the class in focus for every number of frames fed to the model."""

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go

from esv_dashboard.panels.card import Card, Row
from esv_dashboard.panels.context import ModelContext
from esv_dashboard.plotting import MAX_LABELS, axis, cell_labels, heatmap, layout, time_axis
from play_fair.formatting import plural, shortened, signed


def caption(context: ModelContext) -> str:
    """How the score changes with the number of frames."""
    explanations, focus = context.explanations, context.view.focus
    fewest, most = min(explanations), max(explanations)
    if fewest == most:
        return f"There are results for {plural(most, 'frame')} only."
    return (
        f"The score of “{shortened(context.explanation.class_name(focus))}” goes from "
        f"{explanations[fewest].scores[focus]:.3f} with {plural(fewest, 'frame')} to "
        f"{explanations[most].scores[focus]:.3f} with {plural(most, 'frame')}."
    )


def figure(context: ModelContext) -> go.Figure:
    """A row for each number of frames; each frame of the video has the ESV of the nearest sampled frame."""
    theme, length, numbers = context.theme, context.video.length, sorted(context.explanations)
    values = np.zeros((len(numbers), length))
    hover = np.empty((len(numbers), length), dtype=object)
    labelled: list[tuple[int, int, float]] = []
    for row, n_frames in enumerate(numbers):
        explanation = context.explanations[n_frames]
        esvs, frames = explanation.values[:, context.view.focus], explanation.frame_idxs
        nearest = np.abs(np.arange(length)[:, None] - np.array(frames)).argmin(axis=1)
        values[row] = esvs[nearest]
        texts = [f"frame {frame}: {signed(esv)}" for frame, esv in zip(frames, esvs.tolist(), strict=True)]
        hover[row] = [texts[position] for position in nearest]
        if n_frames <= MAX_LABELS:
            labelled += [(frame, row, esv) for frame, esv in zip(frames, esvs.tolist(), strict=True)]
    heat = heatmap(values, hover, theme, ygap=2)
    ticks = [f"<b>{n_frames} ▸</b>" if n_frames == context.view.n_frames else str(n_frames) for n_frames in numbers]
    return go.Figure(
        [heat, cell_labels(labelled, heat.zmax, theme)],
        layout(
            theme,
            margin={"l": 48, "r": 12, "t": 12, "b": 44},
            xaxis=time_axis(theme, length),
            yaxis=axis(
                theme,
                "Frames fed",
                range=[-0.5, len(numbers) - 0.5],
                tickvals=list(range(len(numbers))),
                ticktext=ticks,
                showgrid=False,
            ),
        ),
    )


def rows(context: ModelContext) -> Iterator[Row]:
    """ESVs for every number of frames."""
    for n_frames, explanation in context.explanations.items():
        for frame, esv in zip(explanation.frame_idxs, explanation.values[:, context.view.focus], strict=True):
            yield (n_frames, frame, esv)


CARD = Card(
    name="scales",
    title="More or fewer frames",
    caption=caption,
    figure=figure,
    columns=("frames_fed", "frame", "esv"),
    rows=rows,
    applies_to=lambda model: len(model.n_frames) > 1,
)
