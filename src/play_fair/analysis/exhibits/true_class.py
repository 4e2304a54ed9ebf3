"""Exhibits of the true class: accuracy, supporting and distracting frames, and where they are."""

import numpy as np

from play_fair.analysis import figures, tables
from play_fair.analysis.comparisons import cells, changes, compare_models, compare_predictions, tell_positions
from play_fair.analysis.exhibits.exhibit import Exhibit
from play_fair.analysis.study import Study
from play_fair.analysis.tables import predictions_there
from play_fair.analysis.tidy import CORRECT
from play_fair.analysis.wording import esv, points, share, trend
from play_fair.formatting import join_with_and, number, plural


def accuracy(study: Study) -> Exhibit:
    """Top-1 and top-5."""
    table = tables.accuracy(study.videos, study.bootstrap)
    change = {model: (first, last, by) for model, first, last, by in changes(study, study.videos, "top1")}
    said = []
    for model, n_frames, of_guesses in cells(study, table, "guesses"):
        top1 = of_guesses[1]
        sentence = (
            f"{model} is right for {share(top1)} of {plural(top1['videos'], 'video')} on {plural(n_frames, 'frame')}"
        )
        if model in change:
            first, last, by = change[model]
            sentence += f"; from {first} to {last} frames accuracy {trend(by)}, {points(by)}"
        said.append(f"{sentence}.")
    return Exhibit(
        "accuracy",
        "Accuracy",
        "How often the true class is the model's first guess, or among its first five.",
        table,
        said,
        figures.accuracy,
    )


def supporting_frames(study: Study) -> Exhibit:
    """The share of frames above and below 0."""
    frames = study.frames.assign(supports=(study.frames["esv"] > 0).astype(np.float64))
    table = tables.supporting_frames(study.frames, study.bootstrap)
    apart = compare_predictions(study, frames, "supports")
    said = []
    for model, _, of in cells(study, table[table["kind"] == "supporting"], "prediction"):
        shares = [f"{share(row)} of the frames of {prediction} predictions" for prediction, row in of.items()]
        difference = f" (difference {points(apart[model])})" if model in apart else ""
        said.append(f"{model}: {join_with_and(shares)} support the true class{difference}.")
    for first, other, of_predictions in compare_models(study, frames, "supports"):
        told = [f"{points(difference)} in {prediction}" for prediction, difference in of_predictions.items()]
        said.append(f"{other} less {first}: {join_with_and(told)} predictions.")
    correct = frames[frames["prediction"] == CORRECT]
    said += [
        f"{model}: from {first} to {last} frames the share in correct predictions {trend(change)}, {points(change)}."
        for model, first, last, change in changes(study, correct, "supports", at_least=2)
    ]
    return Exhibit(
        "supporting-frames",
        "Supporting and distracting frames",
        "A frame supports the true class if its ESV is above 0, and distracts from it if it is below. On one frame the "
        "ESV is the score less the prior. Which predictions are correct changes with the number of frames.",
        table,
        said,
        figures.supporting_frames,
    )


def sums(study: Study) -> Exhibit:
    """The sum of the ESVs above 0, and of those below."""
    table = tables.sums(study.videos, study.bootstrap)
    said = []
    taken = {model: of for model, _, of in cells(study, table[table["kind"] == "distracting"], "prediction")}
    for model, _, added in cells(study, table[table["kind"] == "supporting"], "prediction"):
        told = [
            f"in the mean {prediction} prediction supporting frames add {esv(row)} to the score, and distracting ones "
            f"{esv(taken[model][prediction])}"
            for prediction, row in added.items()
        ]
        said.append(f"{model}: {'; '.join(told)}.")
    return Exhibit(
        "sums",
        "How much frames add and take",
        "The sum of all ESVs above 0 in a video, and of all below 0; with the prior they sum to the score.",
        table,
        said,
        figures.sums,
    )


def positions(study: Study) -> Exhibit:
    """The mean ESV against the position."""
    return Exhibit(
        "positions",
        "ESV and the frame's position",
        "The mean ESV of the true class, by where in the sequence the frame is.",
        tables.positions(study.compared_frames, study.bootstrap),
        tell_positions(study, "esv", "ESVs"),
        figures.positions,
    )


def positions_as_frames_grow(study: Study) -> Exhibit:
    """The mean ESV against the position, for each number of frames."""
    said = []
    for prediction in predictions_there(study.frames):
        own = study.frames[study.frames["prediction"] == prediction]
        mean = own.groupby(["model", "n_frames"], observed=True)["esv"].mean()
        told = [
            f"{model} from {number(mean[model, first])} on {plural(first, 'frame')} to "
            f"{number(mean[model, last])} on {last}"
            for model, first, last, _ in changes(study, own, "esv")
        ]
        if told:
            said.append(f"The mean ESV of a frame of a {prediction} prediction goes: {', '.join(told)}.")
    return Exhibit(
        "positions-as-frames-grow",
        "Position, as the number of frames grows",
        "One row for each number of frames, one tile for each position: blue where frames support the true class in "
        "the mean, orange where they distract; the stronger, the more. The mean of a row is (score − prior) / n: it "
        "falls with n unless the score grows as fast.",
        tables.positions(study.frames, study.bootstrap),
        said,
        figures.positions_as_frames_grow,
    )
