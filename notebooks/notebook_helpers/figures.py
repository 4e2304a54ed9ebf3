"""Figures of one video: its frames, what the model says, and what each frame adds to that."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import NullFormatter

from notebook_helpers.demo import SampledVideo
from notebook_helpers.experiments import FrameEsvs, Runs
from play_fair.analysis.style import styled, zero_line
from play_fair.arrays import Frames
from play_fair.palette import ESTIMATORS, LIGHT
from play_fair.words import signed

WIDTH = 9.6
"""Of all figures, in inches."""

_GAP = 0.04
"""Between two pictures, of the width of one."""

_ROUNDING = 1e-6
"""Errors below are those of float32."""


@styled()
def film_strip(pictures: Frames, captions: Sequence[object], columns: int = 8) -> Figure:
    """The pictures in reading order, each with a caption above."""
    n_rows = -(-len(pictures) // columns)
    height, width = pictures.shape[1:3]
    layout = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.01, wspace=0, hspace=0)
    figure = Figure(figsize=(WIDTH, n_rows * (WIDTH / columns * height / width + 0.22)), layout=layout)
    for axes in (grid := figure.subplots(n_rows, columns, squeeze=False)).flat:
        axes.set_axis_off()
    for axes, picture, caption in zip(grid.flat, pictures, captions, strict=False):
        axes.imshow(picture)
        axes.set_title(str(caption), fontsize=8, fontweight="normal", color=LIGHT.muted, loc="center", pad=2)
    return figure


@styled()
def top_predictions(
    scores: Float[np.ndarray, " C"], class_names: Sequence[str], true_class: int, n_classes: int = 10
) -> Figure:
    """The classes of the highest scores, the true one in colour."""
    top = np.argsort(-scores)[:n_classes]
    figure = Figure(figsize=(WIDTH, 0.9 + 0.24 * len(top)), layout="constrained")
    axes = figure.subplots()
    colours = [LIGHT.classes[1] if class_id == true_class else LIGHT.muted for class_id in top]
    bars = axes.barh([class_names[class_id] for class_id in top], scores[top], color=colours, height=0.7)
    axes.bar_label(bars, fmt="%.3f", padding=4, fontsize=9, color=LIGHT.ink)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0, labelcolor=LIGHT.ink)
    axes.set(xlabel="score (softmax)", xlim=(0, 1.05))
    axes.set_title("What the model says; the true class is green")
    return figure


@styled()
def attribution(video: SampledVideo, esvs: FrameEsvs, prior: float, score: float, class_name: str) -> Figure:
    """The frames, and below each its ESV: blue supports the class, vermilion distracts from it."""
    figure, film, axes = _film_and_plot(video, plot_height=2.1)
    film.set_title(f"“{class_name}”: prior {prior:.3f} + ESVs {signed(float(esvs.sum()), 3)} = score {score:.3f}")
    bars = axes.bar(np.arange(len(esvs)), esvs, width=0.72, color=_colours(esvs))
    axes.bar_label(
        bars, labels=[signed(esv, 2) for esv in esvs.tolist()], padding=2, fontsize=8 if len(esvs) <= 8 else 6.5
    )
    zero_line(axes)
    axes.margins(y=0.16)
    return figure


@styled()
def adding_up(captions: Sequence[object], esvs: FrameEsvs, prior: float, score: float) -> Figure:
    """From the prior to the score: every frame takes the step that is its ESV."""
    n = len(esvs)
    before = prior + np.concatenate([[0], np.cumsum(esvs)])
    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.bar([0, n + 1], [prior, score], width=0.72, color=LIGHT.muted)
    bars = axes.bar(np.arange(1, n + 1), esvs, bottom=before[:-1], width=0.72, color=_colours(esvs))
    for place, height in enumerate(before):
        axes.plot([place, place + 1], [height, height], color=LIGHT.muted, linewidth=0.8)
    for place, value in ((0, prior), (n + 1, score)):
        axes.annotate(f"{value:.3f}", (place, value), (0, 3), textcoords="offset points", ha="center", fontsize=9)
    for bar, esv, top in zip(bars, esvs.tolist(), np.maximum(before[:-1], before[1:]), strict=True):
        place = bar.get_x() + bar.get_width() / 2
        axes.annotate(signed(esv, 2), (place, top), (0, 3), textcoords="offset points", ha="center", fontsize=8)
    axes.set_xticks(range(n + 2), ["prior", *map(str, captions), "score"])
    axes.tick_params(axis="x", length=0, labelcolor=LIGHT.ink)
    axes.grid(axis="x", visible=False)
    zero_line(axes)
    low, high = min(0.0, before.min()), before.max()
    axes.set(ylabel="score of the class", ylim=(low - 0.04 * (high - low), high + 0.12 * (high - low)))
    return figure


@styled()
def estimates_and_exact(video: SampledVideo, exact: FrameEsvs, runs: Runs, title: str) -> Figure:
    """Exact ESVs as bars; over each, every estimate as a point, and their mean with its standard deviation."""
    figure, film, axes = _film_and_plot(video, plot_height=2.6)
    film.set_title(title)
    places = np.arange(len(exact))
    axes.bar(places, exact, width=0.8, color=_colours(exact), alpha=0.35, label="exact")
    scatter = np.linspace(-0.22, 0.22, len(runs)) if len(runs) > 1 else np.zeros(1)
    axes.plot((places + scatter[:, None]).T, runs.T, "o", color=LIGHT.muted, markersize=3, markeredgewidth=0, alpha=0.7)
    axes.errorbar(
        places, runs.mean(axis=0), runs.std(axis=0), fmt="_", color=LIGHT.ink, markersize=14, linewidth=1.2, capsize=3
    )
    zero_line(axes)
    return figure


@styled()
def error_against_cost(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """relMSE against evaluations of the networks, one plot for each model; see `experiments.error_against_cost`."""
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    for axes, (title, table) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        for name, own in table.groupby("estimator", sort=False):
            colour, marker = ESTIMATORS[str(name)]
            axes.loglog(own["evaluations"], own["relMSE"], color=colour, marker=marker, markersize=5, label=str(name))
        axes.axhline(1, color=LIGHT.muted, linewidth=0.8, linestyle=":")
        axes.set(title=title, xlabel="evaluations of the networks, a video", ylabel="relMSE of the ESVs")
        axes.set_xticks([200, 500, 1000, 2000, 5000], ["200", "500", "1,000", "2,000", "5,000"])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter("{x:g}")
        axes.legend()
    return figure


@styled()
def errors_by_size(errors: Mapping[str, pd.Series], class_name: str) -> Figure:
    """How far the estimated scores of subsets are off, for every size at which they are; keys: of `ESTIMATORS`."""
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.subplots()
    for name, own in errors.items():
        colour, marker = ESTIMATORS[name]
        own = own[own > _ROUNDING]
        axes.semilogy(own.index, own.to_numpy(), color=colour, marker=marker, markersize=5, label=name)
    axes.set(xlabel="frames in the subset X", ylabel="RMS error of v(X)", xlim=(0.5, None))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_title(f"How wrong the estimated scores of “{class_name}” are")
    axes.legend()
    return figure


@styled()
def learnt_against_real(panels: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Points (real, learnt) of several networks, one plot each."""
    figure = Figure(figsize=(WIDTH, WIDTH / len(panels) + 0.3), layout="constrained")
    for axes, (title, (real, learnt)) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        ends = [min(real.min(), learnt.min()), max(real.max(), learnt.max())]
        axes.plot(ends, ends, color=LIGHT.muted, linewidth=0.8)
        axes.plot(real, learnt, "o", color=LIGHT.classes[1], markersize=2.5, markeredgewidth=0, alpha=0.5)
        axes.set(title=title, xlabel="logit of the network", ylabel="learnt", aspect="equal")
    return figure


