"""Figures of one video: its frames, what the model says, and what each frame adds to that."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import NullFormatter

from notebook_helpers.demo import SampledVideo
from notebook_helpers.experiments import FrameEsvs, Runs
from play_fair import plots
from play_fair.arrays import Frames
from play_fair.formatting import shortened
from play_fair.palette import LIGHT, style_of_estimator
from play_fair.plots import WIDTH, styled, zero_line

_XLABEL = "frame of the video"

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


def attribution(video: SampledVideo, esvs: FrameEsvs, prior: float, score: float, class_name: str) -> Figure:
    """Draw the ESVs of one class as bars, and the frames below them; see `plots.curve`."""
    title = plots.sum_title(f"“{shortened(class_name)}”", esvs, prior, score)
    return plots.curve(esvs, title=title, names=_numbers(video), xlabel=_XLABEL, pictures=video.pictures)


def adding_up(captions: Sequence[object], esvs: FrameEsvs, prior: float, score: float) -> Figure:
    """Draw the ESVs as steps from the prior to the score; see `plots.waterfall`."""
    return plots.waterfall(esvs, prior, score, names=[str(caption) for caption in captions], xlabel=_XLABEL)


@styled()
def estimates_and_exact(video: SampledVideo, exact: FrameEsvs, runs: Runs, title: str) -> Figure:
    """Exact ESVs as bars; over each, every estimate as a point, and their mean with its standard deviation."""
    axes = plots.bar_axes(len(exact), title, video.pictures)
    places = np.arange(len(exact))
    axes.bar(places, exact, width=0.8, color=plots.colours(exact), alpha=0.35, label="exact")
    scatter = np.linspace(-0.22, 0.22, len(runs)) if len(runs) > 1 else np.zeros(1)
    axes.plot((places + scatter[:, None]).T, runs.T, "o", color=LIGHT.muted, markersize=3, markeredgewidth=0, alpha=0.7)
    axes.errorbar(
        places, runs.mean(axis=0), runs.std(axis=0), fmt="_", color=LIGHT.ink, markersize=14, linewidth=1.2, capsize=3
    )
    zero_line(axes)
    axes.set_ylabel("ESV")
    plots.label_frames(axes, _numbers(video), _XLABEL, video.pictures)
    return plots.figure_of(axes)


@styled()
def error_against_cost(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """relMSE against evaluations of the networks, one plot for each model; see `experiments.error_against_cost`."""
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    for axes, (title, table) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        for name, own in table.groupby("estimator", sort=False):
            colour, marker = style_of_estimator(str(name))
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
    """How far the estimated scores of subsets are off, for every size at which they are; keys: estimators."""
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.subplots()
    for name, own in errors.items():
        colour, marker = style_of_estimator(name)
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


def _numbers(video: SampledVideo) -> list[str]:
    return [str(index) for index in video.indices.tolist()]
