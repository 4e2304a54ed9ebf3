"""What the page shows for an address. Controls change the address in the browser (assets/address.js)."""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update

from esv_dashboard import figures, panels
from esv_dashboard.catalogue import Catalogue, Model, Video
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.markup import to_html
from esv_dashboard.theme import THEMES
from esv_dashboard.view import View, from_query, listed, show_video, to_change, to_query
from esv_dashboard.wording import video_count
from play_fair.formatting import plural
from play_fair.palette import Palette

KINDS = ("predictions", "esv", "waterfall", "scales", "interactions")
UNKNOWN_PAIRS = "Known of the true class and of what the model says: explain the score of one of these to see it."
_TABLES = {kind: "esvs" if kind == "esv" else kind for kind in KINDS}


def register_callbacks(app: Dash, catalogue: Catalogue, frames: FrameStore) -> None:
    """Connect the page to the catalogue."""
    # The browser asks in this order: what a person looks at first is asked for first.
    for index, model in enumerate(catalogue.models):
        _register_panel(app, catalogue, frames, index, model)
    _register_video(app, catalogue, frames)
    _register_picker(app, catalogue)
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
    app.clientside_callback(ClientsideFunction("esv", "colourScheme"), Output("scheme", "data"), Input("board", "id"))
    app.clientside_callback(ClientsideFunction("esv", "arrive"), Output("address", "data"), Input("board", "id"))
    app.clientside_callback(ClientsideFunction("esv", "complete"), Input("answer", "data"), prevent_initial_call=True)


def _register_picker(app: Dash, catalogue: Catalogue) -> None:
    @app.callback(
        Output("notices", "data-html"),
        Output("count", "children"),
        Output("verdict", "data-html"),
        Output("steps", "data-html"),
        Output("videos", "data-html"),
        Output("pages", "data-html"),
        Output("list-note", "data-html"),
        Output("answer", "data"),
        Input("address", "data"),
    )
    def show(query: str | None) -> tuple[Any, ...]:
        view, notices = from_query(catalogue, query)
        positions = listed(catalogue, view)
        uids = [catalogue.uids[position] for position in positions]
        return (
            to_html([html.P(notice) for notice in notices]),
            video_count(len(positions), len(catalogue.uids)),
            to_html(panels.verdict_buttons(catalogue, view)),
            to_html(panels.step_links(catalogue, view)) if uids else "",
            to_html(panels.video_links(catalogue, view, positions)),
            to_html(panels.pages(view, uids)),
            "" if uids else to_html(panels.list_note(view)),
            {
                "asked": query,
                "view": to_query(view),
                "title": f"{catalogue.class_names[_video(catalogue, view).label]} · {view.uid} · Play Fair",
                "first": to_change(view, show_video(catalogue, view, uids[0])) if uids else None,
            },
        )


def _register_video(app: Dash, catalogue: Catalogue, frames: FrameStore) -> None:
    @app.callback(
        Output("title", "children"),
        Output("subtitle", "children"),
        Output("video-box", "data-html"),
        Output("verdicts", "data-html"),
        Output("focus", "data-html"),
        Input("address", "data"),
        Input("scheme", "data"),
    )
    def show(query: str | None, scheme: str | None) -> tuple[Any, ...]:
        view, _ = from_query(catalogue, query)
        video = _video(catalogue, view)
        return (
            catalogue.class_names[video.label],
            f"Video {video.uid} · {plural(video.length, 'frame')}",
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
        Output(f"interactions-picture-{index}", "hidden"),
        *(Output(f"{kind}-{index}", "figure") for kind in KINDS[1:]),
        *(Output(f"{kind}-picture-{index}", "aria-label") for kind in KINDS[1:]),
        *(Output(f"{kind}-caption-{index}", "children") for kind in KINDS),
        *(Output(f"{kind}-csv-{index}", "href") for kind in KINDS),
        Input("address", "data"),
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
        pairs = len(explanation.frames) > 1 and bool(explanation.interactions)
        if pairs and focus in explanation.interactions:
            plots["interactions"] = figures.interactions_figure(
                explanation.interactions[focus], explanation.frames.tolist(), focus, names, theme
            )
        bars = figures.predictions_figure(explanation, classes, video.true_class, names, theme)
        said = {kind: plot.layout.meta["caption"] for kind, plot in plots.items()}
        captions = {
            "interactions": UNKNOWN_PAIRS,
            **said,
            "predictions": f"{bars.layout.meta['caption']}. Press a bar to plot its class.",
        }
        for plot in (bars, *plots.values()):
            plot.layout.meta = {**plot.layout.meta, "about": f"{model.name} · video {video.uid}"}
        return (
            True,
            "",
            False,
            to_html(panels.bars(catalogue, explanation, classes, view, theme)),
            bars,
            to_html(panels.strip(explanation, focus, video, frames)),
            panels.strip_style(len(explanation.frames)),
            not pairs,
            "interactions" not in plots,
            *(plots.get(kind, no_update) for kind in KINDS[1:]),
            *(said.get(kind, "") for kind in KINDS[1:]),
            *(captions[kind] for kind in KINDS),
            *(f"download/{index}/{_TABLES[kind]}.csv{to_query(view)}" for kind in KINDS),
        )


def _video(catalogue: Catalogue, view: View) -> Video:
    video = catalogue.video(view.uid)
    assert video is not None, "views are of videos in the catalogue"
    return video


def _theme(scheme: str | None) -> Palette:
    return THEMES.get(scheme or "light", THEMES["light"])
