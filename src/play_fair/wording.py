"""Sentences about the explanation of one video: headline, reason, and captions of its charts."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from play_fair.class_esvs import ClassEsvs
from play_fair.explanation import Explanation
from play_fair.formatting import SPACE, join_with_and, percent, score_sum, shortened, signed

NEGLIGIBLE = 0.005
"""Effects on a score below this are not described."""

_MINOR = 0.15
"""Frames whose ESV is below this share of the largest are not among the reasons."""

_MOST_GROUPS = 2
"""Groups of consecutive frames that a reason names for each side."""

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
    second = runner_up(explanation)
    if second is None:
        return "The model has no other class."
    score, other = float(explanation.scores[explanation.predicted]), float(explanation.scores[second])
    name = f"“{shortened(explanation.class_name(second))}” ({percent(other)})"
    if score < _FAIR and score - other < _CLOSE:
        return f"Low confidence: {name} is about as likely."
    level = "High" if score >= _HIGH else "Fairly high" if score >= _FAIR else "Low" if score >= _LOW else "Very low"
    return f"{level} confidence. Runner-up: {name}."


def runner_up(explanation: Explanation) -> int | None:
    """Return the id of the class with the second highest score; None if there is one class only."""
    if len(explanation.scores) == 1:
        return None
    return int(np.argsort(-explanation.scores, kind="stable")[1])


def describe_reason(esvs: ClassEsvs) -> str:
    """Describe in one sentence which frames a score comes from: groups of consecutive frames with large ESVs."""
    values = esvs.values
    largest = float(np.abs(values).max())
    if np.abs(values).sum() < 2 * NEGLIGIBLE:
        return f"No frame matters: all together change the score of {esvs.description} by less than {2 * NEGLIGIBLE}."
    supporting = _frame_groups(esvs.frame_idxs, values, values >= _MINOR * largest)
    opposing = _frame_groups(esvs.frame_idxs, values, values <= -_MINOR * largest)
    if esvs.other is not None:
        sides = [(supporting, esvs.short_name), (opposing, esvs.short_name_of_other)]
        parts = [f"{frames} {'speak' if many else 'speaks'} for {name}" for (frames, many), name in sides if frames]
        return _capitalized(f"{'; '.join(parts)}.")
    (frames, _), (against, many) = supporting, opposing
    verb = "argue" if many else "argues"
    if not frames:
        return _capitalized(f"{against} {verb} against {esvs.short_name}.")
    return f"Because of {frames}; {against} {verb} against it." if against else f"Because of {frames}."


def describe_prediction_reason(explanation: Explanation, label: int | None) -> str:
    """Describe why the model predicts its class; where that is wrong, why not the true class.

    Args:
        label: the true class; None: not known.
    """
    predicted = explanation.predicted
    return describe_reason(ClassEsvs(explanation, predicted, None if label in (None, predicted) else label))


def question(esvs: ClassEsvs) -> str:
    """Ask what the ESVs answer, without a capital letter."""
    return f"which frames support {esvs.short_name}?" if esvs.other is None else f"why {esvs.description}?"


def describe_twin(esvs: ClassEsvs, model: str, mirrored: bool) -> str:
    """Describe the other video of a pair: what is predicted, which frames do most, and which way its time runs."""
    order = " Its time runs from right to left: the same moments stand below each other." if mirrored else ""
    return f"{describe_prediction(esvs.explanation, model)} {describe_curve(esvs)}{order}"


def describe_curve(esvs: ClassEsvs, frame_names: Sequence[str] | None = None) -> str:
    """Describe how many frames support a class, and which support it and distract from it most.

    Args:
        frame_names: T names; None: "frame" and the index in the video.
    """
    values, name, n_frames = esvs.values, esvs.description, len(esvs.values)
    if np.abs(values).sum() < 2 * NEGLIGIBLE:
        return f"All frames together change the score of {name} by less than {2 * NEGLIGIBLE}."
    best, worst = int(values.argmax()), int(values.argmin())
    if n_frames == 1:
        return f"The only frame {'supports' if values[0] > 0 else 'distracts from'} {name} ({signed(values[0])})."
    frame_names = frame_names or [f"frame {index}" for index in esvs.frame_idxs]
    n_supporting = int((values > 0).sum())
    if n_supporting == n_frames:
        count = f"All {n_frames} frames support"
    elif n_supporting == 0:
        count = "No frame supports"
    else:
        count = f"{n_supporting} of {n_frames} frames {'supports' if n_supporting == 1 else 'support'}"
    sentence = f"{count} {name}"
    if n_supporting:
        sentence += f"{', most of all' if n_supporting > 1 else ':'} {frame_names[best]}, {signed(values[best])}"
    if values[worst] < 0:
        sentence += f"; {frame_names[worst]} distracts most, {signed(values[worst])}"
    return f"{sentence}."


def describe_sum(esvs: ClassEsvs) -> str:
    """Describe the waterfall: prior + ESVs = score; and that the order of its steps is not one of reasoning."""
    return (
        f"{esvs.description}: {score_sum(esvs.prior, float(esvs.values.sum()), esvs.score)}. Steps are in time order, "
        "which is not an order of reasoning: every ESV is an average over all orders."
    )


def describe_interactions(esvs: ClassEsvs) -> str | None:
    """Describe the two frames with the largest interaction; None where interactions are not known."""
    known = esvs.interactions
    if known is None or len(known) < 2:
        return None
    pairs = np.triu(known, k=1)
    i, j = map(int, np.unravel_index(int(np.abs(pairs).argmax()), pairs.shape))
    value, frames = float(pairs[i, j]), esvs.frame_idxs
    if abs(value) < NEGLIGIBLE:
        return f"No two frames depend on each other for {esvs.description}."
    if value > 0:
        return f"Frames {frames[i]} and {frames[j]} reinforce each other most: together they add more than apart " + (
            f"({signed(value)})."
        )
    return f"Frames {frames[i]} and {frames[j]} overlap most: together they add less than apart ({signed(value)})."


def _frame_groups(frame_idxs: Sequence[int], values: Float64[np.ndarray, " T"], chosen: np.ndarray) -> tuple[str, bool]:
    """Name groups of consecutive chosen frames, those with the largest sums; and whether they are many frames."""
    positions = np.flatnonzero(chosen)
    if not len(positions):
        return "", False
    groups = np.split(positions, np.flatnonzero(np.diff(positions) > 1) + 1)
    largest = sorted(groups, key=lambda group: -abs(values[group].sum()))[:_MOST_GROUPS]
    named = sorted(largest, key=lambda group: int(group[0]))
    names = [
        f"{frame_idxs[group[0]]}" if len(group) == 1 else f"{frame_idxs[group[0]]} to {frame_idxs[group[-1]]}"
        for group in named
    ]
    many = len(named) > 1 or len(named[0]) > 1
    mostly = "mostly " if len(groups) > _MOST_GROUPS else ""
    return f"{mostly}{'frames' if many else 'frame'} {join_with_and(names)}".replace(" to ", f"{SPACE}to{SPACE}"), many


def _capitalized(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
