"""Exhibits of how ESVs change with the number of frames, and from class to class."""

import pandas as pd

from play_fair.analysis import figures, tables
from play_fair.analysis.comparisons import changes
from play_fair.analysis.exhibits.exhibit import Exhibit
from play_fair.analysis.stability import MEASURES, stability
from play_fair.analysis.study import Study
from play_fair.analysis.tables import predictions_there
from play_fair.analysis.wording import share, trend
from play_fair.formatting import interval, signed

ONE_SIZE = "There is only one number of frames, so there is nothing to compare."


def extremes(study: Study) -> Exhibit:
    """The largest, the mean and the smallest ESV of a video."""
    said = []
    for prediction in predictions_there(study.videos):
        own = study.videos[study.videos["prediction"] == prediction]
        largest, smallest = (list(changes(study, own, which, at_least=2)) for which in ("largest", "smallest"))
        said += [
            f"{model}, {prediction} predictions: from {first} to {last} frames the largest ESV {trend(up)}, "
            f"{interval(*up, sign=True)}, and the smallest {trend(down)}, {interval(*down, sign=True)}."
            for (model, first, last, up), (*_, down) in zip(largest, smallest, strict=True)
        ]
    return Exhibit(
        "extremes",
        "The largest and the smallest ESV of a video",
        "In the mean over videos. The largest of more frames would be larger by chance alone, while the sum is bound "
        "by the score.",
        tables.extremes(study.videos, study.bootstrap),
        said,
        figures.extremes,
    )


def stability_of_esvs(study: Study) -> Exhibit:
    """Agreement between numbers of frames."""
    table = stability(study.models, study.videos, study.bootstrap)
    said = []
    for model in study.model_names:
        own = table[(table["model"] == model) & (table["against"] == "next")]
        told = [clause for measure in MEASURES if (clause := _agreement(own[own["measure"] == measure], measure))]
        if told:
            said.append(f"{model}: {'; '.join(told)}.")
    return Exhibit(
        "stability",
        "How stable ESVs are as the number of frames grows",
        "Sequences of n and of more frames hold different frames, so the ESVs on n frames are interpolated at the "
        "times of the longer sequence's. Spearman's rank correlation over the frames of a video, and the share of "
        "frames whose sign is the same. Dotted, the control: the curve of an unrelated video in place of its own.",
        table,
        said,
        figures.stability,
        ONE_SIZE,
    )


def classes(study: Study) -> Exhibit:
    """How localised the ESVs of each class are."""
    table = tables.classes(study.compared_videos, study.compared_frames, study.names, study.bootstrap)
    said = []
    for model in study.model_names:
        own = table[table["model"] == model].dropna(subset="effective_frames").sort_values("effective_frames")
        if len(own) > 1:
            first, last = own.iloc[0], own.iloc[-1]
            apart = first["high"] < last["low"]  # False too where a class has one video, and no interval
            clear = "the intervals do not overlap" if apart else "it may be chance, by their intervals"
            said.append(
                f"{model}: most localised is “{first['name']}”, {_effective(first)} effective frames, least "
                f"“{last['name']}”, {_effective(last)}; {clear}."
            )
    return Exhibit(
        "classes",
        "How localised the ESVs of each class are",
        "Effective frames of a video: (sum of |ESV|)² / sum of ESV², 1 if one frame has all, n if all have the same; "
        "the mean over the class's videos. The table has more of each class. Of more than 24 classes the ten most and "
        "the ten least localised are drawn.",
        table,
        said,
        figures.classes,
    )


def class_growth(study: Study) -> Exhibit:
    """The largest ESV of each class."""
    table = tables.class_growth(study.videos, study.names, study.bootstrap)
    said = []
    for model in study.model_names:
        curves = tables.largest_esvs(table, model)
        change = (curves.iloc[:, -1] - curves.iloc[:, 0]).dropna().sort_values()
        if len(change) > 1 and curves.shape[1] > 1:
            said.append(
                f"{model}: from {curves.columns[0]} to {curves.columns[-1]} frames the largest ESV grows most in "
                f"“{change.index[-1]}”, {signed(change.iloc[-1])}, and least in “{change.index[0]}”, "
                f"{signed(change.iloc[0])}."
            )
    return Exhibit(
        "class-growth",
        "Growth of ESVs in each class",
        "The largest ESV of a video, in the mean over the class's videos; the two classes that grow most and the two "
        "that grow least (or fall) stand out. The table has the smallest ESV too.",
        table,
        said,
        figures.class_growth,
    )


def _agreement(rows: pd.DataFrame, measure: str) -> str:
    """One measure at the largest numbers of frames."""
    if rows.empty:
        return ""
    last = rows[rows["n_frames"] == rows["n_frames"].max()].set_index("compared_with")

    def tell(who: str) -> str:
        row = last.loc[who]
        if measure == "same sign":
            return share(row, "mean")
        return interval(row["mean"], row["low"], row["high"], 2)

    if "same video" not in last.index:
        return ""
    control = f" (control {tell('other video')})" if "other video" in last.index else ""
    n, more = last["n_frames"].iloc[0], last["other_n_frames"].iloc[0]
    return f"{measure} of {n} and {more} frames {tell('same video')}{control}"


def _effective(row: pd.Series) -> str:
    return interval(row["effective_frames"], row["low"], row["high"], 1)
