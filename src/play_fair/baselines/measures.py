"""Measures of each method as tidy tables: a value for each video, and means with confidence intervals.

All have the columns model and method; those of videos also uid and group (the clip: videos of one group are not
independent).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float64

from play_fair.analysis.bootstrap import GroupBootstrap
from play_fair.analysis.stability import rank_correlation
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
from play_fair.baselines.infidelity import LostScores, infidelity
from play_fair.baselines.methods import ESV, METHODS

REMOVAL, ACCURACY_OF_REMOVAL = "removal gap", "removal gap of accuracy"
RANK_CORRELATION, EFFICIENCY_GAP = "rank correlation", "efficiency gap"
INFIDELITY, SCALED_INFIDELITY, SENSITIVITY = "infidelity", "infidelity, best scale", "max-sensitivity"
CONTROLS = ("shuffled", "best fixed", "chance")

Removals = Mapping[str, Mapping[str, Ablation]]
"""By method, and by which frames are removed first; see `play_fair.baselines.ablation.removals`."""


def video_table(explained: Explained, removed: Removals, lost: LostScores, groups: Sequence[str]) -> pd.DataFrame:
    """All measures of each method on each video. Further columns: measure, value.

    Measures: "<supporting|distracting> first, <score|accuracy>", the area under the curve as those frames are removed
    first; "removal gap", distracting minus supporting, of the score, and "... of accuracy": the larger the better;
    "rank correlation" with ESVs (Spearman; NaN where all values of either are equal); "efficiency gap", |sum of
    attributions + prior - score|, of methods whose attributions are shares; "infidelity", of these, too, and
    "..., best scale", of all; "max-sensitivity", NaN where it was not measured.
    """
    parts = []
    for method, ablations in removed.items():
        measures = _areas(ablations)
        if method in explained.attributions:
            attributions = explained.attributions[method]
            if ESV in explained.attributions and method != ESV:
                every_frame = np.ones(attributions.shape, dtype=bool)
                measures[RANK_CORRELATION] = rank_correlation(attributions, explained.attributions[ESV], every_frame)
            if METHODS[method].shares:
                measures[EFFICIENCY_GAP] = np.abs(attributions.sum(axis=1) - explained.scores.total())
                measures[INFIDELITY] = infidelity(attributions, lost, scaled=False)
            measures[SCALED_INFIDELITY] = infidelity(attributions, lost, scaled=True)
            measures[SENSITIVITY] = explained.sensitivity[method]
        parts += [_rows(explained, groups, method, measure=name, value=values) for name, values in measures.items()]
    return pd.concat(parts, ignore_index=True)


def _areas(ablations: Mapping[str, Ablation]) -> dict[str, Float64[np.ndarray, " N"]]:
    areas = {}
    for quantity, gap in (("score", REMOVAL), ("accuracy", ACCURACY_OF_REMOVAL)):
        for first in FIRST:
            curves = ablations[first].scores if quantity == "score" else ablations[first].top1
            areas[f"{first} first, {quantity}"] = area(curves)
        areas[gap] = areas[f"{DISTRACTING} first, {quantity}"] - areas[f"{SUPPORTING} first, {quantity}"]
    return areas


def curve_table(explained: Explained, removed: Removals, groups: Sequence[str], draw: GroupBootstrap) -> pd.DataFrame:
    """Mean curves of frame ablation.

    Further columns: first, which frames are removed first; of, "score" or "accuracy"; removed, the number of frames;
    mean, low, high.
    """
    rows = []
    for method, ablations in removed.items():
        for first, curves in ablations.items():
            for of, values in (("score", curves.scores), ("accuracy", curves.top1)):
                rows += [
                    _rows(explained, groups, method, first=first, of=of, removed=k, value=values[:, k])
                    for k in range(values.shape[1])
                ]
    return _means(pd.concat(rows, ignore_index=True), ["model", "method", "first", "of", "removed"], "value", draw)


def decisive_table(explained: Explained, groups: Sequence[str], windows: Mapping[str, DecisiveFrames]) -> pd.DataFrame:
    """Agreement of each method with the decisive windows on each video, and of controls among videos of the same kind.

    Further columns: kind, of evidence; prediction, "right" or "wrong"; measure, of `decisive.MEASURES`; value;
    shuffled, best fixed and chance: the values of the controls on the same video.

    Raises:
        UserError: a video has no window.
    """
    inside = inside_windows(explained.uids, explained.indices, windows)
    kinds = np.array([windows[uid].kind for uid in explained.uids])
    whole = np.full(len(explained.uids), explained.scores.all_frames)
    prediction = np.where(explained.scores.top1_at(whole) > 0.5, "right", "wrong")
    parts = []
    for kind in np.unique(kinds):
        of_kind = kinds == kind
        clips = [group for group, chosen in zip(groups, of_kind, strict=True) if chosen]
        windows_of_kind = inside[of_kind]
        for method, attributions in explained.attributions.items():
            values = attributions[of_kind]
            for name, measure in MEASURES.items():
                columns = {
                    "value": measure(values, windows_of_kind),
                    "shuffled": shuffled(measure, values, windows_of_kind, clips),
                    "best fixed": best_fixed(measure, windows_of_kind),
                    "chance": chance(measure, windows_of_kind),
                }
                rows = _rows(explained, groups, method, kind=kind, prediction=prediction, measure=name)[of_kind]
                parts.append(rows.assign(**columns))
    return pd.concat(parts, ignore_index=True)


def summary(videos: pd.DataFrame, draw: GroupBootstrap) -> pd.DataFrame:
    """Mean of each measure over videos, and its difference from that of ESVs on the same videos.

    Columns: model, method, measure, videos, mean, low, high, and minus_esv, minus_esv_low, minus_esv_high.
    """
    by = ["model", "method", "measure"]
    return _join_minus_esv(_means(videos, by, "value", draw), videos, by, draw)


def decisive_summary(videos: pd.DataFrame, draw: GroupBootstrap) -> pd.DataFrame:
    """Means of `decisive_table`, with the means of the controls and the differences from them on the same videos.

    Columns: model, method, kind, prediction ("all", "right", "wrong"), measure, videos, mean, low, high; minus_esv and
    its interval as in `summary`; and of each control its mean, and over_<control>, over_<control>_low and _high.
    """
    by = ["model", "method", "kind", "prediction", "measure"]
    rows = pd.concat([videos.assign(prediction="all"), videos], ignore_index=True)
    table = _join_minus_esv(_means(rows, by, "value", draw), rows, by, draw)
    for control in CONTROLS:
        control_means = _means(rows, by, control, draw).set_index(by)["mean"].rename(control)
        table = table.join(control_means, on=by)
        over = _means(rows.assign(over=rows["value"] - rows[control]), by, "over", draw)
        table = _join_interval(table, over, by, f"over_{control.replace(' ', '_')}")
    return table


def time_table(explained: Explained) -> pd.DataFrame:
    """Time of each method. Further column: seconds, a video."""
    methods = list(explained.seconds)
    return pd.DataFrame(
        {"model": explained.model, "method": methods, "seconds": [explained.seconds[name] for name in methods]}
    )


def attribution_table(explained: Explained) -> pd.DataFrame:
    """All attributions. Further columns: class, the explained one; frame, its index in the video; attribution."""
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
    keys = {"model": explained.model, "method": method, "uid": explained.uids, "group": list(groups)}
    return pd.DataFrame({**keys, **columns})


def _means(table: pd.DataFrame, by: list[str], value: str, draw: GroupBootstrap) -> pd.DataFrame:
    """Mean of each cell; models in their order in the table, methods in that of `METHODS`."""
    order = {"model": list(dict.fromkeys(table["model"])), "method": [BEST, *METHODS]}
    sortable = {name: pd.Categorical(table[name], categories=names) for name, names in order.items()}
    means = draw.means(table.assign(group=pd.Categorical(table["group"]), **sortable), by, value)
    return means.drop(columns="rows").astype(dict.fromkeys(order, "str"))


def _join_minus_esv(means: pd.DataFrame, videos: pd.DataFrame, by: list[str], draw: GroupBootstrap) -> pd.DataFrame:
    """Join the mean difference from ESVs on the same videos."""
    key = [column for column in by if column != "method"] + ["uid"]
    esv = videos[videos["method"] == ESV].set_index(key)["value"]
    difference = videos["value"].to_numpy() - esv.reindex(pd.MultiIndex.from_frame(videos[key])).to_numpy()
    return _join_interval(means, _means(videos.assign(difference=difference), by, "difference", draw), by, "minus_esv")


def _join_interval(table: pd.DataFrame, other: pd.DataFrame, by: list[str], name: str) -> pd.DataFrame:
    """Join the mean and interval of `other`, as columns name, name_low and name_high."""
    columns = {"mean": name, "low": f"{name}_low", "high": f"{name}_high"}
    return table.join(other.set_index(by)[list(columns)].rename(columns=columns), on=by)
