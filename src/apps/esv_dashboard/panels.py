"""The parts of the page that are made anew for every view."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from esv_dashboard import wording
from esv_dashboard.catalogue import CORRECT, MIXED, WRONG, Catalogue, Explanation, Video
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.markup import attributes
from esv_dashboard.theme import DASHES, Theme
from esv_dashboard.view import View

LISTED = 50
"""Most videos in the list at once; it shows those around the current one."""
MARKS = {CORRECT: ("✓", "correct"), WRONG: ("✗", "wrong"), MIXED: ("≠", "models disagree")}
_SVG_DASHES = dict(zip(DASHES, ("none", "7 4", "2 3", "7 3 2 3", "12 4"), strict=True))


def video_options(catalogue: Catalogue, view: View, positions: Sequence[int]) -> list[dict[str, object]]:
    """The page of the list that has the current video on it, or the first."""
    verdicts = catalogue.verdicts(view.n_frames)
    uids = [catalogue.uids[position] for position in positions]
    start = uids.index(view.uid) // LISTED * LISTED if view.uid in uids else 0
    options = []
    for position, uid in zip(positions[start : start + LISTED], uids[start : start + LISTED], strict=True):
        video = catalogue.video(uid)
        assert video is not None
        sign, meaning = MARKS.get(int(verdicts[position]), ("·", "no result"))
        label = html.Span(
            [
                html.Span(
                    sign,
                    className=f"mark mark-{meaning.split()[-1]}",
                    title=meaning,
                    **attributes(aria_label=meaning),
                    role="img",
                ),
                html.Span(
                    [html.Span(uid, className="uid"), html.Span(catalogue.class_names[video.label], className="of")]
                ),
            ],
            className="video-option",
        )
        options.append({"label": label, "value": uid})
    return options


def list_extent(view: View, uids: Sequence[str]) -> str:
    """Which part of a long list is shown."""
    if len(uids) <= LISTED:
        return ""
    start = uids.index(view.uid) // LISTED * LISTED if view.uid in uids else 0
    return f"Videos {start + 1:,} to {min(start + LISTED, len(uids)):,} of {len(uids):,}; Next goes on."


def focus_options(catalogue: Catalogue, view: View, theme: Theme) -> list[dict[str, object]]:
    """The classes in the plot, each with its line."""
    return [
        {
            "label": html.Span([line_sample(theme, slot), wording.shortened(catalogue.class_names[class_id])]),
            "value": class_id,
        }
        for slot, class_id in enumerate(view.classes)
    ]


def line_sample(theme: Theme, slot: int) -> Component:
    """A short piece of the line of a class."""
    colour, dash = theme.classes[slot], _SVG_DASHES[DASHES[slot]]
    svg = (
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='28' height='8'%3E%3Cpath d='M0 4H28' "
        f"stroke='%23{colour[1:]}' stroke-width='3' stroke-dasharray='{dash}'/%3E%3C/svg%3E"
    )
    return html.Img(src=svg, alt="", className="line-sample")


def video_box(catalogue: Catalogue, frames: FrameStore, video: Video) -> Component:
    """The video, or why there is none."""
    if frames.path(video.uid) is None:
        return html.Div(
            [html.Strong("No video"), html.Span(f"{video.uid}.webm is not in the folder of videos.")],
            className="placeholder",
        )
    name = catalogue.class_names[video.label]
    return html.Div(
        [
            html.Video(
                id="video",
                src=f"media/videos/{video.uid}.webm?v={frames.version(video.uid)}",
                loop=True,
                muted=True,
                preload="auto",
                **attributes(aria_label=f"Video {video.uid}: {name}", data_frames=str(video.length)),
            ),
            html.Div(
                [html.Strong("This video does not play"), html.Span("The file may be damaged.")],
                className="placeholder if-broken",
            ),
        ]
    )


def verdict_lines(catalogue: Catalogue, view: View, video: Video) -> list[Component]:
    """What each model says, right or wrong."""
    lines: list[Component] = []
    for model in catalogue.models:
        explanation = model.explain(view.uid, view.n_frames)
        if explanation is None:
            lines.append(html.Li(f"{model.name} has no result for {wording.plural(view.n_frames, 'frame')} of it."))
            continue
        right = explanation.predicted == video.label
        sign, meaning = MARKS[CORRECT if right else WRONG]
        lines.append(
            html.Li(
                [
                    html.Span(sign, className=f"mark mark-{meaning}", **attributes(aria_hidden="true")),
                    html.Span(
                        [
                            html.Strong(model.name),
                            f" says “{catalogue.class_names[explanation.predicted]}” "
                            f"({wording.percent(explanation.scores[explanation.predicted])}): {meaning}.",
                        ]
                    ),
                ]
            )
        )
    return lines


def bars(
    explanation: Explanation, classes: Sequence[int], view: View, label: int, names: Sequence[str], theme: Theme
) -> Component:
    """Scores as bars that are buttons: pressed ones have a line in the ESV plot."""
    rows = []
    for class_id in classes:
        score, shown = float(explanation.scores[class_id]), class_id in view.classes
        sample = line_sample(theme, view.classes.index(class_id)) if shown else html.Span("+", className="add")
        badge = [html.Span("true class", className="badge")] if class_id == label else []
        rows.append(
            html.Li(
                html.Button(
                    [
                        html.Span(sample, className="bar-sample", **attributes(aria_hidden="true")),
                        html.Span([names[class_id], *badge], className="bar-name"),
                        html.Span(wording.percent(score), className="bar-score"),
                        html.Span(className="bar-fill", style={"width": f"{100 * score:.2f}%"}),
                    ],
                    type="button",
                    className="bar true" if class_id == label else "bar",
                    title="Take it out of the ESV plot" if shown else "Add it to the ESV plot",
                    **attributes(data_class=class_id, aria_pressed="true" if shown else "false"),
                )
            )
        )
    return html.Ol(rows, className="bars")


def strip_style(n_frames: int) -> dict[str, int]:
    """One row of up to 8 frames, or rows of the same length."""
    n_rows = -(-n_frames // 8)
    return {"--columns": -(-n_frames // n_rows)}


def strip(explanation: Explanation, class_id: int, video: Video, frames: FrameStore) -> list[Component]:
    """The sampled frames in time order, each framed by what it adds to the score of a class."""
    esvs = explanation.esvs[:, class_id].tolist()
    most = max(map(abs, esvs)) or 1.0
    version, there = frames.version(video.uid), frames.path(video.uid) is not None
    cells: list[Component] = []
    for frame, esv in zip(explanation.frames.tolist(), esvs, strict=True):
        kind = "supports" if esv > 0 else "distracts" if esv < 0 else "neutral"
        source = f"media/frames/{video.uid}/{frame}.jpg?v={version}"
        picture = html.Img(src=source, alt="") if there else html.Span("no video", className="no-frame")
        cells.append(
            html.Button(
                [
                    html.Span(picture, className="frame-box"),
                    html.Span(
                        [html.Span(str(frame), className="frame-number"), html.Span(wording.signed(esv))],
                        className="frame-text",
                    ),
                ],
                type="button",
                className=f"frame {kind}",
                style={"--weight": f"{abs(esv) / most:.3f}"},
                **attributes(data_frame=frame, aria_label=f"Frame {frame}, ESV {wording.signed(esv)}, {kind}"),
            )
        )
    return cells
