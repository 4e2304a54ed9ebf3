"""The heading: what each model predicts, how confident it is, why, and the choice of what is explained."""

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from esv_dashboard.catalogue import Catalogue
from esv_dashboard.controls import control_group, view_button, view_link
from esv_dashboard.markup import Input, attributes, form_field
from esv_dashboard.panels.context import PageContext
from esv_dashboard.view import show_video, to_query
from play_fair.explanation import Explanation
from play_fair.formatting import percent, plural
from play_fair.wording import describe_confidence, describe_prediction_reason


def layout(catalogue: Catalogue) -> Component:
    """The heading before it is filled in; the slider counts positions, as numbers of frames may have gaps."""
    numbers = catalogue.n_frames
    slider = Input(
        id="n",
        type="range",
        max=len(numbers) - 1,
        value=len(numbers) - 1,
        disabled=len(numbers) == 1,
        **attributes(data_numbers=" ".join(map(str, numbers))),
    )
    ticks = [html.Span(str(number), className="tick") for number in numbers]
    names = [html.Option(name, value=str(class_id)) for class_id, name in enumerate(catalogue.class_names)]
    frames_fed = form_field(
        html.Label(["Frames fed to the model: ", html.Strong(id="n-shown")], htmlFor="n"),
        slider,
        html.Div(ticks, className="ticks", **attributes(aria_hidden="true")),
        css_class="frames-fed",
    )
    return html.Div(
        className="heading",
        children=[
            html.P(id="subtitle", className="muted"),
            html.Div(id="title"),
            html.Div(
                className="question",
                children=[
                    control_group("Explain", "modes"),
                    _class_field("focus", "or a class", [html.Option("–", value=""), *names]),
                    _class_field("against", "rather than", [html.Option("–", value=""), *names]),
                    html.Div(control_group("Scale", "scale"), hidden=len(catalogue.models) == 1),
                    html.Div(control_group("Its twin", "twin"), hidden=not catalogue.has_twins),
                    frames_fed,
                ],
            ),
            html.Div(
                [
                    html.Button("Copy link", id="copy-link", type="button", title="The address of what you see"),
                    html.Span(id="saved-pages"),
                ],
                className="actions",
            ),
        ],
    )


def _class_field(name: str, label: str, options: list[Component]) -> Component:
    return form_field(html.Label(label, htmlFor=name), html.Select(options, id=name), css_class="class-field")


def headlines(context: PageContext) -> list[Component]:
    """For each model: its prediction and score, whether it is right, and one sentence of why."""
    if context.video is None:
        return []
    models, explanations = context.catalogue.models, context.explanations
    return [
        html.Div(_headline(context, model.name, explanation), className="headline")
        for model, explanation in zip(models, explanations, strict=True)
    ]


def _headline(context: PageContext, model: str, explanation: Explanation | None) -> list[Component]:
    video = context.video
    assert video is not None
    if explanation is None:
        return [html.H2([html.Span(model, className="model-of"), " has no result for this view"])]
    predicted = explanation.predicted
    score = html.Span(percent(float(explanation.scores[predicted])), className="score")
    headline: list[Component | str] = [
        html.Span([model, " predicts"], className="model-of"),
        f" “{explanation.class_name(predicted)}” ",
        score,
    ]
    return [
        html.H2(headline),
        _chip(video.true_class, explanation),
        html.P(describe_prediction_reason(explanation, video.true_class), className="reason"),
        html.P(describe_confidence(explanation), className="muted"),
    ]


def _chip(true_class: int | None, explanation: Explanation) -> Component:
    """Whether the prediction is right; if not, what is true."""
    if true_class is None:
        return html.Span("True class unknown", className="chip")
    if true_class == explanation.predicted:
        return html.Span(["✓ ", "Correct"], className="chip correct")
    return html.Span(["✗ ", f"Wrong. True class: “{explanation.class_name(true_class)}”"], className="chip wrong")


def subtitle(context: PageContext) -> list[Component | str]:
    """Id and length of the video, and a link to its twin, if it has one."""
    video = context.video
    if video is None:
        return []
    text = f"Video {video.uid} · {plural(video.length, 'frame')}"
    twin = context.catalogue.twin(video.uid)
    if twin is None:
        return [text]
    return [f"{text} · the other of its pair: ", view_link(twin, context.view, show_video(context.view, twin), "twin")]


def mode_buttons(context: PageContext) -> list[Component]:
    """Predicted, true or difference; the pressed one is explained."""
    if context.video is None:
        return []
    view, mode = context.view, None if context.view.is_by_choice else context.mode
    names = {"predicted": "Predicted class"}
    if context.video.labelled:
        names["true"] = "True class"
    if context.compared is not None:
        names["difference"] = "Difference"
    return [
        view_button(name, view, replace(view, mode=key, focus=None, against=None), key == mode)
        for key, name in names.items()
    ]


def scale_buttons(context: PageContext) -> list[Component]:
    """Whether the charts of all models share a scale."""
    view = context.view
    return [
        view_button(name, view, replace(view, own_scale=own), own == view.own_scale)
        for name, own in (("Shared", False), ("Own", True))
    ]


def saved_page_links(context: PageContext) -> list[Component]:
    """Links that save the page of one video for each model; none where there is no video."""
    if context.video is None or context.frames.path(context.video.uid) is None:
        return []
    return [
        html.A(
            "Save as HTML" if len(context.models) == 1 else f"Save {model.model.name} as HTML",
            href=f"download/{model.index}/page.html{to_query(context.view)}",
            title="One file with the video and its explanation, to be sent",
        )
        for model in context.models
        if model is not None
    ]


PANEL = {
    "title.data-html": headlines,
    "subtitle.data-html": subtitle,
    "modes.data-html": mode_buttons,
    "scale.data-html": scale_buttons,
    "saved-pages.data-html": saved_page_links,
}