def _film_and_plot(video: SampledVideo, plot_height: float) -> tuple[Figure, Axes, Axes]:
    """Pictures in a row, and axes below in which place i is under picture i."""
    n, height, width = video.pictures.shape[:3]
    left, right, top, bottom, between = 0.7, 0.05, 0.32, 0.42, 0.06
    film_width = WIDTH - left - right
    film_height = film_width / n * height / width
    total = top + film_height + between + plot_height + bottom
    figure = Figure(figsize=(WIDTH, total))
    share = film_width / WIDTH
    film = figure.add_axes((left / WIDTH, (bottom + plot_height + between) / total, share, film_height / total))
    plot = figure.add_axes((left / WIDTH, bottom / total, share, plot_height / total))
    film.set_axis_off()
    for place, picture in enumerate(video.pictures):
        film.imshow(picture, extent=(place - 0.5 + _GAP / 2, place + 0.5 - _GAP / 2, 0, 1), aspect="auto")
    film.set(xlim=(-0.5, n - 0.5), ylim=(0, 1))
    plot.set(xlim=(-0.5, n - 0.5), xlabel="frame of the video", ylabel="ESV")
    plot.set_xticks(range(n), [str(index) for index in video.indices])
    plot.tick_params(axis="x", length=0)
    plot.grid(axis="x", visible=False)
    return figure, film, plot


def _colours(esvs: FrameEsvs) -> list[str]:
    return [LIGHT.supports if esv > 0 else LIGHT.distracts for esv in esvs]
