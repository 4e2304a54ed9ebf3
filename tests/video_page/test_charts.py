"""Pictures of the page have everything in its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_explanations import make_clip_of, make_explanation
from play_fair.video_page.charts import MOST_STEPS, curve, interactions, nice_ticks, waterfall


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


def test_marks_are_at_their_frames_and_heights():
    chart = curve(make_explanation([[0.1, 0], [0.4, 0], [-0.05, 0], [-0.2, 0]])[0], 0, make_clip_of())
    ticks = nice_ticks(-0.2, 0.4)
    expected = [
        (100 * (frame + 0.5) / 24, 100 * (ticks[-1] - esv) / (ticks[-1] - ticks[0]))
        for frame, esv in zip((3, 9, 15, 21), (0.1, 0.4, -0.05, -0.2), strict=True)
    ]
    np.testing.assert_allclose([(mark.x, mark.y) for mark in chart.marks], expected, atol=1e-4)
    assert [mark.kind for mark in chart.marks] == ["supports", "supports", "distracts", "distracts"]
    assert [tick.label for tick in chart.x_ticks] == ["0.0", "0.5", "1.0", "1.5", "2.0"]


def test_standard_errors_are_whiskers():
    errors = np.full((2, 2), 0.05, np.float32)
    explanation, clip = make_explanation([[0.1, 0], [0.2, 0]], standard_errors=errors)
    top, bottom = curve(explanation, 0, clip).marks[0].whisker
    assert top > bottom
    explanation, clip = make_explanation([[0.1, 0], [0.2, 0]])
    assert curve(explanation, 0, clip).marks[0].whisker is None


def test_values_of_zero_have_finite_positions():
    explanation, clip = make_explanation(np.zeros((3, 2)))
    positions = [mark.y for mark in curve(explanation, 0, clip).marks]
    positions += [step.left + step.width for step in waterfall(explanation, 0)]
    assert np.isfinite(positions).all()


@pytest.mark.parametrize("n_frames", [1, 8, MOST_STEPS, MOST_STEPS + 1, 100])
def test_steps_lead_from_the_prior_to_the_score(n_frames):
    esvs = np.random.default_rng(0).normal(0, 0.2 / n_frames, (n_frames, 2))
    explanation, _ = make_explanation(esvs, clip=make_clip_of(n_frames, n_frames))
    prior, *steps, score = waterfall(explanation, 0)
    assert len(steps) == min(n_frames, MOST_STEPS)
    place = prior.left + prior.width
    for step in steps:
        begin, end = step.left, step.left + step.width
        if step.kind == "distracts":
            begin, end = end, begin
        assert begin == pytest.approx(place, abs=1e-3)
        place = end
    assert score.left + score.width == pytest.approx(place, abs=1e-3)


def test_frames_that_share_a_step_are_named():
    explanation, _ = make_explanation(np.full((48, 2), 0.001), clip=make_clip_of(48, 48))
    assert waterfall(explanation, 0)[1].name == "frames 0–1"


def test_the_heat_map_is_symmetric_and_signed():
    pairs = np.array([[0, 0.2, -0.1], [0.2, 0, 0], [-0.1, 0, 0]], np.float32)
    found = interactions(make_explanation([[0.1, 0]] * 3, interactions={0: pairs})[0], 0)
    assert found.frames == [4, 12, 20]
    assert [[cell and (cell.sign, cell.weight) for cell in row] for row in found.cells] == [
        [None, ("+", 1), ("−", pytest.approx(0.5))],
        [("+", 1), None, ("", 0)],
        [("−", pytest.approx(0.5)), ("", 0), None],
    ]


def test_unknown_interactions_have_no_heat_map():
    assert interactions(make_explanation([[0.1, 0]] * 3)[0], 0) is None
