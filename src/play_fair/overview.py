"""All videos of a study together, as data for pages: accuracy, confusions, every ESV, videos worth a look, orders.

The numbers are those of `play_fair.analysis`; templates/overview.html draws them, in the dashboard and on static pages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from play_fair.analysis.study import Study
from play_fair.analysis.tables import accuracy
from play_fair.analysis.tidy import CORRECT
from play_fair.charts import Tick, nice_ticks
from play_fair.formatting import join_with_and, number, percent, plural, signed

MOST_CLASSES = 20
"""Of more classes, the confusion matrix has those that are confused most often."""

MOST_DOTS = 2400
"""Of more frames, every k-th video is in the swarm."""

ORDERS = {
    "margin": "closest to flipping",
    "wrong": "most confident when wrong",
    "esv": "largest ESV",
    "disagreement": "models disagree most",
}
"""Orders of videos, besides that of the results, and their names."""

_BINS = 56
"""Of ESVs in the swarm: dots in a bin stand side by side."""

_DOT = 0.55
"""Distance of such dots, in percent of the width."""


@dataclass(frozen=True)
class ConfusionCell:
    """Videos of a true class with a predicted class; `share` is relative to all videos of the true class."""

    true: int
    predicted: int
    count: int
    share: float


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix: a row for each true class."""

    model: int
    """Index of the model in the study."""
    classes: list[int]
    rows: list[list[ConfusionCell]]
    n_left_out: int
    """Classes that are not in the matrix."""


@dataclass(frozen=True)
class Dot:
    """The ESV of the true class of one frame; position in percent. `time` is its place in the video, from 0 to 1."""

    uid: str
    frame: int
    time: float
    x: float
    y: float
    correct: bool
    value: str
    """The ESV."""


@dataclass(frozen=True)
class Swarm:
    """ESVs of the frames of all videos, over the time of the video."""

    dots: list[Dot]
    n_columns: int
    """As many as the model was given frames; each dot lies in one."""
    y_ticks: list[Tick]
    n_videos: int
    n_all_videos: int


@dataclass(frozen=True)
class Pick:
    """A video worth a look, and why; `frame` has its largest ESV."""

    uid: str
    title: str
    reason: str
    frame: int


def accuracy_sentence(study: Study) -> str:
    """State how often each model is right: "MTRN is right on 82.5 % [77.0, 87.5] of 200 videos, TSN on ..."."""
    table = accuracy(study.compared_videos, study.bootstrap)
    rows = table[table["guesses"] == 1].to_dict("records")
    parts = [
        f"{row['model']} {'is right ' if index == 0 else ''}on {percent(row['share'])}"
        + (f" of {plural(int(row['videos']), 'video')}" if index == 0 else "")
        for index, row in enumerate(rows)
    ]
    return f"{join_with_and(parts)}."


def confusions(study: Study) -> list[Confusion]:
    """Count, for each model, which class videos have and which is predicted."""
    return [_confusion(study, index, model) for index, model in enumerate(study.model_names)]


