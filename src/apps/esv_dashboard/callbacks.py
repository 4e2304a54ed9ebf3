"""What happens when a person touches a control: the URL changes, and the page follows the URL."""

from dataclasses import replace
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update, set_props

from esv_dashboard import figures, panels, wording
from esv_dashboard.catalogue import Catalogue, Model, Video
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.layout import video_count
from esv_dashboard.markup import to_html
from esv_dashboard.theme import THEMES, Theme
from esv_dashboard.view import View, from_query, list_class, listed, to_query

KINDS = ("predictions", "esv", "waterfall", "scales", "interactions")
_TABLES = {kind: "esvs" if kind == "esv" else kind for kind in KINDS}


def register_callbacks(app: Dash, catalogue: Catalogue, frames: FrameStore) -> None:
    """Connect the page to the catalogue."""
    # The browser asks in this order: what a person looks at first is asked for first.
    for index, model in enumerate(catalogue.models):
        _register_panel(app, catalogue, frames, index, model)
    _register_video(app, catalogue, frames)
    _register_picker(app, catalogue)
    _register_navigation(app, catalogue)
    for index in range(len(catalogue.models)):
        for kind in KINDS:
            app.clientside_callback(
                ClientsideFunction("esv", "downloadPng"),
                Output(f"{kind}-png-{index}", "title"),
                Input(f"{kind}-png-{index}", "n_clicks"),
                State("predictions-figure-" + str(index), "data")
                if kind == "predictions"
                else State(f"{kind}-{index}", "figure"),
                State(f"{kind}-csv-{index}", "href"),
                prevent_initial_call=True,
            )
    app.clientside_callback(
        ClientsideFunction("esv", "colourScheme"), Output("scheme", "data"), Input("url", "pathname")
    )


def _register_navigation(app: Dash, catalogue: Catalogue) -> None:
    """Form fields <-> URL, in one callback, as each is both; everything else that navigates is a link to a view."""
    numbers = catalogue.n_frames

    @app.callback(
        Output("search", "value"),
        Output("class", "data-value"),
        Output("n", "value"),
        Input("url", "search"),
        Input("search", "value"),
        Input("chosen-class", "data"),
        Input("n", "value"),
    )
    def navigate(query: str | None, text: str | None, chosen: str | None, position: float | None) -> tuple[Any, ...]:
        before, _ = from_query(catalogue, query)
        view = before
        match ctx.triggered_id:
            case "search":
                view = replace(view, text=text or "")
            case "chosen-class":
                view = list_class(catalogue, view, int(chosen) if chosen else None)
            case "n" if position is not None and 0 <= int(position) < len(numbers):
                view = replace(view, n_frames=numbers[int(position)])
        if view != before:
            # As an output of this callback it would make all that follows the URL wait for this callback.
            set_props("url", {"search": to_query(view)})
        # A field that already says so is left alone: a person may be typing in it.
        index = numbers.index(view.n_frames)
        return (
            no_update if view.text == (text or "") else view.text,
            "" if view.label is None else str(view.label),
            no_update if index == position else index,
        )


def _register_picker(app: Dash, catalogue: Catalogue) -> None:
    @app.callback(
        Output("notices", "data-html"),
        Output("count", "children"),
        Output("verdict", "data-html"),
        Output("steps", "data-html"),
        Output("videos", "data-html"),
        Output("list-note", "data-html"),
        Output("n-shown", "children"),
        Input("url", "search"),
    )
    def show(query: str | None) -> tuple[Any, ...]:
        view, notices = from_query(catalogue, query)
        positions = listed(catalogue, view)
        uids = [catalogue.uids[position] for position in positions]
        return (
            to_html([html.P(notice) for notice in notices]),
            video_count(len(positions), len(catalogue.uids)),
            to_html(panels.verdict_buttons(catalogue, view)),
            to_html(panels.step_links(catalogue, view)),
            to_html(panels.video_links(catalogue, view, positions)),
            to_html(panels.list_note(view, uids)),
            str(view.n_frames),
        )


