"""A figure of each table of `play_fair.analysis.tables`. `narrow` ones are laid out for a phone."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from play_fair.analysis.stability import MEASURES
from play_fair.analysis.tables import KINDS, largest_esvs, predictions_there
from play_fair.analysis.tidy import CORRECT
from play_fair.formatting import brief, shortened
from play_fair.palette import LIGHT
from play_fair.plots import heat_map, zero_line
from play_fair.plots.panels import colour_of, legend, line, marker_of, panels, percent, whole_numbers

FRAMES = "frames fed to the model"
POSITION = "position in the sequence"

MOST_CLASSES = 24
"""Of more classes, the first and the last ten are drawn."""


def accuracy(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """Top-1 solid, top-5 dashed, against the number of frames."""
    figure, (axis,) = panels(["Accuracy"], narrow)
    for index, model in enumerate(_models(table)):
        for guesses, style in ((1, "-"), (5, "--")):
            rows = table[(table["model"] == model) & (table["guesses"] == guesses)]
            look = {"linestyle": style, "marker": marker_of(index), "label": f"{model}, top {guesses}"}
            line(axis, rows["n_frames"], rows, "share", colour_of(index), **look)
    axis.set(xlabel=FRAMES, title="")
    percent(axis)
    whole_numbers(axis)
    legend(figure, axis, narrow)
    return figure


def supporting_frames(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """The share of supporting frames, a panel for correct and one for wrong predictions."""
    return _shares(table[table["kind"] == "supporting"], narrow, "share", "supporting frames")


def sums(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """Sums of supporting and of distracting ESVs; solid for correct, dashed for wrong predictions."""
    colours = {"supporting": LIGHT.supports, "distracting": LIGHT.distracts}
    return _by_model(table, narrow, "kind", colours, "sum of ESVs of a video")


def extremes(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """The largest, mean and smallest ESV of a video; solid for correct, dashed for wrong predictions."""
    colours = {"largest": LIGHT.supports, "mean": LIGHT.muted, "smallest": LIGHT.distracts}
    return _by_model(table, narrow, "which", colours, "ESV of a video's frames")


def positions(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """The mean ESV against the position, a panel for correct and one for wrong predictions."""
    return _against_position(table, narrow, "esv", "mean ESV of the true class")


def contrast_positions(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """The mean class-contrastive ESV against the position."""
    return _against_position(table, narrow, "contrast", "mean class-contrastive ESV")


def positions_as_frames_grow(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """One row of tiles for each number of frames, one tile for each position: blue supports, vermillion distracts."""
    cells = [(prediction, model) for prediction in predictions_there(table) for model in _models(table)]
    parts = [table[(table["prediction"] == prediction) & (table["model"] == model)] for prediction, model in cells]
    drawn = [(cell, part) for cell, part in zip(cells, parts, strict=True) if len(part)]
    titles = [f"{model}, {prediction} predictions" for (prediction, model), _ in drawn]
    n_models = len(_models(table))
    figure, axes = panels(titles, narrow, columns=n_models if n_models <= 3 else 2, height=2.6)
    # The ESV of a single frame is the whole difference: on its scale, all others would be pale.
    several = table[table["n_frames"] > 1]
    largest = (several if len(several) else table)["esv"].abs().max() or 1.0
    rows = {n_frames: row for row, n_frames in enumerate(sorted(table["n_frames"].unique()))}
    with_text = (table["part"].max() < 10) and len(rows) <= 16
    for axis, (_, part) in zip(axes, drawn, strict=True):
        begin, end, esv = (part[column].to_numpy(np.float64) for column in ("begin", "end", "esv"))
        row = part["n_frames"].map(rows).to_numpy(np.float64)
        heat_map(axis, begin, row - 0.5, end - begin, (esv / largest).clip(-1, 1))
        if with_text:
            for x, y, value in zip((begin + end) / 2, row, esv, strict=True):
                axis.text(x, y, brief(value), ha="center", va="center", fontsize=7)
        axis.set(xlim=(0, 1), ylim=(len(rows) - 0.4, -0.6), xlabel=POSITION)
        axis.set_yticks(list(rows.values()), [str(n_frames) for n_frames in rows])
        axis.grid(visible=False)
    axes[0].set_ylabel(FRAMES)
    return figure


def true_against_predicted(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """2-D histogram of the ESVs of both classes, frames of wrong predictions."""
    models = _models(table)
    figure, axes = panels([f"{model}, wrong predictions" for model in models], narrow, height=3.6, sharey=False)
    reach = np.abs(table[["true_from", "true_to", "predicted_from", "predicted_to"]].to_numpy()).max()
    for axis, model in zip(axes, models, strict=True):
        rows = table[table["model"] == model]
        most = np.log1p(rows["frames"].max())
        for cell in rows.to_dict("records"):
            width = cell["true_to"] - cell["true_from"]
            opacity = 0.15 + 0.75 * np.log1p(cell["frames"]) / most
            favours = cell["true_from"] > cell["predicted_from"]
            colour = (
                LIGHT.supports
                if favours
                else LIGHT.distracts
                if cell["true_from"] < cell["predicted_from"]
                else LIGHT.muted
            )
            place = (cell["true_from"], cell["predicted_from"])
            axis.add_patch(Rectangle(place, width, width, facecolor=colour, alpha=opacity, linewidth=0))
        axis.axhline(0, color=LIGHT.muted, linewidth=0.9)
        axis.axvline(0, color=LIGHT.muted, linewidth=0.9)
        axis.axline((0, 0), slope=1, color=LIGHT.muted, linewidth=0.9, linestyle=":")
        axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        axis.set(xlabel="ESV of the true class", ylabel="ESV of the predicted class")
    return figure


def kinds_of_frames(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """Stacked shares of frames of wrong predictions, by the signs of both ESVs."""
    models = _models(table)
    looks = [(LIGHT.supports, 0.9), (LIGHT.supports, 0.4), (LIGHT.muted, 0.3), (LIGHT.distracts, 0.8)]
    figure, axes = panels([f"{model}, wrong predictions" for model in models], narrow)
    for axis, model in zip(axes, models, strict=True):
        rows = table[table["model"] == model]
        n_frames = sorted(rows["n_frames"].unique())
        x, bottom = np.arange(len(n_frames)), np.zeros(len(n_frames))
        for kind, (colour, opacity) in zip(KINDS.values(), looks, strict=True):
            share = rows[rows["kind"] == kind].set_index("n_frames")["share"].reindex(n_frames, fill_value=0).to_numpy()
            axis.bar(x, share, bottom=bottom, width=0.8, color=colour, alpha=opacity, label=kind)
            bottom = bottom + share
        axis.set_xticks(x, [str(n) for n in n_frames])
        axis.set_xlabel(FRAMES)
        axis.grid(visible=False)
        percent(axis)
    legend(figure, axes[0], narrow=False, columns=1 if narrow else 4)
    return figure


def contrasts(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """The share of frames that favour the true class over its rival."""
    rows = table[table["measure"] == "frames above 0"]
    return _shares(rows, narrow, "mean", "frames that favour the true class")


def stability(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """Agreement with the next and with the largest number of frames; dotted: with an unrelated video, the control."""
    cells = [(m, a) for m in MEASURES for a in ("next", "largest")]
    titles = {"next": "n against the next n", "largest": "n against the largest n"}
    figure, axes = panels([f"{measure}: {titles[against]}" for measure, against in cells], narrow, sharey=False)
    for axis, (measure, against) in zip(axes, cells, strict=True):
        part = table[(table["measure"] == measure) & (table["against"] == against)]
        for index, model in enumerate(_models(table)):
            for compared_with, style in (("same video", "-"), ("other video", ":")):
                rows = part[(part["model"] == model) & (part["compared_with"] == compared_with)]
                label = model if compared_with == "same video" else f"{model}, control"
                look = {"linestyle": style, "marker": marker_of(index), "label": label}
                line(axis, rows["n_frames"], rows, "mean", colour_of(index), **look)
        if measure == "same sign":
            percent(axis)
        else:
            axis.set_ylim(-0.3, 1)
            zero_line(axis)
        axis.set_xlabel("n, " + FRAMES)
        whole_numbers(axis)
    legend(figure, axes[-1], narrow)
    return figure


def classes(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """Effective frames of each class, the most localised first."""
    order = table.groupby("name")["effective_frames"].mean().sort_values().dropna().index.tolist()
    if len(order) > MOST_CLASSES:
        order = [*order[:10], "⋮", *order[-10:]]
    row = {name: place for place, name in enumerate(order)}
    models = _models(table)
    figure, (axis,) = panels([""], narrow, height=0.9 + len(order) * (0.36 if narrow else 0.25))
    for index, model in enumerate(models):
        rows = table[(table["model"] == model) & table["name"].isin(order)]
        y = rows["name"].map(row) + (index - (len(models) - 1) / 2) * 0.22
        axis.hlines(y, rows["low"], rows["high"], color=colour_of(index), alpha=0.5)
        axis.plot(rows["effective_frames"], y, marker_of(index), color=colour_of(index), label=model)
    if narrow:
        axis.set_yticks([])
        for name, place in row.items():
            axis.annotate(
                shortened(name, 42), (0, place - 0.42), xycoords=("axes fraction", "data"), fontsize=7.5, va="center"
            )
    else:
        axis.set_yticks(list(row.values()), [shortened(name, 42) for name in row])
    axis.set(ylim=(len(order) - 0.4, -0.7), xlabel="effective frames (few: localised)")
    axis.grid(visible=False, axis="y")
    legend(figure, axis, narrow)
    return figure


def class_growth(table: pd.DataFrame, narrow: bool = False) -> Figure:
    """The largest ESV of each class against the number of frames; the two that grow most and least are coloured."""
    models = _models(table)
    figure, axes = panels(models, narrow, height=3.3)
    lowest = 0.0
    for axis, model in zip(axes, models, strict=True):
        curves = largest_esvs(table, model).T
        lowest = min(lowest, float(np.nanmin(curves.to_numpy())))
        change = (curves.iloc[-1] - curves.iloc[0]).dropna().sort_values()
        marked = list(dict.fromkeys([*change.index[::-1][:2], *change.index[:2]]))
        for name in curves.columns.difference(marked):
            axis.plot(
                curves.index, curves[name], color=LIGHT.muted, linewidth=0.7, alpha=min(0.5, 12 / len(curves.columns))
            )
        for index, name in enumerate(marked):
            axis.plot(
                curves.index, curves[name], color=colour_of(index), marker=marker_of(index), label=shortened(name, 42)
            )
        axis.set_xlabel(FRAMES)
        axis.legend(fontsize=7.5, loc="upper left", bbox_to_anchor=(0, -0.2))
        whole_numbers(axis)
    axes[0].set_ylabel("largest ESV of a video")
    axes[0].set_ylim(bottom=lowest)
    return figure


def _models(table: pd.DataFrame) -> list[str]:
    """The models in the table, in their order."""
    present = set(table["model"])
    return [name for name in table["model"].cat.categories if name in present]


def _by_prediction(table: pd.DataFrame, narrow: bool, x: str, value: str, label: str) -> Figure:
    """A panel for correct and one for wrong predictions, a line for each model."""
    predictions = predictions_there(table)
    figure, axes = panels([f"{prediction} predictions" for prediction in predictions], narrow)
    for axis, prediction in zip(axes, predictions, strict=True):
        for index, model in enumerate(_models(table)):
            rows = table[(table["model"] == model) & (table["prediction"] == prediction)]
            look = {"marker": marker_of(index), "label": model}
            line(axis, rows[x], rows, value, colour_of(index), **look)
    axes[0].set_ylabel(label)
    legend(figure, axes[0], narrow)
    return figure


def _shares(table: pd.DataFrame, narrow: bool, value: str, label: str) -> Figure:
    """Shares of frames against their number; dotted: one half."""
    figure = _by_prediction(table, narrow, "n_frames", value, label)
    for axis in figure.axes:
        percent(axis)
        axis.axhline(0.5, color=LIGHT.muted, linewidth=0.9, linestyle=":")
        axis.set_xlabel(FRAMES)
        whole_numbers(axis)
    return figure


def _by_model(table: pd.DataFrame, narrow: bool, by: str, colours: dict[str, str], label: str) -> Figure:
    """A panel for each model; solid lines for correct, dashed ones for wrong predictions."""
    models = _models(table)
    figure, axes = panels(models, narrow)
    for axis, model in zip(axes, models, strict=True):
        for kind, colour in colours.items():
            for prediction in predictions_there(table):
                rows = table[(table["model"] == model) & (table["prediction"] == prediction) & (table[by] == kind)]
                solid = prediction == CORRECT
                look = {"linestyle": "-" if solid else "--", "marker": "o", "label": f"{kind}, {prediction}"}
                line(
                    axis,
                    rows["n_frames"],
                    rows,
                    "esv",
                    colour,
                    markerfacecolor=colour if solid else LIGHT.surface,
                    **look,
                )
        zero_line(axis)
        axis.set_xlabel(FRAMES)
        whole_numbers(axis)
    axes[0].set_ylabel(label)
    legend(figure, axes[0], narrow, columns=len(colours))
    return figure


def _against_position(table: pd.DataFrame, narrow: bool, value: str, label: str) -> Figure:
    middle = table.assign(middle=(table["begin"] + table["end"]) / 2)
    figure = _by_prediction(middle, narrow, "middle", value, label)
    for axis in figure.axes:
        zero_line(axis)
        axis.set(xlim=(0, 1), xlabel=f"{POSITION} (0: begin, 1: end)")
    return figure
