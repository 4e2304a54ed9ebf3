"""Summarise a results file for the terminal."""

from pathlib import Path

import numpy as np
import pandas as pd

from play_fair.results import EsvResults


def accuracy_table(results: EsvResults) -> pd.DataFrame:
    """Top-1 and top-5 accuracy, for each number of frames.

    Columns: n_frames; videos; top1 and top5, the shares (0..1) of videos whose class is the model's first guess, or
    among its first five.
    """
    rows = []
    for scale in results.scales:
        true_scores = np.take_along_axis(scale.scores, results.labels[:, None], axis=1)
        # Rank 0: no class scores higher than the true one.
        rank = (scale.scores > true_scores).sum(axis=1)
        rows.append((scale.n_frames, len(rank), (rank < 1).mean(), (rank < 5).mean()))
    return pd.DataFrame(rows, columns=["n_frames", "videos", "top1", "top5"])


def supporting_share(results: EsvResults) -> pd.DataFrame:
    """The share of frames that support the true class (ESV > 0), for each number of frames and prediction.

    Columns: n_frames; prediction, "correct" or "wrong"; videos; supporting, the share (0..1) of their frames.
    """
    rows = []
    for scale in results.scales:
        correct = scale.scores.argmax(axis=1) == results.labels
        esvs = np.take_along_axis(scale.shapley_values, results.labels[:, None, None], axis=2)[:, :, 0]
        given = scale.sequence_idxs >= 0  # not padding
        for prediction, chosen in (("correct", correct), ("wrong", ~correct)):
            supporting = (esvs > 0)[chosen][given[chosen]]
            share = supporting.mean() if len(supporting) else np.nan
            rows.append((scale.n_frames, prediction, int(chosen.sum()), share))
    return pd.DataFrame(rows, columns=["n_frames", "prediction", "videos", "supporting"])


def describe(path: Path | str) -> str:
    """Format number of videos, accuracy, supporting frames and efficiency error of a results file."""
    results = EsvResults.load(path)
    shares = supporting_share(results).pivot(index="n_frames", columns="prediction", values="supporting")
    table = accuracy_table(results).set_index("n_frames").join(shares)
    formatted = pd.DataFrame(
        {
            "frames": table.index,
            "top-1 %": 100 * table["top1"].to_numpy(),
            "supporting frames %, if correct": 100 * table["correct"].to_numpy(),
            "if wrong": 100 * table["wrong"].to_numpy(),
        }
    )
    name = " on ".join(str(results.attrs[key]) for key in ("model", "dataset") if results.attrs.get(key))
    return (
        f"{name or path}: {len(results.uids)} videos, "
        f"max |sum of ESVs + prior - score| = {results.efficiency_error():.1e}\n"
        + formatted.to_string(index=False, float_format=lambda value: f"{value:.1f}")
    )
