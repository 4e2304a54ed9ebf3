"""The explanation of a video as one HTML file that holds the video, and the index of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from play_fair import charts
from play_fair.class_esvs import ClassEsvs
from play_fair.explanation import Explanation
from play_fair.formatting import percent, plural, shortened
from play_fair.html_page import render
from play_fair.video_page.clip import Clip
from play_fair.video_page.sentences import describe_caveats, describe_class, describe_frames_used
from play_fair.video_page.tables import ranking, to_csv
from play_fair.wording import (
    describe_confidence,
    describe_prediction,
    describe_prediction_reason,
    describe_sum,
    describe_twin,
    question,
)

TOP = 10
"""Classes that are shown of each video, besides those that were asked for."""


MOST_FRAMES_OF_INTERACTIONS = 16
"""Of exact interactions."""


@dataclass(frozen=True)
class IndexEntry:
    """A video in the index.

    Attributes:
        name: of its file.
        thumbnail: JPEG of the frame with the largest ESV of the predicted class.
    """

    uid: str
    name: str
    verdict: str
    confidence: str
    thumbnail: bytes


@dataclass(frozen=True)
class Twin:
    """The other video of a pair, such as the clip backwards.

    Attributes:
        thumbnails: addresses of small JPEGs of its frames.
        address: of its page; "": it has none.
    """

    uid: str
    explanation: Explanation
    thumbnails: Sequence[str]
    address: str = ""


def video_page(
    explanation: Explanation,
    clip: Clip,
    video: str,
    thumbnails: Sequence[str],
    asked: Sequence[int] = (),
    *,
    top: int = TOP,
    assets: str = "",
    links: Sequence[tuple[str, str]] = (),
    twin: Twin | None = None,
) -> str:
    """Render the page of one video.

    Args:
        video: address of the clip as webm, or the data URI of the whole file.
        thumbnails: addresses of small JPEGs of the T frames.
        asked: ids of classes to show besides the `top` most likely ones.
        assets: address of a folder with the css and js files; "": they are in the page.
        links: labels and addresses of other pages.
        twin: shown below the predicted class, its time mirrored.
    """
    shown = shown_classes(explanation, asked, top)
    return render(
        "video.html",
        title=f"{clip.source.name} · Play Fair",
        clip=clip,
        video=video,
        assets=assets,
        links=links,
        thumbnails=thumbnails,
        pictures=[Markup('<span class="p{}"></span>').format(position) for position in range(len(thumbnails))],
        verdict=describe_prediction(explanation, explanation.info["model"]),
        reason=describe_prediction_reason(explanation, explanation.info.get("label")),
        confidence=describe_confidence(explanation),
        choice=f"The model chooses among {len(explanation.scores)} classes." if len(explanation.scores) > 1 else "",
        true_class="" if (label := explanation.info.get("label")) is None else explanation.class_name(label),
        frames_used=describe_frames_used(explanation, clip),
        panels=[_panel(explanation, clip, class_id, class_id in asked, twin) for class_id in shown],
        caveats=describe_caveats(explanation, clip, shown),
        csv=to_csv(explanation, clip),
    )


def index_entry(explanation: Explanation, clip: Clip, thumbnails: Sequence[bytes]) -> IndexEntry:
    """Summarize the explanation of a video for the index."""
    return IndexEntry(
        clip.uid,
        clip.source.name,
        describe_prediction(explanation, explanation.info["model"]),
        describe_confidence(explanation),
        thumbnails[int(explanation.values[:, explanation.predicted].argmax())],
    )


def index_page(entries: Sequence[IndexEntry], failed: Sequence[tuple[str, str]]) -> str:
    """Render the index of several videos, whose links are to UID.html beside it.

    Args:
        failed: (file name, reason) of each video that could not be explained.
    """
    subtitle = f"{plural(len(entries), 'video')} explained" + (f", {len(failed)} not" if failed else "")
    return render(
        "videos.html", title="Explained videos · Play Fair", subtitle=subtitle, entries=entries, failed=failed
    )


def shown_classes(explanation: Explanation, asked: Sequence[int] = (), top: int = TOP) -> list[int]:
    """Ids of the classes a page shows: the most likely first, then those that were asked for, each once."""
    return list(dict.fromkeys([*ranking(explanation)[:top], *asked]))


def _panel(
    explanation: Explanation, clip: Clip, class_id: int, asked: bool, twin: Twin | None = None
) -> dict[str, Any]:
    """All about one class."""
    name, score = explanation.class_name(class_id), float(explanation.scores[class_id])
    esvs = ClassEsvs(explanation, class_id)
    of_twin = None
    if twin is not None and class_id == explanation.predicted:
        of_twin = ClassEsvs(twin.explanation, twin.explanation.predicted)
    ranges = [charts.value_range(each) for each in (esvs, of_twin) if each is not None]
    shown_range = min(low for low, _ in ranges), max(high for _, high in ranges)
    interactions = charts.interactions(esvs)
    caption = "How much more two frames do together (blue) than each by itself, or less (orange)."
    if len(esvs.values) < 2:
        caption = "It takes two frames to make a pair."
    elif interactions is None and "budget" in explanation.info:
        caption = "Interactions are computed where ESVs are exact: explain fewer frames, or raise the budget."
    elif interactions is None and len(esvs.values) > MOST_FRAMES_OF_INTERACTIONS:
        caption = f"Interactions are computed for up to {MOST_FRAMES_OF_INTERACTIONS} frames: explain fewer."
    elif interactions is None:
        caption = "These results were computed without interactions."
    return {
        "class_id": class_id,
        "name": name,
        "short_name": shortened(name),
        "predicted": class_id == explanation.predicted,
        "badge": "true class" if class_id == explanation.info.get("label") else "you asked" if asked else "",
        "score": percent(score),
        "score_width": round(100 * score, 2),
        "sentences": describe_class(explanation, clip, class_id),
        "timeline": charts.timeline(esvs, clip.frame_rate, shown_range),
        "twin": None if twin is None or of_twin is None else _twin(twin, of_twin, clip.frame_rate, shown_range),
        "strip": charts.strip(esvs),
        "sum": describe_sum(esvs),
        "waterfall": charts.waterfall(esvs),
        "interactions": interactions,
        "interactions_caption": caption,
    }


def _twin(twin: Twin, esvs: ClassEsvs, frame_rate: float, shown_range: tuple[float, float]) -> dict[str, Any]:
    """The card of the other video, whose time is mirrored."""
    return {
        "title": f"Its twin, video {twin.uid}: {question(esvs)}",
        "caption": describe_twin(esvs, esvs.explanation.info["model"], mirrored=True),
        "address": twin.address,
        "name": esvs.short_name,
        "strip": charts.strip(esvs, backwards=True),
        "pictures": [Markup('<img src="{}" alt="" loading="lazy">').format(each) for each in twin.thumbnails][::-1],
        "timeline": charts.timeline(esvs, frame_rate, shown_range, backwards=True),
    }
