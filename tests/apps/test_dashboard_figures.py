"""The plots say what the numbers say."""

import numpy as np
import pytest
from esv_dashboard import figures
from esv_dashboard.catalogue import Explanation
from esv_dashboard.theme import DARK, LIGHT
from esv_dashboard.wording import esv_caption

NAMES = [f"class {index}" for index in range(14)]
ESVS = np.array([[0.3, -0.1], [-0.2, 0.0], [0.1, 0.25]], np.float32)


@pytest.fixture
def explanation():
    """3 frames of a video of 12; two classes of 14 have ESVs."""
    esvs = np.zeros((3, 14), np.float32)
    esvs[:, :2] = ESVS
    priors = np.full(14, 1 / 14)
    return Explanation(np.array([2, 6, 10]), esvs, (priors + esvs.sum(axis=0)).astype(np.float32), priors)


def focus_line(figure):
    return next(trace for trace in figure.data if trace.meta and trace.meta["focus"])


def test_top_classes_have_the_true_one_and_those_shown_in_order_of_score(explanation):
    classes = figures.top_classes(explanation, always=(13,), top=3)
    assert classes == [0, 1, 2, 13]
    assert figures.top_classes(explanation, always=(0,), top=3) == [0, 1, 2]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_signs_are_shown_by_colour_and_by_shape(explanation, theme):
    marker = focus_line(figures.esv_figure(explanation, (0, 1), 0, NAMES, 12, theme)).marker
    assert marker.line.color == (theme.supports, theme.distracts, theme.supports)
    assert marker.color == (theme.supports, theme.surface, theme.supports), "filled or not"
    assert marker.symbol == ("triangle-up", "triangle-down", "triangle-up")


def test_a_line_for_each_class_at_the_sampled_frames(explanation):
    figure = figures.esv_figure(explanation, (1, 0), 0, NAMES, 12, LIGHT)
    lines = {trace.name: trace for trace in figure.data if trace.mode == "lines+markers"}
    assert set(lines) == {"class 0", "class 1"}
    for class_id in (0, 1):
        np.testing.assert_array_equal(lines[f"class {class_id}"].x, [2, 6, 10])
        np.testing.assert_allclose(lines[f"class {class_id}"].y, ESVS[:, class_id])
    assert lines["class 0"].line.dash != lines["class 1"].line.dash
    assert figure.data[-1].name == "class 0", "the line in focus lies on top"
    assert figure.layout.xaxis.range == (-0.5, 11.5)
    low, high = figure.layout.yaxis.range
    assert low < -0.2
    assert high > 0.3


def test_error_bars_where_there_are_standard_errors(explanation):
    errors = np.full_like(explanation.esvs, 0.5)
    known = Explanation(explanation.frames, explanation.esvs, explanation.scores, explanation.priors, errors)
    figure = figures.esv_figure(known, (0,), 0, NAMES, 12, LIGHT)
    np.testing.assert_allclose(focus_line(figure).error_y.array, [0.5, 0.5, 0.5])
    assert figure.layout.yaxis.range[1] > 0.8, "error bars fit in"
    assert focus_line(figures.esv_figure(explanation, (0,), 0, NAMES, 12, LIGHT)).error_y.array is None


def test_the_waterfall_ends_at_the_score(explanation):
    bars = figures.waterfall_figure(explanation, 0, NAMES, LIGHT).data[0]
    assert bars.x == ("prior", "2", "6", "10", "score")
    assert sum(bars.y[:-1]) == pytest.approx(bars.y[-1])
    assert bars.text == (".07", "+.30", "−.20", "+.10", ".27")


def test_each_moment_has_the_esv_of_the_nearest_frame(explanation):
    one = Explanation(np.array([5]), explanation.esvs[:1], explanation.scores, explanation.priors)
    figure = figures.scales_figure({1: one, 3: explanation}, 0, NAMES, 12, 3, LIGHT)
    heat, signs = figure.data
    np.testing.assert_allclose(heat.z[0], [0.3] * 12)
    np.testing.assert_allclose(heat.z[1], [0.3] * 5 + [-0.2] * 4 + [0.1] * 3, rtol=1e-6)
    assert heat.zmin == -heat.zmax == pytest.approx(-0.3)
    assert list(zip(signs.x, signs.y, signs.text, strict=True)) == [(5, 0, "+"), (2, 1, "+"), (6, 1, "−"), (10, 1, "+")]
    assert figure.layout.yaxis.ticktext == ("1", "<b>3 ▸</b>")


