"""An explanation as one HTML file: the video itself, what the model says of it, and why."""

from importlib.resources import files

from play_fair.html_page import card, data_uri, download, page, text
from play_fair.video_page import charts
from play_fair.video_page.findings import caveats, choice, findings, seen, sum_in_words, sureness, verdict
from play_fair.video_page.tables import to_csv
from play_fair.video_page.video_explanation import VideoExplanation
from play_fair.words import plural, shortened

_ESV = (
    "The Element Shapley Value (ESV) of a frame is what it adds to the score of a class, on average over all ways to "
    "show the model frame by frame more of the video."
)


def report(explanation: VideoExplanation) -> str:
    """The whole page."""
    clip = explanation.clip
    header = (
        f'<header class="heading"><p class="muted">{text(clip.source.name)} · {text(seen(explanation))}</p>'
        f"<h1>{text(verdict(explanation))}</h1>"
        f'<p class="lead">{text(sureness(explanation))} {text(choice(explanation))}</p></header>'
    )
    panels = "".join(_panel(explanation, class_id) for class_id in explanation.shown)
    body = (
        f'{header}<div class="board"><div class="video-area">{_video(explanation)}</div>'
        f'<div class="panels">{panels}</div><div class="predictions-area">{_predictions(explanation)}</div></div>'
        f"{_caveats(explanation)}"
    )
    return page(
        f"{clip.source.name} · Play Fair",
        body,
        style=_asset("report.css") + _strip_style(explanation),
        script=_asset("report.js"),
    )


def _video(explanation: VideoExplanation) -> str:
    clip = explanation.clip
    source = data_uri(clip.preview.read_bytes(), "video/webm")
    return card(
        "Video",
        f'<video id="video" src="{source}" data-frames="{clip.n_video_frames}" data-rate="{clip.frame_rate:.6g}" '
        f'loop muted playsinline preload="auto" aria-label="{text(clip.source.name)}"></video>'
        '<p class="transport"><button type="button" id="play">Play</button><span id="clock" class="muted"></span></p>',
        css_class="video-card",
    )


def _predictions(explanation: VideoExplanation) -> str:
    note = f"Scores of {plural(len(explanation.clip.frame_idxs), 'frame')}. Press one to see which frames made it so."
    return card("What the model says", charts.predictions(explanation), note)


def _panel(explanation: VideoExplanation, class_id: int) -> str:
    """All about one class; the page shows one of these at a time."""
    name = explanation.class_names[class_id]
    sentences = "".join(f"<li>{text(sentence)}</li>" for sentence in findings(explanation, class_id))
    question = "Why" if class_id == explanation.predicted else "Why not"
    frames = card(
        f"{question} “{shortened(name)}”?",
        f'<ul class="findings">{sentences}</ul>{charts.esv_chart(explanation, class_id)}'
        f"{charts.film_strip(explanation, class_id)}",
    )
    adds_up = card(
        "How the score adds up", charts.waterfall(explanation, class_id), text(sum_in_words(explanation, class_id))
    )
    hidden = "" if class_id == explanation.predicted else " hidden"
    return (
        f'<div class="panel" data-class="{class_id}"{hidden}>{frames}'
        f'<div class="pair">{adds_up}{_interactions(explanation, class_id)}</div></div>'
    )


def _interactions(explanation: VideoExplanation, class_id: int) -> str:
    title = "Which frames work together"
    if len(explanation.clip.frame_idxs) < 2:
        return card(title, "", "It takes two frames to make a pair.")
    if class_id not in explanation.interactions:
        return card(
            title, "", "Known for up to 16 frames only: explain fewer (<code>--sample-n-frames 8</code>) to see it."
        )
    caption = "How much more two frames do together (blue) than each by itself, or less (orange)."
    return card(title, charts.interactions(explanation, class_id), caption)


def _caveats(explanation: VideoExplanation) -> str:
    notes = "".join(f"<li>{text(sentence)}</li>" for sentence in caveats(explanation))
    table = to_csv(explanation)
    name = f"{explanation.clip.uid}.csv"
    return card(
        "Before you believe it",
        f'<ul class="findings">{notes}</ul><p class="more">{download(table, name, "text/csv", "Values as CSV")}</p>',
        _ESV,
    )


def _strip_style(explanation: VideoExplanation) -> str:
    """The pictures of the film strip, once for the strips of all classes."""
    return "".join(
        f'.p{position} {{ background-image: url("{data_uri(jpeg, "image/jpeg")}"); }}\n'
        for position, jpeg in enumerate(explanation.thumbnails)
    )


def _asset(name: str) -> str:
    return (files("play_fair.video_page") / "assets" / name).read_text(encoding="utf-8")
