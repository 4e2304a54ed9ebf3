"""ESVs estimated on the subsets that a sampler chooses."""

from random import Random

import pytest
import torch
from hypothesis import given, settings

from play_fair.attribution import CharacteristicFunctionShapleyAttributor, OnlineShapleyAttributor
from play_fair.games import ConstructiveRandomSampler, ExhaustiveSubsetSampler
from strategies import class_priors, few_frames, one_video, seeds, single_scale_models
from toy_games import (
    assert_close,
    constructive_esvs_by_sets,
    multiscale_characteristic_function,
    numbered_frames,
    order_game,
    toy_models,
    unanimity_game,
)


@given(video=one_video, models=single_scale_models(few_frames), priors=class_priors(), seed=seeds)
@settings(max_examples=20)
def test_sampling_everything_is_exact(video, models, priors, seed):
    exact = OnlineShapleyAttributor(models, priors, 4, subset_sampler=ExhaustiveSubsetSampler()).explain(video)
    sampler = ConstructiveRandomSampler(20, seed=seed)
    estimate = OnlineShapleyAttributor(models, priors, 4, subset_sampler=sampler).explain(video)
    of_function = CharacteristicFunctionShapleyAttributor(
        multiscale_characteristic_function(models, priors), 4, subset_sampler=sampler
    ).explain(video)

    for esvs, scores in (estimate, of_function):
        assert_close(esvs, exact[0])
        assert_close(scores, exact[1])


def rms_error(models, video, exact, max_samples, n_iters=1, n_seeds=10):
    errors = [
        OnlineShapleyAttributor(
            models, torch.ones(4) / 4, 4, subset_sampler=ConstructiveRandomSampler(max_samples, seed=seed)
        ).explain(video, n_iters)[0]
        - exact
        for seed in range(n_seeds)
    ]
    return torch.stack(errors).square().mean().sqrt().item()


def test_estimates_improve_with_samples_and_with_iterations():
    models, video = toy_models(4), torch.randn(9, 5, generator=torch.Generator().manual_seed(0))
    exact, _ = OnlineShapleyAttributor(models, torch.ones(4) / 4, 4).explain(video)
    few, more, many = (rms_error(models, video, exact, max_samples) for max_samples in (10, 30, 90))
    iterated = rms_error(models, video, exact, max_samples=10, n_iters=20)

    assert few > 1.5 * more > 1.5 * 1.5 * many
    assert iterated < few / 2


@pytest.mark.parametrize("max_samples", [8, 24])
def test_errors_are_those_of_the_published_estimate(max_samples):
    models, priors = [model.eval() for model in toy_models(4)], torch.ones(4) / 4
    video = 3 * torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
    exact, _ = OnlineShapleyAttributor(models, priors, 4).explain(video)
    ours = rms_error(models, video, exact, max_samples, n_seeds=20)
    random = Random(0)
    theirs = [constructive_esvs_by_sets(models, priors, video, max_samples, random) - exact for _ in range(20)]

    assert 1 / 1.3 < ours / torch.stack(theirs).square().mean().sqrt() < 1.3


def test_estimated_esvs_and_prior_sum_to_the_estimated_score():
    priors = torch.randn(4).softmax(0)
    sampler = ConstructiveRandomSampler(5, seed=0)
    esvs, scores = OnlineShapleyAttributor(toy_models(), priors, 4, subset_sampler=sampler).explain_batch(
        torch.randn(3, 10, 5), n_iters=3
    )

    assert_close(esvs.sum(dim=1) + priors, scores)


def test_estimates_are_the_means_over_the_samples_of_all_iterations():
    """One subset of each size and one iteration tell nothing; over many iterations they tell all."""
    v = unanimity_game([1])
    one, many = (
        CharacteristicFunctionShapleyAttributor(v, 1, subset_sampler=ConstructiveRandomSampler(1, seed=0)).explain(
            numbered_frames(3), n_iters=n_iters
        )[0]
        for n_iters in (1, 300)
    )

    assert_close(one, torch.full((3, 1), 1 / 3))
    assert_close(many, torch.tensor([[0.0], [1.0], [0.0]]), atol=0.01)


def test_each_video_of_a_batch_has_samples_of_its_own():
    def attributor():
        sampler = ConstructiveRandomSampler(4, seed=0)
        return OnlineShapleyAttributor(toy_models(), torch.ones(4) / 4, 4, subset_sampler=sampler)

    video = torch.randn(8, 5)
    esvs, _ = attributor().explain_batch(torch.stack([video, video]))
    one_by_one = attributor()

    assert not torch.allclose(esvs[0], esvs[1], atol=1e-4)
    assert_close(one_by_one.explain(video)[0], esvs[0])
    assert_close(one_by_one.explain(video)[0], esvs[1])


def test_another_sampler_leaves_the_first_attributor_alone():
    exact = OnlineShapleyAttributor(toy_models(), torch.ones(4) / 4, 4)
    sampled = exact.with_sampler(ConstructiveRandomSampler(4, seed=0))

    assert exact.count_n_evaluations(8) == 8 + 28 + 56
    assert sampled.count_n_evaluations(8) == 4 + 4 + 4


def test_a_longer_video_than_can_be_exact_is_estimated():
    sampler = ConstructiveRandomSampler(8, seed=0)
    esvs, scores = OnlineShapleyAttributor(toy_models(), torch.ones(4) / 4, 4, subset_sampler=sampler).explain(
        torch.randn(70, 5)
    )

    assert esvs.shape == (70, 4)
    assert_close(scores.sum(), 1.0)


def test_count_of_evaluations():
    models, priors, sampler = toy_models(3), torch.ones(4) / 4, ConstructiveRandomSampler(64)

    # A multi-scale model is evaluated at its 3 scales; a function on subsets of all 6 sizes.
    assert OnlineShapleyAttributor(models, priors, 4).count_n_evaluations(6) == 6 + 15 + 20
    sampled = OnlineShapleyAttributor(models, priors, 4, subset_sampler=sampler)
    assert sampled.count_n_evaluations(12, n_iters=2) == 2 * (12 + 64 + 64)
    assert CharacteristicFunctionShapleyAttributor(order_game, 2).count_n_evaluations(6) == 2**6 - 1
