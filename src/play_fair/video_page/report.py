"""An explanation as one HTML file: the video itself, what the model says of it, and why."""

from importlib.resources import files

from play_fair.formatting import plural, shortened
from play_fair.html_page import card, data_uri, download, page, text
from play_fair.video_page import charts
from play_fair.video_page.findings import caveats, choice, findings, seen
from play_fair.video_page.tables import to_csv
from play_fair.video_page.video_explanation import VideoExplanation
from play_fair.wording import describe_confidence, describe_prediction, describe_sum

_ESV = (
    "The Element Shapley Value (ESV) of a frame is what it adds to the score of a class, on average over all ways to "
    "show the model frame by frame more of the video."
)


def report(video: VideoExplanation) -> str:
    """The whole page."""
    clip = video.clip
    header = (
        f'<header class="heading"><p class="muted">{text(clip.source.name)} · {text(seen(video))}</p>'
        f"<h1>{text(describe_prediction(video.explanation, video.model))}</h1>"
        f'<p class="lead">{text(describe_confidence(video.explanation))} {text(choice(video))}</p></header>'
    )
    panels = "".join(_panel(video, class_id) for class_id in video.shown)
    body = (
        f'{header}<div class="board"><div class="video-area">{_video(video)}</div>'
        f'<div class="panels">{panels}</div><div class="predictions-area">{_predictions(video)}</div></div>'
        f"{_caveats(video)}"
    )
    return page(
        f"{clip.source.name} · Play Fair",
        body,
        style=_asset("report.css") + _strip_style(video),
        script=_asset("report.js"),
    )


def _video(video: VideoExplanation) -> str:
    clip = video.clip
    source = data_uri(clip.preview.read_bytes(), "video/webm")
    return card(
        "Video",
        f'<video id="video" src="{source}" data-frames="{clip.n_video_frames}" data-rate="{clip.frame_rate:.6g}" '
        f'loop muted playsinline preload="auto" aria-label="{text(clip.source.name)}"></video>'
        '<p class="transport"><button type="button" id="play">Play</button><span id="clock" class="muted"></span></p>',
        css_class="video-card",
    )


def _predictions(video: VideoExplanation) -> str:
    note = f"Scores of {plural(len(video.clip.frame_idxs), 'frame')}. Press one to see which frames made it so."
    return card("What the model says", charts.predictions(video), note)


def _panel(video: VideoExplanation, class_id: int) -> str:
    """All about one class; the page shows one of these at a time."""
    explanation = video.explanation
    name = explanation.class_name(class_id)
    sentences = "".join(f"<li>{text(sentence)}</li>" for sentence in findings(video, class_id))
    question = "Why" if class_id == explanation.predicted else "Why not"
    frames = card(
        f"{question} “{shortened(name)}”?",
        f'<ul class="findings">{sentences}</ul>{charts.esv_chart(video, class_id)}{charts.film_strip(video, class_id)}',
    )
    adds_up = card(
        "How the score adds up", charts.waterfall(video, class_id), text(describe_sum(explanation, class_id))
    )
    hidden = "" if class_id == explanation.predicted else " hidden"
    return (
        f'<div class="panel" data-class="{class_id}"{hidden}>{frames}'
        f'<div class="pair">{adds_up}{_interactions(video, class_id)}</div></div>'
    )


def _interactions(video: VideoExplanation, class_id: int) -> str:
    title = "Which frames work together"
    if len(video.clip.frame_idxs) < 2:
        return card(title, "", "It takes two frames to make a pair.")
    if video.interactions(class_id) is None:
        return card(
            title, "", "Known for up to 16 frames only: explain fewer (<code>--sample-n-frames 8</code>) to see it."
        )
    caption = "How much more two frames do together (blue) than each by itself, or less (orange)."
    return card(title, charts.interactions(video, class_id), caption)


def _caveats(video: VideoExplanation) -> str:
    notes = "".join(f"<li>{text(sentence)}</li>" for sentence in caveats(video))
    table = to_csv(video)
    name = f"{video.clip.uid}.csv"
    return card(
        "Before you believe it",
        f'<ul class="findings">{notes}</ul><p class="more">{download(table, name, "text/csv", "Values as CSV")}</p>',
        _ESV,
    )


def _strip_style(video: VideoExplanation) -> str:
    """The pictures of the film strip, once for the strips of all classes."""
    return "".join(
        f'.p{position} {{ background-image: url("{data_uri(jpeg, "image/jpeg")}"); }}\n'
        for position, jpeg in enumerate(video.thumbnails)
    )


def _asset(name: str) -> str:
    return (files("play_fair.video_page") / "assets" / name).read_text(encoding="utf-8")
