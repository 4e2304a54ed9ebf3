import numpy as np
import pandas as pd
import pytest
import torch

from notebook_helpers import figures
from notebook_helpers.demo import SampledVideo
from play_fair.palette import LIGHT

ESVS = np.array([0.3, -0.1, 0.2], np.float32)


@pytest.fixture
def video():
    pictures = np.zeros((3, 8, 14, 3), np.uint8)
    return SampledVideo("7", 1, np.array([2, 5, 9]), torch.zeros(3, 4), pictures)


def test_film_strip_has_a_caption_for_every_picture(video):
    figure = figures.film_strip(video.pictures, ["a", "b", "c"], columns=2)
    assert [axes.get_title() for axes in figure.axes] == ["a", "b", "c", ""]


def test_predictions_are_ordered_and_the_true_class_stands_out():
    figure = figures.top_predictions(np.array([0.1, 0.7, 0.2], np.float32), ["x", "y", "z"], true_class=2, n_classes=2)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["y", "z"]
    np.testing.assert_allclose([bar.get_width() for bar in axes.patches], [0.7, 0.2])
    assert len({bar.get_facecolor() for bar in axes.patches}) == 2


def test_attribution_says_prior_esvs_and_score(video):
    axes, film = figures.attribution(video, ESVS, 0.1, 0.5, "x").axes
    assert axes.get_title(loc="left") == "“x”: prior 0.100 + ESVs +0.400 = score 0.500"
    np.testing.assert_allclose([bar.get_height() for bar in axes.patches], ESVS)
    assert [label.get_text() for label in film.get_xticklabels()] == ["2", "5", "9"]
    assert len(film.images) == 3


def test_colours_are_those_of_supporting_and_distracting_frames(video):
    axes, _ = figures.attribution(video, ESVS, 0.1, 0.5, "x").axes
    supporting, distracting, _ = [bar.get_facecolor()[:3] for bar in axes.patches]
    assert supporting == pytest.approx([int(LIGHT.supports[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    assert distracting == pytest.approx([int(LIGHT.distracts[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def test_steps_lead_from_the_prior_to_the_score():
    (axes,) = figures.adding_up(["a", "b", "c"], ESVS, 0.1, 0.5).axes
    prior, score, *steps = axes.patches
    assert (prior.get_height(), score.get_height()) == pytest.approx((0.1, 0.5))
    reached = [step.get_y() + step.get_height() for step in steps]
    np.testing.assert_allclose(reached, 0.1 + np.cumsum(ESVS), rtol=1e-6)


def test_every_estimate_is_a_point(video):
    runs = np.stack([ESVS, ESVS + 0.1, ESVS - 0.1])
    axes, _ = figures.estimates_and_exact(video, ESVS, runs, "title").axes
    assert axes.get_title(loc="left") == "title"
    points = np.stack([line.get_ydata() for line in axes.lines[:3]])
    np.testing.assert_allclose(points, runs)


def test_errors_of_each_estimator_are_a_line():
    table = pd.DataFrame(
        {"estimator": ["constructive", "surrogate"] * 2, "evaluations": [200, 200, 500, 500], "relMSE": [1.0, 0.1] * 2}
    )
    (axes,) = figures.error_against_cost({"TRN": table}).axes
    assert [line.get_label() for line in axes.lines[:2]] == ["constructive", "surrogate"]


def test_sizes_without_an_error_are_left_out():
    errors = pd.Series([0.0, 0.2], index=[1, 2])
    (axes,) = figures.errors_by_size({"constructive": errors}, "x").axes
    assert axes.lines[0].get_xdata().tolist() == [2]


def test_what_was_learnt_stands_against_what_is():
    values = np.arange(3.0)
    (axes,) = figures.learnt_against_real({"F_3": (values, values + 1)}).axes
    assert axes.lines[1].get_ydata().tolist() == [1, 2, 3]
