"""Frame ablation, on games whose curves are known."""

from itertools import permutations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from play_fair.baselines.ablation import (
    BEST,
    DISTRACTING,
    SUPPORTING,
    ablation,
    area,
    best_order,
    most_supporting_first,
    removals,
)
from play_fair.baselines.coalition_scores import ScoreTable, score_coalitions
from play_fair.games import CallableGame
from strategies import seeds
from toy_games import additive_game


def additive_table(*videos):
    """v = 1 + the sum of the numbers of the frames that are there."""
    frames = torch.tensor(videos)[:, :, None]
    return score_coalitions(CallableGame(additive_game(torch.ones(1))), frames, np.zeros(len(videos), np.int64))


def random_table(n_frames, seed, n_videos=2):
    values = np.random.default_rng(seed).standard_normal((2**n_frames, n_videos)).astype(np.float32)
    return ScoreTable(values, (values > 0).astype(np.float32))


def test_scores_fall_by_what_each_frame_is_worth():
    table = additive_table([3.0, -1.0, 2.0])
    attributions = np.array([[3.0, -1.0, 2.0]])
    removed = removals(table, {"esv": attributions})["esv"]
    np.testing.assert_allclose(removed[SUPPORTING].scores, [[5, 2, 0, 1]])
    np.testing.assert_allclose(removed[DISTRACTING].scores, [[5, 6, 4, 1]])
    np.testing.assert_allclose(area(removed[SUPPORTING].scores), [(2.5 + 2 + 0 + 0.5) / 3])


def test_each_video_has_its_own_order():
    table = additive_table([1.0, 0.0], [0.0, 5.0])
    np.testing.assert_allclose(ablation(table, np.array([[0, 1], [1, 0]])).scores, [[2, 1, 1], [6, 1, 1]])


def test_being_right_is_looked_up_where_the_score_is():
    table = random_table(3, 0)
    both = ablation(table, np.array([[2, 0, 1], [1, 2, 0]]))
    np.testing.assert_array_equal(both.top1, both.scores > 0)


@given(st.integers(2, 9), st.floats(-1, 1))
def test_the_area_under_a_constant_is_itself(n, value):
    np.testing.assert_allclose(area(np.full((2, n), value)), [value] * 2, atol=1e-12)


def test_the_area_under_a_straight_line_is_its_middle():
    np.testing.assert_allclose(area(np.linspace(1.0, 0.0, 6)[None]), [0.5])


@given(seeds)
def test_frames_go_by_falling_attribution(seed):
    rng = np.random.default_rng(seed)
    attributions = rng.standard_normal((3, 5))
    order = most_supporting_first(attributions, rng)
    assert (np.diff(np.take_along_axis(attributions, order, 1), axis=1) < 0).all()


def test_equal_attributions_favour_no_place():
    order = most_supporting_first(np.zeros((6000, 3)), np.random.default_rng(0))
    shares = np.array([(order == frame).mean(axis=0) for frame in range(3)])
    np.testing.assert_allclose(shares, 1 / 3, atol=0.03)


@given(st.integers(1, 4), seeds)
def test_no_order_is_better_than_the_best(n_frames, seed):
    table = random_table(n_frames, seed, n_videos=1)
    areas = [area(ablation(table, np.array([order])).scores)[0] for order in permutations(range(n_frames))]
    removed = removals(table, {})[BEST]
    np.testing.assert_allclose(area(removed[SUPPORTING].scores)[0], min(areas), atol=1e-6)
    np.testing.assert_allclose(area(removed[DISTRACTING].scores)[0], max(areas), atol=1e-6)


def test_the_best_order_is_an_order():
    assert (np.sort(best_order(random_table(5, 1, n_videos=7)), axis=1) == np.arange(5)).all()


def test_a_method_removes_the_same_frames_whatever_other_methods_there_are():
    table, ties = random_table(4, 2), np.zeros((2, 4))
    alone, among = removals(table, {"uniform": ties}), removals(table, {"random": ties, "uniform": ties})
    np.testing.assert_array_equal(alone["uniform"][SUPPORTING].scores, among["uniform"][SUPPORTING].scores)
