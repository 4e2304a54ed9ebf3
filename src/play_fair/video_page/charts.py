"""The drawings of a report, as HTML and inline SVG.

Places are percentages of the drawing, and lines lie in an SVG that is stretched to it: text keeps its size on any
screen. Frame i of T is at (i + 0.5) / T of the width, as it is in the video's time.
"""

from collections.abc import Sequence
from math import ceil, floor, log10

import numpy as np

from play_fair.formatting import percent, signed
from play_fair.html_page import text
from play_fair.video_page.video_explanation import VideoExplanation

MOST_MARKS = 48
"""With more frames than that the curve has no triangles: they would hide it and each other."""

MOST_STEPS = 24
"""Rows of the sum; more frames are taken together, neighbours with neighbours."""


def esv_chart(video: VideoExplanation, class_id: int) -> str:
    """ESVs of one class over the time of the video, with a playhead that the page's script moves."""
    explanation = video.explanation
    clip, esvs = video.clip, explanation.values[:, class_id].astype(np.float64)
    errors = np.zeros_like(esvs) if explanation.standard_errors is None else explanation.standard_errors[:, class_id]
    ticks = nice_ticks(min(0.0, float((esvs - errors).min())), max(0.0, float((esvs + errors).max())))

    height = ticks[-1] - ticks[0]

    def y(value: float) -> float:
        return 100 * max(ticks[-1] - value, 0.0) / height

    stems, marks, corners = [], [], []
    columns = (clip.frame_idxs, esvs, errors)
    for frame, esv, error in zip(*(column.tolist() for column in columns), strict=True):
        x, kind = 100 * (frame + 0.5) / clip.n_video_frames, _kind(esv)
        corners.append(f"{x:.3f} {y(esv):.2f}")
        stems.append(f'<path class="stem {kind}" d="M{x:.3f} {y(0.0):.2f}V{y(esv):.2f}"/>')
        if error:
            stems.append(f'<path class="whisker" d="M{x:.3f} {y(esv - error):.2f}V{y(esv + error):.2f}"/>')
        if len(esvs) <= MOST_MARKS:
            place = f"left:{x:.3f}%;top:{y(esv):.2f}%"
            marks.append(f'<i class="mark {kind}" style="{place}" title="Frame {frame}: {signed(esv)}"></i>')
    grid = "".join(f'<path class="{"grid" if tick else "zero"}" d="M0 {y(tick):.2f}H100"/>' for tick in ticks)
    labels = "".join(f'<span style="top:{y(tick):.2f}%">{_tick_label(tick, ticks)}</span>' for tick in ticks)
    duration = clip.n_video_frames / clip.frame_rate
    moments = [tick for tick in nice_ticks(0.0, duration) if tick <= duration * 1.0001]
    seconds = "".join(f'<span style="left:{100 * t / duration:.2f}%">{_tick_label(t, moments)}</span>' for t in moments)
    name = f"ESVs of {explanation.class_name(class_id)} over time; the playhead"
    return (
        f'<div class="chart"><div class="y-axis" aria-hidden="true">{labels}</div>'
        f'<div class="plot" role="slider" tabindex="0" aria-label="{text(name)}" aria-valuemin="0" '
        f'aria-valuemax="{clip.n_video_frames - 1}" aria-valuenow="0">'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{grid}{"".join(stems)}'
        f'<path class="curve" d="M{" L".join(corners)}"/></svg>{"".join(marks)}<b class="playhead"></b></div>'
        f'<div class="x-axis" aria-hidden="true">{seconds}</div><div class="x-title">seconds</div></div>'
    )


def film_strip(video: VideoExplanation, class_id: int) -> str:
    """The model's frames in time order, each framed by what it adds to a class. Their pictures are in `strip_style`."""
    esvs, frames = video.explanation.values[:, class_id].tolist(), video.clip.frame_idxs.tolist()
    most = max(map(abs, esvs)) or 1.0
    cells = "".join(
        f'<button type="button" class="frame {_kind(esv)}" style="--weight:{abs(esv) / most:.3f}" data-frame="{frame}" '
        f'aria-label="Frame {frame}, ESV {signed(esv)}, {_kind(esv)}">'
        f'<span class="frame-box"><span class="picture p{position}"></span></span>'
        f'<span class="frame-text"><span class="muted">{frame}</span> <span>{signed(esv)}</span></span></button>'
        for position, (frame, esv) in enumerate(zip(frames, esvs, strict=True))
    )
    few = " few" if len(frames) <= 8 else ""
    return f'<div class="strip{few}" style="--columns:{len(frames)}">{cells}</div>'


