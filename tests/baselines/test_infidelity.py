"""Infidelity and max-sensitivity against their definitions, written out."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given

from play_fair.baselines.coalition_scores import EvaluatedScores, ScoreTable
from play_fair.baselines.compared_model import Batch, ComparedModel, perturbed
from play_fair.baselines.infidelity import infidelity, lost_scores
from play_fair.baselines.sensitivity import N_PERTURBATIONS, RADIUS, max_sensitivity
from play_fair.games import ModelGame
from strategies import seeds

N = 4


def random_table(seed, n_videos=2):
    values = np.random.default_rng(seed).standard_normal((2**N, n_videos)).astype(np.float32)
    return ScoreTable(values, np.zeros_like(values))


def literal_infidelity(attributions, table, video, factor):
    """Sizes 1..N are equally likely, and so are the sets of a size."""
    of_sizes = []
    for size in range(1, N + 1):
        errors = []
        for removed in combinations(range(N), size):
            left = sum(2**frame for frame in range(N) if frame not in removed)
            lost = float(table.values[2**N - 1, video]) - float(table.values[left, video])
            errors.append((factor * sum(attributions[frame] for frame in removed) - lost) ** 2)
        of_sizes.append(np.mean(errors))
    return np.mean(of_sizes)


@given(seeds)
def test_it_is_the_mean_error_over_all_sets(seed):
    table, attributions = random_table(seed), np.random.default_rng([seed, 1]).standard_normal((2, N))
    lost = lost_scores(table)
    assert lost.weights.sum() == pytest.approx(1)
    expected = [literal_infidelity(attributions[video], table, video, 1) for video in range(2)]
    np.testing.assert_allclose(infidelity(attributions, lost, scaled=False), expected)
    factors = np.linspace(0, 3, 301)
    best = [min(literal_infidelity(attributions[0], table, 0, factor) for factor in factors[::30])]
    assert infidelity(attributions, lost, scaled=True)[0] <= best[0] + 1e-9


def additive_table(frames):
    masks = np.arange(2**N)[:, None] >> np.arange(N) & 1
    values = (1 + masks @ np.array(frames))[:, None].astype(np.float32)
    return ScoreTable(values, np.zeros_like(values))


def test_shares_that_add_up_have_none_at_any_scale_and_reversed_ones_are_no_better_than_nothing():
    frames = np.array([[0.5, -0.25, 1.0, 0.0]])
    lost = lost_scores(additive_table(frames[0]))
    assert infidelity(frames, lost, scaled=False) == pytest.approx(0, abs=1e-12)
    assert infidelity(2 * frames, lost, scaled=False) > 0.1
    assert infidelity(2 * frames, lost, scaled=True) == pytest.approx(0, abs=1e-12)
    nothing = infidelity(np.zeros((1, N)), lost, scaled=True)
    assert infidelity(-frames, lost, scaled=True) == pytest.approx(nothing), "a negative factor would make them perfect"


def test_random_sets_tend_to_all_sets(monkeypatch):
    monkeypatch.setattr("play_fair.baselines.infidelity.N_SETS", 20_000)
    weights = torch.tensor([[1.0, -1.0]])
    video = torch.randn(1, N, 1, generator=torch.Generator().manual_seed(0))
    game = ModelGame(lambda inputs: inputs[:, -1] @ weights, removal="hold", prior=[0.5, 0.5])
    drawn = EvaluatedScores(game, video, np.array([0]))
    masks = np.arange(2**N)
    complete = ScoreTable(drawn.at_same(masks).T.astype(np.float32), np.zeros((2**N, 1), np.float32))
    attributions = np.array([[0.1, 0.0, 0.3, -0.1]])
    exact, estimated = (infidelity(attributions, lost_scores(scores), scaled=False) for scores in (complete, drawn))
    np.testing.assert_allclose(estimated, exact, rtol=0.03)


class Numbers(Batch):
    """Videos (B, n) whose attributions are functions of the numbers."""

    def __init__(self, numbers, classes):
        self.numbers, self.classes = numbers, classes

    @property
    def shape(self):
        return tuple(self.numbers.shape)

    def coalition_scores(self):
        raise NotImplementedError

    def perturbed(self, radius, rng):
        return Numbers(perturbed(self.numbers, radius, rng), self.classes)


METHODS = {
    "linear": lambda batch, rng: batch.numbers.double().numpy(),
    "steep": lambda batch, rng: (1000 * batch.numbers.double().numpy()).round(),
    "constant": lambda batch, rng: np.ones(batch.shape),
    "random": lambda batch, rng: rng.random(batch.shape),
    "nothing": lambda batch, rng: np.zeros(batch.shape),
}


class NumberModel(ComparedModel[Numbers]):
    batch_size = 2
    methods = METHODS

    def __init__(self, numbers):
        self.numbers, self.uids = numbers, [str(row) for row in range(len(numbers))]
        self.classes = np.zeros(len(numbers), np.int64)

    def predict(self):
        raise NotImplementedError

    def batch(self, rows, classes):
        return Numbers(self.numbers[rows], classes[rows])

    def coalition_scores(self, classes):
        raise NotImplementedError


def test_max_sensitivity_is_the_largest_relative_change():
    model = NumberModel(torch.randn(5, N, generator=torch.Generator().manual_seed(0)))
    found = {name: max_sensitivity(model, name, model.classes, 3, seed=7) for name in model.methods}

    expected = []
    for rows in (slice(0, 2), slice(2, 3)):  # batches of two, three videos
        rng, numbers = np.random.default_rng([7, rows.start]), model.numbers[rows].numpy()
        noise = rng.uniform(-RADIUS, RADIUS, (N_PERTURBATIONS, *numbers.shape)) * numbers.std(axis=1, ddof=1)[:, None]
        expected += [
            max(np.linalg.norm(noise[k, row]) for k in range(N_PERTURBATIONS)) / np.linalg.norm(numbers[row])
            for row in range(len(numbers))
        ]
    np.testing.assert_allclose(found["linear"][:3], expected, rtol=1e-4)
    assert np.isnan(found["linear"][3:]).all(), "measured on three videos"
    assert (found["steep"][:3] > 0).all()
    np.testing.assert_array_equal(found["constant"][:3], 0)
    np.testing.assert_array_equal(found["random"][:3], 0)
    assert np.isnan(found["nothing"]).all(), "nothing has no relative change"
