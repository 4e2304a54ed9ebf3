"""Cards: a plot with its title, its caption, and downloads of the picture and of the values."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from dash import dcc, html, no_update
from dash.development.base_component import Component

from esv_dashboard.catalogue import Model
from esv_dashboard.markup import attributes
from esv_dashboard.panels.context import ModelContext, ModelPanel
from esv_dashboard.view import to_query

Row = Sequence[object]


def _always(_: object) -> bool:
    return True


def _plot_only(plot: Component, _: int) -> Component:
    return plot


@dataclass(frozen=True)
class Card:
    """A plot of each model; ids of its components end in the index of the model.

    Functions of the context are called only if the model has a result, `figure` and `rows` only if `is_known`.
    """

    name: str
    """In ids and CSS classes."""
    title: str
    caption: Callable[[ModelContext], str]
    """Above the plot, and in the downloaded picture."""
    figure: Callable[[ModelContext], go.Figure]
    columns: tuple[str, ...]
    """Header of the csv file."""
    rows: Callable[[ModelContext], Iterator[Row]]
    """Rows of the csv file."""
    table: str = ""
    """Name of the csv file, if it is not `name`."""
    hint: str = ""
    """Follows the caption on the page."""
    body: Callable[[ModelContext], Component] | None = None
    """HTML in place of the plot; the figure is then for the download only."""
    arrange: Callable[[Component, int], Component | list[Component]] = _plot_only
    """The component that shows the plot, and the index of the model -> what the card has below its caption."""
    applies_to: Callable[[Model], bool] = _always
    """Whether a model has the card."""
    is_shown: Callable[[ModelContext], bool] = _always
    """Whether the card is visible."""
    is_known: Callable[[ModelContext], bool] = _always
    """Whether there is a figure and a table: else the card has a caption only."""

    @property
    def table_name(self) -> str:
        """Name of the csv file, without its suffix."""
        return self.table or self.name

    @property
    def figure_output(self) -> str:
        """Component property that holds the figure."""
        return f"{self.name}.figure" if self.body is None else f"{self.name}-figure.data"

    @property
    def panel(self) -> ModelPanel:
        """The component properties that depend on the view."""
        shared: ModelPanel = {
            self.figure_output: lambda context: self._with_meta(context) if self.is_known(context) else no_update,
            f"{self.name}-card.hidden": lambda context: not self.is_shown(context),
            f"{self.name}-caption.children": lambda context: f"{self.caption(context)} {self.hint}".rstrip(),
            f"{self.name}-csv.href": self._csv_address,
        }
        if self.body is not None:
            return {**shared, f"{self.name}.data-html": self.body}
        return {
            **shared,
            f"{self.name}-picture.hidden": lambda context: not self.is_known(context),
            f"{self.name}-picture.aria-label": lambda context: self.caption(context) if self.is_known(context) else "",
        }

    def _with_meta(self, context: ModelContext) -> go.Figure:
        """The figure with the texts of a downloaded picture (assets/actions.js)."""
        about = f"{context.model.name} · video {context.video.uid}"
        return self.figure(context).update_layout(meta={"caption": self.caption(context), "about": about})

    def _csv_address(self, context: ModelContext) -> str:
        return f"download/{context.index}/{self.table_name}.csv{to_query(context.view)}"

    def layout(self, index: int) -> Component:
        """The card of one model, before it is filled in."""
        if self.body is None:
            shown: Component = _graph(self.name, index)
        else:
            shown = html.Div(id=f"{self.name}-{index}", className=f"{self.name}-body")
        return html.Section(
            className=f"card {self.name}-card",
            id=f"{self.name}-card-{index}",
            children=[
                html.Div([html.H3(self.title), _actions(self.name, index)], className="card-head"),
                html.P(id=f"{self.name}-caption-{index}", className="caption"),
                html.Div(self.arrange(shown, index), className="card-body"),
                *([] if self.body is None else [dcc.Store(id=f"{self.name}-figure-{index}")]),
            ],
        )


def _actions(name: str, index: int) -> Component:
    png = html.Button("PNG", id=f"{name}-png-{index}", type="button", title="Download the plot as PNG")
    table = html.A("CSV", id=f"{name}-csv-{index}", href="#", title="Download the values as CSV")
    return html.Div([png, table], className="actions")


def _graph(name: str, index: int) -> Component:
    graph = dcc.Graph(
        id=f"{name}-{index}",
        className="graph",
        responsive=True,
        config={"displayModeBar": False, "doubleClick": False},
    )
    return html.Div(
        graph,
        id=f"{name}-picture-{index}",
        className=f"picture {name}-picture",
        role="img",
        **attributes(aria_label="Plot"),
    )


def to_csv(rows: Iterable[Row]) -> str:
    """Rows as the text of a csv file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
