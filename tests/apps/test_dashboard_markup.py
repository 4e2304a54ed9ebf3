"""Components as HTML."""

from html.parser import HTMLParser

from dash import html
from esv_dashboard.markup import Input, attributes, to_html
from hypothesis import given
from hypothesis import strategies as st


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.starts: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.starts.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data


def test_names_and_values_are_those_of_html():
    button = html.Button(["a", html.Strong(2)], className="x y", disabled=True, style={"--weight": 0.5, "width": "1%"})
    assert to_html(button) == '<button class="x y" disabled style="--weight:0.5;width:1%">a<strong>2</strong></button>'


def test_what_is_off_is_left_out():
    assert to_html([html.Video(loop=True, muted=False, src=None), None, "", html.Img(alt="")]) == (
        '<video loop></video><img alt="">'
    )
    assert to_html(Input(id="n", type="range", max=3, disabled=False, **attributes(data_numbers="1 2"))) == (
        '<input id="n" type="range" max="3" data-numbers="1 2">'
    )


@given(st.text())
def test_text_never_becomes_markup(text):
    seen = Reader(to_html([html.A(text, href=text, **attributes(data_view=text)), text]))
    assert [tag for tag, _ in seen.starts] == ["a"]
    assert seen.words == text + text
    assert seen.starts[0][1] == {"href": text, "data-view": text}
