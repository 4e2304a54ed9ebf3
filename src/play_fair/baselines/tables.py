"""Tidy tables of how the methods compare: what each reaches on each video, and the means with their intervals.

All have the columns model, method and, of videos, uid and group (the clip: videos of one group are not independent).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float64

from play_fair.analysis.bootstrap import GroupBootstrap
from play_fair.arrays import FrameAttributions
from play_fair.baselines.ablation import BEST, DISTRACTING, FIRST, SUPPORTING, Ablation, area
from play_fair.baselines.decisive import (
    MEASURES,
    DecisiveFrames,
    best_fixed,
    chance,
    inside_windows,
    shuffled,
)
from play_fair.baselines.explain import Explained
from play_fair.baselines.methods import ESV, METHODS

REMOVAL, ACCURACY_OF_REMOVAL = "removal gap", "removal gap of accuracy"
RANK_CORRELATION, EFFICIENCY_GAP = "rank correlation", "efficiency gap"
CONTROLS = ("shuffled", "best fixed", "chance")

Removals = Mapping[str, Mapping[str, Ablation]]
"""By method and by which frames go first; see `play_fair.baselines.ablation.removals`."""


def video_table(explained: Explained, removed: Removals, groups: Sequence[str]) -> pd.DataFrame:
    """What each method reaches on each video, a row for each measure; columns measure and value besides.

    Measures: "<supporting|distracting> first, <score|accuracy>", the area under the curve as those frames are removed
    first; "removal gap", distracting minus supporting, of the score, and "... of accuracy": the larger the better;
    "rank correlation" with exact ESVs (Spearman; NaN where either ranks nothing), and "efficiency gap", |sum of
    attributions + prior - score|, of those that are shares.
    """
    parts = []
    for method, ablations in removed.items():
        measures = _areas(ablations)
        if method in explained.attributions:
            own = explained.attributions[method]
            if ESV in explained.attributions and method != ESV:
                measures[RANK_CORRELATION] = rank_correlation(own, explained.attributions[ESV])
            if METHODS[method].shares:
                measures[EFFICIENCY_GAP] = np.abs(own.sum(axis=1) - explained.table.gained())
        parts += [_rows(explained, groups, method, measure=name, value=values) for name, values in measures.items()]
    return pd.concat(parts, ignore_index=True)


def _areas(ablations: Mapping[str, Ablation]) -> dict[str, Float64[np.ndarray, " N"]]:
    areas = {}
    for of, gap in (("scores", REMOVAL), ("right", ACCURACY_OF_REMOVAL)):
        word = "score" if of == "scores" else "accuracy"
        for first in FIRST:
            areas[f"{first} first, {word}"] = area(getattr(ablations[first], of))
        areas[gap] = areas[f"{DISTRACTING} first, {word}"] - areas[f"{SUPPORTING} first, {word}"]
    return areas


def curve_table(explained: Explained, removed: Removals, groups: Sequence[str], draw: GroupBootstrap) -> pd.DataFrame:
    """The mean curves of frame ablation, with intervals.

    Columns besides: first, which frames go first; of, "score" or "accuracy"; removed, frames; mean, low, high.
    """
    rows = []
    for method, ablations in removed.items():
        for first, curves in ablations.items():
            for of, values in (("score", curves.scores), ("accuracy", curves.right)):
                rows += [
                    _rows(explained, groups, method, first=first, of=of, removed=k, value=values[:, k])
                    for k in range(values.shape[1])
                ]
    return _means(pd.concat(rows, ignore_index=True), ["model", "method", "first", "of", "removed"], "value", draw)


def decisive_table(explained: Explained, groups: Sequence[str], windows: Mapping[str, DecisiveFrames]) -> pd.DataFrame:
    """How each method fares against the known windows, video by video; the controls are among the same kind.

    Columns besides: kind, of evidence; prediction, "right" or "wrong"; measure, of `decisive.MEASURES`; value;
    shuffled, best fixed and chance: what the controls reach on the same video.

    Raises:
        UserError: a video has no window.
    """
    inside = inside_windows(explained.uids, explained.indices, windows)
    kinds = np.array([windows[uid].kind for uid in explained.uids])
    prediction = np.where(explained.table.right[-1] > 0.5, "right", "wrong")
    parts = []
    for kind in np.unique(kinds):
        here = kinds == kind
        clips = [group for group, chosen in zip(groups, here, strict=True) if chosen]
        for method, attributions in explained.attributions.items():
            own = attributions[here]
            for name, measure in MEASURES.items():
                columns = {
                    "value": measure(own, inside[here]),
                    "shuffled": shuffled(measure, own, inside[here], clips),
                    "best fixed": best_fixed(measure, inside[here]),
                    "chance": chance(measure, inside[here]),
                }
                rows = _rows(explained, groups, method, kind=kind, prediction=prediction, measure=name)[here]
                parts.append(rows.assign(**columns))
    return pd.concat(parts, ignore_index=True)


def summary(videos: pd.DataFrame, draw: GroupBootstrap) -> pd.DataFrame:
    """The mean of each measure over videos, and how far it is from that of exact ESVs on the same videos.

    Columns: model, method, measure, videos, mean, low, high, and minus_esv, minus_esv_low, minus_esv_high.
    """
    by = ["model", "method", "measure"]
    return _beside_esv(_means(videos, by, "value", draw), videos, by, draw)


def decisive_summary(videos: pd.DataFrame, draw: GroupBootstrap) -> pd.DataFrame:
    """Means of `decisive_table`, with the means of the controls and the differences from them on the same videos.

    Columns: model, method, kind, prediction ("all", "right", "wrong"), measure, videos, mean, low, high; minus_esv and
    its interval as in `summary`; and of each control its mean, and over_<control>, over_<control>_low and _high.
    """
    by = ["model", "method", "kind", "prediction", "measure"]
    both = pd.concat([videos.assign(prediction="all"), videos], ignore_index=True)
    table = _beside_esv(_means(both, by, "value", draw), both, by, draw)
    for control in CONTROLS:
        of_control = _means(both, by, control, draw).set_index(by)["mean"].rename(control)
        table = table.join(of_control, on=by)
        over = _means(both.assign(over=both["value"] - both[control]), by, "over", draw)
        table = _beside(table, over, by, f"over_{control.replace(' ', '_')}")
    return table


def rank_correlation(one: FrameAttributions, other: FrameAttributions) -> Float64[np.ndarray, " N"]:
    """Spearman's, video by video: equal values share their ranks; NaN where all are equal."""
    first, second = (pd.DataFrame(values).rank(axis=1).to_numpy() for values in (one, other))
    first, second = (ranks - ranks.mean(axis=1, keepdims=True) for ranks in (first, second))
    with np.errstate(invalid="ignore"):
        return (first * second).sum(axis=1) / np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))


