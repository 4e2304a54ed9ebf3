import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from play_fair.attribution import (
    Approximation,
    CharacteristicFunctionShapleyAttributor,
    EstimatedAttributor,
    OnlineShapleyAttributor,
)
from play_fair.errors import UserError
from play_fair.games import ConstructiveRandomSampler, MeanConsensusGame, MultiscaleGame
from play_fair.models import MLPConsensus
from strategies import class_priors, seeds, single_scale_models, video_batches
from toy_games import order_game

PRIORS = torch.tensor([0.4, 0.3, 0.2, 0.1])
TSN = CharacteristicFunctionShapleyAttributor(MeanConsensusGame(torch.tanh, PRIORS), 4)


def models(n_scales=4, gain=2.0):
    torch.manual_seed(0)
    made = [MLPConsensus(5 * s, 16, 4).eval() for s in range(1, n_scales + 1)]
    for model in made:
        for parameter in model.parameters():
            parameter.data *= gain
    return made


def walks(n_videos, n_frames, seed=0):
    """Videos that change slowly."""
    steps = torch.randn(n_videos, n_frames, 5, generator=torch.Generator().manual_seed(seed))
    return steps.cumsum(dim=1) / n_frames**0.5


@given(
    videos=video_batches(st.integers(1, 6), st.integers(1, 3)),
    models=single_scale_models(st.integers(1, 2)),
    priors=class_priors(),
    seed=seeds,
)
@settings(max_examples=15)
def test_surrogate_is_exact_where_it_learns_no_more_than_pairs_and_saw_all(videos, models, priors, seed):
    exact = OnlineShapleyAttributor(models, priors, 4).explain_batch(videos)
    estimated = EstimatedAttributor(MultiscaleGame(models, priors), 4, "surrogate", 20, seed=seed).explanation(videos)

    torch.testing.assert_close(estimated.esvs, exact[0], atol=2e-6, rtol=0)
    torch.testing.assert_close(estimated.scores, exact[1], atol=2e-6, rtol=0)
    assert estimated.standard_errors.max() < 1e-6
    assert estimated.loo_residual.max() == 0


def test_surrogate_beats_the_constructive_sampler_at_the_same_evaluations():
    videos = walks(6, 12)
    exact = OnlineShapleyAttributor(models(), PRIORS, 4)
    esvs, _ = exact.explain_batch(videos)
    surrogate = EstimatedAttributor(exact.game, 4, "surrogate", 100, seed=1)
    constructive = exact.with_sampler(ConstructiveRandomSampler(100, seed=1))
    estimated = surrogate.explanation(videos)
    errors = [(found - esvs).square().mean() for found in (estimated.esvs, constructive.explain_batch(videos)[0])]

    assert surrogate.count_n_evaluations(12) == constructive.count_n_evaluations(12) == 12 + 66 + 100 + 100
    assert errors[0] < errors[1] / 30
    # Cautious standard errors: not too small, and not absurd.
    told = estimated.standard_errors.square().mean()
    assert 0.5 * errors[0] < told < 100 * errors[0]
    assert 0 < estimated.loo_residual.min() <= estimated.loo_residual.max() < 1


@pytest.mark.parametrize("n_frames", [12, 20])
def test_esvs_of_the_surrogate_and_the_prior_sum_to_its_score(n_frames):
    attributor = EstimatedAttributor(MultiscaleGame(models(), PRIORS), 4, "surrogate", 40)
    estimated = attributor.explanation(walks(2, n_frames))

    torch.testing.assert_close(estimated.esvs.sum(dim=1) + PRIORS, estimated.scores, atol=1e-6, rtol=0)
    torch.testing.assert_close(estimated.scores.sum(dim=1), torch.ones(2), atol=1e-5, rtol=0)


def test_surrogate_is_seeded():
    video = walks(1, 12)[0]
    a, b, c = (
        EstimatedAttributor(MultiscaleGame(models(), PRIORS), 4, "surrogate", 16, seed=seed).explain(video)[0]
        for seed in (1, 1, 2)
    )
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_more_iterations_are_more_samples():
    attributor = EstimatedAttributor(MultiscaleGame(models(), PRIORS), 4, "surrogate", 16)
    assert attributor.count_n_evaluations(12, n_iters=3) == 12 + 3 * 48


# The choice of the estimator


def test_the_best_estimator_depends_on_the_model():
    online = OnlineShapleyAttributor(models(), PRIORS, 4)
    black_box = CharacteristicFunctionShapleyAttributor(order_game, 2)
    for exact, name in ((online, "surrogate"), (TSN, "layered"), (black_box, "layered")):
        assert Approximation().settings(exact)["estimator"] == name
    assert Approximation().settings(online)["max_samples_per_scale"] == 256
    assert Approximation(7).settings(online)["max_samples_per_scale"] == 7
    assert Approximation(7).settings(TSN, n_frames=20)["estimator"] == "set_kernel"
    assert Approximation().settings(TSN, n_frames=16) is None, "exact"


@pytest.mark.parametrize("exact", [TSN, OnlineShapleyAttributor(models(2), PRIORS, 4)])
def test_the_best_is_exact_up_to_16_frames(exact):
    best = Approximation().attributor(exact)
    short, long = (walks(2, n)[..., : 4 if exact is TSN else 5] for n in (9, 17))
    explanation = best.explanation(short)

    torch.testing.assert_close(explanation.esvs, exact.explain_batch(short)[0])
    assert explanation.method == "exact"
    assert explanation.standard_errors is None
    assert best.explanation(long).standard_errors.max() > 0
    assert best.count_n_evaluations(9) == exact.count_n_evaluations(9)
    assert best.count_n_evaluations(17) <= exact.count_n_evaluations(17)


def test_each_shard_has_random_numbers_of_its_own():
    video = torch.randn(18, 4)
    layered = Approximation(64, estimator="layered")
    a, b, c = (layered.attributor(TSN, shard).explain(video)[0] for shard in (0, 0, 1))

    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_each_estimator_can_be_asked_for():
    online = OnlineShapleyAttributor(models(), PRIORS, 4)
    assert Approximation(60, estimator="layered").attributor(TSN).explanation(walks(1, 9)[..., :4]).method == "layered"
    assert Approximation(estimator="surrogate").attributor(online).explanation(walks(1, 9)).method == "surrogate"
    constructive = Approximation(9, estimator="constructive").attributor(online)
    assert constructive.count_n_evaluations(12) == 4 * 9


@pytest.mark.parametrize(
    ("approximation", "exact", "message"),
    [
        (
            Approximation(estimator="surrogate"),
            TSN,
            "surrogate estimator is for multi-scale models; use another one",
        ),
        (
            Approximation(estimator="layered"),
            OnlineShapleyAttributor(models(1), PRIORS, 4),
            "layered estimator needs scores of single coalitions, .* use the surrogate estimator",
        ),
        (
            Approximation(target_stderr=0.1, estimator="constructive"),
            OnlineShapleyAttributor(models(1), PRIORS, 4),
            "target_stderr needs standard errors, which the constructive estimator has not",
        ),
    ],
)
def test_estimators_for_other_models_are_refused(approximation, exact, message):
    with pytest.raises(UserError, match=message):
        approximation.attributor(exact)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"estimator": "guess"},
            "an estimator among best, constructive, .*, surrogate, got 'guess'",
        ),
        ({"target_stderr": 0.0}, "a positive target_stderr, got 0"),
    ],
)
def test_settings_of_approximations_are_checked(settings, message):
    with pytest.raises(UserError, match=message):
        Approximation(**settings)
