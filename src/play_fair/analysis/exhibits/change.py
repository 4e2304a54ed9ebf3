"""Exhibits of how ESVs change with the number of frames, and of how classes differ."""

import pandas as pd

from play_fair.analysis import figures, tables
from play_fair.analysis.comparisons import change_with_frames
from play_fair.analysis.exhibits.exhibit import Exhibit
from play_fair.analysis.stability import MEASURES, stability
from play_fair.analysis.study import Study
from play_fair.analysis.tables import predictions_there
from play_fair.analysis.wording import esv_difference, share
from play_fair.formatting import interval, signed

ONE_SIZE = "There is only one number of frames, so there is nothing to compare."


def extremes(study: Study) -> Exhibit:
    """The largest, the mean and the smallest ESV of a video."""
    summary = []
    for prediction in predictions_there(study.videos):
        videos = study.videos[study.videos["prediction"] == prediction]
        largest, smallest = (change_with_frames(study, videos, which, at_least=2) for which in ("largest", "smallest"))
        for model, (first, last, difference) in largest.items():
            summary.append(
                {
                    "model": model,
                    "predictions": prediction,
                    "frames": f"{last} − {first}",
                    "largest ESV": esv_difference(difference),
                    "smallest ESV": esv_difference(smallest[model].difference),
                }
            )
    return Exhibit(
        "extremes",
        "The largest and the smallest ESV of a video",
        "Means over videos. The largest of more frames would be larger by chance alone, while the sum is bound by the "
        "score.",
        tables.extremes(study.videos, study.bootstrap),
        summary,
        figures.extremes,
    )


def stability_of_esvs(study: Study) -> Exhibit:
    """Agreement between numbers of frames."""
    table = stability(study.models, study.videos, study.bootstrap)
    summary, correlations = [], []
    for model in study.model_names:
        rows = table[(table["model"] == model) & (table["against"] == "next")]
        if rows.empty:
            continue
        last = rows[rows["n_frames"] == rows["n_frames"].max()]
        n_frames = f"{last['n_frames'].iloc[0]} and {last['other_n_frames'].iloc[0]}"
        agreement = {
            f"{measure}{', control' if who == 'other video' else ''}": _agreement(row, measure)
            for measure in MEASURES
            for who in ("same video", "other video")
            for _, row in last[(last["measure"] == measure) & (last["compared_with"] == who)].iterrows()
        }
        summary.append({"model": model, "frames": n_frames, **agreement})
        if correlation := agreement.get("rank correlation"):
            control = agreement.get("rank correlation, control")
            correlations.append(
                f"{model} {correlation} on {n_frames} frames" + (f" (unrelated videos {control})" if control else "")
            )
    return Exhibit(
        "stability",
        "Stability of ESVs as the number of frames grows",
        "Sequences of n and of more frames hold different frames, so the ESVs on n frames are interpolated at the "
        "times of the longer sequence's. Spearman's rank correlation over the frames of a video, and the share of "
        "frames whose sign is the same. Dotted, the control: the curve of an unrelated video.",
        table,
        summary,
        figures.stability,
        f"Rank correlation of ESVs between numbers of frames: {'; '.join(correlations)}." if correlations else "",
        ONE_SIZE,
    )


def classes(study: Study) -> Exhibit:
    """How localised the ESVs of each class are."""
    table = tables.classes(study.compared_videos, study.compared_frames, study.names, study.bootstrap)
    summary = []
    for model in study.model_names:
        rows = table[table["model"] == model].dropna(subset="effective_frames").sort_values("effective_frames")
        if len(rows) > 1:
            first, last = rows.iloc[0], rows.iloc[-1]
            apart = first["high"] < last["low"]  # False too where a class has one video, and no interval
            summary.append(
                {
                    "model": model,
                    "most localised (effective frames)": f"{first['name']}: {_effective_frames(first)}",
                    "least localised": f"{last['name']}: {_effective_frames(last)}",
                    "intervals": "apart" if apart else "overlap",
                }
            )
    return Exhibit(
        "classes",
        "How localised the ESVs of each class are",
        "Effective frames of a video: (sum of |ESV|)² / sum of ESV², 1 if one frame has all, n if all have the same; "
        "the mean over the class's videos. The csv has more of each class. Of more than 24 classes the ten most and "
        "the ten least localised are drawn.",
        table,
        summary,
        figures.classes,
    )


def class_growth(study: Study) -> Exhibit:
    """The largest ESV of each class."""
    table = tables.class_growth(study.videos, study.names, study.bootstrap)
    summary = []
    for model in study.model_names:
        curves = tables.largest_esvs(table, model)
        change = (curves.iloc[:, -1] - curves.iloc[:, 0]).dropna().sort_values()
        if len(change) > 1 and curves.shape[1] > 1:
            summary.append(
                {
                    "model": model,
                    "frames": f"{curves.columns[-1]} − {curves.columns[0]}",
                    "grows most": f"{change.index[-1]}: {signed(change.iloc[-1])}",
                    "grows least": f"{change.index[0]}: {signed(change.iloc[0])}",
                }
            )
    return Exhibit(
        "class-growth",
        "Growth of ESVs in each class",
        "The largest ESV of a video, mean over the class's videos; the two classes that grow most and the two that "
        "grow least (or fall) are drawn in colour. The csv has the smallest ESV, too.",
        table,
        summary,
        figures.class_growth,
    )


def _agreement(row: pd.Series, measure: str) -> str:
    if measure == "same sign":
        return share(row, "mean")
    return interval(row["mean"], row["low"], row["high"], 2)


def _effective_frames(row: pd.Series) -> str:
    return interval(row["effective_frames"], row["low"], row["high"], 1)
