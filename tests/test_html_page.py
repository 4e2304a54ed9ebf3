"""Pages are whole, safe to put any text into, and fetch nothing."""

import base64
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from play_fair.html_page import card, data_uri, download, heading, image, json_element, page, table, text

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


def test_page_has_what_a_browser_expects():
    html = page("A & B", "<p>body</p>", style="p { color: red }", script="let a = 1;")
    reader = Reader(html)
    assert html.startswith("<!doctype html>")
    assert reader.attributes_of("html") == [{"lang": "en"}]
    assert "A & B" in reader.words
    assert "p { color: red }" in html
    assert "let a = 1;" in html
    names = {attributes.get("name") for attributes in reader.attributes_of("meta")}
    assert "viewport" in names


def test_page_without_script_has_none():
    assert "<script" not in page("t", "")


def test_page_has_light_and_dark_colours_of_the_palette():
    html = page("t", "")
    assert "prefers-color-scheme: dark" in html
    assert "--supports: #0072b2" in html
    assert "--supports: #56b4e9" in html


def test_browser_is_told_to_fetch_nothing():
    (policy,) = (
        attributes["content"]
        for attributes in Reader(page("t", "")).attributes_of("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


@pytest.mark.parametrize(
    "html",
    [
        page(HOSTILE, ""),
        heading(HOSTILE),
        card(HOSTILE, ""),
        image(b"x", HOSTILE),
        table([HOSTILE], [[HOSTILE, HOSTILE]], HOSTILE),
        download("x", HOSTILE, "text/csv", HOSTILE),
    ],
    ids=["page", "heading", "card", "image", "table", "download"],
)
def test_names_cannot_become_markup(html):
    assert "<script>alert" not in html
    assert 'onerror="' not in html


@given(st.text())
def test_text_reads_back(value):
    (attributes,) = Reader(f'<p title="{text(value)}">').attributes_of("p")
    # What browsers and Python's parser both do to line ends and NUL in attributes is not the page's concern.
    clean = re.sub(r"[\x00\r]", "", value)
    assert re.sub(r"[\x00\r]", "", attributes["title"]) == clean


def test_data_uri_holds_the_bytes():
    start, content = data_uri(bytes(range(256)), "image/png").split(",")
    assert start == "data:image/png;base64"
    assert base64.b64decode(content) == bytes(range(256))


def test_table_names_its_rows_and_columns():
    reader = Reader(table(["class", "score"], [["up", "0.3"], ["down", "0.7"]], "Scores"))
    assert [a["scope"] for a in reader.attributes_of("th")] == ["col", "col", "row", "row"]
    assert reader.words == ["class", "score", "up", "0.3", "down", "0.7"]
    assert reader.attributes_of("div") == [{"class": "wide", "tabindex": "0", "role": "region", "aria-label": "Scores"}]


def test_json_element_cannot_be_ended_by_a_text():
    html = json_element("values", {"name": "</script><b>"})
    assert html.count("</script>") == 1
    content = html.split(">", 1)[1].rsplit("</script>", 1)[0]
    assert json.loads(content) == {"name": "</script><b>"}


def test_json_element_refuses_what_is_no_json():
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_element("values", float("nan"))
