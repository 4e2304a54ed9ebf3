"""The heading: which video, how many of its frames the models are given, and which class is in focus."""

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from esv_dashboard.catalogue import Catalogue
from esv_dashboard.controls import control_group, line_sample, view_button
from esv_dashboard.markup import Input, attributes, form_field
from esv_dashboard.panels.context import PageContext
from play_fair.formatting import plural, shortened


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
    return html.Div(
        className="heading",
        children=[
            html.Div([html.H2(id="title"), html.P(id="subtitle", className="muted")]),
            form_field(
                html.Label(["Frames fed to the model: ", html.Strong(id="n-shown")], htmlFor="n"),
                slider,
                html.Div(ticks, className="ticks", **attributes(aria_hidden="true")),
                css_class="frames-fed",
            ),
            control_group("Explain the score of", "focus"),
        ],
    )


def title(context: PageContext) -> str:
    """Name of the class of the video."""
    return context.catalogue.class_names[context.video.label]


def subtitle(context: PageContext) -> str:
    """Id and length of the video."""
    return f"Video {context.video.uid} · {plural(context.video.length, 'frame')}"


def focus_buttons(context: PageContext) -> list[Component]:
    """The classes in the ESV plot, each with its line; the pressed one is in focus."""
    view, names = context.view, context.catalogue.class_names
    return [
        view_button(
            [line_sample(context.theme, slot), shortened(names[class_id])],
            view,
            replace(view, focus=class_id),
            class_id == view.focus,
        )
        for slot, class_id in enumerate(view.classes)
    ]


PANEL = {
    "title.children": title,
    "subtitle.children": subtitle,
    "focus.data-html": focus_buttons,
}
