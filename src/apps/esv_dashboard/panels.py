"""The parts of the page that are made anew for every view."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from esv_dashboard.catalogue import CORRECT, MIXED, UNKNOWN, WRONG, Catalogue, Explanation, Model, Video
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.markup import attributes
from esv_dashboard.theme import MAX_LINES, svg_line_style
from esv_dashboard.view import (
    LISTED,
    View,
    can_toggle,
    list_verdict,
    page_of,
    show_video,
    step,
    to_change,
    to_query,
)
from play_fair.formatting import percent, plural, shortened, signed
from play_fair.palette import Palette

MARKS = {
    CORRECT: ("✓", "correct"),
    WRONG: ("✗", "wrong"),
    MIXED: ("≠", "models disagree"),
    UNKNOWN: ("·", "true class unknown"),
}


def verdict_buttons(catalogue: Catalogue, view: View) -> list[Component]:
    """Filters of the list by what the models made of the videos."""
    texts = {"all": "All", "correct": "Correct", "wrong": "Wrong", "mixed": "Mixed"}
    if len(catalogue.models) == 1:
        texts.pop("mixed")
    return [
        _button(text, view, list_verdict(catalogue, view, verdict), verdict == view.verdict)
        for verdict, text in texts.items()
    ]


def focus_buttons(catalogue: Catalogue, view: View, theme: Palette) -> list[Component]:
    """The classes in the plot, each with its line; the pressed one is in focus."""
    return [
        _button(
            [line_sample(theme, slot), shortened(catalogue.class_names[class_id])],
            view,
            replace(view, focus=class_id),
            class_id == view.focus,
        )
        for slot, class_id in enumerate(view.classes)
    ]


def _button(content: str | list[Any], view: View, leads_to: View, pressed: bool) -> Component:
    state = attributes(aria_pressed="true" if pressed else "false", data_change=to_change(view, leads_to))
    return html.Button(content, type="button", className="segment", **state)


def step_links(catalogue: Catalogue, view: View) -> list[Component]:
    """The videos before and after the current one."""
    return [
        _link("‹ Previous", view, step(catalogue, view, -1), "step"),
        _link("Next ›", view, step(catalogue, view, 1), "step"),
    ]


def _link(content: str | list[Any], view: View, leads_to: View, name: str, **state: str) -> Component:
    more = attributes(data_change=to_change(view, leads_to), **state)
    return html.A(content, href=to_query(leads_to), className=name, **more)


def video_links(catalogue: Catalogue, view: View, positions: Sequence[int]) -> list[Component]:
    """One page of the list."""
    verdicts = catalogue.verdicts(view.n_frames)
    start = (page_of(view, [catalogue.uids[position] for position in positions]) - 1) * LISTED
    links = []
    for position in positions[start : start + LISTED]:
        video = catalogue.video(catalogue.uids[position])
        assert video is not None
        sign, meaning = MARKS.get(int(verdicts[position]), ("·", "no result"))
        state = attributes(aria_label=meaning)
        mark = html.Span(sign, className=f"mark mark-{meaning.split()[-1]}", title=meaning, role="img", **state)
        words = html.Span(
            [html.Span(video.uid, className="uid"), html.Span(catalogue.class_names[video.label], className="of")]
        )
        current = {"aria_current": "true"} if video.uid == view.uid else {}
        links.append(_link([mark, words], view, show_video(catalogue, view, video.uid), "video-link", **current))
    return links


def list_note(view: View) -> list[Component]:
    """What stands in place of an empty list."""
    words = "Search for fewer words, or list all classes and predictions."
    everything = replace(view, label=None, verdict="all", text="", page=None)
    return [html.Strong("No videos found"), html.Span(words), _link("List all videos", view, everything, "step")]


def pages(view: View, uids: Sequence[str]) -> list[Component]:
    """Links to the other pages of a long list, and which videos of it are shown."""
    last, page = -(-len(uids) // LISTED), page_of(view, uids)
    if last <= 1:
        return []

    def turn(sign: str, to: int, words: str) -> Component:
        if not 1 <= to <= last or to == page:
            return html.Span(sign, className="step off", **attributes(aria_hidden="true"))
        return _link(sign, view, replace(view, page=to), "step", aria_label=words)

    first_shown, last_shown = (page - 1) * LISTED + 1, min(page * LISTED, len(uids))
    return [
        turn("«", 1, "First page"),
        turn("‹", page - 1, "Page before"),
        html.Span(f"{first_shown:,}–{last_shown:,}", className="of-pages"),
        turn("›", page + 1, "Page after"),
        turn("»", last, "Last page"),
    ]


def line_sample(theme: Palette, slot: int) -> Component:
    """A short piece of the line of a class."""
    colour, dash = svg_line_style(theme, slot)
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
                src=f"media/videos/{quote(video.uid, safe='')}.webm?v={frames.version(video.uid)}",
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
            lines.append(html.Li(f"{model.name} has no result for {plural(view.n_frames, 'frame')} of it."))
            continue
        right = CORRECT if explanation.predicted == video.label else WRONG
        sign, meaning = MARKS[right if video.labelled else UNKNOWN]
        lines.append(
            html.Li(
                [
                    html.Span(sign, className=f"mark mark-{meaning.split()[-1]}", **attributes(aria_hidden="true")),
                    html.Span(
                        [
                            html.Strong(model.name),
                            f" says “{catalogue.class_names[explanation.predicted]}” "
                            f"({percent(float(explanation.scores[explanation.predicted]))}): {meaning}.",
                        ]
                    ),
                ]
            )
        )
    return lines


def no_result(model: Model, view: View) -> list[Component]:
    """What is said in place of the plots of a model that has nothing on a video."""
    known = ", ".join(map(str, model.explain_all(view.uid)))
    words = f"for {plural(view.n_frames, 'frame')} of this video, but for {known}." if known else "for this video."
    return [html.Strong(f"No result of {model.name}"), html.Span(words)]


def bars(
    catalogue: Catalogue, explanation: Explanation, classes: Sequence[int], view: View, theme: Palette
) -> Component:
    """Scores as bars that are buttons: pressed ones have a line in the ESV plot."""
    video = catalogue.video(view.uid)
    assert video is not None
    label, names = video.true_class, catalogue.class_names
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
                        html.Span(percent(score), className="bar-score"),
                        html.Span(className="bar-fill", style={"width": f"{100 * score:.2f}%"}),
                    ],
                    type="button",
                    className="bar true" if class_id == label else "bar",
                    title=_bar_title(shown, can_toggle(view, class_id)),
                    disabled=not can_toggle(view, class_id),
                    **attributes(data_toggle=class_id, aria_pressed="true" if shown else "false"),
                )
            )
        )
    return html.Ol(rows, className="bars")


def _bar_title(shown: bool, can_change: bool) -> str:
    if not can_change:
        return (
            "The only class in the ESV plot: one stays" if shown else f"The ESV plot holds {MAX_LINES} classes at most"
        )
    return "Take it out of the ESV plot" if shown else "Add it to the ESV plot"


def strip_style(n_frames: int) -> dict[str, int]:
    """Rows of about the same length: of up to 8 frames, or 4 where there is little room."""
    return {name: -(-n_frames // -(-n_frames // most)) for name, most in (("--columns", 8), ("--few-columns", 4))}


def strip(explanation: Explanation, class_id: int, video: Video, frames: FrameStore) -> list[Component]:
    """The sampled frames in time order, each framed by what it adds to the score of a class."""
    esvs = explanation.esvs[:, class_id].tolist()
    most = max(map(abs, esvs)) or 1.0
    version, there = frames.version(video.uid), frames.path(video.uid) is not None
    cells: list[Component] = []
    for frame, esv in zip(explanation.frames.tolist(), esvs, strict=True):
        kind = "supports" if esv > 0 else "distracts" if esv < 0 else "neutral"
        source = f"media/frames/{quote(video.uid, safe='')}/{frame}.jpg?v={version}"
        picture = html.Img(src=source, alt="") if there else html.Span("no video", className="no-frame")
        cells.append(
            html.Button(
                [
                    html.Span(picture, className="frame-box"),
                    html.Span(
                        [html.Span(str(frame), className="frame-number"), html.Span(signed(esv))],
                        className="frame-text",
                    ),
                ],
                type="button",
                className=f"frame {kind}",
                style={"--weight": f"{abs(esv) / most:.3f}"},
                **attributes(data_frame=frame, aria_label=f"Frame {frame}, ESV {signed(esv)}, {kind}"),
            )
        )
    return cells
