"""The page of a video holds everything, in its place, and escapes names."""

import re

import numpy as np
import pytest

from example_explanations import JPEG, make_clip_of, make_explanation
from play_fair.html_page import data_uri
from play_fair.video_page.report import IndexEntry, index_page, video_page


@pytest.fixture
def clip(tmp_path):
    preview = tmp_path / "v.webm"
    preview.write_bytes(b"webm")
    return make_clip_of(n_frames=4, preview=preview)


def rendered(esvs, clip, asked=(), **more):
    explanation, clip = make_explanation(esvs, clip=clip, **more)
    return video_page(explanation, clip, "data:video/webm;base64,", [data_uri(JPEG, "image/jpeg")] * len(esvs), asked)


def test_the_most_likely_and_the_asked_classes_are_shown(clip):
    names = [f"class {i}" for i in range(14)]
    html = rendered(np.tile(np.linspace(0.01, -0.01, 14), (4, 1)), clip, asked=(12, 3), class_names=names)
    assert re.findall(r'data-show="(\d+)"', html) == [str(i) for i in (*range(10), 12)]
    assert html.count("you asked") == 2
    assert re.findall(r'data-show="(\d+)" aria-pressed="true"', html) == ["0"]


def test_interactions_are_drawn_where_they_are_known(clip):
    pairs = np.zeros((4, 4), np.float32)
    pairs[0, 1] = pairs[1, 0] = 0.2
    known = rendered([[0.1, 0]] * 4, clip, interactions={0: pairs}, priors=[0.3, 0.7])
    assert known.count('title="Frames 3 and 9: +0.200"') == 1
    assert "These results were computed without interactions." in rendered([[0.1, 0]] * 4, clip, priors=[0.3, 0.7])


def test_every_frame_has_a_picture_and_a_bar(clip):
    html = rendered([[0.1, 0], [0.4, 0], [-0.2, 0], [0, 0]], clip, class_names=["up", "down"])
    panel = html[html.index('data-class="0"') : html.index('data-class="1"')]
    assert re.findall(r'class="p(\d)"', panel) == ["0", "1", "2", "3"]
    assert re.findall(r'class="esv-bar (\w+)" data-at="(\d+)"', panel) == [
        ("supports", "3"),
        ("supports", "9"),
        ("distracts", "15"),
        ("neutral", "21"),
    ]
    assert 'aria-label="Frame 9, ESV +0.400, supports"' in panel


def test_the_reason_is_on_the_page(clip):
    html = rendered([[0.1, 0], [0.4, 0], [-0.2, 0], [0, 0]], clip, class_names=["up", "down"])
    assert "Because of frames 3\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}9; frame 15 argues against it." in html


def test_names_are_escaped(clip):
    html = rendered([[0.3, -0.3]] * 4, clip, class_names=["<b>up</b>", "down"], priors=[-0.8, 1.5])
    assert "<b>up" not in html
    assert "&lt;b&gt;up" in html


def test_the_index_links_to_each_page():
    entry = IndexEntry("50% & more", "50% & more.mp4", "TSN predicts “<b>”.", "High.", JPEG)
    html = index_page([entry], [("bad.mp4", "empty file"), ("bad.mp4", "no video")])
    assert 'href="50%25%20%26%20more.html"' in html
    assert "“&lt;b&gt;”" in html
    assert "1 video explained, 2 not" in html
    assert "<strong>bad.mp4</strong>: empty file" in html
    assert "<strong>bad.mp4</strong>: no video" in html
