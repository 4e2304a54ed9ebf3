"""Charts have everything in its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_explanations import make_clip_of, make_explanation
from play_fair.charts import MOST_STEPS, interactions, nice_ticks, strip, timeline, value_range, waterfall
from play_fair.class_esvs import ClassEsvs


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


def esvs_of(values, class_id=0, other=None, **more):
    return ClassEsvs(make_explanation(values, **more)[0], class_id, other)


def test_bars_reach_from_zero_to_their_esvs():
    chart = timeline(esvs_of([[0.1, 0], [0.4, 0], [-0.05, 0], [-0.2, 0]]), frame_rate=12.0)
    ticks = nice_ticks(-0.2, 0.4)
    reach = ticks[-1] - ticks[0]
    expected = [
        (100 * (frame + 0.5) / 24, 100 * (ticks[-1] - max(esv, 0)) / reach, 100 * abs(esv) / reach)
        for frame, esv in zip((3, 9, 15, 21), (0.1, 0.4, -0.05, -0.2), strict=True)
    ]
    np.testing.assert_allclose([(bar.x, bar.top, bar.height) for bar in chart.bars], expected, atol=1e-4)
    assert [bar.kind for bar in chart.bars] == ["supports", "supports", "distracts", "distracts"]
    assert [tick.label for tick in chart.x_ticks] == ["0.0", "0.5", "1.0", "1.5", "2.0"]


def test_an_axis_of_frames_has_whole_frames_in_the_middle_of_their_places():
    chart = timeline(esvs_of([[0.1, 0]] * 4))
    assert [(tick.label, tick.position) for tick in chart.x_ticks] == [
        (str(frame), pytest.approx(100 * (frame + 0.5) / 24)) for frame in (0, 5, 10, 15, 20)
    ]


def test_charts_that_share_a_range_share_a_scale():
    small, large = esvs_of([[0.1, 0], [-0.1, 0]]), esvs_of([[0.4, 0], [0.2, 0]])
    shared = (value_range(small)[0], value_range(large)[1])
    heights = [timeline(esvs, shown_range=shared).bars[0].height for esvs in (small, large)]
    assert heights[1] == pytest.approx(4 * heights[0], rel=1e-4)


def test_standard_errors_are_whiskers():
    errors = np.full((2, 2), 0.05, np.float32)
    top, bottom = timeline(esvs_of([[0.1, 0], [0.2, 0]], standard_errors=errors)).bars[0].whisker
    assert top > bottom
    assert timeline(esvs_of([[0.1, 0], [0.2, 0]])).bars[0].whisker is None


def test_frames_of_the_strip_have_their_signs_and_weights():
    frames = strip(esvs_of([[0.1, 0], [0.4, 0], [-0.2, 0], [0, 0]]))
    assert [(frame.index, frame.value, frame.kind, round(frame.weight, 3)) for frame in frames] == [
        (3, "+0.100", "supports", 0.25),
        (9, "+0.400", "supports", 1),
        (15, "−0.200", "distracts", 0.5),
        (21, "0.000", "neutral", 0),
    ]


def test_values_of_zero_have_finite_positions():
    esvs = esvs_of(np.zeros((3, 2)))
    positions = [bar.top for bar in timeline(esvs).bars]
    positions += [step.left + step.width for step in waterfall(esvs)]
    positions += [step.left + step.width for step in waterfall(esvs_of(np.zeros((3, 2)), 0, 1))]
    assert np.isfinite(positions).all()


@pytest.mark.parametrize("n_frames", [1, 8, MOST_STEPS, MOST_STEPS + 1, 100])
def test_steps_lead_from_the_prior_to_the_score(n_frames):
    esvs = np.random.default_rng(0).normal(0, 0.2 / n_frames, (n_frames, 2))
    prior, *steps, score = waterfall(esvs_of(esvs, clip=make_clip_of(n_frames, n_frames)))
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
    assert waterfall(esvs_of(np.full((48, 2), 0.001), clip=make_clip_of(48, 48)))[1].name == "frames 0–1"


def test_the_heat_map_is_symmetric_and_signed():
    pairs = np.array([[0, 0.2, -0.1], [0.2, 0, 0], [-0.1, 0, 0]], np.float32)
    found = interactions(esvs_of([[0.1, 0]] * 3, interactions={0: pairs}))
    assert found.frames == [4, 12, 20]
    assert [[cell and (cell.sign, cell.weight) for cell in row] for row in found.cells] == [
        [None, ("+", 1), ("−", pytest.approx(0.5))],
        [("+", 1), None, ("", 0)],
        [("−", pytest.approx(0.5)), ("", 0), None],
    ]


def test_unknown_interactions_have_no_heat_map():
    assert interactions(esvs_of([[0.1, 0]] * 3)) is None
