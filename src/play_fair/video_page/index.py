"""Several explanations on one page: what the model says of each video, and links to why."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from play_fair.formatting import plural
from play_fair.html_page import card, heading, image, page, text
from play_fair.video_page.video_explanation import VideoExplanation
from play_fair.wording import describe_confidence, describe_prediction

_STYLE = """
.videos {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr));
  gap: var(--gap);
  list-style: none;
}
.videos .card { display: grid; gap: 0.25rem; align-content: start; }
.videos img { width: 100%; aspect-ratio: 16 / 10; object-fit: cover; border-radius: 6px; background: var(--raised); }
.videos a { font-weight: 600; }
.failed { display: grid; gap: 0.25rem; padding-left: 1.1rem; }
"""


def index_page(explained: Mapping[Path, VideoExplanation], failed: Mapping[Path, str]) -> str:
    """The page, whose links are to NAME.html beside it."""
    cells = "".join(_cell(source, video) for source, video in explained.items())
    subtitle = f"{plural(len(explained), 'video')} explained" + (f", {len(failed)} not" if failed else "")
    reasons = "".join(f"<li><strong>{text(source.name)}</strong>: {text(why)}</li>" for source, why in failed.items())
    missing = card("Not explained", f'<ul class="failed">{reasons}</ul>') if failed else ""
    body = f'{heading("Why the model says that", subtitle)}<ul class="videos">{cells}</ul>{missing}'
    return page("Explained videos · Play Fair", body, style=_STYLE)


def _cell(source: Path, video: VideoExplanation) -> str:
    # The frame that does most for what the model says.
    explanation = video.explanation
    best = int(explanation.values[:, explanation.predicted].argmax())
    picture = image(video.thumbnails[best], "", "image/jpeg")
    link = f'<a href="{text(quote(f"{video.clip.uid}.html"))}">{text(source.name)}</a>'
    verdict, confidence = describe_prediction(explanation, video.model), describe_confidence(explanation)
    words = f'<p>{text(verdict)}</p><p class="muted">{text(confidence)}</p>'
    return f'<li class="card">{picture}{link}{words}</li>'
