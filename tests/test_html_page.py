"""Reports are whole, safe to put any text into, and fetch nothing."""

import base64
from html.parser import HTMLParser
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from play_fair.html_page import data_uri, render

HOSTILE = '"><script>alert(1)</script>&'


class Reader(HTMLParser):
    """Collects elements with their attributes, and all text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def attributes_of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def comparison(text="t"):
    """A report with text everywhere."""
    table = {"title": text, "caption": text, "header": [text, text], "rows": [[text, text]]}
    return render(
        "comparison.html",
        title=text,
        about={text: text},
        findings=[text],
        tables=[table],
        figures=[],
        measures=[text],
        notes=[text],
        csvs={text: text},
    )


def test_page_has_what_a_browser_expects():
    html = comparison("A & B")
    reader = Reader(html)
    assert html.startswith("<!doctype html>")
    assert reader.attributes_of("html") == [{"lang": "en"}]
    assert "A & B" in reader.words
    assert "viewport" in {attributes.get("name") for attributes in reader.attributes_of("meta")}


def test_page_has_light_and_dark_colours_of_the_palette():
    html = comparison()
    assert "prefers-color-scheme: dark" in html
    assert "--supports: #0072b2" in html
    assert "--supports: #56b4e9" in html


def test_browser_is_told_to_fetch_nothing():
    (policy,) = (
        attributes["content"]
        for attributes in Reader(comparison()).attributes_of("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_text_cannot_become_markup():
    html = comparison(HOSTILE)
    assert "<script>alert" not in html
    assert HOSTILE in Reader(html).words


def test_tables_name_their_rows_and_columns():
    reader = Reader(comparison())
    assert [attributes["scope"] for attributes in reader.attributes_of("th")] == ["col", "col", "row"]
    assert {"class": "wide", "tabindex": "0", "role": "region", "aria-label": "t"} in reader.attributes_of("div")


def test_data_uri_holds_the_content():
    content = bytes(range(256))
    start, encoded = data_uri(content, "image/png").split(",")
    assert start == "data:image/png;base64"
    assert base64.b64decode(encoded) == content


@given(text=st.text())
def test_data_uri_of_text_is_percent_encoded(text):
    start, _, encoded = data_uri(text, "text/csv").partition(",")
    assert start == "data:text/csv"
    assert unquote(encoded) == text
    assert encoded.isascii()
    assert not set(encoded) & set(" \"'<>&#\n")
