"""The geometry of the charts of one video on pages and in the dashboard, which templates/charts.html draws in HTML.

Positions are percentages of the chart, and lines lie in an svg that is stretched to it, so that text has its size on
any screen. Frame i of T is at (i + 0.5) / T of the width, as in the time of the video. The figures of `play_fair.plots`
are for files and notebooks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from jaxtyping import Float64

from play_fair.class_esvs import ClassEsvs
from play_fair.formatting import number, signed

MOST_STEPS = 24
"""Rows of the sum; more frames are grouped, neighbours with neighbours."""


@dataclass(frozen=True)
class Tick:
    """A label on an axis, at a position in percent."""

    position: float
    label: str
    is_zero: bool


@dataclass(frozen=True)
class Bar:
    """The ESV of a frame: a bar from zero to it. `whisker` is the range of its standard error, from the top.

    `moment` is the frame that the player shows when the bar is pointed at: in a chart that runs backwards, of the clip
    that runs forwards.
    """

    frame: int
    moment: int
    x: float
    top: float
    height: float
    kind: str
    value: str
    whisker: tuple[float, float] | None


@dataclass(frozen=True)
class Timeline:
    """ESVs over the time of the video."""

    bars: list[Bar]
    width: float
    """Of a bar."""
    n_video_frames: int
    y_ticks: list[Tick]
    x_ticks: list[Tick]
    x_title: str


@dataclass(frozen=True)
class StripFrame:
    """A frame of the film strip; `weight` is its |ESV| relative to the largest, `moment` as in `Bar`."""

    index: int
    moment: int
    value: str
    kind: str
    weight: float


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
    """A value of a heat map: `weight` is its size relative to the largest."""

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


@dataclass(frozen=True)
class Moment:
    """A part of the time of the video in which one sampled frame is the nearest, in percent of the width."""

    left: float
    width: float
    cell: Cell
    frame: int


def value_range(esvs: ClassEsvs) -> tuple[float, float]:
    """Return the range of the ESVs and their standard errors, with 0."""
    errors = _errors_of(esvs)
    return min(0.0, float((esvs.values - errors).min())), max(0.0, float((esvs.values + errors).max()))


def timeline(
    esvs: ClassEsvs,
    frame_rate: float | None = None,
    shown_range: tuple[float, float] | None = None,
    backwards: bool = False,
) -> Timeline:
    """Place the ESVs over the time of the video.

    Args:
        frame_rate: frames per second of the time axis; None: the axis counts frames.
        shown_range: least range of the axis of ESVs, such as one that several charts share; None: `value_range`.
        backwards: time runs from right to left.
    """
    ticks = nice_ticks(*(shown_range or value_range(esvs)))
    n_video_frames = esvs.explanation.n_video_frames

    def y(value: float) -> float:
        return 100 * max(ticks[-1] - value, 0.0) / (ticks[-1] - ticks[0])

    bars = [
        Bar(
            frame=frame,
            moment=(moment := _moment(esvs, frame, backwards)),
            x=100 * (moment + 0.5) / n_video_frames,
            top=y(max(value, 0.0)),
            height=abs(y(value) - y(0.0)),
            kind=kind_of(value),
            value=signed(value),
            whisker=(y(value - error), y(value + error)) if error else None,
        )
        for frame, value, error in zip(esvs.frame_idxs, esvs.values.tolist(), _errors_of(esvs).tolist(), strict=True)
    ]
    duration = n_video_frames / (frame_rate or 1)
    times = [tick for tick in nice_ticks(0.0, duration) if tick <= duration * 1.0001]
    if frame_rate is None:  # whole frames, each in the middle of its place
        times = sorted({float(floor(tick)) for tick in times if tick < n_video_frames})
    offset = 0.5 if frame_rate is None else 0.0
    places = [100 * (tick + offset) / duration for tick in times]
    return Timeline(
        bars=bars,
        width=min(10.0, 72 / len(bars)),
        n_video_frames=n_video_frames,
        y_ticks=[Tick(y(tick), _tick_label(tick, ticks), tick == 0) for tick in ticks],
        x_ticks=[
            Tick(100 - place if backwards else place, _tick_label(tick, times), tick == 0)
            for tick, place in zip(times, places, strict=True)
        ],
        x_title=("frame of the video" if frame_rate is None else "seconds")
        + (", from right to left" if backwards else ""),
    )


def strip(esvs: ClassEsvs, backwards: bool = False) -> list[StripFrame]:
    """List the frames of the film strip, the last one first if it runs `backwards`."""
    largest = float(np.abs(esvs.values).max()) or 1.0
    frames = [
        StripFrame(frame, _moment(esvs, frame, backwards), signed(value), kind_of(value), abs(value) / largest)
        for frame, value in zip(esvs.frame_idxs, esvs.values.tolist(), strict=True)
    ]
    return frames[::-1] if backwards else frames


def waterfall(esvs: ClassEsvs) -> list[Step]:
    """Place prior, ESVs and score, a row each."""
    prior, score, n_frames = esvs.prior, esvs.score, len(esvs.values)
    groups = np.array_split(np.arange(n_frames), min(n_frames, MOST_STEPS))
    values = [float(esvs.values[group].sum()) for group in groups]
    sums = np.cumsum([prior, *values]).tolist()
    low, high = min(0.0, score, *sums), max(0.0, score, *sums)
    reach = (high - low) or 1.0

    def step(name: str, value: str, kind: str, begin: float, end: float) -> Step:
        left, right = (100 * (place - low) / reach for place in sorted((begin, end)))
        return Step(name, value, kind, left, right - left)

    frames = esvs.frame_idxs
    steps = [step("prior", number(prior), "total", 0.0, prior)]
    for group, value, begin, end in zip(groups, values, sums, sums[1:], strict=False):
        first, last = frames[group[0]], frames[group[-1]]
        name = f"frame {first}" if first == last else f"frames {first}–{last}"
        steps.append(step(name, signed(value), kind_of(value), begin, end))
    return [*steps, step("score", number(score), "total", 0.0, score)]


def interactions(esvs: ClassEsvs) -> HeatMap | None:
    """Colour the interactions of every two frames; None where they are not known."""
    pairs = esvs.interactions
    if pairs is None or len(pairs) < 2:
        return None
    largest = float(np.abs(pairs).max()) or 1.0
    cells = [
        [None if i == j else _cell(value, largest) for j, value in enumerate(row)]
        for i, row in enumerate(pairs.tolist())
    ]
    return HeatMap([int(frame) for frame in esvs.frame_idxs], cells, f"{largest:.2g}")


def scales(esvs_of: Mapping[int, ClassEsvs]) -> dict[int, list[Moment]]:
    """For each number of frames, most first, colour the time of the video by the ESV of the nearest frame."""
    largest = max(float(np.abs(esvs.values).max()) for esvs in esvs_of.values()) or 1.0
    return {n_frames: _moments(esvs_of[n_frames], largest) for n_frames in sorted(esvs_of, reverse=True)}


def _moments(esvs: ClassEsvs, largest: float) -> list[Moment]:
    n_video_frames, frames = esvs.explanation.n_video_frames, np.array(esvs.frame_idxs)
    ends = [*((frames[1:] + frames[:-1] + 1) / 2).tolist(), float(n_video_frames)]
    begins = [0.0, *ends[:-1]]
    return [
        Moment(100 * begin / n_video_frames, 100 * (end - begin) / n_video_frames, _cell(value, largest), frame)
        for begin, end, value, frame in zip(begins, ends, esvs.values.tolist(), esvs.frame_idxs, strict=True)
    ]


def _cell(value: float, largest: float) -> Cell:
    sign = "" if abs(value) < 0.0005 else "+" if value > 0 else "−"
    return Cell(signed(value), sign, kind_of(value), abs(value) / largest)


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


def _moment(esvs: ClassEsvs, frame: int, backwards: bool) -> int:
    return esvs.explanation.n_video_frames - 1 - frame if backwards else frame


def _errors_of(esvs: ClassEsvs) -> Float64[np.ndarray, " T"]:
    errors = esvs.standard_errors
    return np.zeros(len(esvs.values)) if errors is None else np.nan_to_num(errors).astype(np.float64)


def _tick_label(tick: float, ticks: Sequence[float]) -> str:
    digits = max(0, -floor(log10(ticks[1] - ticks[0]) + 1e-9)) if len(ticks) > 1 else 0
    return f"{tick:.{digits}f}".replace("-", "−")
