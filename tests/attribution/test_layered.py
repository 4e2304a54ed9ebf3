import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from play_fair.attribution import CharacteristicFunctionShapleyAttributor, EstimatedAttributor
from play_fair.attribution.layered import Stratum, layered_estimate, least_evaluations
from play_fair.errors import UserError
from play_fair.games import CallableGame, MeanConsensusGame
from play_fair.games.subset_stream import SubsetStream
from strategies import seeds, video_batches
from toy_games import additive_game, assert_close, numbered_frames, order_game, size_game

PRIORS = torch.tensor([0.5, 0.3, 0.2])
MEAN_CONSENSUS = MeanConsensusGame(lambda features: 3 * features, PRIORS)


def estimate(game, videos, n_evaluations, seed=0):
    return layered_estimate(game.scorer(videos), videos.shape[1], n_evaluations, torch.Generator().manual_seed(seed))


def exact(game, videos):
    n_classes = game.scorer(videos)(torch.ones(1, videos.shape[1], dtype=torch.bool)).shape[-1]
    return CharacteristicFunctionShapleyAttributor(game, n_classes).explain_batch(videos)


@given(videos=video_batches(st.integers(1, 7), st.integers(1, 3)), seed=seeds)
@settings(max_examples=30)
def test_all_subsets_give_the_exact_esvs_without_error(videos, seed):
    game = CallableGame(order_game)
    estimated, (esvs, scores) = estimate(game, videos, 2 ** videos.shape[1], seed), exact(game, videos)

    assert_close(estimated.esvs, esvs)
    assert_close(estimated.scores, scores)
    assert estimated.standard_errors.max() == 0
    assert estimated.n_evaluations == 2 ** videos.shape[1] - 1


@given(n=st.integers(8, 40), seed=seeds)
@settings(max_examples=20)
def test_additive_games_are_exact_from_any_samples(n, seed):
    features = torch.randn(1, n, 3, generator=torch.Generator().manual_seed(seed))
    estimated = estimate(CallableGame(additive_game(PRIORS)), features, least_evaluations(n), seed)

    assert_close(estimated.esvs, features, atol=1e-4)
    assert estimated.standard_errors.max() < 1e-4


def test_frames_that_do_the_same_share_alike():
    """A game of the size alone is not additive over layers, but within each."""
    estimated = estimate(CallableGame(size_game([k**0.5 for k in range(31)])), numbered_frames(30)[None], 2000)

    assert_close(estimated.esvs[0], torch.full((30, 1), 30**0.5 / 30), atol=1e-5)


@given(videos=video_batches(st.integers(9, 20), feature_dim=3), seed=seeds)
@settings(max_examples=20)
def test_esvs_and_the_prior_sum_to_the_score(videos, seed):
    estimated = estimate(MEAN_CONSENSUS, videos, 60 * videos.shape[1], seed)

    assert_close(estimated.esvs.sum(dim=1) + PRIORS, estimated.scores)


def test_errors_fall_with_the_evaluations_and_are_as_large_as_told():
    videos = torch.randn(8, 12, 3, generator=torch.Generator().manual_seed(0))
    esvs, _ = exact(MEAN_CONSENSUS, videos)
    rms = []
    for n_evaluations in (400, 1200):
        runs = [estimate(MEAN_CONSENSUS, videos, n_evaluations, seed) for seed in range(20)]
        errors = torch.stack([run.esvs - esvs for run in runs])
        told = torch.stack([run.standard_errors for run in runs])
        rms.append(errors.square().mean().sqrt())

        assert 0.7 < (errors / told).square().mean().sqrt() < 1.3
        assert 0.85 < (errors.abs() < 2 * told).float().mean() < 0.99
        # Unbiased: the mean of 20 runs errs 4.5 times less than one.
        assert errors.mean(dim=0).square().mean().sqrt() < 0.35 * rms[-1]
    assert rms[1] < 0.5 * rms[0]


@pytest.mark.parametrize("n", [3, 9, 14, 17, 33])
@pytest.mark.parametrize("factor", [1, 2, 7])
def test_no_more_evaluations_than_allowed(n, factor):
    allowed = factor * least_evaluations(n)
    counted = []

    def v(subsets):
        counted.append(len(subsets))
        return MEAN_CONSENSUS(subsets)

    estimated = estimate(CallableGame(v), torch.randn(1, n, 3), allowed)

    assert sum(counted) - 1 == estimated.n_evaluations <= allowed  # v(empty) is not counted
    assert estimated.n_evaluations > 0.8 * min(allowed, 2**n)


def test_too_few_evaluations_are_refused():
    with pytest.raises(UserError, match="at least 1303 evaluations for the layered estimate of 30 players, got 100"):
        estimate(MEAN_CONSENSUS, torch.randn(1, 30, 3), 100)


def test_small_pieces_give_the_same(monkeypatch):
    videos = torch.randn(2, 18, 3)
    whole = estimate(MEAN_CONSENSUS, videos, 2000)
    monkeypatch.setattr("play_fair.attribution.layered._VALUES_AT_ONCE", 60)

    assert_close(estimate(MEAN_CONSENSUS, videos, 2000).esvs, whole.esvs)


def test_attributor_is_seeded_and_counts():
    video = torch.randn(18, 3)
    a, b, c = (EstimatedAttributor(MEAN_CONSENSUS, 3, "layered", 64, seed=seed).explain(video)[0] for seed in (1, 1, 2))

    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert EstimatedAttributor(MEAN_CONSENSUS, 3, "layered", 64).count_n_evaluations(18, n_iters=2) == 2 * 64 * 17


def test_a_target_that_is_not_positive_is_refused():
    with pytest.raises(UserError, match="a positive target_stderr, got 0"):
        EstimatedAttributor(MEAN_CONSENSUS, 3, "layered", 64, target_stderr=0.0)


def stratum_of_noise(n_frames, size, n_samples):
    """Scores that depend on nothing, of standard deviation 2, in 4,000 classes."""
    noise, subsets = torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)
    stratum = Stratum(
        lambda rows: 2 * torch.randn(len(rows), 1, 4000, generator=noise),
        SubsetStream(n_frames, size, subsets),
        torch.zeros(1, 4000, dtype=torch.float64),
        "cpu",
    )
    stratum.sample(n_samples)
    return stratum


def test_roughness_is_not_lessened_by_what_a_regression_explains_by_chance():
    """Of 12 samples, 8 weights explain two thirds."""
    assert stratum_of_noise(8, 4, 12).roughness() == pytest.approx(2, rel=0.02)


def test_the_spread_tells_how_noise_of_scores_becomes_noise_of_esvs():
    stratum = stratum_of_noise(20, 5, 400)
    error = 2 * stratum.spread() / 400**0.5
    unseen = 1 - 400 / stratum.stream.n_distinct

    assert stratum.contrasts().square().mean().sqrt().item() == pytest.approx(error, rel=0.03)
    assert stratum.contrast_variances().mean().item() == pytest.approx(unseen * error**2, rel=0.08)
