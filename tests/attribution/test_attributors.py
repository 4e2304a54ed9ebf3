from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from play_fair.attribution import CharacteristicFunctionShapleyAttributor, OnlineShapleyAttributor
from play_fair.attribution.attributor import joined_classes
from play_fair.attribution.shapley import shapley_values
from play_fair.errors import UserError
from play_fair.games import (
    CompleteLattice,
    ConstructiveRandomSampler,
    ExhaustiveSubsetSampler,
    MeanConsensusGame,
    MultiscaleGame,
)
from play_fair.models import FeatureTSN, MLPConsensus
from strategies import class_priors, seeds, single_scale_models, video_batches
from toy_games import (
    Opaque,
    additive_game,
    airport_esvs,
    airport_game,
    constructive_esvs_by_sets,
    esvs_by_permutations,
    multiscale_characteristic_function,
    numbered_frames,
    order_game,
    size_game,
    unanimity_game,
)

few_frames = st.integers(1, 6)
one_video = video_batches(few_frames).map(lambda batch: batch[0])
some_videos = video_batches(few_frames, st.integers(1, 4))


def assert_close(actual, expected, atol=1e-6):
    torch.testing.assert_close(actual, torch.as_tensor(expected, dtype=torch.float32), atol=atol, rtol=0)


def esvs_of(v, video, n_classes=1):
    return CharacteristicFunctionShapleyAttributor(v, n_classes).explain(video)[0]


def multiscale(n_scales=3, feature_dim=5, n_classes=4):
    torch.manual_seed(0)
    return [MLPConsensus(feature_dim * s, 8, n_classes) for s in range(1, n_scales + 1)]


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
    models, priors = [model.eval() for model in multiscale(n_scales)], torch.tensor([0.4, 0.3, 0.2, 0.1])
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


# Games with known answers, and the axioms


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
    models = multiscale(4)
    for model in models:
        model.model[-1].weight.data *= 100
    esvs, scores = OnlineShapleyAttributor(models, priors, 4).explain_batch(torch.randn(5, n_frames, 5))

    assert scores.max() > 0.99
    assert ((esvs.double().sum(dim=1) + priors.double() - scores.double()).abs() <= 1e-6).all()


@given(videos=some_videos, models=single_scale_models(few_frames), priors=class_priors())
@settings(max_examples=20)
def test_a_batch_is_its_videos_one_by_one(videos, models, priors):
    attributor = OnlineShapleyAttributor(models, priors, 4)
    esvs, scores = attributor.explain_batch(videos)

    assert esvs.shape == (*videos.shape[:2], 4)
    assert scores.shape == (len(videos), 4)
    for b, video in enumerate(videos):
        single_esvs, single_scores = attributor.explain(video)
        assert_close(esvs[b], single_esvs)
        assert_close(scores[b], single_scores)


def n_videos_together(monkeypatch):
    """Counts the videos that each game is asked about."""
    asked = []
    levels = MultiscaleGame.levels

    def counted(game, videos, lattice):
        asked.append(len(videos))
        return levels(game, videos, lattice)

    monkeypatch.setattr(MultiscaleGame, "levels", counted)
    return asked


def test_a_batch_larger_than_memory_is_explained_in_turn(monkeypatch):
    models, priors, videos = multiscale(), torch.ones(4) / 4, torch.randn(5, 4, 5)
    whole = OnlineShapleyAttributor(models, priors, 4).explain_batch(videos)
    asked = n_videos_together(monkeypatch)
    # The lattice of 4 frames takes 320 bytes. A video takes, for each of 4 classes, 10 scores in the two widest levels,
    # and thrice 16 sums in double precision: 4 * 40 + 4 * 384 bytes.
    in_turn = OnlineShapleyAttributor(models, priors, 4, max_memory=320 + 2 * 1696).explain_batch(videos)

    assert asked == [2, 2, 1]
    assert_close(in_turn[0], whole[0])
    assert_close(in_turn[1], whole[1])


