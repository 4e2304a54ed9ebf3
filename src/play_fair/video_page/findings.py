"""Sentences about one video that only its page shows; see `play_fair.wording` for the others."""

import numpy as np

from play_fair.formatting import percent, shortened, signed
from play_fair.video_page.video_explanation import VideoExplanation
from play_fair.wording import NEGLIGIBLE, describe_curve, describe_interactions


def choice(video: VideoExplanation) -> str:
    """What the model could have said at all."""
    return f"It had to choose one of its {len(video.explanation.scores)} classes."


def seen(video: VideoExplanation) -> str:
    """How much of the video the model saw."""
    clip = video.clip
    n_seen, n_there = len(clip.frame_idxs), clip.n_video_frames
    if n_there == 1:
        return "a single frame"
    part = f"all {n_there:,}" if n_seen == n_there else f"{n_seen} of {n_there:,}"
    return f"{n_there / clip.frame_rate:.1f}\N{NO-BREAK SPACE}s · {video.model} saw {part} frames"


def findings(video: VideoExplanation, class_id: int) -> list[str]:
    """What frames did for a class and against it, the plainest first."""
    explanation = video.explanation
    frame_names = [moment(video, position) for position in range(len(explanation.values))]
    sentences: list[str | None] = [describe_curve(explanation, class_id, frame_names)]
    if class_id != explanation.predicted:
        sentences = [_place(video, class_id), *sentences, _difference(video, class_id)]
    sentences += [_concentration(video, class_id), describe_interactions(explanation, class_id)]
    return [sentence for sentence in sentences if sentence]


def caveats(video: VideoExplanation) -> list[str]:
    """What a reader should know before believing any of it."""
    explanation = video.explanation
    clip, n_classes = video.clip, len(explanation.scores)
    n_seen = len(clip.frame_idxs)
    sentences = [
        f"{video.model} knows the {n_classes} classes of "
        f"{video.dataset} and nothing else. It always divides 100\N{NO-BREAK SPACE}% among them and cannot say "
        "“none of these”: of a video that shows something else, its answer is wrong, however high the score."
    ]
    if n_seen == 1:
        sentences.append("It saw one frame, so there is nothing to compare: the ESV is all that this frame adds.")
    elif n_seen < clip.n_video_frames:
        gap = clip.n_video_frames / n_seen / clip.frame_rate
        sentences.append(
            f"It saw {n_seen} of {clip.n_video_frames:,} frames, one every {gap:.2g} s. What happens between them it "
            "does not know."
        )
    if not explanation.exact:
        errors = explanation.standard_errors
        known = "are not known" if errors is None else f"are {float(errors[:, video.shown].max()):.2g} at most"
        sentences.append(f"For so many frames ESVs are estimated, not exact: their standard errors {known}.")
    if not clip.steady:
        sentences.append(
            "The frame rate of the video varies. Models count frames, so here it plays at its mean of "
            f"{clip.frame_rate:.3g} frames a second, and seconds are those of this even clock."
        )
    if clip.damage:
        sentences.append(f"The file is damaged (“{clip.damage}”): some frames may not show what was filmed.")
    sentences.append("An ESV says what a frame does to the score of this model, not whether the model is right.")
    return sentences


def moment(video: VideoExplanation, position: int) -> str:
    """A frame by its number and time."""
    clip = video.clip
    return f"frame {clip.frame_idxs[position]} ({clip.seconds[position]:.1f}\N{NO-BREAK SPACE}s)"


def _concentration(video: VideoExplanation, class_id: int) -> str | None:
    """Whether few frames do most of the work."""
    support = video.explanation.values[:, class_id].clip(min=0).astype(np.float64)
    if support.sum() < 0.05 or len(support) < 4:
        return None
    order = np.argsort(-support, kind="stable")
    n_needed = int(np.searchsorted(support[order].cumsum(), 0.8 * support.sum())) + 1
    if n_needed > len(support) / 3:
        return None
    share, few = support[order[:n_needed]].sum() / support.sum(), np.sort(order[:n_needed])
    if n_needed == 1:
        return f"Alone, {moment(video, int(few[0]))} gives {percent(share)} of the support."
    clip, seconds = video.clip, video.clip.seconds[few]
    # Where they lie is worth saying if it is not nearly everywhere.
    close = seconds[-1] - seconds[0] < 0.5 * clip.n_video_frames / clip.frame_rate
    where = f"between {seconds[0]:.1f} and {seconds[-1]:.1f}\N{NO-BREAK SPACE}s" if close else f"of {len(support)}"
    return f"{n_needed} frames {where} give {percent(share)} of the support."


def _place(video: VideoExplanation, class_id: int) -> str:
    explanation = video.explanation
    place, n_classes = video.ranking.index(class_id) + 1, len(explanation.scores)
    return (
        f"“{shortened(explanation.class_name(class_id))}” gets {percent(float(explanation.scores[class_id]))}: place "
        f"{place} of {n_classes}."
    )


def _difference(video: VideoExplanation, class_id: int) -> str:
    """Why not that: the frame that separates a class most from the predicted one."""
    explanation = video.explanation
    esvs, predicted = explanation.values, explanation.predicted
    gap = esvs[:, predicted] - esvs[:, class_id]
    most = int(gap.argmax())
    if gap[most] < NEGLIGIBLE:
        return "No frame speaks much more for what the model says than for this."
    return (
        f"What separates them most is {moment(video, most)}: {signed(float(esvs[most, predicted]))} for "
        f"“{shortened(explanation.class_name(predicted))}”, {signed(float(esvs[most, class_id]))} for this."
    )
