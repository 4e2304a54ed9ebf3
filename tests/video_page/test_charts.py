"""Drawings have everything in its place."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_explanations import make_clip_of, make_explanation
from play_fair.video_page.charts import (
    MOST_MARKS,
    MOST_STEPS,
    esv_chart,
    film_strip,
    interactions,
    nice_ticks,
    predictions,
    waterfall,
)


def numbers(pattern, html):
    return [tuple(map(float, found)) for found in re.findall(pattern, html)]


@given(st.floats(-10, 0), st.floats(0, 10))
def test_ticks_are_round_even_and_cover(low, high):
    ticks = nice_ticks(low, high)
    steps = np.diff(ticks)
    assert 2 <= len(ticks) <= 8
    assert np.allclose(steps, steps[0])
    assert ticks[0] <= low + 1e-6 * steps[0]
    assert ticks[-1] >= high - 1e-6 * steps[0]
    assert any(abs(tick) < 1e-12 for tick in ticks)
    assert f"{steps[0]:.0e}"[0] in "125"


def test_marks_stand_at_their_frames_and_heights():
    explanation = make_explanation([[0.1, 0], [0.4, 0], [-0.05, 0], [-0.2, 0]])
    html = esv_chart(explanation, 0)
    marks = numbers(r'class="mark \w+" style="left:([\d.]+)%;top:([\d.]+)%"', html)
    ticks = nice_ticks(-0.2, 0.4)
    expected = [
        (100 * (frame + 0.5) / 24, 100 * (ticks[-1] - esv) / (ticks[-1] - ticks[0]))
        for frame, esv in zip((3, 9, 15, 21), (0.1, 0.4, -0.05, -0.2), strict=True)
    ]
    assert np.allclose(marks, expected, atol=0.01)
    assert html.count("mark supports") == html.count("mark distracts") == 2


def test_standard_errors_are_drawn():
    errors = np.full((2, 2), 0.05, np.float32)
    assert esv_chart(make_explanation([[0.1, 0], [0.2, 0]], standard_errors=errors), 0).count("whisker") == 2
    assert "whisker" not in esv_chart(make_explanation([[0.1, 0], [0.2, 0]]), 0)


def test_many_frames_have_a_curve_without_marks():
    n_frames = MOST_MARKS + 1
    explanation = make_explanation(np.full((n_frames, 2), 0.001), clip=make_clip_of(n_frames, n_frames))
    html = esv_chart(explanation, 0)
    assert 'class="mark' not in html
    assert html.count(" L") == n_frames - 1


def test_nothing_matters():
    html = esv_chart(make_explanation(np.zeros((3, 2))), 0) + waterfall(make_explanation(np.zeros((3, 2))), 0)
    assert "nan" not in html
    assert 'title="Frame 4: 0.000"' in html


def test_strip_frames_in_proportion():
    html = film_strip(make_explanation([[0.1, 0], [0.4, 0], [-0.2, 0], [0, 0]]), 0)
    assert re.findall(r'frame (\w+)" style="--weight:([\d.]+)"', html) == [
        ("supports", "0.250"),
        ("supports", "1.000"),
        ("distracts", "0.500"),
        ("neutral", "0.000"),
    ]
    assert 'aria-label="Frame 9, ESV +0.400, supports"' in html


@pytest.mark.parametrize("n_frames", [1, 8, MOST_STEPS, MOST_STEPS + 1, 100])
def test_steps_lead_from_the_prior_to_the_score(n_frames):
    esvs = np.random.default_rng(0).normal(0, 0.2 / n_frames, (n_frames, 2))
    explanation = make_explanation(esvs, clip=make_clip_of(n_frames, n_frames))
    bars = numbers(r'style="left:([\d.]+)%;width:([\d.]+)%"', waterfall(explanation, 0))
    assert len(bars) == 2 + min(n_frames, MOST_STEPS)
    signs = re.findall(r"step (\w+)", waterfall(explanation, 0))
    place = bars[0][1]
    for (left, width), sign in zip(bars[1:-1], signs[1:-1], strict=True):
        begin, end = (left, left + width) if sign == "supports" else (left + width, left)
        assert begin == pytest.approx(place, abs=0.02)
        place = end
    assert sum(bars[-1]) == pytest.approx(place, abs=0.02)


def test_frames_that_share_a_step_are_named():
    explanation = make_explanation(np.full((48, 2), 0.001), clip=make_clip_of(48, 48))
    assert "frames 0–1" in waterfall(explanation, 0)


def test_heat_map_is_symmetric_and_signed():
    pairs = np.array([[0, 0.2, -0.1], [0.2, 0, 0], [-0.1, 0, 0]], np.float32)
    html = interactions(make_explanation([[0.1, 0]] * 3, interactions={0: pairs}), 0)
    assert html.count('title="Frames 4 and 12: +0.200"') == 1
    assert html.count('title="Frames 12 and 4: +0.200"') == 1
    assert html.count('class="self"') == 3
    assert html.count(">−</td>") == 2


def test_predictions_show_the_most_likely_and_the_asked():
    names = [f"class {i}" for i in range(14)]
    esvs = np.linspace(0.05, -0.05, 14)[None]
    html = predictions(make_explanation(esvs, class_names=names, asked=(12, 3)))
    assert re.findall(r'data-show="(\d+)"', html) == [str(i) for i in (*range(10), 12)]
    assert html.count("you asked") == 2
    assert html.count('aria-pressed="true"') == 1


def test_names_are_text():
    explanation = make_explanation([[0.3, -0.3]], class_names=["<b>up</b>", "down"])
    for html in (predictions(explanation), esv_chart(explanation, 0)):
        assert "<b>up" not in html
        assert "&lt;b&gt;up" in html