@given(videos=some_videos, models=single_scale_models(few_frames), priors=class_priors(), opaque=st.booleans())
@settings(max_examples=20)
def test_classes_are_explained_in_turn_where_memory_is_short(videos, models, priors, opaque):
    models = [Opaque(model) for model in models] if opaque else models
    whole = OnlineShapleyAttributor(models, priors, 4).with_interactions().explanation(videos)
    n = videos.shape[1]
    lattice = CompleteLattice(n, torch.device("cpu"))
    of_class = 3 * 8 * n**2 + 4 * lattice.two_widest
    for n_classes in (1, 3):
        max_memory = lattice.n_bytes + 4 * 2**n + n_classes * of_class
        short = OnlineShapleyAttributor(models, priors, 4, max_memory=max_memory).with_interactions()
        in_turn = short.explanation(videos)

        assert_close(in_turn.esvs, whole.esvs)
        assert_close(in_turn.scores, whole.scores)
        assert_close(in_turn.interactions, whole.interactions)


@given(videos=video_batches(st.integers(7, 9), st.integers(1, 2)), models=single_scale_models(few_frames))
@settings(max_examples=10)
def test_levels_are_looked_at_in_parts(videos, models):
    """Levels of up to 126 subsets, 20 at a time, for all classes and for one at a time."""
    priors = torch.ones(4) / 4
    esvs, scores = OnlineShapleyAttributor(models, priors, 4).explain_batch(videos)
    game = MultiscaleGame(models, priors)
    parts = CompleteLattice(videos.shape[1], torch.device("cpu"), rows_at_once=20)
    with torch.no_grad():
        together = shapley_values(game, videos, [parts])
        of_parts = [shapley_values(part, videos, [parts]) for part in game.by_classes(videos, parts, 3)]

    for explanation in (together, joined_classes(of_parts)):
        assert_close(explanation.esvs, esvs)
        assert_close(explanation.scores, scores)


def test_explaining_leaves_the_video_and_its_gradient_graph_alone():
    video = torch.randn(3, 5, requires_grad=True)
    before = video.detach().clone()
    esvs, scores = OnlineShapleyAttributor(multiscale(), np.full(4, 0.25), 4, device="cpu").explain(video)

    assert torch.equal(video, before)
    assert not esvs.requires_grad
    assert not scores.requires_grad


# Estimates on sampled subsets


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
    models, video = multiscale(4), torch.randn(9, 5, generator=torch.Generator().manual_seed(0))
    exact, _ = OnlineShapleyAttributor(models, torch.ones(4) / 4, 4).explain(video)
    few, more, many = (rms_error(models, video, exact, max_samples) for max_samples in (10, 30, 90))
    iterated = rms_error(models, video, exact, max_samples=10, n_iters=20)

    assert few > 1.5 * more > 1.5 * 1.5 * many
    assert iterated < few / 2


@pytest.mark.parametrize("max_samples", [8, 24])
def test_errors_are_those_of_the_published_estimate(max_samples):
    models, priors = [model.eval() for model in multiscale(4)], torch.ones(4) / 4
    video = 3 * torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
    exact, _ = OnlineShapleyAttributor(models, priors, 4).explain(video)
    ours = rms_error(models, video, exact, max_samples, n_seeds=20)
    random = Random(0)
    theirs = [constructive_esvs_by_sets(models, priors, video, max_samples, random) - exact for _ in range(20)]

    assert 1 / 1.3 < ours / torch.stack(theirs).square().mean().sqrt() < 1.3


