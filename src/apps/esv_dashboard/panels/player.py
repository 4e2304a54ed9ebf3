"""The video, with a button to play it (play_fair/templates/player.js)."""

from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from esv_dashboard.markup import attributes
from esv_dashboard.panels.context import PageContext


def layout() -> Component:
    """The card before it is filled in."""
    play = html.Button("Pause", id="play", type="button", **attributes(aria_label="Pause the video"))
    return html.Section(
        className="card video-card",
        **attributes(aria_label="Video"),
        children=[
            html.Div(id="video-box", className="video-box"),
            html.Div([play, html.Span("", id="clock", className="clock")], className="transport"),
        ],
    )


def video_address(version: str, uid: str) -> str:
    """Address of a video."""
    return f"media/videos/{quote(uid, safe='')}.webm?v={version}"


def video_box(context: PageContext) -> Component | None:
    """The video, or a note that there is none."""
    video, frames = context.video, context.frames
    if video is None:
        return None
    if frames.path(video.uid) is None:
        note = [html.Strong("No video"), html.Span(f"{video.uid}.webm is not in the folder of videos.")]
        return html.Div(note, className="placeholder")
    name = context.catalogue.class_names[video.label]
    player = html.Video(
        id="video",
        src=video_address(frames.version(video.uid), video.uid),
        loop=True,
        muted=True,
        preload="auto",
        **attributes(aria_label=f"Video {video.uid}: {name}", data_frames=str(video.length), data_autostart=""),
    )
    broken = [html.Strong("This video does not play"), html.Span("The file may be damaged.")]
    return html.Div([player, html.Div(broken, className="placeholder if-broken")])


PANEL = {"video-box.data-html": video_box}