def time_table(explained: Explained) -> pd.DataFrame:
    """Columns besides: seconds, a video."""
    methods = list(explained.seconds)
    return pd.DataFrame(
        {"model": explained.model, "method": methods, "seconds": [explained.seconds[name] for name in methods]}
    )


def attribution_table(explained: Explained) -> pd.DataFrame:
    """All attributions. Columns besides: class, that is explained; frame, its index in the video; attribution."""
    n_frames = explained.indices.shape[1]
    parts = [
        pd.DataFrame(
            {
                "model": explained.model,
                "method": method,
                "uid": np.repeat(explained.uids, n_frames),
                "class": np.repeat(explained.classes, n_frames),
                "frame": explained.indices.ravel(),
                "attribution": values.ravel(),
            }
        )
        for method, values in explained.attributions.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _rows(explained: Explained, groups: Sequence[str], method: str, **columns: object) -> pd.DataFrame:
    """One row for each video."""
    own = {"model": explained.model, "method": method, "uid": explained.uids, "group": list(groups)}
    return pd.DataFrame({**own, **columns})


def _means(table: pd.DataFrame, by: list[str], value: str, draw: GroupBootstrap) -> pd.DataFrame:
    """The means of each cell, models in the order they come, methods in that of `METHODS`."""
    order = {"model": list(dict.fromkeys(table["model"])), "method": [BEST, *METHODS]}
    sortable = {name: pd.Categorical(table[name], categories=names) for name, names in order.items()}
    means = draw.means(table.assign(group=pd.Categorical(table["group"]), **sortable), by, value)
    return means.drop(columns="rows").astype(dict.fromkeys(order, "str"))


def _beside_esv(means: pd.DataFrame, videos: pd.DataFrame, by: list[str], draw: GroupBootstrap) -> pd.DataFrame:
    """Put how far each mean is from that of exact ESVs on the same videos beside it."""
    key = [column for column in by if column != "method"] + ["uid"]
    esv = videos[videos["method"] == ESV].set_index(key)["value"]
    difference = videos["value"].to_numpy() - esv.reindex(pd.MultiIndex.from_frame(videos[key])).to_numpy()
    return _beside(means, _means(videos.assign(difference=difference), by, "difference", draw), by, "minus_esv")


def _beside(table: pd.DataFrame, other: pd.DataFrame, by: list[str], name: str) -> pd.DataFrame:
    """Put the mean and interval of `other` beside those of `table`, under another name."""
    columns = {"mean": name, "low": f"{name}_low", "high": f"{name}_high"}
    return table.join(other.set_index(by)[list(columns)].rename(columns=columns), on=by)
