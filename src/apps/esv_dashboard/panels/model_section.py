"""The section of one model: its cards, or a note where it has no result for the view."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from esv_dashboard.catalogue import Model
from esv_dashboard.markup import attributes
from esv_dashboard.panels.card import Card
from esv_dashboard.panels.context import ModelContext
from play_fair.formatting import plural


def layout(index: int, model: Model, rows: Sequence[tuple[str, Sequence[Card]]], has_name: bool) -> Component:
    """The section before it is filled in.

    Args:
        rows: CSS classes of the rows, with their cards.
        has_name: whether to show the name of the model.
    """
    cards = [html.Div([card.layout(index) for card in row], className=css_class) for css_class, row in rows]
    return html.Section(
        [
            *([html.H3(model.name, className="model-name")] if has_name else []),
            html.Div(id=f"empty-{index}", className="card empty", hidden=True),
            html.Div(cards, id=f"cards-{index}", className="cards"),
        ],
        className="model",
        **attributes(aria_label=f"Model {model.name}"),
    )


def no_result_note(context: ModelContext) -> list[Component]:
    """What stands in place of the cards; nothing if there is a result."""
    if context.has_result:
        return []
    known = ", ".join(map(str, context.explanations))
    frames = plural(context.view.n_frames, "frame")
    note = f"for {frames} of this video, but for {known}." if known else "for this video."
    return [html.Strong(f"No result of {context.model.name}"), html.Span(note)]


PANEL = {
    "cards.hidden": lambda context: not context.has_result,
    "empty.hidden": lambda context: context.has_result,
    "empty.data-html": no_result_note,
}
