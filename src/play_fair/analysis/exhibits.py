"""The exhibits of a report: a table, its figure, how to read it, and what it says in numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from play_fair.analysis import figures, tables
from play_fair.analysis.comparisons import (
    at_compared,
    between_models,
    between_values,
    growth,
    rows_of,
    tell_by_prediction,
    tell_positions,
)
from play_fair.analysis.stability import stability
from play_fair.analysis.study import Study
from play_fair.analysis.tables import KINDS, predictions_there
from play_fair.analysis.tidy import CORRECT, WRONG
from play_fair.analysis.wording import esv, joined, plain, plural, points, share, signed, trend, with_interval


@dataclass(frozen=True)
class Exhibit:
    """One thing to show. Nothing is drawn where the table is empty."""

    name: str
    """Of its files."""
    title: str
    reading: str
    """How it is measured and to be read; the same for all data."""
    table: pd.DataFrame
    sentences: Sequence[str]
    """What the table says; made of its numbers."""
    draw: Callable[[pd.DataFrame, bool], Figure]
    missing: str = "There is nothing to show."
    """Why the table may be empty."""


NO_WRONG = "No prediction is wrong, so there is nothing to show."
NO_RIVAL = "There is no wrong prediction, or no second class, so there is nothing to show."


def exhibits(study: Study) -> list[Exhibit]:
    """All exhibits, in the order of the report."""
    return [
        accuracy(study),
        supporting_frames(study),
        sums(study),
        positions(study),
        positions_as_frames_grow(study),
        kinds_of_frames(study),
        true_against_predicted(study),
        contrasts(study),
        contrast_positions(study),
        extremes(study),
        stability_of_esvs(study),
        classes(study),
        class_growth(study),
    ]


def accuracy(study: Study) -> Exhibit:
    table = tables.accuracy(study.videos, study.bootstrap)
    top1 = table[table["guesses"] == 1]
    return Exhibit(
        "accuracy",
        "Accuracy",
        "How often the true class is the model's first guess, or among its first five.",
        table,
        [
            joined(
                f"{model} on {plural(row['n_frames'], 'frame')}: {share(row)} of {plural(row['videos'], 'video')}"
                for model, row in at_compared(study, top1)
            ),
        ],
        figures.accuracy,
    )


def supporting_frames(study: Study) -> Exhibit:
    frames = study.frames.assign(supports=(study.frames["esv"] > 0).astype(np.float64))
    table = tables.supporting_frames(study.frames, study.bootstrap)
    supporting = table[table["kind"] == "supporting"]
    told = tell_by_prediction(study, supporting, lambda row: share(row))
    apart = joined(
        f"{model}, correct less wrong: {points(difference)}"
        for model, difference in between_values(study, frames, "supports", "prediction", CORRECT, WRONG)
    )
    models = joined(
        f"{prediction.capitalize()} predictions, {second} less {first}: {points(difference)}"
        for prediction in predictions_there(frames)
        for first, second, difference in between_models(study, frames[frames["prediction"] == prediction], "supports")
    )
    grown = joined(
        f"{model}, correct predictions, {first} to {last} frames: the share {trend(change)}, {points(change)}"
        for model, first, last, change in growth(study, frames[frames["prediction"] == CORRECT], "supports", 2)
    )
    return Exhibit(
        "supporting-frames",
        "Supporting and distracting frames",
        "A frame supports the true class if its ESV is above 0, and distracts from it if it is below. On one frame the "
        "ESV is the score less the prior.",
        table,
        [told, apart, models, grown],
        figures.supporting_frames,
    )


def sums(study: Study) -> Exhibit:
    table = tables.sums(study.videos, study.bootstrap)
    said = []
    for kind, verb in (("supporting", "supporting frames add"), ("distracting", "distracting frames take")):
        own = table[table["kind"] == kind].assign(esv=lambda rows: rows["esv"].abs())
        if kind == "distracting":
            own = own.assign(low=-own["high"], high=-own["low"])
        said.append(f"In the mean video {verb}: " + tell_by_prediction(study, own, lambda row: esv(row)))
    return Exhibit(
        "sums",
        "How much frames add and take",
        "The sum of all ESVs above 0 in a video, and of all below 0; with the prior they sum to the score.",
        table,
        said,
        figures.sums,
    )


def positions(study: Study) -> Exhibit:
    table = tables.positions(study.compared_frames, study.bootstrap)
    return Exhibit(
        "positions",
        "ESV and the frame's position",
        "The mean ESV of the true class, by where in the sequence the frame is.",
        table,
        tell_positions(study, "esv"),
        figures.positions,
    )


def positions_as_frames_grow(study: Study) -> Exhibit:
    table = tables.positions(study.frames, study.bootstrap)
    correct = study.frames[study.frames["prediction"] == CORRECT]
    by = correct.groupby(["model", "n_frames"], observed=True)["esv"].mean()
    said = joined(
        f"{model}, correct predictions: the mean ESV of a frame goes from {by[model, first]:.3f} on "
        f"{plural(first, 'frame')} to {by[model, last]:.3f} on {last}"
        for model, first, last, _ in growth(study, correct, "esv", 1)
    )
    return Exhibit(
        "positions-as-frames-grow",
        "Position, as the number of frames grows",
        "One row for each number of frames, one tile for each position: blue where frames support the true class in "
        "the mean, orange where they distract; the stronger, the more. The mean of a row is (score - prior) / n: it "
        "falls with n unless the score grows as fast.",
        table,
        [said],
        figures.positions_as_frames_grow,
    )


def kinds_of_frames(study: Study) -> Exhibit:
    table = tables.kinds_of_frames(study.frames, study.bootstrap)
    said = []
    for model in study.model_names:
        own = rows_of(table, model, study.n_frames[model])
        if len(own):
            of_kind = {row["kind"]: share(row) for _, row in own.iterrows()}
            clauses = "; ".join(f"{kind}: {of_kind[kind]}" for kind in KINDS.values())
            said.append(f"{model}, {plural(own['frames'].iloc[0], 'frame')} of wrong predictions: {clauses}.")
    return Exhibit(
        "kinds-of-frames",
        "What frames do for the true and for the predicted class",
        "Frames of wrong predictions, by the signs of their ESVs of both classes.",
        table,
        said,
        figures.kinds_of_frames,
        NO_RIVAL,
    )


def true_against_predicted(study: Study) -> Exhibit:
    table = tables.true_against_predicted(study.compared_frames)
    frames = study.compared_frames
    wrong = frames[(frames["prediction"] == WRONG) & frames["rival_esv"].notna()]
    said = []
    for model, own in wrong.groupby("model", observed=True):
        signs = own.assign(opposed=(np.sign(own["esv"]) != np.sign(own["rival_esv"])).astype(np.float64))
        row = study.bootstrap.means(signs, ["model"], "opposed").iloc[0]
        said.append(
            f"{model}: both ESVs have different signs for {share(row, 'mean')} of the frames; means: true "
            f"{plain(own['esv'].mean(), '{:.3f}')}, predicted {plain(own['rival_esv'].mean(), '{:.3f}')}"
        )
    return Exhibit(
        "true-against-predicted",
        "ESVs of the true against the predicted class",
        "Each frame of a wrong prediction lies at its two ESVs: the darker, the more frames. Blue, below the diagonal: "
        "the frame says more for the true class; orange: for the predicted one. The outermost squares hold all beyond.",
        table,
        [joined(said)],
        figures.true_against_predicted,
        NO_RIVAL,
    )


def contrasts(study: Study) -> Exhibit:
    table = tables.contrasts(study.frames, study.videos, study.bootstrap)
    favour, of_sum = (table[table["measure"] == measure] for measure in ("frames above 0", "sum"))
    return Exhibit(
        "contrasts",
        "Class-contrastive ESVs",
        "The ESV of the true class less that of its rival: the predicted class where the prediction is wrong, the "
        "runner-up where it is correct. ESVs are linear, so it is the frame's share in the margin between both scores; "
        "above 0 the frame favours the true class.",
        table,
        [
            "Frames that favour the true class: " + tell_by_prediction(study, favour, lambda row: share(row, "mean")),
            "Sum over a video: " + tell_by_prediction(study, of_sum, lambda row: esv(row, "mean")),
        ],
        figures.contrasts,
        "There is only one class, so there is nothing to contrast.",
    )


def contrast_positions(study: Study) -> Exhibit:
    return Exhibit(
        "contrast-positions",
        "Class-contrastive ESV and the frame's position",
        "Where in the sequence frames favour the true class over its rival, and where the rival.",
        tables.positions(study.compared_frames, study.bootstrap, "contrast"),
        tell_positions(study, "contrast"),
        figures.contrast_positions,
        "There is only one class, so there is nothing to contrast.",
    )


def extremes(study: Study) -> Exhibit:
    said = [
        joined(
            f"{model}, correct predictions, {first} to {last} frames: the {which} ESV {trend(change)}, {signed(change)}"
            for model, first, last, change in growth(
                study, study.videos[study.videos["prediction"] == CORRECT], which, 2
            )
        )
        for which in ("largest", "smallest")
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
    table = stability(study.models, study.videos, study.bootstrap)
    said = []
    for model in study.model_names:
        own = table[(table["model"] == model) & (table["against"] == "next")]
        clauses = []
        for measure, tell in (("rank correlation", _two_digits), ("same sign", lambda row: share(row, "mean"))):
            rows = own[own["measure"] == measure]
            if len(rows):
                last = rows[rows["n_frames"] == rows["n_frames"].max()].set_index("compared_with")
                control = f" (control {tell(last.loc['other video'])})" if "other video" in last.index else ""
                n, more = last["n_frames"].iloc[0], last["other_n_frames"].iloc[0]
                clauses.append(f"{measure} of {n} and {more} frames {tell(last.loc['same video'])}{control}")
        if clauses:
            said.append(f"{model}: {'; '.join(clauses)}.")
    return Exhibit(
        "stability",
        "How stable ESVs are as the number of frames grows",
        "Sequences of n and of more frames hold different frames, so the ESVs on n frames are interpolated at the "
        "times of the longer sequence's. Spearman's rank correlation over the frames of a video, and the share of "
        "frames whose sign is the same. Dotted, the control: the curve of an unrelated video in place of its own.",
        table,
        said,
        figures.stability,
        "There is only one number of frames, so there is nothing to compare.",
    )


def classes(study: Study) -> Exhibit:
    table = tables.classes(study.compared_videos, study.compared_frames, study.names, study.bootstrap)
    said = []
    for model in study.model_names:
        own = table[table["model"] == model].dropna(subset="effective_frames").sort_values("effective_frames")
        if len(own) > 1:
            first, last = own.iloc[0], own.iloc[-1]
            clear = "do not overlap" if first["high"] < last["low"] else "overlap: the order is not certain"
            said.append(
                f"{model}: most localised is “{first['name']}”, {_effective(first)} effective frames, least "
                f"“{last['name']}”, {_effective(last)}; their intervals {clear}."
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
    table = tables.class_growth(study.videos, study.names, study.bootstrap)
    said = []
    for model in study.model_names:
        own = table[(table["model"] == model) & (table["which"] == "largest")]
        curves = own.pivot(index="name", columns="n_frames", values="esv")
        if len(curves) > 1 and curves.shape[1] > 1:
            change = (curves.iloc[:, -1] - curves.iloc[:, 0]).sort_values()
            first, last = curves.columns[0], curves.columns[-1]
            said.append(
                f"{model}, {first} to {last} frames: the largest ESV grows most in “{change.index[-1]}”, "
                f"{plain(change.iloc[-1], '{:+.3f}')}, and least in “{change.index[0]}”, "
                f"{plain(change.iloc[0], '{:+.3f}')}."
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


def _two_digits(row: pd.Series) -> str:
    return with_interval(row["mean"], row["low"], row["high"], "{:.2f}")


def _effective(row: pd.Series) -> str:
    return with_interval(row["effective_frames"], row["low"], row["high"], "{:.1f}")
