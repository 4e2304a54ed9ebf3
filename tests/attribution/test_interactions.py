from itertools import combinations
from math import factorial

import numpy as np
import pytest
import shapiq
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from play_fair.attribution import CharacteristicFunctionShapleyAttributor
from play_fair.errors import UserError
from play_fair.games import ConstructiveRandomSampler
from strategies import video_batches
from toy_games import additive_game, numbered_frames, order_game, unanimity_game

some_videos = video_batches(st.integers(1, 6), st.integers(1, 3))


def interactions_of(v, videos, n_classes):
    attributor = CharacteristicFunctionShapleyAttributor(v, n_classes).with_interactions()
    return attributor.explanation(videos).interactions


def interactions_by_definition(v, video):
    """Every pair of frames, and every subset of the others; (n, n, C)."""
    n = len(video)

    def score(subset):
        return v(video[sorted(subset)][None])[0].double()

    table = torch.zeros(n, n, len(score(())), dtype=torch.float64)
    for i, j in combinations(range(n), 2):
        others = [frame for frame in range(n) if frame not in (i, j)]
        for size in range(n - 1):
            weight = factorial(size) * factorial(n - size - 2) / factorial(n - 1)
            for rest in combinations(others, size):
                together = score((*rest, i, j)) - score((*rest, i)) - score((*rest, j)) + score(rest)
                table[i, j] += weight * together
        table[j, i] = table[i, j]
    return table


@given(videos=some_videos)
@settings(max_examples=20)
def test_interactions_are_those_of_the_definition(videos):
    actual = interactions_of(order_game, videos, 2)
    for video, interactions in zip(videos, actual, strict=True):
        torch.testing.assert_close(
            interactions, interactions_by_definition(order_game, video).float(), atol=1e-6, rtol=0
        )


def test_frames_of_an_additive_game_do_not_interact():
    video = torch.randn(1, 7, 3)
    assert interactions_of(additive_game(torch.zeros(3)), video, 3).abs().max() < 1e-5


def test_the_two_frames_of_a_carrier_interact_alone():
    interactions = interactions_of(unanimity_game([1, 3]), numbered_frames(6)[None], 1)[0, ..., 0]
    expected = torch.zeros(6, 6)
    expected[1, 3] = expected[3, 1] = 1

    torch.testing.assert_close(interactions, expected, atol=1e-6, rtol=0)


def test_there_are_none_unless_asked_for():
    attributor = CharacteristicFunctionShapleyAttributor(order_game, 2)
    attributor.with_interactions()
    assert attributor.explanation(torch.randn(1, 3, 2)).interactions is None


def test_sampling_is_refused():
    sampler = ConstructiveRandomSampler(4, seed=0)
    attributor = CharacteristicFunctionShapleyAttributor(order_game, 2, sampler).with_interactions()
    with pytest.raises(UserError, match="interactions of pairs of frames need all subsets"):
        attributor.explanation(torch.randn(1, 5, 2))


@pytest.mark.parametrize("n", [3, 7, 10])
def test_esvs_and_interactions_are_those_of_shapiq(n):
    """A game of random numbers: one for every subset."""
    table = np.random.default_rng(n).normal(size=2**n).astype(np.float32)
    powers = 2 ** np.arange(n)

    def v(subsets):
        numbers = (2 ** subsets[..., 0].long()).sum(dim=1)
        return torch.from_numpy(table)[numbers][:, None]

    explanation = (
        CharacteristicFunctionShapleyAttributor(v, 1).with_interactions().explanation(numbered_frames(n)[None])
    )
    theirs = shapiq.ExactComputer(lambda coalitions: table[coalitions @ powers].astype(float), n_players=n)
    esvs, interactions = theirs("SV", 1), theirs("SII", 2)

    for i in range(n):
        assert float(explanation.esvs[0, i, 0]) == pytest.approx(esvs[(i,)], abs=1e-5)
    for i, j in combinations(range(n), 2):
        assert float(explanation.interactions[0, i, j, 0]) == pytest.approx(interactions[(i, j)], abs=1e-5)
