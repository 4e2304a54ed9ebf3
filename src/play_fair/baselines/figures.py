"""Figures of a comparison. `narrow` ones are laid out for a phone."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from play_fair.baselines.ablation import BEST, DISTRACTING, SUPPORTING
from play_fair.baselines.measures import EFFICIENCY_GAP, RANK_CORRELATION, REMOVAL
from play_fair.baselines.methods import ESV, METHODS, title_of
from play_fair.palette import LIGHT
from play_fair.plots.panels import colour_of, legend, marker_of, panels, percent

_INK, _GREEN, _PINK, _YELLOW, _SKY = LIGHT.classes
LINES = {
    BEST: (_INK, ":"),
    ESV: (LIGHT.supports, "-"),
    "leave-one-out": (LIGHT.distracts, "-"),
    "alone": (_GREEN, "-"),
    "one-order": (_SKY, "-"),
    "kernel-shap": (_SKY, "--"),
    "ig": (_PINK, "-"),
    "ig-zero": (_PINK, "--"),
    "gradient-x-input": (_PINK, ":"),
    "grad-cam": (_YELLOW, "-"),
    "grad-cam-signed": (_YELLOW, "--"),
    "attention-rollout": (_YELLOW, ":"),
    "middle": (LIGHT.muted, "--"),
    "random": (LIGHT.muted, "-"),
}
"""Colour and dashes of the methods drawn as lines; uniform is left out, as it equals random."""


def removal(curves: pd.DataFrame, exact: bool, narrow: bool = False) -> Figure:
    """Score and accuracy of one model, whose ESVs are exact or not, as frames are removed, in both directions."""
    cells = [(first, of) for of in ("score", "accuracy") for first in (SUPPORTING, DISTRACTING)]
    titles = [f"{of}, most {first} first" for first, of in cells]
    figure, axes = panels(titles, narrow, height=2.9)
    for axis, (first, of) in zip(axes, cells, strict=True):
        for method, (colour, dashes) in LINES.items():
            curve = curves[(curves["method"] == method) & (curves["first"] == first) & (curves["of"] == of)]
            if len(curve):
                _curve(axis, curve, method, title_of(method, exact), colour, dashes)
        axis.set(xlabel="frames removed")
        percent(axis)
    axes[0].set_ylabel("score of the class")
    axes[2].set_ylabel("accuracy")
    legend(figure, axes[0], narrow, columns=3)
    return figure


def _curve(axis: Axes, curve: pd.DataFrame, method: str, title: str, colour: str, dashes: str) -> None:
    order = 3 if method == ESV else 2
    width = 2.6 if method == ESV else 1.3
    axis.plot(curve["removed"], curve["mean"], dashes, color=colour, lw=width, zorder=order, label=title)
    if method == ESV:
        axis.fill_between(curve["removed"], curve["low"], curve["high"], color=colour, alpha=0.15, linewidth=0)


def measures(summary: pd.DataFrame, exact: bool, narrow: bool = False) -> Figure:
    """Each method's mean removal gap, rank correlation and efficiency gap, with intervals; a colour a model.

    Args:
        exact: whether ESVs are, for all models.
    """
    titles = {
        REMOVAL: "removal gap",
        RANK_CORRELATION: "rank correlation",
        EFFICIENCY_GAP: "|sum + prior − score|",
    }
    titles = {name: title for name, title in titles.items() if (summary["measure"] == name).any()}
    methods = [method for method in (BEST, *METHODS) if (summary["method"] == method).any()]
    figure, axes = panels(list(titles.values()), narrow, columns=3, height=0.24 * len(methods) + 0.9, sharey=False)
    for axis, measure in zip(axes, titles, strict=True):
        _dots(axis, summary[summary["measure"] == measure], methods, exact, labels=narrow or axis is axes[0])
        axis.axvline(0, color=LIGHT.muted, linewidth=0.9)
    legend(figure, axes[0], narrow)
    return figure


def against_windows(decisive: pd.DataFrame, measure: str, exact: bool, narrow: bool = False) -> Figure:
    """A measure against the decisive windows, a panel for each kind: methods filled, their shuffled controls hollow."""
    of_measure = decisive[(decisive["measure"] == measure) & (decisive["prediction"] == "all")]
    kinds = list(dict.fromkeys(of_measure["kind"]))
    methods = [method for method in METHODS if (of_measure["method"] == method).any()]
    figure, axes = panels(kinds, narrow, height=0.27 * len(methods) + 0.9, sharey=False)
    for axis, kind in zip(axes, kinds, strict=True):
        of_kind = of_measure[of_measure["kind"] == kind]
        _dots(axis, of_kind, methods, exact, labels=narrow or axis is axes[0], control="shuffled")
        controls = of_kind[of_kind["method"] == methods[0]].iloc[0]
        axis.axvline(controls["best fixed"], color=_INK, linestyle="--", linewidth=1, label="best fixed positions")
        axis.axvline(controls["chance"], color=_INK, linestyle=":", linewidth=1, label="chance")
        axis.set_xlim(-0.02, 1.02)
        axis.set_xlabel(measure)
    legend(figure, axes[0], narrow, columns=3)
    return figure


def _dots(
    axis: Axes, table: pd.DataFrame, methods: Sequence[str], exact: bool, labels: bool, control: str | None = None
) -> None:
    """One row for each method, with a dot and interval for each model; hollow dots for a control."""
    rows = {method: row for row, method in enumerate(methods)}
    models = list(dict.fromkeys(table["model"]))
    for index, model in enumerate(models):
        of_model = table[table["model"] == model]
        y = of_model["method"].map(rows).to_numpy(np.float64) + 0.26 * (index - (len(models) - 1) / 2)
        colour, marker = colour_of(index), marker_of(index)
        if control:
            label = f"{model}, {control} videos"
            axis.plot(of_model[control], y, marker, markersize=4, color=colour, fillstyle="none", label=label)
        axis.hlines(y, of_model["low"], of_model["high"], color=colour, linewidth=1.4)
        axis.plot(of_model["mean"], y, marker, color=colour, label=model)
    axis.set_ylim(len(methods) - 0.5, -0.5)
    axis.set_yticks(list(rows.values()), [title_of(method, exact) for method in methods] if labels else [])
    axis.yaxis.set_tick_params(labelleft=labels, length=0, labelcolor=LIGHT.ink)
    axis.grid(visible=False, axis="y")