def swarm(study: Study, model: str) -> Swarm:
    """Place the ESVs of the true class of every frame: time from left to right, neighbours side by side."""
    frames = study.compared_frames
    own = frames[frames["model"] == model]
    uids = own["uid"].unique()
    step = -(-len(own) // MOST_DOTS)
    shown = own[own["uid"].isin(uids[::step])]
    ticks = nice_ticks(min(0.0, float(shown["esv"].min())), max(0.0, float(shown["esv"].max())))
    y = 100 * (ticks[-1] - shown["esv"].to_numpy()) / (ticks[-1] - ticks[0])
    n_columns = int(shown["n_frames"].iloc[0])
    columns = (shown["position"] * n_columns).astype(int).to_numpy()
    bins = (y / 100 * _BINS).astype(int)
    place = pd.Series(0, index=range(len(shown))).groupby([columns, bins]).cumcount().to_numpy()
    # 0, 1, -1, 2, -2, ... dots from the middle of the column, which is as wide as there is room for.
    offsets = ((place + 1) // 2) * np.where(place % 2, 1, -1) * _DOT
    widest = 46 / n_columns
    x = 100 * shown["position"].to_numpy() + offsets.clip(-widest, widest)
    dots = [
        Dot(uid, frame, time, left, top, correct, signed(esv))
        for uid, frame, time, left, top, correct, esv in zip(
            shown["uid"].astype(str).tolist(),
            shown["index"].astype(int).tolist(),
            shown["time"].tolist(),
            x.tolist(),
            y.tolist(),
            (shown["prediction"] == CORRECT).tolist(),
            shown["esv"].tolist(),
            strict=True,
        )
    ]
    labels = [Tick(100 * (ticks[-1] - tick) / (ticks[-1] - ticks[0]), number(tick, 2), tick == 0) for tick in ticks]
    return Swarm(dots, n_columns, labels, int(shown["uid"].nunique()), len(uids))


def picks(study: Study) -> list[Pick]:
    """Choose up to six videos that show something, each another one, mostly by the first model."""
    chosen: dict[str, Pick] = {}
    for candidates, title, reason in _candidates(study):
        row = next((row for row in candidates.to_dict("records") if str(row["uid"]) not in chosen), None)
        if row is not None:
            uid = str(row["uid"])
            chosen[uid] = Pick(uid, title, reason.format_map(_Texts(study, row)), _top_frame(study, row))
    return list(chosen.values())[:6]


def sort_keys(study: Study, n_frames: int) -> pd.DataFrame:
    """Return a key for each order of `ORDERS` and each video (the index is the uid): the smallest comes first.

    NaN where models have no result for this number of frames.
    """
    videos = study.videos[study.videos["n_frames"] == n_frames]
    uids = videos["uid"].cat.categories
    wrong = videos["prediction"] != CORRECT
    keys = {
        "margin": (videos["true_score"] - videos["rival_score"]).abs().groupby(videos["uid"], observed=False).min(),
        "wrong": -videos["rival_score"].where(wrong).groupby(videos["uid"], observed=False).max(),
        "esv": -videos["largest"].groupby(videos["uid"], observed=False).max(),
        "disagreement": -videos["true_score"].groupby(videos["uid"], observed=False).agg(np.ptp),
    }
    return pd.DataFrame(keys).reindex(uids)


def _confusion(study: Study, index: int, model: str) -> Confusion:
    videos = study.compared_videos
    own = videos[videos["model"] == model]
    true = own["label"].to_numpy()
    predicted = np.where(own["prediction"] == CORRECT, own["label"], own["rival"])
    counts = pd.crosstab(true, predicted)
    ids = np.union1d(true, predicted)
    counts = counts.reindex(index=ids, columns=ids, fill_value=0)
    totals = counts.sum(axis=1)
    mistakes = counts.to_numpy().copy()
    np.fill_diagonal(mistakes, 0)
    order = np.argsort(-(mistakes.sum(axis=0) + mistakes.sum(axis=1)), kind="stable")[:MOST_CLASSES]
    classes = sorted(ids[order].tolist())
    rows = [
        [ConfusionCell(a, b, int(counts.loc[a, b]), float(counts.loc[a, b]) / max(1, int(totals[a]))) for b in classes]
        for a in classes
    ]
    return Confusion(index, classes, rows, len(ids) - len(classes))


def _candidates(study: Study) -> Iterator[tuple[pd.DataFrame, str, str]]:
    """Yield kinds of videos, the best first: the rows of the video table, a title, and why in a format string."""
    videos = study.compared_videos
    own = videos[videos["model"] == study.model_names[0]].reset_index(drop=True)
    wrong, right = own[own["prediction"] != CORRECT], own[own["prediction"] == CORRECT]
    yield (
        wrong.sort_values("rival_score", ascending=False),
        "Confidently wrong",
        "{model} gives {rival} {rival_score}; true is {label}.",
    )
    if len(study.model_names) > 1:
        other = study.model_names[1]
        second = videos[videos["model"] == other].set_index("uid")
        both = right[right["uid"].isin(second.index[second["prediction"] != CORRECT])]
        gap = both["true_score"] - both["uid"].map(second["true_score"]).astype(float)
        yield (
            both.assign(gap=gap).sort_values("gap", ascending=False),
            "Models disagree",
            f"{{model}} predicts {{label}} ({{true_score}}), {other} does not.",
        )
    pairs = right[right["group"].map(right["group"].value_counts()).astype(int) > 1]
    strength = pairs.groupby("group", observed=True)["true_score"].transform("min")
    yield (
        pairs.assign(strength=strength).sort_values(["strength", "group"], ascending=False, kind="stable"),
        "One of a reversed pair",
        "The same clip backwards is another class; {model} is right on both.",
    )
    yield (
        right[right["true_score"] > 0.5].sort_values("effective_frames"),
        "A decisive moment",
        "Few frames do it all: the largest ESV is {largest} of a score of {true_score}.",
    )
    yield (
        own.assign(gap=(own["true_score"] - own["rival_score"]).abs()).sort_values("gap"),
        "A close call",
        "{label} {true_score} against {rival} {rival_score}.",
    )
    yield (
        right.sort_values("distracting"),
        "Right in spite of itself",
        "Distracting frames take {distracting} from the score of {label}.",
    )
    yield right.sort_values("true_score", ascending=False), "A clear case", "{label}, {true_score}."


class _Texts(dict[str, str]):
    """Columns of a row of the video table, formatted."""

    def __init__(self, study: Study, row: dict[Any, Any]) -> None:
        super().__init__(
            {name: percent(float(row[name])) for name in ("true_score", "rival_score")}
            | {name: signed(float(row[name]), 2) for name in ("largest", "distracting")}
            | {name: f"“{study.names.get(int(row[name]), '')}”" for name in ("label", "rival")}
            | {"model": str(row["model"])}
        )


def _top_frame(study: Study, row: dict[Any, Any]) -> int:
    """Index in the video of the frame with the largest ESV."""
    frames = study.compared_frames
    own = frames[(frames["model"] == row["model"]) & (frames["uid"] == row["uid"])]
    return int(own.loc[own["esv"].idxmax(), "index"])
