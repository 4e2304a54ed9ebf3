"""The other video of a pair, such as the clip backwards: its frames and ESVs below those of the video."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dash.development.base_component import Component

from esv_dashboard.controls import view_button
from esv_dashboard.panels import esvs
from esv_dashboard.panels.card import Card, Row
from esv_dashboard.panels.context import ModelContext, PageContext
from play_fair.wording import describe_twin, question

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _twin(context: ModelContext) -> ModelContext:
    assert context.twin is not None, "see is_shown"
    return context.twin


def title(context: ModelContext) -> str:
    """Which video it is, and what is asked of it."""
    twin = _twin(context)
    model = f" by {context.model.name}" if context.is_one_of_several else ""
    return f"Its twin, video {twin.video.uid}{model}: {question(twin.esvs)}"


def caption(context: ModelContext) -> str:
    """What is predicted of the twin, which of its frames do most, and which way its time runs."""
    twin = _twin(context)
    return describe_twin(twin.esvs, twin.model.name, _mirrored(context))


def body(context: ModelContext) -> list[Any]:
    """Film strip and bars, on the scale of the video's own."""
    return esvs.body(_twin(context), backwards=_mirrored(context))


def picture(context: ModelContext) -> "Figure":
    """Bars of the ESVs above the frames."""
    return esvs.picture(_twin(context))


def rows(context: ModelContext) -> Iterator[Row]:
    """ESVs of every class and frame."""
    return esvs.rows(_twin(context))


def _mirrored(context: ModelContext) -> bool:
    return context.view.twin == "aligned"


def _has_twin(context: ModelContext) -> bool:
    return context.twin is not None


def switch(context: PageContext) -> list[Component]:
    """How the twin is shown; nothing where there is none."""
    view = context.view
    if view.uid is None or context.catalogue.twin(view.uid) is None:
        return []
    names = {"aligned": "Same moments", "played": "As it plays", "hidden": "Hidden"}
    return [view_button(name, view, replace(view, twin=way), way == view.twin) for way, name in names.items()]


CARD = Card(
    name="twin",
    title=title,
    caption=caption,
    body=body,
    columns=esvs.CARD.columns,
    rows=rows,
    picture=picture,
    is_shown=_has_twin,
    is_known=_has_twin,
)
PANEL = {"twin.data-html": switch}
