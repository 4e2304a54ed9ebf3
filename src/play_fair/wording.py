"""Sentences about the explanation of one video: captions of its charts, and the verdict of the model."""

from collections.abc import Sequence

import numpy as np

from play_fair.explanation import Explanation
from play_fair.formatting import percent, score_sum, shortened, signed

NEGLIGIBLE = 0.005
"""Effects on a score below this are not described."""

_HIGH, _FAIR, _LOW = 0.9, 0.6, 0.35
"""Scores from which on the confidence of a model is called high, fair or low."""

_CLOSE = 0.1
"""The runner-up is about as likely if its score is less than this below the highest."""


def describe_prediction(explanation: Explanation, model: str) -> str:
    """Describe the verdict: which class the model predicts, with its score."""
    predicted = explanation.predicted
    score = percent(float(explanation.scores[predicted]))
    return f"{model} predicts “{explanation.class_name(predicted)}” with a score of {score}."


def describe_confidence(explanation: Explanation) -> str:
    """Describe how far the predicted class is ahead of the runner-up."""
    if len(explanation.scores) == 1:
        return "The model has no other class."
    first, second = np.argsort(-explanation.scores, kind="stable")[:2].tolist()
    score, other = float(explanation.scores[first]), float(explanation.scores[second])
    runner_up = f"{_quoted(explanation, second)} ({percent(other)})"
    if score < _FAIR and score - other < _CLOSE:
        return f"The confidence is low: {runner_up} is about as likely."
    level = "high" if score >= _HIGH else "fairly high" if score >= _FAIR else "low" if score >= _LOW else "very low"
    return f"The confidence is {level}: the runner-up is {runner_up}."


def describe_curve(explanation: Explanation, class_id: int, frame_names: Sequence[str] | None = None) -> str:
    """Describe how many frames support a class, and which support it and distract from it most.

    Args:
        frame_names: T names; None: "frame" and the index in the video.
    """
    esvs = explanation.values[:, class_id].astype(np.float64)
    name, n_frames = _quoted(explanation, class_id), len(esvs)
    if np.abs(esvs).sum() < 2 * NEGLIGIBLE:
        return f"All frames together change the score of {name} by less than {2 * NEGLIGIBLE}."
    best, worst = int(esvs.argmax()), int(esvs.argmin())
    if n_frames == 1:
        return f"The only frame {'supports' if esvs[0] > 0 else 'distracts from'} {name} ({signed(esvs[0])})."
    frame_names = frame_names or [f"frame {index}" for index in explanation.frame_idxs]
    n_supporting = int((esvs > 0).sum())
    if n_supporting == n_frames:
        count = f"All {n_frames} frames support"
    elif n_supporting == 0:
        count = "No frame supports"
    else:
        count = f"{n_supporting} of {n_frames} frames {'supports' if n_supporting == 1 else 'support'}"
    sentence = f"{count} {name}"
    if n_supporting:
        sentence += f"{', most of all' if n_supporting > 1 else ':'} {frame_names[best]}, {signed(esvs[best])}"
    if esvs[worst] < 0:
        sentence += f"; {frame_names[worst]} distracts most, {signed(esvs[worst])}"
    return f"{sentence}."


def describe_sum(explanation: Explanation, class_id: int) -> str:
    """Describe the waterfall: prior + ESVs = score."""
    total = float(explanation.values[:, class_id].sum(dtype=np.float64))
    sum_of_parts = score_sum(float(explanation.prior[class_id]), total, float(explanation.scores[class_id]))
    return f"{_quoted(explanation, class_id)}: {sum_of_parts}."


def describe_interactions(explanation: Explanation, class_id: int) -> str | None:
    """Describe the two frames with the largest interaction; None where interactions of the class are not known."""
    known = explanation.interactions_of(class_id)
    if known is None or len(known) < 2:
        return None
    pairs = np.triu(known, k=1)
    i, j = map(int, np.unravel_index(int(np.abs(pairs).argmax()), pairs.shape))
    if abs(pairs[i, j]) < NEGLIGIBLE:
        return f"No two frames depend on each other for {_quoted(explanation, class_id)}."
    verb = "add to" if pairs[i, j] > 0 else "take from"
    frames = explanation.frame_idxs
    return f"Frames {frames[i]} and {frames[j]} {verb} each other's effect most ({signed(float(pairs[i, j]))})."


def _quoted(explanation: Explanation, class_id: int) -> str:
    return f"“{shortened(explanation.class_name(class_id))}”"
