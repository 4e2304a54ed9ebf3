"""Tidy tables with confidence intervals: one for each figure of the report.

`frames` and `videos` are the tables of `play_fair.analysis.tidy`, or a part of their rows. The columns low and high are
the 95 % interval of the mean beside them, and `videos` is the number of videos it is over.
"""

import numpy as np
import pandas as pd

from play_fair.analysis.bootstrap import GroupBootstrap
from play_fair.analysis.tidy import CORRECT, WRONG

MOST_POSITIONS = 20
"""Longer sequences are split into this many equal parts."""

N_BINS = 30
"""Bins of each axis of `true_against_predicted`."""

KINDS = {
    (True, False): "supports the true class only",
    (True, True): "supports both",
    (False, False): "supports neither",
    (False, True): "supports the predicted class only",
}
"""Kinds of frames of wrong predictions, by whether they support the true class, and the predicted one."""

SCALES = ["model", "n_frames"]
PREDICTED_SCALES = [*SCALES, "prediction"]


def accuracy(videos: pd.DataFrame, bootstrap: GroupBootstrap) -> pd.DataFrame:
    """How often the true class is the first guess, or among the first five.

    Columns: model, n_frames, guesses (1 or 5), videos, share, low, high.
    """
    parts = [
        bootstrap.means(videos, SCALES, column).assign(guesses=guesses)
        for column, guesses in (("top1", 1), ("top5", 5))
    ]
    return _tidy(pd.concat(parts), [*SCALES, "guesses"], "share", rows="")


def supporting_frames(frames: pd.DataFrame, bootstrap: GroupBootstrap) -> pd.DataFrame:
    """The shares of frames that support and that distract from the true class: ESV above, and below, 0.

    Columns: model, n_frames, prediction, kind ("supporting" or "distracting"), videos, frames, share, low, high. They
    sum to 1 but for frames whose ESV is exactly 0.
    """
    parts = []
    for kind, chosen in (("supporting", frames["esv"] > 0), ("distracting", frames["esv"] < 0)):
        table = frames.assign(chosen=chosen.astype(np.float64))
        parts.append(bootstrap.means(table, PREDICTED_SCALES, "chosen").assign(kind=kind))
    return _tidy(pd.concat(parts), [*PREDICTED_SCALES, "kind"], "share")


def sums(videos: pd.DataFrame, bootstrap: GroupBootstrap) -> pd.DataFrame:
    """Sums of the supporting and of the distracting ESVs of a video, in the mean.

    Columns: model, n_frames, prediction, kind ("supporting" or "distracting"), videos, esv, low, high. With the prior,
    both sum to the mean score.
    """
    parts = [
        bootstrap.means(videos, PREDICTED_SCALES, kind).assign(kind=kind) for kind in ("supporting", "distracting")
    ]
    return _tidy(pd.concat(parts), [*PREDICTED_SCALES, "kind"], "esv", rows="")


def positions(frames: pd.DataFrame, bootstrap: GroupBootstrap, value: str = "esv") -> pd.DataFrame:
    """The mean ESV by position in the sequence, split into as many equal parts as it has frames.

    Columns: model, n_frames, prediction, part (0 first), begin and end (0..1), videos, frames, the value, low, high.
    """
    n_parts = frames["n_frames"].clip(upper=MOST_POSITIONS)
    part = (frames["position"] * n_parts).astype(np.int64)
    table = bootstrap.means(frames.assign(part=part), [*PREDICTED_SCALES, "part"], value)
    n_parts = table["n_frames"].clip(upper=MOST_POSITIONS)
    table = table.assign(begin=table["part"] / n_parts, end=(table["part"] + 1) / n_parts)
    return _tidy(table, [*PREDICTED_SCALES, "part", "begin", "end"], value)


def kinds_of_frames(frames: pd.DataFrame, bootstrap: GroupBootstrap) -> pd.DataFrame:
    """Shares of frames of wrong predictions by the signs of the ESVs of the true and of the predicted class.

    Columns: model, n_frames, kind (see `KINDS`), videos, frames, share, low, high; the shares of the kinds sum to 1.
    """
    wrong = frames[(frames["prediction"] == WRONG) & frames["rival_esv"].notna()]
    true, predicted = wrong["esv"] > 0, wrong["rival_esv"] > 0
    parts = []
    for (of_true, of_predicted), kind in KINDS.items():
        chosen = (true == of_true) & (predicted == of_predicted)
        table = wrong.assign(chosen=chosen.astype(np.float64))
        parts.append(bootstrap.means(table, SCALES, "chosen").assign(kind=kind))
    table = pd.concat(parts)
    table["kind"] = pd.Categorical(table["kind"], categories=list(KINDS.values()))
    return _tidy(table, [*SCALES, "kind"], "share")