def test_interactions_have_no_diagonal():
    values = np.array([[9.0, 0.2, 0.0], [0.2, 9.0, -0.3], [0.0, -0.3, 9.0]])
    figure = figures.interactions_figure(values, [2, 6, 10], 0, NAMES, LIGHT)
    heat = figure.data[0]
    assert np.isnan(np.diag(heat.z)).all()
    assert heat.zmax == pytest.approx(0.3)
    assert figure.layout.meta["caption"] == "Frames 6 and 10 take from each other's effect most (−0.300)."


def test_interactions_of_a_single_frame():
    figure = figures.interactions_figure(np.zeros((1, 1)), [2], 0, NAMES, LIGHT)
    assert figure.layout.meta["caption"] == "No two frames depend on each other for “class 0”."


def test_the_heat_map_of_interactions_does_not_speak_by_colour_alone():
    pairs = np.array([[0.0, 0.2, 0.0], [0.2, 0.0, -0.04], [0.0, -0.04, 0.0]])
    few = figures.interactions_figure(pairs, [2, 6, 10], 0, NAMES, LIGHT).data[1]
    assert few.text == ("+0.20", "0.00", "+0.20", "−0.04", "0.00", "−0.04")
    assert few.textfont.color[:2] == (LIGHT.surface, LIGHT.ink), "legible on full colour and on none"
    many = np.kron(pairs, np.ones((4, 4)))
    signs = figures.interactions_figure(many, list(range(12)), 0, NAMES, LIGHT).data[1]
    assert set(signs.text) == {"+", "−", ""}
    assert len(signs.text) == 12 * 11


@pytest.mark.parametrize("n_frames", [25, 64])
def test_plots_of_many_frames_stay_legible(n_frames):
    esvs = np.linspace(-0.1, 0.2, 3 * n_frames, dtype=np.float32).reshape(n_frames, 3)
    many = Explanation(np.arange(n_frames), esvs, esvs.sum(0), np.zeros(3))
    waterfall = figures.waterfall_figure(many, 0, NAMES, LIGHT)
    ticks = waterfall.layout.xaxis.tickvals
    assert (ticks[0], ticks[-1]) == ("prior", "score")
    assert set(ticks) <= set(waterfall.data[0].x)
    assert len(ticks) <= 12
    assert waterfall.data[0].textposition == "none"
    assert figures.scales_figure({n_frames: many}, 0, NAMES, n_frames, n_frames, LIGHT).data[1].text == ()


def test_predictions_mark_the_true_class(explanation):
    bars = figures.predictions_figure(explanation, [0, 1], 1, NAMES, LIGHT).data[0]
    assert bars.y == ("class 0", "class 1 (true class)")
    np.testing.assert_allclose(bars.x, explanation.scores[:2])


def test_captions_say_what_the_plots_show(explanation):
    captions = [
        figures.esv_figure(explanation, (0,), 0, NAMES, 12, LIGHT).layout.meta["caption"],
        figures.waterfall_figure(explanation, 0, NAMES, LIGHT).layout.meta["caption"],
        figures.scales_figure({3: explanation}, 0, NAMES, 12, 3, LIGHT).layout.meta["caption"],
    ]
    assert captions == [
        "2 of 3 frames support “class 0”; most of all frame 2 (+0.300); frame 6 distracts most (−0.200).",
        "“class 0”: prior 0.071 + 0.200 from the frames = score 0.271.",
        "There are results for 3 frames only.",
    ]


@pytest.mark.parametrize(
    ("esvs", "words"),
    [
        ([0.1, 0.2], "All 2 frames support “class 0”; most of all frame 1 (+0.200)."),
        ([-0.1, -0.2], "No frame supports “class 0”; frame 1 distracts most (−0.200)."),
        ([0.1, 0.0], "1 of 2 frames supports “class 0”: frame 0 (+0.100)."),
        ([0.0, 0.0], "No frame supports “class 0”."),
        ([0.1], "The only frame supports “class 0” (+0.100)."),
        ([-0.1], "The only frame distracts from “class 0” (−0.100)."),
        ([0.0], "The only frame does nothing to “class 0” (0.000)."),
    ],
)
def test_how_many_frames_support(esvs, words):
    column = np.array(esvs, np.float32)[:, None]
    said = Explanation(np.arange(len(esvs)), column, column.sum(0), np.zeros(1))
    assert esv_caption(said, 0, "class 0") == words


def test_nothing_but_zeros_still_has_ranges():
    zeros = np.zeros((2, 3), np.float32)
    flat = Explanation(np.array([0, 1]), zeros, zeros[0], np.zeros(3))
    for figure in (
        figures.esv_figure(flat, (0,), 0, NAMES, 2, LIGHT),
        figures.waterfall_figure(flat, 0, NAMES, LIGHT),
    ):
        low, high = figure.layout.yaxis.range
        assert low < 0 < high
