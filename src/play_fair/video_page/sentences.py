"""Sentences that only the page of one video has: about its clip, and why not another class."""

from collections.abc import Sequence

import numpy as np

from play_fair.class_esvs import ClassEsvs
from play_fair.explanation import Explanation
from play_fair.formatting import percent, shortened, signed
from play_fair.results.explanations import UNKNOWN
from play_fair.video_page.clip import Clip
from play_fair.wording import NEGLIGIBLE, describe_curve, describe_interactions


def describe_frames_used(explanation: Explanation, clip: Clip) -> str:
    """Describe how many frames of the video the model was given."""
    used, there = _n_frames_used(explanation), clip.n_video_frames
    if there == 1:
        return "a single frame"
    part = f"all {there:,}" if used == there else f"{used} of {there:,}"
    return f"{there / clip.frame_rate:.1f}\N{NO-BREAK SPACE}s · {explanation.info['model']} was given {part} frames"


def describe_class(explanation: Explanation, clip: Clip, class_id: int) -> list[str]:
    """Describe which frames support a class and which distract from it; of another than the predicted, why not."""
    frame_names = [_frame_name(clip, position) for position in range(len(explanation.values))]
    esvs = ClassEsvs(explanation, class_id)
    sentences: list[str | None] = [describe_curve(esvs, frame_names)]
    if class_id != explanation.predicted:
        sentences = [
            _describe_rank(explanation, class_id),
            *sentences,
            _describe_difference(explanation, clip, class_id),
        ]
    sentences += [
        _describe_concentration(explanation, clip, class_id),
        describe_interactions(esvs),
    ]
    return [sentence for sentence in sentences if sentence]


def describe_caveats(explanation: Explanation, clip: Clip, shown: Sequence[int]) -> list[str]:
    """Describe the limits of the explanation: of the model, of the sampled frames, of estimates, of the file.

    Args:
        shown: ids of the classes whose standard errors count.
    """
    model, n_used = explanation.info["model"], _n_frames_used(explanation)
    sentences = [
        f"{model} was trained on the {len(explanation.scores)} classes of {explanation.info['dataset']}. Its scores "
        "always add up to 100\N{NO-BREAK SPACE}% over these, and “none of these” is not among them: for a video of "
        "something else the prediction is wrong, however high its score."
    ]
    if n_used == 1:
        sentences.append("It was given one frame, so there is nothing to compare: the ESV is all that this frame adds.")
    elif n_used < clip.n_video_frames:
        gap = clip.n_video_frames / n_used / clip.frame_rate
        sentences.append(
            f"It was given {n_used} of {clip.n_video_frames:,} frames, one every {gap:.2g} s. What happens between "
            "them has no effect."
        )
    if removal := explanation.info.get("removal"):
        sentences.append(_describe_removal(explanation, removal))
    if explanation.method == UNKNOWN:
        sentences.append("The results do not say whether their ESVs are exact or estimates.")
    elif not explanation.exact:
        errors = explanation.standard_errors
        known = "are not known" if errors is None else f"are {float(errors[:, list(shown)].max()):.2g} at most"
        cause = "From so few evaluations" if removal else "For so many frames"
        sentences.append(f"{cause} ESVs are estimated, not exact: their standard errors {known}.")
    if not clip.steady:
        sentences.append(
            "The frame rate of the video varies. Models count frames, so here it plays at its mean of "
            f"{clip.frame_rate:.3g} frames a second, and seconds are those of this even clock."
        )
    if clip.damage:
        sentences.append(f"The file is damaged (“{clip.damage}”): some frames may not show what was filmed.")
    sentences.append("An ESV measures what a frame does to the score of this model, not whether the model is right.")
    return sentences


REMOVED_FRAMES = {
    "drop": "is left out, so that the clip is shorter",
    "hold": "is replaced by the last frame before it that is kept (before the first one, by that)",
    "resample": "is left out, and the others are stretched to the same number",
    "mean": "is replaced by the mean of all frames",
    "black": "is replaced by a black one",
    "blur": "is replaced by a blurred copy of itself",
}
"""What becomes of a frame that is removed, by the name of the removal."""


def _n_frames_used(explanation: Explanation) -> int:
    """Frames that the model was given: not fewer than players."""
    return int(explanation.info.get("n_frames_given", len(explanation.values)))


def _describe_removal(explanation: Explanation, removal: str) -> str:
    """Describe what the model saw in place of removed frames, and how often it was evaluated."""
    n_players, together = len(explanation.values), explanation.info.get("frames_per_player", 1)
    players = f"{together} neighbouring frames count as one. " if together > 1 else ""
    count, most = explanation.n_evaluations, 2**n_players - 1
    evaluations = f"{count:,} evaluations of the model" + (f" out of {most:,} possible ones" if count < most else "")
    return (
        f"{players}To see what a frame adds, the model is also shown the video without it: a removed frame "
        f"{REMOVED_FRAMES.get(removal, 'is replaced')} (removal “{removal}”). The values depend on that choice. "
        f"They come from {evaluations} (budget {explanation.info['budget']:,})."
    )


def _frame_name(clip: Clip, position: int) -> str:
    return f"frame {clip.frame_idxs[position]} ({clip.seconds[position]:.1f}\N{NO-BREAK SPACE}s)"


def _describe_concentration(explanation: Explanation, clip: Clip, class_id: int) -> str | None:
    """Describe the few frames that give most of the support, if there are such."""
    support = explanation.values[:, class_id].clip(min=0).astype(np.float64)
    if support.sum() < 0.05 or len(support) < 4:
        return None
    order = np.argsort(-support, kind="stable")
    n_needed = int(np.searchsorted(support[order].cumsum(), 0.8 * support.sum())) + 1
    if n_needed > len(support) / 3:
        return None
    share, few = support[order[:n_needed]].sum() / support.sum(), np.sort(order[:n_needed])
    if n_needed == 1:
        return f"Alone, {_frame_name(clip, int(few[0]))} gives {percent(share)} of the support."
    seconds = clip.seconds[few]
    # Where they lie means little if it is nearly everywhere.
    close = seconds[-1] - seconds[0] < 0.5 * clip.n_video_frames / clip.frame_rate
    where = f"between {seconds[0]:.1f} and {seconds[-1]:.1f}\N{NO-BREAK SPACE}s" if close else f"of {len(support)}"
    return f"{n_needed} frames {where} give {percent(share)} of the support."


def _describe_rank(explanation: Explanation, class_id: int) -> str:
    score = explanation.scores[class_id]
    rank = 1 + int((explanation.scores > score).sum())
    return (
        f"“{shortened(explanation.class_name(class_id))}” has a score of {percent(float(score))}, the "
        f"{_ordinal(rank)} highest of {len(explanation.scores)}."
    )


def _ordinal(rank: int) -> str:
    suffix = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{suffix}"


def _describe_difference(explanation: Explanation, clip: Clip, class_id: int) -> str:
    """Describe the frame that separates a class most from the predicted one."""
    esvs, predicted = explanation.values, explanation.predicted
    gap = esvs[:, predicted] - esvs[:, class_id]
    most = int(gap.argmax())
    if gap[most] < NEGLIGIBLE:
        return "No frame supports the predicted class much more than this one."
    own, other = (signed(float(esvs[most, column])) for column in (predicted, class_id))
    return (
        f"{_frame_name(clip, most).capitalize()} separates the two classes most: {own} for "
        f"“{shortened(explanation.class_name(predicted))}”, {other} for this one."
    )