def _register_video(app: Dash, catalogue: Catalogue, frames: FrameStore) -> None:
    @app.callback(
        Output("title", "children"),
        Output("subtitle", "children"),
        Output("video-box", "data-html"),
        Output("verdicts", "data-html"),
        Output("focus", "data-html"),
        Input("url", "search"),
        Input("scheme", "data"),
    )
    def show(query: str | None, scheme: str | None) -> tuple[Any, ...]:
        view, _ = from_query(catalogue, query)
        video = _video(catalogue, view)
        return (
            catalogue.class_names[video.label],
            f"Video {video.uid} · {wording.plural(video.length, 'frame')}",
            to_html(panels.video_box(catalogue, frames, video)),
            to_html(panels.verdict_lines(catalogue, view, video)),
            to_html(panels.focus_buttons(catalogue, view, _theme(scheme))),
        )


def _register_panel(app: Dash, catalogue: Catalogue, frames: FrameStore, index: int, model: Model) -> None:
    @app.callback(
        Output(f"empty-{index}", "hidden"),
        Output(f"empty-{index}", "data-html"),
        Output(f"cards-{index}", "hidden"),
        Output(f"predictions-{index}", "data-html"),
        Output(f"predictions-figure-{index}", "data"),
        Output(f"strip-{index}", "data-html"),
        Output(f"strip-{index}", "style"),
        Output(f"interactions-card-{index}", "hidden"),
        *(Output(f"{kind}-{index}", "figure") for kind in KINDS[1:]),
        *(Output(f"{kind}-picture-{index}", "aria-label") for kind in KINDS[1:]),
        *(Output(f"{kind}-caption-{index}", "children") for kind in KINDS),
        *(Output(f"{kind}-csv-{index}", "href") for kind in KINDS),
        Input("url", "search"),
        Input("scheme", "data"),
    )
    def show(query: str | None, scheme: str | None) -> tuple[Any, ...]:
        view, _ = from_query(catalogue, query)
        video, theme = _video(catalogue, view), _theme(scheme)
        explanation = model.explain(view.uid, view.n_frames)
        if explanation is None:
            missing = to_html(panels.no_result(model, view))
            return (False, missing, True, *[no_update] * (len(ctx.outputs_list) - 3))
        names, focus = catalogue.class_names, view.focus
        classes = figures.top_classes(explanation, (video.label, *view.classes))
        plots = {
            "esv": figures.esv_figure(explanation, view.classes, focus, names, video.length, theme),
            "waterfall": figures.waterfall_figure(explanation, focus, names, theme),
            "scales": figures.scales_figure(
                model.explain_all(view.uid), focus, names, video.length, view.n_frames, theme
            ),
        }
        if focus in explanation.interactions:
            plots["interactions"] = figures.interactions_figure(
                explanation.interactions[focus], explanation.frames.tolist(), focus, names, theme
            )
        captions = {kind: plot.layout.meta["caption"] for kind, plot in plots.items()}
        captions["predictions"] = f"Scores of {wording.plural(view.n_frames, 'frame')}. Press a bar to plot its class."
        return (
            True,
            "",
            False,
            to_html(panels.bars(catalogue, explanation, classes, view, theme)),
            figures.predictions_figure(explanation, classes, video.label, names, theme),
            to_html(panels.strip(explanation, focus, video, frames)),
            panels.strip_style(len(explanation.frames)),
            "interactions" not in plots,
            *(plots.get(kind, no_update) for kind in KINDS[1:]),
            *(captions.get(kind, "") for kind in KINDS[1:]),
            *(captions.get(kind, "") for kind in KINDS),
            *(f"download/{index}/{_TABLES[kind]}.csv{to_query(view)}" for kind in KINDS),
        )


def _video(catalogue: Catalogue, view: View) -> Video:
    video = catalogue.video(view.uid)
    assert video is not None, "views are of videos in the catalogue"
    return video


def _theme(scheme: str | None) -> Theme:
    return THEMES.get(scheme or "light", THEMES["light"])
