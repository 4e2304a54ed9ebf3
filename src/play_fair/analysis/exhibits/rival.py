"""Exhibits of two classes: the true one, and the predicted one or the runner-up."""

import numpy as np

from play_fair.analysis import figures, tables
from play_fair.analysis.comparisons import compare_positions, rows_at_compared
from play_fair.analysis.exhibits.exhibit import Exhibit
from play_fair.analysis.exhibits.true_class import any_clear_position, summary_of_positions
from play_fair.analysis.study import Study
from play_fair.analysis.tables import KINDS
from play_fair.analysis.tidy import WRONG
from play_fair.analysis.wording import esv, share
from play_fair.formatting import join_with_and, number

NO_WRONG = "There is no wrong prediction, or no second class, so there is nothing to show."
NO_RIVAL = "There is only one class, so there is nothing to contrast."


def kinds_of_frames(study: Study) -> Exhibit:
    """Frames by the signs of both ESVs."""
    table = tables.kinds_of_frames(study.frames, study.bootstrap)
    summary = []
    for model, kinds in rows_at_compared(study, table, "kind").items():
        n_frames = next(iter(kinds.values()))["frames"]
        shares = {kind: share(kinds[kind]) for kind in KINDS.values()}
        summary.append({"model": model, "frames of wrong predictions": f"{n_frames:,}", **shares})
    return Exhibit(
        "kinds-of-frames",
        "ESVs of the true and of the predicted class: signs",
        "Frames of wrong predictions, by the signs of their ESVs of both classes.",
        table,
        summary,
        figures.kinds_of_frames,
        missing=NO_WRONG,
    )


def true_against_predicted(study: Study) -> Exhibit:
    """One ESV against the other."""
    frames = study.compared_frames
    wrong = frames[(frames["prediction"] == WRONG) & frames["rival_esv"].notna()]
    opposed = wrong.assign(opposed=(np.sign(wrong["esv"]) != np.sign(wrong["rival_esv"])).astype(np.float64))
    summary = []
    for _, row in study.bootstrap.means(opposed, ["model"], "opposed").iterrows():
        of_model = wrong[wrong["model"] == row["model"]]
        summary.append(
            {
                "model": row["model"],
                "different signs": share(row, "mean"),
                "mean ESV, true class": number(of_model["esv"].mean()),
                "predicted class": number(of_model["rival_esv"].mean()),
            }
        )
    return Exhibit(
        "true-against-predicted",
        "ESVs of the true and of the predicted class: sizes",
        "Each frame of a wrong prediction, at its two ESVs; the opacity is the number of frames. Blue, below the "
        "diagonal: the frame supports the true class more; orange: the predicted one. The outermost squares hold all "
        "beyond.",
        tables.true_against_predicted(frames),
        summary,
        figures.true_against_predicted,
        missing=NO_WRONG,
    )


def contrasts(study: Study) -> Exhibit:
    """The class-contrastive ESV."""
    table = tables.contrasts(study.frames, study.videos, study.bootstrap)
    positive, sums = (
        rows_at_compared(study, table[table["measure"] == measure], "prediction")
        for measure in ("frames above 0", "sum")
    )
    summary, shares = [], []
    for model, predictions in positive.items():
        for prediction, cell in predictions.items():
            total = esv(sums[model][prediction], "mean")
            summary.append(
                {"model": model, "predictions": prediction, "frames above 0": share(cell, "mean"), "sum": total}
            )
        parts = [f"{share(cell, 'mean')} in {prediction}" for prediction, cell in predictions.items()]
        shares.append(f"{model} {join_with_and(parts)} predictions")
    return Exhibit(
        "contrasts",
        "Class-contrastive ESVs",
        "The ESV of the true class minus that of its rival: the predicted class where the prediction is wrong, the "
        "runner-up where it is correct. ESVs are linear, so it is the frame's share in the margin between both scores; "
        "above 0 the frame favours the true class.",
        table,
        summary,
        figures.contrasts,
        f"Frames that favour the true class over its rival: {'; '.join(shares)}.",
        NO_RIVAL,
    )


def contrast_positions(study: Study) -> Exhibit:
    """The class-contrastive ESV against the position."""
    compared = compare_positions(study, "contrast")
    return Exhibit(
        "contrast-positions",
        "Class-contrastive ESV and the frame's position",
        "The mean class-contrastive ESV, by the position of the frame in the sequence. Ends: first and last quarter.",
        tables.positions(study.compared_frames, study.bootstrap, "contrast"),
        summary_of_positions(compared),
        figures.contrast_positions,
        missing=NO_RIVAL,
        is_null=not any_clear_position(compared),
    )