def true_against_predicted(frames: pd.DataFrame) -> pd.DataFrame:
    """2-D histogram of the ESVs of the true and of the predicted class, frames of wrong predictions.

    Columns: model, n_frames, true_from, true_to, predicted_from, predicted_to, frames; empty bins are left out. 0 is
    always a border, and the bins reach as far as 99.5 % of the ESVs; those further out are in the outermost bins.
    """
    wrong = frames[(frames["prediction"] == WRONG) & frames["rival_esv"].notna()]
    size = np.abs(wrong[["esv", "rival_esv"]].to_numpy())
    reach = np.quantile(size, 0.995) if size.size else 0.0
    width = max(2 * float(reach) / N_BINS, 1e-9)
    bins = {
        name: np.floor(wrong[column] / width).clip(-N_BINS // 2, N_BINS // 2 - 1).astype(np.int64)
        for name, column in (("true", "esv"), ("predicted", "rival_esv"))
    }
    counts = (
        wrong[SCALES].assign(**bins).groupby([*SCALES, "true", "predicted"], observed=True).size().reset_index(name="n")
    )
    return counts[SCALES].assign(
        true_from=counts["true"] * width,
        true_to=(counts["true"] + 1) * width,
        predicted_from=counts["predicted"] * width,
        predicted_to=(counts["predicted"] + 1) * width,
        frames=counts["n"],
    )


def contrasts(frames: pd.DataFrame, videos: pd.DataFrame, bootstrap: GroupBootstrap) -> pd.DataFrame:
    """Class-contrastive ESVs: that of the true class minus that of its rival, for the same frame.

    By linearity it is the frame's ESV of the margin between the two scores. Columns: model, n_frames, prediction,
    measure, videos, mean, low, high. The measures: "frames above 0", the share of frames that favour the true class;
    "sum", over the frames of a video: the margin less that of the priors.
    """
    favours = frames["contrast"].gt(0).astype(np.float64).where(frames["contrast"].notna())
    parts = [
        bootstrap.means(frames.assign(favours=favours), PREDICTED_SCALES, "favours").assign(measure="frames above 0"),
        bootstrap.means(videos, PREDICTED_SCALES, "contrast").assign(measure="sum"),
    ]
    return _tidy(pd.concat(parts), [*PREDICTED_SCALES, "measure"], "mean", rows="")


def extremes(videos: pd.DataFrame, bootstrap: GroupBootstrap) -> pd.DataFrame:
    """The largest, the mean and the smallest ESV of the true class in a video, in the mean over videos.

    Columns: model, n_frames, prediction, which ("largest", "mean" or "smallest"), videos, esv, low, high.
    """
    parts = [
        bootstrap.means(videos, PREDICTED_SCALES, which).assign(which=which)
        for which in ("largest", "mean", "smallest")
    ]
    return _tidy(pd.concat(parts), [*PREDICTED_SCALES, "which"], "esv", rows="")


def classes(
    compared: pd.DataFrame, frames: pd.DataFrame, names: dict[int, str], bootstrap: GroupBootstrap
) -> pd.DataFrame:
    """For each class: how localised the ESVs of its videos are, and more.

    `compared` and `frames` are rows of the video and of the frame table at one number of frames for each model.
    Columns: model, n_frames, label, name, videos, top1; effective_frames with low and high (see `video_table`; few:
    localised); supporting_share, of frames; centre, the mean position (0..1) of what supporting frames add; largest and
    smallest, the mean largest and smallest ESV of a video.
    """
    by = [*SCALES, "label"]
    table = bootstrap.means(compared, by, "effective_frames").rename(columns={"mean": "effective_frames"})
    of_videos = compared.groupby(by, observed=True)[["top1", "largest", "smallest"]].mean()
    gain = frames["esv"].clip(lower=0)
    weighted = frames.assign(
        gain=gain, moment=gain * frames["position"], supports=(frames["esv"] > 0).astype(np.float64)
    )
    cells = weighted.groupby(by, observed=True)
    of_frames = cells[["gain", "moment"]].sum()
    columns_of_class = of_videos.assign(
        supporting_share=cells["supports"].mean(), centre=of_frames["moment"] / of_frames["gain"].replace(0, np.nan)
    )
    table = table.join(columns_of_class, on=by).assign(name=table["label"].map(names))
    columns = ["name", "videos", "top1", "effective_frames", "low", "high", "supporting_share", "centre"]
    return table[[*by, *columns, "largest", "smallest"]]


def class_growth(videos: pd.DataFrame, names: dict[int, str], bootstrap: GroupBootstrap) -> pd.DataFrame:
    """For each class, how the largest and the smallest ESV of the mean video grow with the number of frames.

    Columns: model, label, name, n_frames, which ("largest" or "smallest"), videos, esv, low, high.
    """
    by = ["model", "label", "n_frames"]
    parts = [bootstrap.means(videos, by, which).assign(which=which) for which in ("largest", "smallest")]
    table = pd.concat(parts)
    table.insert(2, "name", table["label"].map(names))
    return _tidy(table, ["model", "label", "name", "n_frames", "which"], "esv", rows="")


def largest_esvs(growth: pd.DataFrame, model: str) -> pd.DataFrame:
    """Pivot a table of `class_growth`: largest ESVs of a model, one row for each class, one column for each n."""
    rows = growth[(growth["model"] == model) & (growth["which"] == "largest")]
    return rows.pivot(index="name", columns="n_frames", values="esv")


def _tidy(table: pd.DataFrame, keys: list[str], value: str, rows: str = "frames") -> pd.DataFrame:
    """Columns and rows in order; `rows` renames what was counted, or drops it."""
    counted = [rows] if rows else []
    table = table.rename(columns={"mean": value, "rows": rows or "rows"})
    columns = [*keys, "videos", *counted, value, "low", "high"]
    return table[columns].sort_values(keys, kind="stable").reset_index(drop=True)


def predictions_there(table: pd.DataFrame) -> list[str]:
    """The predictions in a table, correct first."""
    return [prediction for prediction in (CORRECT, WRONG) if (table["prediction"] == prediction).any()]
