"""The video, with a button to play it (assets/sync.js), and the verdicts of the models."""

from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from esv_dashboard.catalogue import CORRECT, UNKNOWN, WRONG
from esv_dashboard.controls import verdict_mark, verdict_meaning
from esv_dashboard.markup import attributes
from esv_dashboard.panels.context import PageContext
from play_fair.formatting import plural
from play_fair.wording import describe_prediction


def layout() -> Component:
    """The card before it is filled in."""
    play = html.Button("Pause", id="play", type="button", **attributes(aria_label="Pause the video"))
    return html.Section(
        className="card video-card",
        **attributes(aria_label="Video"),
        children=[
            html.Div(id="video-box", className="video-box"),
            html.Div([play, html.Span("", id="clock", className="clock")], className="transport"),
            html.Ul(id="verdicts", className="verdicts"),
        ],
    )


def video_box(context: PageContext) -> Component:
    """The video, or a note that there is none."""
    video, frames = context.video, context.frames
    if frames.path(video.uid) is None:
        note = [html.Strong("No video"), html.Span(f"{video.uid}.webm is not in the folder of videos.")]
        return html.Div(note, className="placeholder")
    name = context.catalogue.class_names[video.label]
    player = html.Video(
        id="video",
        src=f"media/videos/{quote(video.uid, safe='')}.webm?v={frames.version(video.uid)}",
        loop=True,
        muted=True,
        preload="auto",
        **attributes(aria_label=f"Video {video.uid}: {name}", data_frames=str(video.length)),
    )
    broken = [html.Strong("This video does not play"), html.Span("The file may be damaged.")]
    return html.Div([player, html.Div(broken, className="placeholder if-broken")])


def verdict_lines(context: PageContext) -> list[Component]:
    """The prediction of each model, right or wrong."""
    lines: list[Component] = []
    video, n_frames = context.video, context.view.n_frames
    for model in context.catalogue.models:
        explanation = model.explain(video.uid, n_frames)
        if explanation is None:
            lines.append(html.Li(f"{model.name} has no result for {plural(n_frames, 'frame')} of it."))
            continue
        verdict = (CORRECT if explanation.predicted == video.label else WRONG) if video.labelled else UNKNOWN
        prediction = describe_prediction(explanation, model.name).removeprefix(model.name)
        sentence = html.Span([html.Strong(model.name), f"{prediction} {verdict_meaning(verdict).capitalize()}."])
        lines.append(html.Li([verdict_mark(verdict, **attributes(aria_hidden="true")), sentence]))
    return lines


PANEL = {"video-box.data-html": video_box, "verdicts.data-html": verdict_lines}
