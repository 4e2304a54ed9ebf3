"""The figures, captions and tables of the cards."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from esv_dashboard.catalogue import Model, Video
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.panels import esv, interactions, predictions, scales, waterfall
from esv_dashboard.panels.context import ModelContext
from esv_dashboard.plotting import DARK, LIGHT
from esv_dashboard.view import View

from play_fair.explanation import Explanation
from play_fair.results import EsvResults

NAMES = [f"class {index}" for index in range(14)]
ESVS = np.array([[0.3, -0.1], [-0.2, 0.0], [0.1, 0.25]], np.float32)


def explain(esvs, frame_idxs, prior=0.0, **more):
    """An explanation whose scores are the sums of its ESVs and of the prior of all classes."""
    esvs = np.asarray(esvs, np.float32)
    priors = np.full(esvs.shape[1], prior)
    scores = priors + esvs.sum(axis=0)
    return Explanation(esvs, scores, priors, class_names=NAMES[: len(priors)], info={"frame_idxs": frame_idxs}, **more)


def context_of(*explanations, classes=(0,), length=12, theme=LIGHT, **video):
    """The context of explanations of one video for different numbers of frames; the view shows the last one."""
    n_frames = len(explanations[-1].values)
    results = EsvResults.from_explanations(explanations[-1:], ["7"], sequence_lengths=[length])
    return ModelContext(
        index=0,
        model=Model("TSN", results),
        video=Video("7", label=0, length=length, **video),
        view=View("7", n_frames, tuple(classes), focus=classes[0]),
        explanations={len(one.values): one for one in explanations},
        frames=FrameStore(Path(), 0),
        theme=theme,
    )


@pytest.fixture
def explanation():
    """3 frames of a video of 12; two classes of 14 have ESVs."""
    esvs = np.zeros((3, 14), np.float32)
    esvs[:, :2] = ESVS
    return explain(esvs, [2, 6, 10], prior=1 / 14)


def focus_line(figure):
    return next(trace for trace in figure.data if trace.meta and trace.meta["focus"])


def test_the_bars_are_the_likeliest_classes_and_those_in_the_plot_best_first(explanation):
    assert predictions.shown_classes(context_of(explanation)) == list(range(10))
    assert predictions.shown_classes(context_of(explanation, classes=(13, 1))) == [*range(10), 13]
    context = context_of(explanation)
    other = replace(context, video=Video("7", label=12, length=12))
    assert predictions.shown_classes(other) == [*range(10), 12], "the true class"


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_signs_are_shown_by_colour_and_by_shape(explanation, theme):
    marker = focus_line(esv.figure(context_of(explanation, classes=(0, 1), theme=theme))).marker
    assert marker.line.color == (theme.supports, theme.distracts, theme.supports)
    assert marker.color == (theme.supports, theme.surface, theme.supports), "filled or not"
    assert marker.symbol == ("triangle-up", "triangle-down", "triangle-up")


def test_a_line_for_each_class_at_the_sampled_frames(explanation):
    context = context_of(explanation, classes=(1, 0))
    figure = esv.figure(replace(context, view=replace(context.view, focus=0)))
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
    errors = np.full_like(explanation.values, 0.5)
    errors[:, 1] = np.nan
    known = explain(explanation.values, [2, 6, 10], standard_errors=errors, method="layered")
    figure = esv.figure(context_of(known, classes=(0, 1)))
    np.testing.assert_allclose(focus_line(figure).error_y.array, [0.5, 0.5, 0.5])
    assert figure.layout.yaxis.range[1] > 0.8, "error bars fit in"
    assert focus_line(esv.figure(context_of(explanation))).error_y.array is None


def test_the_waterfall_ends_at_the_score(explanation):
    bars = waterfall.figure(context_of(explanation)).data[0]
    assert bars.x == ("prior", "2", "6", "10", "score")
    assert sum(bars.y[:-1]) == pytest.approx(bars.y[-1])
    assert bars.text == (".07", "+.30", "−.20", "+.10", ".27")


def test_each_moment_has_the_esv_of_the_nearest_frame(explanation):
    one = explain(explanation.values[:1], [5])
    figure = scales.figure(context_of(one, explanation))
    heat, signs = figure.data
    np.testing.assert_allclose(heat.z[0], [0.3] * 12)
    np.testing.assert_allclose(heat.z[1], [0.3] * 5 + [-0.2] * 4 + [0.1] * 3, rtol=1e-6)
    assert heat.zmin == -heat.zmax == pytest.approx(-0.3)
    assert list(zip(signs.x, signs.y, signs.text, strict=True)) == [(5, 0, "+"), (2, 1, "+"), (6, 1, "−"), (10, 1, "+")]
    assert figure.layout.yaxis.ticktext == ("1", "<b>3 ▸</b>")


def with_interactions(pairs):
    """An explanation of frames 2, 6, 10, ... with interactions for class 0 only."""
    pairs = np.asarray(pairs)
    frames = [2 + 4 * position for position in range(len(pairs))]
    known = np.stack([pairs, np.full_like(pairs, np.nan)], axis=-1)
    return explain(np.zeros((len(pairs), 2)), frames, interactions=known)


PAIRS = [[0, 0.2, 0], [0.2, 0, -0.3], [0, -0.3, 0]]


def test_interactions_have_no_diagonal():
    context = context_of(with_interactions(PAIRS))
    heat = interactions.figure(context).data[0]
    assert np.isnan(np.diag(heat.z)).all()
    assert heat.zmax == pytest.approx(0.3)
    assert interactions.caption(context) == "Frames 6 and 10 take from each other's effect most (−0.300)."


@pytest.mark.parametrize(
    ("explanation", "classes", "is_shown", "is_known"),
    [
        (with_interactions(PAIRS), (0,), True, True),
        (with_interactions(PAIRS), (1,), True, False),
        (with_interactions([[0.0]]), (0,), False, True),
        (explain(np.zeros((3, 2)), [2, 6, 10]), (0,), False, False),
    ],
)
def test_interactions_are_shown_where_they_are_known(explanation, classes, is_shown, is_known):
    context = context_of(explanation, classes=classes)
    assert interactions.CARD.is_shown(context) == is_shown
    assert interactions.CARD.is_known(context) == is_known
    if is_shown and not is_known:
        assert interactions.caption(context).startswith("Known of the true and of the predicted class only")


def test_the_heat_map_of_interactions_does_not_use_colour_alone():
    pairs = np.array([[0.0, 0.2, 0.0], [0.2, 0.0, -0.04], [0.0, -0.04, 0.0]])
    few = interactions.figure(context_of(with_interactions(pairs))).data[1]
    assert few.text == ("+0.20", "0.00", "+0.20", "−0.04", "0.00", "−0.04")
    assert few.textfont.color[:2] == (LIGHT.surface, LIGHT.ink), "legible on full colour and on none"
    many = np.kron(pairs, np.ones((4, 4)))
    signs = interactions.figure(context_of(with_interactions(many), length=60)).data[1]
    assert set(signs.text) == {"+", "−", ""}
    assert len(signs.text) == 12 * 11


@pytest.mark.parametrize("n_frames", [25, 64])
def test_plots_of_many_frames_stay_legible(n_frames):
    esvs = np.linspace(-0.1, 0.2, 3 * n_frames).reshape(n_frames, 3)
    context = context_of(explain(esvs, list(range(n_frames))), length=n_frames)
    figure = waterfall.figure(context)
    ticks = figure.layout.xaxis.tickvals
    assert (ticks[0], ticks[-1]) == ("prior", "score")
    assert set(ticks) <= set(figure.data[0].x)
    assert len(ticks) <= 12
    assert figure.data[0].textposition == "none"
    assert scales.figure(context).data[1].text == ()


@pytest.mark.parametrize(("labelled", "name"), [(True, "class 0 (true class)"), (False, "class 0")])
def test_predictions_mark_the_true_class(explanation, labelled, name):
    bars = predictions.figure(context_of(explanation, labelled=labelled)).data[0]
    assert bars.y[:2] == (name, "class 1")
    np.testing.assert_allclose(bars.x[:2], explanation.scores[:2])


def test_captions_describe_the_plots(explanation):
    context = context_of(explanation)
    assert [card.caption(context) for card in (esv.CARD, waterfall.CARD, scales.CARD, predictions.CARD)] == [
        "2 of 3 frames support “class 0”, most of all frame 2, +0.300; frame 6 distracts most, −0.200.",
        "“class 0”: prior 0.071 + ESVs +0.200 = score 0.271.",
        "There are results for 3 frames only.",
        "Scores of 3 frames.",
    ]
    one = explain(explanation.values[:1], [5], prior=1 / 14)
    assert scales.caption(context_of(one, explanation)) == (
        "The score of “class 0” goes from 0.371 with 1 frame to 0.271 with 3 frames."
    )


def test_nothing_but_zeros_still_has_ranges():
    context = context_of(explain(np.zeros((2, 3)), [0, 1]), length=2)
    for figure in (esv.figure(context), waterfall.figure(context)):
        low, high = figure.layout.yaxis.range
        assert low < 0 < high