def test_estimated_esvs_and_prior_sum_to_the_estimated_score():
    priors = torch.randn(4).softmax(0)
    sampler = ConstructiveRandomSampler(5, seed=0)
    esvs, scores = OnlineShapleyAttributor(multiscale(), priors, 4, subset_sampler=sampler).explain_batch(
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
        return OnlineShapleyAttributor(multiscale(), torch.ones(4) / 4, 4, subset_sampler=sampler)

    video = torch.randn(8, 5)
    esvs, _ = attributor().explain_batch(torch.stack([video, video]))
    one_by_one = attributor()

    assert not torch.allclose(esvs[0], esvs[1], atol=1e-4)
    assert_close(one_by_one.explain(video)[0], esvs[0])
    assert_close(one_by_one.explain(video)[0], esvs[1])


def test_another_sampler_leaves_the_first_attributor_alone():
    exact = OnlineShapleyAttributor(multiscale(), torch.ones(4) / 4, 4)
    sampled = exact.with_sampler(ConstructiveRandomSampler(4, seed=0))

    assert exact.count_n_evaluations(8) == 8 + 28 + 56
    assert sampled.count_n_evaluations(8) == 4 + 4 + 4


def test_a_longer_video_than_can_be_exact_is_estimated():
    sampler = ConstructiveRandomSampler(8, seed=0)
    esvs, scores = OnlineShapleyAttributor(multiscale(), torch.ones(4) / 4, 4, subset_sampler=sampler).explain(
        torch.randn(70, 5)
    )

    assert esvs.shape == (70, 4)
    assert_close(scores.sum(), 1.0)


def test_count_of_evaluations():
    models, priors, sampler = multiscale(3), torch.ones(4) / 4, ConstructiveRandomSampler(64)

    # A multi-scale model is evaluated at its 3 scales; a function on subsets of all 6 sizes.
    assert OnlineShapleyAttributor(models, priors, 4).count_n_evaluations(6) == 6 + 15 + 20
    sampled = OnlineShapleyAttributor(models, priors, 4, subset_sampler=sampler)
    assert sampled.count_n_evaluations(12, n_iters=2) == 2 * (12 + 64 + 64)
    assert CharacteristicFunctionShapleyAttributor(order_game, 2).count_n_evaluations(6) == 2**6 - 1


# Bad input


@pytest.mark.parametrize(
    ("video", "message"),
    [
        (torch.ones(5), r"one video of shape \(frames, features\), got \(5,\)"),
        (torch.ones(1, 2, 5), r"one video of shape \(frames, features\), got \(1, 2, 5\)"),
        (torch.ones(0, 5), r"at least one video and one frame, got \(1, 0, 5\)"),
        (torch.tensor([[1.0, float("nan"), 0, 0, 0]]), "finite features, got NaN"),
        (torch.ones(2, 4), r"model number 1 to take 1 x 4 = 4 features, but its first layer takes 5"),
    ],
)
def test_videos_are_checked(video, message):
    with pytest.raises(UserError, match=message):
        OnlineShapleyAttributor(multiscale(), torch.ones(4) / 4, 4).explain(video)


def test_batches_are_checked():
    with pytest.raises(UserError, match=r"videos of shape \(videos, frames, features\), got \(2, 5\)"):
        OnlineShapleyAttributor(multiscale(), torch.ones(4) / 4, 4).explain_batch(torch.ones(2, 5))


def test_priors_of_other_classes_are_refused():
    with pytest.raises(UserError, match=r"class priors of shape \(4,\), one for each class, got \(3,\)"):
        OnlineShapleyAttributor(multiscale(), torch.ones(3), 4)


def test_functions_of_other_classes_are_refused():
    with pytest.raises(UserError, match=r"scores of 3 classes \(n_classes\), got 2"):
        CharacteristicFunctionShapleyAttributor(order_game, 3).explain(torch.ones(2, 5))


def test_models_that_give_nan_are_refused():
    models = multiscale()
    nn.init.constant_(models[0].model[-1].bias, float("nan"))
    with pytest.raises(UserError, match="finite scores, but the model gives NaN or infinity; check its weights"):
        OnlineShapleyAttributor(models, torch.ones(4) / 4, 4).explain(torch.ones(2, 5))


def test_no_iterations_are_refused():
    with pytest.raises(UserError, match="n_iters of at least 1, got 0"):
        OnlineShapleyAttributor(multiscale(), torch.ones(4) / 4, 4).explain(torch.ones(2, 5), n_iters=0)


@pytest.mark.parametrize("v", ["multiscale", "function"])
def test_too_many_frames_to_be_exact_are_refused(v):
    online = OnlineShapleyAttributor(multiscale(), torch.ones(4) / 4, 4)
    exact = online if v == "multiscale" else CharacteristicFunctionShapleyAttributor(order_game, 2)
    message = (
        r"2\^40 = 1,099,511,627,776 subsets, and at least [\d,.]+ GiB at once, more than the 4.0 GiB of max_memory: "
        r"explain fewer frames, or estimate \(--approximate in script 05, Approximation in Python\)"
    )
    with pytest.raises(UserError, match=message):
        exact.explain(torch.ones(40, 5))


def test_too_little_memory_for_one_class_is_refused():
    with pytest.raises(UserError, match=r"8 frames need .* 2\^8 = 256 subsets, .* 0.0 GiB at once, more than the 0.0"):
        OnlineShapleyAttributor(multiscale(), torch.ones(4) / 4, 4, max_memory=1000).explain(torch.ones(8, 5))
