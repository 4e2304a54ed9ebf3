"""The geometry of the pictures on the page of a video, which templates/charts.html draws in HTML.

Positions are percentages of the picture, and lines lie in an svg that is stretched to it, so that text has its size on
any screen. Frame i of T is at (i + 0.5) / T of the width, as in the time of the video. The figures of `play_fair.plots`
are for files and notebooks: a page of ten classes with those as svg elements is three times as large, takes seconds
longer to draw, and has no hover texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from play_fair.explanation import Explanation
from play_fair.formatting import signed
from play_fair.video_page.clip import Clip

MOST_MARKS = 48
"""Frames up to which the curve has a triangle for each."""

MOST_STEPS = 24
"""Rows of the sum; more frames are grouped, neighbours with neighbours."""


@dataclass(frozen=True)
class Tick:
    """A label on an axis, at a position in percent."""

    position: float
    label: str
    is_zero: bool


@dataclass(frozen=True)
class Mark:
    """The ESV of a frame in the curve; `whisker` is the range of its standard error, in percent from the top."""

    frame: int
    x: float
    y: float
    kind: str
    value: str
    whisker: tuple[float, float] | None


@dataclass(frozen=True)
class Curve:
    """ESVs of one class over the time of the video."""

    marks: list[Mark]
    y_ticks: list[Tick]
    x_ticks: list[Tick]
    zero: float
    has_triangles: bool


@dataclass(frozen=True)
class Step:
    """A row of the sum: a bar from `left`, of a width, in percent."""

    name: str
    value: str
    kind: str
    left: float
    width: float


@dataclass(frozen=True)
class Cell:
    """The interaction of two frames."""

    value: str
    sign: str
    kind: str
    weight: float


@dataclass(frozen=True)
class HeatMap:
    """Interactions of every two of the frames; None on the diagonal."""

    frames: list[int]
    cells: list[list[Cell | None]]
    largest: str


def curve(explanation: Explanation, class_id: int, clip: Clip) -> Curve:
    """Place the ESVs of a class over the time of the video."""
    esvs = explanation.values[:, class_id].astype(np.float64)
    errors = np.zeros_like(esvs) if explanation.standard_errors is None else explanation.standard_errors[:, class_id]
    ticks = nice_ticks(min(0.0, float((esvs - errors).min())), max(0.0, float((esvs + errors).max())))

    def y(value: float) -> float:
        return 100 * max(ticks[-1] - value, 0.0) / (ticks[-1] - ticks[0])

    marks = [
        Mark(
            frame=frame,
            x=100 * (frame + 0.5) / clip.n_video_frames,
            y=y(esv),
            kind=kind_of(esv),
            value=signed(esv),
            whisker=(y(esv - error), y(esv + error)) if error else None,
        )
        for frame, esv, error in zip(explanation.frame_idxs, esvs.tolist(), errors.tolist(), strict=True)
    ]
    duration = clip.n_video_frames / clip.frame_rate
    seconds = [tick for tick in nice_ticks(0.0, duration) if tick <= duration * 1.0001]
    return Curve(
        marks=marks,
        y_ticks=[Tick(y(tick), _tick_label(tick, ticks), tick == 0) for tick in ticks],
        x_ticks=[Tick(100 * tick / duration, _tick_label(tick, seconds), tick == 0) for tick in seconds],
        zero=y(0.0),
        has_triangles=len(marks) <= MOST_MARKS,
    )


def waterfall(explanation: Explanation, class_id: int) -> list[Step]:
    """Place prior, ESVs and score of a class, a row each."""
    prior, score = float(explanation.prior[class_id]), float(explanation.scores[class_id])
    n_frames = len(explanation.values)
    groups = np.array_split(np.arange(n_frames), min(n_frames, MOST_STEPS))
    esvs = [float(explanation.values[group, class_id].sum(dtype=np.float64)) for group in groups]
    sums = np.cumsum([prior, *esvs]).tolist()
    low, high = min(0.0, *sums), max(score, *sums)

    def step(name: str, value: str, kind: str, begin: float, end: float) -> Step:
        left, right = (100 * (place - low) / (high - low) for place in sorted((begin, end)))
        return Step(name, value, kind, left, right - left)

    frames = explanation.frame_idxs
    steps = [step("prior", f"{prior:.3f}", "total", 0.0, prior)]
    for group, esv, begin, end in zip(groups, esvs, sums, sums[1:], strict=False):
        first, last = frames[group[0]], frames[group[-1]]
        name = f"frame {first}" if first == last else f"frames {first}–{last}"
        steps.append(step(name, signed(esv), kind_of(esv), begin, end))
    return [*steps, step("score", f"{score:.3f}", "total", 0.0, score)]


def interactions(explanation: Explanation, class_id: int) -> HeatMap | None:
    """Colour the interactions of every two frames for a class; None where they are not known."""
    pairs = explanation.interactions_of(class_id)
    if pairs is None or len(pairs) < 2:
        return None
    largest = float(np.abs(pairs).max()) or 1.0

    def cell(value: float) -> Cell:
        sign = "" if abs(value) < 0.0005 else "+" if value > 0 else "−"
        return Cell(signed(value), sign, kind_of(value), abs(value) / largest)

    cells = [[None if i == j else cell(value) for j, value in enumerate(row)] for i, row in enumerate(pairs.tolist())]
    return HeatMap([int(frame) for frame in explanation.frame_idxs], cells, f"{largest:.2g}")


def nice_ticks(low: float, high: float) -> list[float]:
    """Round numbers, evenly spaced, from below `low` to above `high`, about 6; zero is among them."""
    if high - low < 1e-9:
        high = low + 1e-3
    rough = (high - low) / 5
    magnitude = 10.0 ** floor(log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough * 0.999)
    first, last = floor(low / step + 1e-6), ceil(high / step - 1e-6)
    return [index * step for index in range(first, last + 1)]


def kind_of(esv: float) -> str:
    """Name the sign of a value, as CSS classes do."""
    return "supports" if esv > 0 else "distracts" if esv < 0 else "neutral"


def _tick_label(tick: float, ticks: Sequence[float]) -> str:
    digits = max(0, -floor(log10(ticks[1] - ticks[0]) + 1e-9)) if len(ticks) > 1 else 0
    return f"{tick:.{digits}f}".replace("-", "−")
