"""The table of all scores, and the attributions that are read from it."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from play_fair.baselines import naive
from play_fair.baselines.coalition_scores import concatenate, masks_of, score_coalitions
from play_fair.errors import UserError
from play_fair.games import CallableGame
from strategies import class_priors, seeds, video_batches
from toy_games import additive_game, numbered_frames, order_game, unanimity_game

VIDEOS = video_batches(st.integers(1, 6), st.integers(1, 3), feature_dim=4)


def table_of(function, videos, classes=None):
    return score_coalitions(
        CallableGame(function), videos, np.zeros(len(videos), np.int64) if classes is None else classes
    )


@given(VIDEOS, class_priors(), st.data())
def test_the_table_has_the_score_of_every_subset(videos, base, data):
    n_frames = videos.shape[1]
    classes = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(videos), max_size=len(videos))))
    table = table_of(additive_game(base), videos, classes)
    assert (table.n_frames, table.all_frames, len(table.values)) == (n_frames, 2**n_frames - 1, 2**n_frames)
    for size in range(n_frames + 1):
        for subset in combinations(range(n_frames), size):
            scores = base + videos[:, list(subset)].sum(dim=1)
            mask = sum(2**frame for frame in subset)
            own = scores[torch.arange(len(videos)), torch.from_numpy(classes)]
            np.testing.assert_allclose(table.values[mask], own, atol=1e-5)
            np.testing.assert_array_equal(table.top1[mask], (scores.argmax(1).numpy() == classes))


def test_classes_that_share_the_highest_score_share_being_right():
    priors = torch.tensor([[0.3, 0.3, 0.3, 0.1]])
    table = table_of(lambda subsets: priors.expand(len(subsets), -1), torch.zeros(2, 1, 1), np.array([1, 3]))
    np.testing.assert_allclose(table.top1, [[1 / 3, 0], [1 / 3, 0]])


def test_too_many_frames_for_a_table_are_refused():
    with pytest.raises(UserError, match="expected at most 16 frames to score all subsets of, got 17; sample fewer"):
        table_of(additive_game(torch.zeros(1)), torch.zeros(1, 17, 1))


def test_tables_of_batches_are_those_of_all_videos():
    videos = torch.randn(5, 3, 2, generator=torch.Generator().manual_seed(0))
    parts = concatenate([table_of(order_game, part) for part in videos.split(2)])
    np.testing.assert_array_equal(parts.values, table_of(order_game, videos).values)


def test_masks_have_a_bit_for_each_frame():
    assert masks_of(np.array([[0, 2], [1, 3]])).tolist() == [0b101, 0b1010]
    assert masks_of(np.empty((1, 0), np.int64)).tolist() == [0]


@given(VIDEOS, class_priors(), seeds)
def test_in_an_additive_game_all_of_them_are_the_esvs(videos, base, seed):
    table = table_of(additive_game(base), videos, np.full(len(videos), 2))
    esvs = videos[:, :, 2].numpy()
    rng = np.random.default_rng(seed)
    for attributions in (naive.leave_one_out(table), naive.frame_alone(table), naive.one_order(table, rng)):
        np.testing.assert_allclose(attributions, esvs, atol=1e-5)


@given(VIDEOS, seeds)
def test_one_order_and_uniform_add_up_in_any_game(videos, seed):
    table = table_of(order_game, videos)
    for attributions in (naive.one_order(table, np.random.default_rng(seed)), naive.uniform(table)):
        np.testing.assert_allclose(attributions.sum(axis=1), table.total(), atol=1e-6)


def test_all_random_orders_together_are_the_esvs():
    """Of two frames of which only both say something, the one that comes second gets it all."""
    videos = numbered_frames(3).repeat(4000, 1, 1)
    added = naive.one_order(table_of(unanimity_game([0, 2]), videos), np.random.default_rng(0))
    assert {tuple(row) for row in added.tolist()} == {(1, 0, 0), (0, 0, 1)}
    np.testing.assert_allclose(added.mean(axis=0), [0.5, 0, 0.5], atol=0.03)


def test_what_is_said_twice_is_lost_by_no_single_frame():
    """v = 1 if frame 0 or frame 1 is there: neither is missed alone, and each alone says it all."""
    v = unanimity_game([0])
    either = lambda subsets: torch.maximum(v(subsets), unanimity_game([1])(subsets))  # noqa: E731
    table = table_of(either, numbered_frames(3)[None])
    np.testing.assert_array_equal(naive.leave_one_out(table), [[0, 0, 0]])
    np.testing.assert_array_equal(naive.frame_alone(table), [[1, 1, 0]])


def test_the_middle_frame_comes_first_and_both_ends_last():
    np.testing.assert_allclose(naive.middle(2, 5), [[0.2, 0.6, 1, 0.6, 0.2]] * 2)
    even = naive.middle(1, 4)[0]
    assert even[1] == even[2] > even[0] == even[3] > 0


def test_random_is_drawn_from_the_seed():
    first, again, other = (naive.random(3, 4, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
