"""The opening page: all videos together. Its numbers and charts are those of `play_fair.overview`."""

from dataclasses import replace
from functools import lru_cache
from html import escape

from dash import html
from dash.development.base_component import Component
from markupsafe import Markup

from esv_dashboard.catalogue import Catalogue
from esv_dashboard.controls import view_link
from esv_dashboard.panels import esvs
from esv_dashboard.panels.context import PageContext
from esv_dashboard.panels.picker import thumbnail_address
from esv_dashboard.view import to_change, to_query
from play_fair.html_page import render_macro
from play_fair.overview import Confusion, ConfusionCell, Pick, accuracy_sentence, confusions, picks, swarm

WHAT_IS_AN_ESV = (
    "An Element Shapley Value (ESV) is what one frame adds to the model's score of a class: averaged over all ways of "
    "showing the model some of the frames first, and this one next. ",
    "Above zero the frame supports the class, below zero it distracts from it. ",
    "The ESVs of all frames and the class prior, which is the score of no frames at all, sum to the model's score.",
)


def layout() -> Component:
    """The overview before it is filled in."""
    return html.Div(id="overview", className="overview")


def content(context: PageContext) -> list[Component]:
    """Everything; nothing while a video is shown."""
    if context.view.uid is not None:
        return []
    catalogue = context.catalogue
    study, chosen = catalogue.study, _picks(catalogue)
    matrices = [_confusion_card(context, matrix) for matrix in _confusions(catalogue)]
    return [
        html.H2(accuracy_sentence(study), className="answer"),
        _concept(context, chosen),
        html.Section(
            [
                html.H3("Worth a look"),
                html.Ul([html.Li(_pick(context, pick), className="card") for pick in chosen], className="picks"),
            ]
        ),
        html.Div(matrices, className="details"),
        html.Div([_swarm_card(catalogue, index) for index in range(len(catalogue.models))], className="details"),
    ]


def _swarm_card(catalogue: Catalogue, index: int) -> Component:
    caption = (
        "Each dot is a frame of a video. Point at it to see the moment, press it for the video; or use the arrow keys "
        "and Enter."
    )
    return html.Section(
        [
            html.H3(f"{catalogue.models[index].name}: which moments support the true class"),
            html.P(caption, className="caption"),
            _swarm(catalogue, index),
        ],
        className="card",
    )


@lru_cache(maxsize=4)
def _picks(catalogue: Catalogue) -> list[Pick]:
    return picks(catalogue.study)


@lru_cache(maxsize=4)
def _confusions(catalogue: Catalogue) -> list[Confusion]:
    return confusions(catalogue.study)


@lru_cache(maxsize=8)
def _swarm(catalogue: Catalogue, index: int) -> Markup:
    name = catalogue.models[index].name
    return render_macro("overview.html", "swarm", swarm(catalogue.study, name), name)


def _concept(context: PageContext, chosen: list[Pick]) -> Component:
    """What an ESV is, in three sentences and with the frames of the last video that was picked."""
    view = replace(context.view, uid=chosen[-1].uid, mode="predicted", focus=None, against=None, twin="hidden")
    page = PageContext.from_address(context.catalogue, context.frames, to_query(view))
    example = next(model for model in page.models if model is not None)
    title = f"An example: which frames of video {chosen[-1].uid} support {example.esvs.short_name}?"
    return html.Section(
        [
            html.H3("Which frames made the model say that?"),
            html.P(WHAT_IS_AN_ESV),
            html.P(title, className="caption"),
            html.Div(esvs.body(example), className="esvs-card"),
        ],
        className="card",
    )


def _pick(context: PageContext, pick: Pick) -> Component:
    frames = context.frames
    source = thumbnail_address(frames.version(pick.uid), pick.uid, pick.frame)
    picture = [html.Img(src=source, alt="")] if frames.path(pick.uid) else []
    texts = [html.Strong(pick.title), html.Span(pick.reason, className="muted")]
    return view_link([*picture, *texts], context.view, replace(context.view, uid=pick.uid), "pick")


def _confusion_card(context: PageContext, matrix: Confusion) -> Component:
    catalogue, view = context.catalogue, context.view
    model = catalogue.models[matrix.model].name

    def links(cell: ConfusionCell) -> Markup:
        leads_to = replace(view, label=cell.true, predicted=(matrix.model, cell.predicted), page=None)
        return Markup(f'href="{escape(to_query(leads_to))}" data-change="{escape(to_change(view, leads_to))}"')

    return html.Section(
        [
            html.H3(f"What {model} confuses"),
            html.P("Rows are true classes. Press a number to list its videos.", className="caption"),
            render_macro("overview.html", "confusion", matrix, catalogue.class_names, links),
        ],
        className="card",
    )


PANEL = {"overview.data-html": content}
