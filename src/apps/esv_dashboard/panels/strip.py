"""The film strip: the sampled frames in time order, each framed by its ESV for the class in focus."""

from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from esv_dashboard.markup import attributes
from esv_dashboard.panels.context import ModelContext
from play_fair.formatting import signed


def layout(index: int) -> Component:
    """The empty strip of a model."""
    return html.Div(id=f"strip-{index}", className="strip", role="group", **attributes(aria_label="Film strip"))


def cells(context: ModelContext) -> list[Component]:
    """A button for each sampled frame."""
    frames, uid = context.frames, context.video.uid
    esvs = context.explanation.values[:, context.view.focus].tolist()
    most = max(map(abs, esvs)) or 1.0
    has_video, version = frames.path(uid) is not None, frames.version(uid)
    buttons: list[Component] = []
    for frame, esv in zip(context.explanation.frame_idxs, esvs, strict=True):
        kind = "supports" if esv > 0 else "distracts" if esv < 0 else "neutral"
        source = f"media/frames/{quote(uid, safe='')}/{frame}.jpg?v={version}"
        picture = html.Img(src=source, alt="") if has_video else html.Span("no video", className="no-frame")
        texts = [html.Span(str(frame), className="frame-number"), html.Span(signed(esv))]
        buttons.append(
            html.Button(
                [html.Span(picture, className="frame-box"), html.Span(texts, className="frame-text")],
                type="button",
                className=f"frame {kind}",
                style={"--weight": f"{abs(esv) / most:.3f}"},
                **attributes(data_frame=frame, aria_label=f"Frame {frame}, ESV {signed(esv)}, {kind}"),
            )
        )
    return buttons


def columns(context: ModelContext) -> dict[str, int]:
    """CSS variables: frames per row, such that rows are about equally long; at most 8, or 4 on narrow screens."""
    n_frames = len(context.explanation.values)
    return {name: -(-n_frames // -(-n_frames // most)) for name, most in (("--columns", 8), ("--few-columns", 4))}


PANEL = {"strip.data-html": cells, "strip.style": columns}