def predictions(video: VideoExplanation) -> str:
    """Scores of the shown classes as bars; pressing one shows what frames did to it."""
    explanation = video.explanation
    rows = []
    for class_id in video.shown:
        score, pressed = float(explanation.scores[class_id]), class_id == explanation.predicted
        asked = '<span class="badge">you asked</span>' if class_id in video.asked else ""
        rows.append(
            f'<li><button type="button" class="bar" data-show="{class_id}" aria-pressed="{str(pressed).lower()}">'
            f'<span class="bar-name">{text(explanation.class_name(class_id))}{asked}</span>'
            f'<span class="bar-score">{percent(score)}</span>'
            f'<span class="bar-track"><span class="bar-fill" style="width:{100 * score:.2f}%"></span></span>'
            "</button></li>"
        )
    return f'<ol class="bars">{"".join(rows)}</ol>'


def waterfall(video: VideoExplanation, class_id: int) -> str:
    """How prior and ESVs add up to the score, row by row."""
    explanation = video.explanation
    prior, score = float(explanation.prior[class_id]), float(explanation.scores[class_id])
    groups = np.array_split(np.arange(len(explanation.values)), min(len(explanation.values), MOST_STEPS))
    esvs = [float(explanation.values[group, class_id].sum(dtype=np.float64)) for group in groups]
    sums = np.cumsum([prior, *esvs])
    low, high = min(0.0, float(sums.min())), max(float(sums.max()), score)

    def bar(begin: float, end: float, kind: str) -> str:
        left, right = (100 * (value - low) / (high - low) for value in sorted((begin, end)))
        return f'<span class="step {kind}" style="left:{left:.2f}%;width:{right - left:.2f}%"></span>'

    def row(name: str, value: str, drawing: str) -> str:
        return f'<tr><th scope="row">{name}</th><td class="steps">{drawing}</td><td>{value}</td></tr>'

    frames = video.clip.frame_idxs
    rows = [row("prior", f"{prior:.3f}", bar(0.0, prior, "total"))]
    for group, esv, before in zip(groups, esvs, sums.tolist(), strict=False):
        first, last = frames[group[0]], frames[group[-1]]
        name = f"frame {first}" if len(group) == 1 else f"frames {first}–{last}"
        rows.append(row(name, signed(esv), bar(before, before + esv, _kind(esv))))
    rows.append(row("<strong>score</strong>", f"<strong>{score:.3f}</strong>", bar(0.0, score, "total")))
    return f'<table class="waterfall"><tbody>{"".join(rows)}</tbody></table>'


def interactions(video: VideoExplanation, class_id: int) -> str:
    """What every two frames say only together, as a table of colours."""
    values, frames = video.interactions(class_id), video.clip.frame_idxs.tolist()
    assert values is not None
    most = float(np.abs(values).max()) or 1.0

    def cell(i: int, j: int) -> str:
        if i == j:
            return '<td class="self"></td>'
        value = float(values[i, j])
        sign = "" if abs(value) < 0.0005 else "+" if value > 0 else "−"
        return (
            f'<td class="{_kind(value)}" style="--weight:{abs(value) / most:.3f}" '
            f'title="Frames {frames[i]} and {frames[j]}: {signed(value)}">{sign}</td>'
        )

    head = "".join(f'<th scope="col">{frame}</th>' for frame in frames)
    body = "".join(
        f'<tr><th scope="row">{frame}</th>{"".join(cell(i, j) for j in range(len(frames)))}</tr>'
        for i, frame in enumerate(frames)
    )
    return (
        f'<table class="heat"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'
        f'<p class="scale"><span>−{most:.2g}</span><i></i><span>+{most:.2g}</span></p>'
    )


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers, evenly spaced, from below `low` to above `high`, at most `most` or one more; zero among them."""
    if high - low < 1e-9:
        high = low + 1e-3
    rough = (high - low) / (most - 1)
    magnitude = 10.0 ** floor(log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough * 0.999)
    first, last = floor(low / step + 1e-6), ceil(high / step - 1e-6)
    return [index * step for index in range(first, last + 1)]


def _tick_label(tick: float, ticks: Sequence[float]) -> str:
    digits = max(0, -floor(log10(ticks[1] - ticks[0]) + 1e-9)) if len(ticks) > 1 else 0
    return f"{tick:.{digits}f}".replace("-", "−")


def _kind(esv: float) -> str:
    return "supports" if esv > 0 else "distracts" if esv < 0 else "neutral"
