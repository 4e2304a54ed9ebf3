"""The values of an explanation for other programs: as csv and as json."""

import csv
import io
from typing import Any

import numpy as np

from play_fair.video_page.video_explanation import VideoExplanation


def to_csv(video: VideoExplanation) -> str:
    """One row for each class and frame, classes in the order of their scores; prior + ESVs of a class = its score."""
    explanation = video.explanation
    clip, errors = video.clip, explanation.standard_errors
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    estimated = [] if errors is None else ["standard_error"]
    writer.writerow(["class_id", "class", "prior", "score", "frame", "seconds", "esv", *estimated])
    for class_id in video.ranking:
        prior, score = float(explanation.prior[class_id]), float(explanation.scores[class_id])
        for position, (frame, seconds) in enumerate(zip(clip.frame_idxs.tolist(), clip.seconds.tolist(), strict=True)):
            row = [class_id, explanation.class_name(class_id), prior, score, frame, round(seconds, 6)]
            row.append(float(explanation.values[position, class_id]))
            writer.writerow(row if errors is None else [*row, float(errors[position, class_id])])
    return text.getvalue()


def to_json(video: VideoExplanation) -> dict[str, Any]:
    """All there is to say, by name; classes in the order of their scores."""
    explanation = video.explanation
    clip, errors = video.clip, explanation.standard_errors
    return {
        "video": {
            "file": clip.source.name,
            "uid": clip.uid,
            "n_frames": clip.n_video_frames,
            "frame_rate": clip.frame_rate,
            "steady_rate": clip.steady,
            "damage": clip.damage,
        },
        "model": video.model,
        "dataset": video.dataset,
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
                **({"interactions": pairs.tolist()} if (pairs := video.interactions(class_id)) is not None else {}),
            }
            for class_id in video.ranking
        ],
    }
