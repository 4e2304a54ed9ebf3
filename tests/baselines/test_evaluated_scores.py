"""Scores that are evaluated where they are asked for, against the complete table."""

import numpy as np
import pytest
import torch

from play_fair.baselines.ablation import BEST, removals
from play_fair.baselines.coalition_scores import EvaluatedScores, score_coalitions
from play_fair.errors import UserError
from play_fair.games import CallableGame, ModelGame, segmented

PRIOR = torch.tensor([0.5, 0.3, 0.2])
CLASSES = np.array([2, 0])
VIDEOS = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(0))


class Counting:
    """Softmax of the sum of the frames left; counts its inputs."""

    def __init__(self):
        self.n_inputs = 0

    def __call__(self, inputs):
        self.n_inputs += len(inputs)
        return inputs.sum(dim=1)


def table():
    v = lambda subsets: subsets.sum(dim=1).softmax(dim=1) if subsets.shape[1] else PRIOR[None]  # noqa: E731
    return score_coalitions(CallableGame(v), VIDEOS, CLASSES)


def test_they_are_those_of_the_table_and_each_coalition_is_evaluated_once():
    model, masks = Counting(), np.array([[0, 5, 15, 5], [3, 3, 8, 0]])
    scores = EvaluatedScores(ModelGame(model, removal="drop", prior=PRIOR), VIDEOS, CLASSES)
    assert (scores.n_videos, scores.n_frames, scores.all_frames) == (2, 4, 15)
    for _ in range(2):
        np.testing.assert_allclose(scores.at(masks), table().at(masks), atol=1e-6)
        np.testing.assert_array_equal(scores.top1_at(masks), table().top1_at(masks))
    assert model.n_inputs == 2 + 3, "of each video all frames, and {0, 2}, {0, 1} and {3}"
    np.testing.assert_allclose(scores.total(), table().total(), atol=1e-6)


def test_players_may_have_several_frames():
    game = segmented(ModelGame(Counting(), removal="drop", prior=PRIOR), [1, 2, 1])
    scores = EvaluatedScores(game, VIDEOS, CLASSES)
    assert scores.n_frames == 3
    np.testing.assert_allclose(scores.at_same(np.array([2, 5])), table().at_same(np.array([6, 9])), atol=1e-6)


def test_the_best_order_is_known_of_a_complete_table_only():
    scores = EvaluatedScores(ModelGame(Counting(), removal="drop", prior=PRIOR), VIDEOS, CLASSES)
    attributions = {"esv": np.random.default_rng(0).standard_normal((2, 4))}
    evaluated, complete = removals(scores, attributions), removals(table(), attributions)
    assert set(evaluated) == {"esv"}
    assert set(complete) == {"esv", BEST}
    for first, curves in evaluated["esv"].items():
        np.testing.assert_allclose(curves.scores, complete["esv"][first].scores, atol=1e-6)
        np.testing.assert_array_equal(curves.top1, complete["esv"][first].top1)


def test_a_mask_has_no_room_for_more_players():
    with pytest.raises(UserError, match="expected at most 62 players to compare attributions of, got 63; sample fewer"):
        EvaluatedScores(ModelGame(Counting(), removal="drop", prior=PRIOR), torch.zeros(1, 63, 3), CLASSES[:1])
