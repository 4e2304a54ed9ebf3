"""ESVs of what is explained for every number of frames fed to the model."""

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from esv_dashboard.panels.card import Card, Row
from esv_dashboard.panels.context import ModelContext
from play_fair import charts
from play_fair.class_esvs import ClassEsvs
from play_fair.formatting import number, plural
from play_fair.html_page import render_macro


def _by_n_frames(context: ModelContext) -> Mapping[int, ClassEsvs]:
    esvs = context.esvs
    return {n: ClassEsvs(known, esvs.class_id, esvs.other) for n, known in context.explanations.items()}


def caption(context: ModelContext) -> str:
    """How the score changes with the number of frames."""
    scales = _by_n_frames(context)
    fewest, most = min(scales), max(scales)
    if fewest == most:
        return f"There are results for {plural(most, 'frame')} only."
    return (
        f"{context.esvs.description} scores {number(scales[fewest].score)} with {plural(fewest, 'frame')} and "
        f"{number(scales[most].score)} with {plural(most, 'frame')}."
    )


def body(context: ModelContext) -> Markup:
    """A row for each number of frames; each moment of the video has the ESV of the nearest sampled frame."""
    scales = charts.scales(_by_n_frames(context))
    return render_macro("charts.html", "scales", scales, context.view.n_frames)


def rows(context: ModelContext) -> Iterator[Row]:
    """ESVs for every number of frames."""
    for n_frames, esvs in _by_n_frames(context).items():
        for frame, esv in zip(esvs.frame_idxs, esvs.values.tolist(), strict=True):
            yield (n_frames, frame, esv)


CARD = Card(
    name="fewer-frames",
    title=lambda context: "If the model saw fewer frames",
    caption=caption,
    body=body,
    columns=("frames_fed", "frame", "esv"),
    rows=rows,
    applies_to=lambda model: len(model.n_frames) > 1,
)
