"""Exhibits of two classes: the true one, and the predicted one or the runner-up."""

import numpy as np

from play_fair.analysis import figures, tables
from play_fair.analysis.comparisons import cells, tell_positions
from play_fair.analysis.exhibits.exhibit import Exhibit
from play_fair.analysis.study import Study
from play_fair.analysis.tables import KINDS
from play_fair.analysis.tidy import WRONG
from play_fair.analysis.wording import esv, share
from play_fair.formatting import join_with_and, number, plural

NO_WRONG = "There is no wrong prediction, or no second class, so there is nothing to show."
NO_RIVAL = "There is only one class, so there is nothing to contrast."


def kinds_of_frames(study: Study) -> Exhibit:
    """By the signs of both ESVs."""
    table = tables.kinds_of_frames(study.frames, study.bootstrap)
    said = []
    for model, _, of_kind in cells(study, table, "kind"):
        told = [f"{share(of_kind[kind])} {kind.replace('supports', 'support')}" for kind in KINDS.values()]
        n_frames = next(iter(of_kind.values()))["frames"]
        said.append(f"{model}: of {plural(n_frames, 'frame')} of wrong predictions {join_with_and(told)}.")
    return Exhibit(
        "kinds-of-frames",
        "What frames do for the true and for the predicted class",
        "Frames of wrong predictions, by the signs of their ESVs of both classes.",
        table,
        said,
        figures.kinds_of_frames,
        NO_WRONG,
    )


def true_against_predicted(study: Study) -> Exhibit:
    """One ESV against the other."""
    frames = study.compared_frames
    wrong = frames[(frames["prediction"] == WRONG) & frames["rival_esv"].notna()]
    opposed = wrong.assign(opposed=(np.sign(wrong["esv"]) != np.sign(wrong["rival_esv"])).astype(np.float64))
    said = []
    for _, row in study.bootstrap.means(opposed, ["model"], "opposed").iterrows():
        own = wrong[wrong["model"] == row["model"]]
        true, predicted = (number(own[column].mean()) for column in ("esv", "rival_esv"))
        said.append(
            f"{row['model']}: the two ESVs have different signs in {share(row, 'mean')} of the frames; their means are "
            f"{true} (true) and {predicted} (predicted class)."
        )
    return Exhibit(
        "true-against-predicted",
        "ESVs of the true against the predicted class",
        "Each frame of a wrong prediction lies at its two ESVs; the stronger the colour, the more frames. Blue, below "
        "the diagonal: the frame says more for the true class; orange: for the predicted one. The outermost squares "
        "hold all beyond.",
        tables.true_against_predicted(frames),
        said,
        figures.true_against_predicted,
        NO_WRONG,
    )


def contrasts(study: Study) -> Exhibit:
    """The class-contrastive ESV."""
    table = tables.contrasts(study.frames, study.videos, study.bootstrap)
    favour, of_sum = (table[table["measure"] == measure] for measure in ("frames above 0", "sum"))
    totals = {model: of for model, _, of in cells(study, of_sum, "prediction")}
    said = []
    for model, _, of in cells(study, favour, "prediction"):
        shares = [f"{share(row, 'mean')} of the frames of {prediction} predictions" for prediction, row in of.items()]
        sums = [f"{esv(row, 'mean')} in the mean {prediction} one" for prediction, row in totals[model].items()]
        said.append(
            f"{model}: {join_with_and(shares)} favour the true class over its rival; the sum is {join_with_and(sums)}."
        )
    return Exhibit(
        "contrasts",
        "Class-contrastive ESVs",
        "The ESV of the true class less that of its rival: the predicted class where the prediction is wrong, the "
        "runner-up where it is correct. ESVs are linear, so it is the frame's share in the margin between both scores; "
        "above 0 the frame favours the true class.",
        table,
        said,
        figures.contrasts,
        NO_RIVAL,
    )


def contrast_positions(study: Study) -> Exhibit:
    """The class-contrastive ESV against the position."""
    return Exhibit(
        "contrast-positions",
        "Class-contrastive ESV and the frame's position",
        "Where in the sequence frames favour the true class over its rival, and where the rival.",
        tables.positions(study.compared_frames, study.bootstrap, "contrast"),
        tell_positions(study, "contrast", "class-contrastive ESVs"),
        figures.contrast_positions,
        NO_RIVAL,
    )
