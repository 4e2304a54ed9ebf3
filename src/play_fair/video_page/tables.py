"""The values of an explanation for other programs: as csv and as json."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from play_fair.explanation import Explanation
from play_fair.video_page.clip import Clip


def to_csv(explanation: Explanation, clip: Clip) -> str:
    """One row for each class and frame, classes in the order of their scores; prior + ESVs of a class = its score.

    Numbers have the digits of their precision: 9 of float32.
    """
    errors = explanation.standard_errors
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    estimated = [] if errors is None else ["standard_error"]
    writer.writerow(["class_id", "class", "prior", "score", "frame", "seconds", "esv", *estimated])
    for class_id in ranking(explanation):
        prior, score = explanation.prior[class_id], explanation.scores[class_id]
        for position, (frame, seconds) in enumerate(zip(clip.frame_idxs.tolist(), clip.seconds.tolist(), strict=True)):
            row = [class_id, explanation.class_name(class_id), prior, score, frame, round(seconds, 6)]
            row.append(explanation.values[position, class_id])
            writer.writerow(row if errors is None else [*row, errors[position, class_id]])
    return text.getvalue()


def to_json(explanation: Explanation, clip: Clip, shown: Sequence[int]) -> dict[str, Any]:
    """The explanation as plain values; classes in the order of their scores.

    Args:
        shown: ids of the classes whose interactions are included.
    """
    errors = explanation.standard_errors
    return {
        "video": {
            "file": clip.source.name,
            "uid": clip.uid,
            "n_frames": clip.n_video_frames,
            "frame_rate": clip.frame_rate,
            "steady_rate": clip.steady,
            "damage": clip.damage,
        },
        "model": explanation.info["model"],
        "dataset": explanation.info["dataset"],
        "predicted": explanation.class_name(explanation.predicted),
        "exact": explanation.exact,
        "frames": clip.frame_idxs.tolist(),
        "seconds": np.round(clip.seconds, 6).tolist(),
        "classes": [
            {
                "id": class_id,
                "name": explanation.class_name(class_id),
                "prior": float(explanation.prior[class_id]),
                "score": float(explanation.scores[class_id]),
                "esvs": explanation.values[:, class_id].tolist(),
                **({} if errors is None else {"standard_errors": errors[:, class_id].tolist()}),
                **_interactions(explanation, class_id if class_id in shown else None),
            }
            for class_id in ranking(explanation)
        ],
    }


def _interactions(explanation: Explanation, class_id: int | None) -> dict[str, Any]:
    pairs = None if class_id is None else explanation.interactions_of(class_id)
    return {} if pairs is None else {"interactions": pairs.tolist()}


def ranking(explanation: Explanation) -> list[int]:
    """Ids of all classes, the most likely first."""
    return np.argsort(-explanation.scores, kind="stable").tolist()
