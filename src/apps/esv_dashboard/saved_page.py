"""The explanation of a video by one model as one HTML file to be sent: the page of one video, made from results."""

from dataclasses import replace

from esv_dashboard.panels.context import ModelContext
from play_fair.explanation import Explanation
from play_fair.html_page import data_uri
from play_fair.video_page.clip import clip_of_results
from play_fair.video_page.report import Twin, video_page
from play_fair.videos.ffmpeg import probe


def saved_page(context: ModelContext) -> str:
    """Render the page, which shows the most likely classes and those that are explained.

    Raises:
        FrameMissingError: there is no video, or a frame does not decode.
        UserError: it is not a video.
    """
    uid, esvs, explanation = context.video.uid, context.esvs, context.explanation
    thumbnails = _thumbnails(context)
    path = context.frames.path(uid)
    assert path is not None, "it has frames"
    return video_page(
        _named(context),
        clip_of_results(explanation, path, uid, probe(path).frame_rate),
        data_uri(path.read_bytes(), "video/webm"),
        thumbnails,
        asked=[class_id for class_id in (esvs.class_id, esvs.other) if class_id is not None],
        twin=None if (twin := context.twin) is None else Twin(twin.video.uid, _named(twin), _thumbnails(twin)),
    )


def _named(context: ModelContext) -> Explanation:
    """The explanation with names of its model and dataset, which published results do not have."""
    about = {"dataset": "the dataset", **context.explanation.info, "model": context.model.name}
    return replace(context.explanation, info=about)


def _thumbnails(context: ModelContext) -> list[str]:
    uid, frames = context.video.uid, context.frames
    return [data_uri(frames.thumbnail(uid, frame), "image/jpeg") for frame in context.esvs.frame_idxs]
