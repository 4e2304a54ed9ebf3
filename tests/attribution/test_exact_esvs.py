"""Exact ESVs: those of the definition, and those that are known; the axioms."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from play_fair.attribution import CharacteristicFunctionShapleyAttributor, OnlineShapleyAttributor
from play_fair.games import MeanConsensusGame
from play_fair.models import FeatureTSN
from strategies import class_priors, few_frames, one_video, seeds, single_scale_models
from toy_games import (
    Opaque,
    additive_game,
    airport_esvs,
    airport_game,
    assert_close,
    esvs_by_permutations,
    multiscale_characteristic_function,
    numbered_frames,
    order_game,
    size_game,
    toy_models,
    unanimity_game,
)

# Exact ESVs against the definition


@given(video=one_video)
@settings(max_examples=20)
def test_esvs_of_a_function_are_the_mean_over_all_permutations(video):
    esvs, scores = CharacteristicFunctionShapleyAttributor(order_game, 2).explain(video)

    assert_close(esvs, esvs_by_permutations(order_game, video))
    assert_close(scores, order_game(video[None])[0])


@given(video=one_video, models=single_scale_models(few_frames), priors=class_priors())
@settings(max_examples=20)
def test_esvs_of_a_multiscale_model_are_the_mean_over_all_permutations(video, models, priors):
    v = multiscale_characteristic_function(models, priors)
    esvs, scores = OnlineShapleyAttributor(models, priors, 4).explain(video)

    assert esvs.dtype == scores.dtype == torch.float32
    assert_close(esvs, esvs_by_permutations(v, video))
    assert_close(scores, v(video[None])[0])


@pytest.mark.parametrize("n_frames", range(1, 7))
@pytest.mark.parametrize("n_scales", [1, 3, 4, 6, 8])
def test_fewer_as_many_and_more_scales_than_frames(n_frames, n_scales):
    models, priors = [model.eval() for model in toy_models(n_scales)], torch.tensor([0.4, 0.3, 0.2, 0.1])
    video = 3 * torch.randn(n_frames, 5)
    v = multiscale_characteristic_function(models, priors)

    assert_close(OnlineShapleyAttributor(models, priors, 4).explain(video)[0], esvs_by_permutations(v, video))


@given(video=one_video, models=single_scale_models(few_frames), priors=class_priors())
@settings(max_examples=20)
def test_esvs_of_opaque_models_are_the_same(video, models, priors):
    esvs, scores = OnlineShapleyAttributor(models, priors, 4).explain(video)
    opaque_esvs, opaque_scores = OnlineShapleyAttributor([Opaque(m) for m in models], priors, 4).explain(video)

    assert_close(opaque_esvs, esvs)
    assert_close(opaque_scores, scores)


@given(video=one_video, priors=class_priors())
@settings(max_examples=20)
def test_esvs_of_a_mean_consensus_model_are_the_mean_over_all_permutations(video, priors):
    game = MeanConsensusGame(FeatureTSN(5, 4).frame_logits, priors.double().numpy())
    esvs, scores = CharacteristicFunctionShapleyAttributor(game, 4).explain(video)

    assert_close(esvs, esvs_by_permutations(torch.no_grad()(game), video))
    assert_close(scores, game(video[None])[0].detach())


def esvs_of(v, video, n_classes=1):
    return CharacteristicFunctionShapleyAttributor(v, n_classes).explain(video)[0]


@given(video=one_video, seed=seeds)
def test_additive_game_gives_each_frame_its_own_features(video, seed):
    base = torch.randn(5, generator=torch.Generator().manual_seed(seed))

    assert_close(esvs_of(additive_game(base), video, 5), video, atol=1e-5)


@given(values=st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=9))
def test_symmetric_frames_share_alike(values):
    n = len(values) - 1

    assert_close(esvs_of(size_game(values), numbered_frames(n)), torch.full((n, 1), (values[-1] - values[0]) / n))


@given(n=st.integers(1, 9), data=st.data())
def test_unanimity_game_is_shared_by_its_carrier_and_dummies_get_nothing(n, data):
    carrier = data.draw(st.lists(st.integers(0, n - 1), min_size=1, unique=True))
    expected = torch.zeros(n, 1)
    expected[carrier] = 1 / len(carrier)

    assert_close(esvs_of(unanimity_game(carrier), numbered_frames(n)), expected)


@pytest.mark.parametrize("carrier", [[0], [0, 11], range(6), range(12)])
@pytest.mark.parametrize("height", [0.1, 1 / 3, 0.7, 1.0])
def test_jumps_of_scores_are_not_lost_in_rounding(carrier, height):
    """Of 12 frames, whose levels have up to 924 subsets with all the same score."""
    v = unanimity_game(list(carrier))
    expected = torch.zeros(12, 1)
    expected[list(carrier)] = height / len(carrier)

    assert_close(esvs_of(lambda subsets: height * v(subsets), numbered_frames(12)), expected)


@given(costs=st.lists(st.floats(0, 2, width=32), min_size=1, max_size=9))
def test_airport_game_splits_each_increment_among_those_who_need_it(costs):
    ascending = torch.tensor(sorted(costs))
    esvs = esvs_of(airport_game(ascending), numbered_frames(len(costs)))

    assert_close(esvs[:, 0], airport_esvs(ascending))


@given(video=one_video, weight=st.floats(-2, 2))
def test_esvs_are_linear_in_the_game(video, weight):
    def other(subsets):
        return subsets.square().sum(dim=(1, 2))[:, None].sqrt() * torch.tensor([[1.0, -0.5]])

    combined = esvs_of(lambda subsets: order_game(subsets) + weight * other(subsets), video, 2)
    assert_close(combined, esvs_of(order_game, video, 2) + weight * esvs_of(other, video, 2), atol=1e-5)


@pytest.mark.parametrize("n_frames", [1, 2, 7, 12])
def test_esvs_and_prior_sum_to_the_score(n_frames):
    priors = torch.randn(4).softmax(0)
    # Confident scores: rounding errors grow with them.
    models = toy_models(4)
    for model in models:
        model.model[-1].weight.data *= 100
    esvs, scores = OnlineShapleyAttributor(models, priors, 4).explain_batch(torch.randn(5, n_frames, 5))

    assert scores.max() > 0.99
    assert ((esvs.double().sum(dim=1) + priors.double() - scores.double()).abs() <= 1e-6).all()
