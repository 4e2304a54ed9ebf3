"""Cards: a chart of each model with its title, its caption, and downloads of the picture and of the values."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html
from dash.development.base_component import Component

from esv_dashboard.catalogue import Model
from esv_dashboard.panels.context import ModelContext
from esv_dashboard.view import to_query

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = Sequence[object]


def _always(_: object) -> bool:
    return True


@dataclass(frozen=True)
class Card:
    """A chart of each model; ids of its components end in the index of the model."""

    name: str
    """In ids, CSS classes and names of files."""
    title: Callable[[ModelContext], str]
    caption: Callable[[ModelContext], str]
    """Above the chart."""
    body: Callable[[ModelContext], Any]
    """Components or markup of the chart."""
    columns: tuple[str, ...]
    """Header of the csv file."""
    rows: Callable[[ModelContext], Iterator[Row]]
    """Rows of the csv file."""
    picture: "Callable[[ModelContext], Figure] | None" = None
    """The chart for papers and slides, if there is one."""
    applies_to: Callable[[Model], bool] = _always
    """Whether a model has the card."""
    is_shown: Callable[[ModelContext], bool] = _always
    """Whether the card is visible."""
    is_known: Callable[[ModelContext], bool] = _always
    """Whether there are a chart and a table: else the card has a caption only."""

    def layout(self, index: int) -> Component:
        """The card of one model, before it is filled in."""
        return html.Section(className=f"card {self.name}-card", id=f"{self.name}-card-{index}")

    def contents(self, context: ModelContext | None) -> list[Component]:
        """The content of the card; nothing where the model has no result, or the card is not shown."""
        if context is None or not self.is_shown(context):
            return []
        known = self.is_known(context)
        head = [html.H3(self.title(context)), *([self._downloads(context)] if known else [])]
        return [
            html.Div(head, className="card-head"),
            html.P(self.caption(context), id=f"{self.name}-caption-{context.index}", className="caption"),
            *([html.Div(self.body(context), id=f"{self.name}-{context.index}")] if known else []),
        ]

    def _downloads(self, context: ModelContext) -> Component:
        address, query = f"download/{context.index}/{self.name}", to_query(context.view)
        csv_link = html.A("CSV", href=f"{address}.csv{query}", title="Download the values as CSV")
        if self.picture is None:
            return html.Div(csv_link, className="actions")
        png_link = html.A("PNG", href=f"{address}.png{query}", title="Download the chart as PNG")
        return html.Div([png_link, csv_link], className="actions")


def file_name(context: ModelContext, name: str, suffix: str) -> str:
    """Name of a download: model, video, number of frames, and what it is; no characters that file systems refuse."""
    text = f"{context.model.name}-{context.video.uid}-{context.view.n_frames}-frames-{name}.{suffix}"
    return "".join(character if character.isalnum() or character in "-._" else "-" for character in text)


def to_csv(rows: Iterable[Row]) -> str:
    """Rows as the text of a csv file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
