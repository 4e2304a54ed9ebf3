import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from play_fair.attribution import exact_explanation
from play_fair.attribution.bound_game import BoundGame
from play_fair.attribution.estimator import estimated_explanation
from play_fair.attribution.permutations import PermutationEstimator, draw_orders, prefixes_of
from play_fair.errors import UserError
from play_fair.games import CallableGame, MeanConsensusGame
from toy_games import additive_game, assert_close, esvs_by_permutations, numbered_frames, order_game, size_game

PRIORS = torch.tensor([0.5, 0.3, 0.2])
TSN = MeanConsensusGame(lambda features: 3 * features, PRIORS)


def estimate(v, videos, budget, seed=0, target_stderr=None):
    game = v if isinstance(v, MeanConsensusGame) else CallableGame(v)
    bound = BoundGame(game, videos, memoize=True)
    return estimated_explanation(
        lambda budget: PermutationEstimator(), bound, budget, seed, target_stderr=target_stderr
    )


def marginal_contributions(v, video, orders):
    """Mean over the orders of what each frame adds to those before it, one at a time."""
    esvs = torch.zeros(len(video), v(video[None]).shape[1], dtype=torch.float64)
    for order in orders.tolist():
        for place, frame in enumerate(order):
            after, before = sorted(order[: place + 1]), sorted(order[:place])
            esvs[frame] += (v(video[after][None]) - v(video[before][None]))[0].double() / len(orders)
    return esvs


@given(n=st.integers(2, 8), budget=st.integers(8, 60), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_esvs_are_mean_marginal_contributions(n, budget, seed):
    video = torch.randn(n, 3, generator=torch.Generator().manual_seed(seed))
    orders, length = draw_orders(n, budget - 1, torch.Generator().manual_seed(seed))

    assert length == n - 1
    assert len(orders) == 1 or torch.equal(orders[1::2], orders[::2].flip(1))
    assert_close(
        estimate(order_game, video[None], budget, seed).esvs[0], marginal_contributions(order_game, video, orders)
    )


@given(n=st.integers(1, 12), budget=st.integers(1, 100), seed=st.integers(0, 99))
@settings(max_examples=40)
def test_no_coalition_beyond_the_budget_and_none_twice(n, budget, seed):
    evaluated = []

    def v(subsets):
        evaluated.extend(tuple(subset) for subset in subsets[..., 0].tolist() if subset)
        return order_game(subsets)

    explanation = estimate(v, numbered_frames(n)[None], budget, seed)

    assert len(set(evaluated)) == len(evaluated) == explanation.n_evaluations <= budget
    assert_close(explanation.esvs.sum(dim=1) + explanation.prior, explanation.scores, atol=1e-5)


@pytest.mark.parametrize("budget", [10, 30, 200])
def test_estimates_are_unbiased_from_a_whole_walk_on(budget):
    video = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))
    exact = esvs_by_permutations(TSN, video)
    errors = torch.stack([estimate(TSN, video[None], budget, seed).esvs[0] - exact for seed in range(200)])

    assert not estimate(TSN, video[None], budget).biased
    # The mean of 200 errs 14 times less than one.
    assert errors.mean(dim=0).square().mean().sqrt() < 0.15 * errors.square().mean().sqrt()


@pytest.mark.parametrize(("budget", "least", "most"), [(14, 0.7, 3), (60, 0.7, 3), (400, 0.8, 1.3)])
def test_standard_errors_are_as_large_as_the_errors(budget, least, most):
    video = torch.randn(10, 3, generator=torch.Generator().manual_seed(1))
    exact = exact_explanation(TSN, video[None], 3).esvs[0]
    runs = [estimate(TSN, video[None], budget, seed) for seed in range(60)]
    errors = torch.stack([run.esvs[0] - exact for run in runs]).square().mean().sqrt()
    told = torch.stack([run.standard_errors[0] for run in runs]).square().mean().sqrt()

    assert least < told / errors < most


def test_additive_games_are_exact_from_one_walk():
    video = torch.randn(9, 3)
    assert_close(estimate(additive_game(PRIORS), video[None], 9).esvs[0], video, atol=1e-5)


def test_a_walk_that_is_cut_short_is_biased_and_shares_the_rest_alike():
    explanation = estimate(size_game([0.0, 1.0, 5.0, 6.0, 7.0, 8.0]), numbered_frames(5)[None], 3)

    assert explanation.biased
    # Of the first two frames 1 and 4; the other three share 8 - 5.
    assert sorted(explanation.esvs.flatten().tolist()) == pytest.approx([1, 1, 1, 1, 4])


def test_of_one_evaluation_the_errors_are_unknown():
    explanation = estimate(order_game, torch.randn(1, 4, 3), 1)
    assert explanation.standard_errors.isnan().all()
    assert explanation.n_evaluations == 1


def test_sampling_goes_on_to_the_target():
    videos = torch.randn(1, 12, 3, generator=torch.Generator().manual_seed(0))
    rough = estimate(TSN, videos, 100)
    target = float(rough.standard_errors.max()) / 3
    fine = estimate(TSN, videos, 100, target_stderr=target)

    assert fine.standard_errors.max() <= target
    assert fine.n_evaluations > 3 * rough.n_evaluations


def test_a_target_out_of_reach_ends_with_exact_esvs():
    explanation = estimate(TSN, torch.randn(1, 6, 3), 20, target_stderr=1e-12)
    assert explanation.method == "exact"


def test_prefixes_are_the_first_players_of_an_order():
    prefixes = prefixes_of(torch.tensor([[2, 0, 1]]), 2)
    assert prefixes.tolist() == [[[False, False, True], [True, False, True]]]


def test_interactions_are_refused():
    bound = BoundGame(TSN, torch.randn(1, 20, 3))
    with pytest.raises(UserError, match="the permutations estimator has no interactions of pairs; use the set_kernel"):
        estimated_explanation(lambda budget: PermutationEstimator(), bound, 30, 0, interactions=True)
