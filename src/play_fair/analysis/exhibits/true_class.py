"""Exhibits of the true class: accuracy, supporting and distracting frames, and their positions."""

import numpy as np

from play_fair.analysis import figures, tables
from play_fair.analysis.comparisons import (
    ComparedPositions,
    change_with_frames,
    compare_models,
    compare_positions,
    compare_predictions,
    rows_at_compared,
)
from play_fair.analysis.exhibits.exhibit import Exhibit
from play_fair.analysis.study import Study
from play_fair.analysis.tables import predictions_there
from play_fair.analysis.tidy import CORRECT
from play_fair.analysis.wording import esv, esv_difference, is_clear, points, share, verdict
from play_fair.formatting import join_with_and, number, plural


def accuracy(study: Study) -> Exhibit:
    """Top-1 and top-5 accuracy."""
    table = tables.accuracy(study.videos, study.bootstrap)
    changes = change_with_frames(study, study.videos, "top1")
    summary, shares = [], []
    for model, guesses in rows_at_compared(study, table, "guesses").items():
        n_frames = study.n_frames[model]
        row = {"model": model, "frames": f"{n_frames}", "top-1": share(guesses[1]), "top-5": share(guesses[5])}
        if change := changes.get(model):
            row[f"top-1, {change.last} − {change.first} frames"] = points(change.difference)
        summary.append(row)
        shares.append(f"{model} {share(guesses[1])} on {plural(n_frames, 'frame')}")
    return Exhibit(
        "accuracy",
        "Accuracy",
        "How often the true class has the highest score (top-1), or is among the first five (top-5).",
        table,
        summary,
        figures.accuracy,
        f"Top-1 accuracy: {'; '.join(shares)}.",
    )


def supporting_frames(study: Study) -> Exhibit:
    """The share of frames with an ESV above, and below, 0."""
    frames = study.frames.assign(supports=(study.frames["esv"] > 0).astype(np.float64))
    table = tables.supporting_frames(study.frames, study.bootstrap)
    differences = compare_predictions(study, frames, "supports")
    changes = change_with_frames(study, frames[frames["prediction"] == CORRECT], "supports", at_least=2)
    summary, shares = [], []
    for model, predictions in rows_at_compared(study, table[table["kind"] == "supporting"], "prediction").items():
        row = {"model": model, **{prediction: share(cell) for prediction, cell in predictions.items()}}
        if model in differences:
            row["correct − wrong"] = points(differences[model])
        if change := changes.get(model):
            row[f"correct, {change.last} − {change.first} frames"] = points(change.difference)
        summary.append(row)
        parts = [f"{share(cell)} in {prediction}" for prediction, cell in predictions.items()]
        shares.append(f"{model} {join_with_and(parts)} predictions")
    for (first, other), by_prediction in compare_models(study, frames, "supports").items():
        summary.append({"model": f"{other} − {first}", **{name: points(cell) for name, cell in by_prediction.items()}})
    return Exhibit(
        "supporting-frames",
        "Supporting and distracting frames",
        "A frame supports the true class if its ESV is above 0, and distracts from it if it is below. On one frame the "
        "ESV is the score minus the prior. Which predictions are correct changes with the number of frames.",
        table,
        summary,
        figures.supporting_frames,
        f"Frames that support the true class: {'; '.join(shares)}.",
    )


def sums(study: Study) -> Exhibit:
    """The sum of the ESVs above 0, and of those below."""
    table = tables.sums(study.videos, study.bootstrap)
    supporting, distracting = (
        rows_at_compared(study, table[table["kind"] == kind], "prediction") for kind in ("supporting", "distracting")
    )
    return Exhibit(
        "sums",
        "Sums of supporting and of distracting ESVs",
        "The sum of all ESVs above 0 in a video, and of all below 0; with the prior they sum to the score.",
        table,
        [
            {
                "model": model,
                "predictions": prediction,
                "supporting": esv(cell),
                "distracting": esv(distracting[model][prediction]),
            }
            for model, predictions in supporting.items()
            for prediction, cell in predictions.items()
        ],
        figures.sums,
    )


def positions(study: Study) -> Exhibit:
    """The mean ESV against the position."""
    compared = compare_positions(study, "esv")
    return Exhibit(
        "positions",
        "ESV and the frame's position",
        "The mean ESV of the true class, by the position of the frame in the sequence. Ends: first and last quarter.",
        tables.positions(study.compared_frames, study.bootstrap),
        summary_of_positions(compared),
        figures.positions,
        _finding_of_positions(compared),
        is_null=not any_clear_position(compared),
    )


def any_clear_position(compared: ComparedPositions) -> bool:
    """Whether one of the contrasts between positions is clear."""
    return any(is_clear(interval) for contrasts in compared.values() for interval in contrasts)


def summary_of_positions(compared: ComparedPositions) -> list[dict[str, str]]:
    """Rows of the contrasts between positions."""
    return [
        {
            "model": model,
            "predictions": prediction,
            "ends − middle": esv_difference(contrasts.ends),
            "second half − first": esv_difference(contrasts.halves),
        }
        for (model, prediction), contrasts in compared.items()
    ]


def _finding_of_positions(compared: ComparedPositions) -> str:
    parts = [
        f"{model} {esv_difference(contrasts.ends)} a frame, {verdict(contrasts.ends)}"
        for (model, prediction), contrasts in compared.items()
        if prediction == CORRECT
    ]
    if not parts:
        return ""
    return f"ESVs at both ends of the sequence minus those in the middle, correct predictions: {'; '.join(parts)}."


def positions_as_frames_grow(study: Study) -> Exhibit:
    """The mean ESV against the position, for each number of frames."""
    summary = []
    for prediction in predictions_there(study.frames):
        frames = study.frames[study.frames["prediction"] == prediction]
        mean = frames.groupby(["model", "n_frames"], observed=True)["esv"].mean()
        for model, (first, last, _) in change_with_frames(study, frames, "esv").items():
            summary.append(
                {
                    "model": model,
                    "predictions": prediction,
                    f"mean ESV on {plural(first, 'frame')}": number(mean[model, first]),
                    f"on {last}": number(mean[model, last]),
                }
            )
    return Exhibit(
        "positions-as-frames-grow",
        "Position, as the number of frames grows",
        "One row for each number of frames, one tile for each position: blue where frames support the true class in "
        "the mean, orange where they distract; the opacity is the size. The mean of a row is (score − prior) / n: it "
        "falls with n unless the score grows as fast.",
        tables.positions(study.frames, study.bootstrap),
        summary,
        figures.positions_as_frames_grow,
    )
