"""The Gaussian process over coalitions: its design, targets, links and interactions, and what it estimates."""

import math
from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import play_fair
from play_fair.attribution import exact_explanation
from play_fair.attribution.bound_game import BoundGame
from play_fair.attribution.set_kernel import SetKernelEstimator
from play_fair.attribution.set_kernel.additive import is_additive
from play_fair.attribution.set_kernel.coalitions import all_masks, distinct, paired_masks
from play_fair.attribution.set_kernel.design import first_coalitions, further_coalitions
from play_fair.attribution.set_kernel.interactions import pair_interactions
from play_fair.attribution.set_kernel.kernel import PRIOR, SetKernel, hyperparameters
from play_fair.attribution.set_kernel.links import from_link, link_of, to_link
from play_fair.attribution.set_kernel.standard_errors import independent_variance
from play_fair.attribution.set_kernel.targets import complete_targets, sampled_targets
from play_fair.attribution.set_kernel.views import views_of
from play_fair.games import CallableGame, MeanConsensusGame
from toy_games import additive_game, assert_close, numbered_frames, order_game, size_game

PRIORS = torch.tensor([0.5, 0.3, 0.2])
TSN = MeanConsensusGame(lambda features: 3 * features[..., :3], PRIORS)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def walk(n_frames, n_features=3, seed=0):
    """A video (n, D) that changes slowly."""
    return torch.randn(n_frames, n_features, generator=generator(seed)).cumsum(dim=0) / n_frames**0.5


def estimate(game, videos, budget, seed=0, interactions=False):
    return SetKernelEstimator().estimate(BoundGame(game, videos), budget, generator(seed), interactions)


def relative_mse(estimated, exact):
    return float((estimated - exact).square().sum() / (exact - exact.mean(dim=-2, keepdim=True)).square().sum())


class OrderedModel:
    """A game that is neither additive nor blind to order: a recurrent network of random weights."""

    def __init__(self, n_classes=3):
        torch.manual_seed(0)
        self.network = torch.nn.GRU(3, 12, batch_first=True)
        self.head = torch.nn.Linear(12, n_classes)

    @torch.no_grad()
    def __call__(self, subsets):
        if subsets.shape[1] == 0:
            return torch.full((1, self.head.out_features), 1 / self.head.out_features)
        return (6 * self.head(self.network(3 * subsets)[0][:, -1])).softmax(dim=1)


# Design


@given(n=st.integers(1, 24), budget=st.integers(1, 300), in_pairs=st.booleans(), seed=st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_the_design_has_distinct_coalitions_within_the_budget(n, budget, in_pairs, seed):
    first = first_coalitions(n, budget, generator(seed))
    masks = torch.cat([first, further_coalitions(first, budget, in_pairs, generator(seed))])

    assert masks[0].all()
    assert masks.any(dim=1).all()
    assert len(distinct(masks)) == len(masks) == min(budget, 2**n - 1)


def test_coalitions_are_chosen_with_their_complements_where_asked():
    first = first_coalitions(10, 101, generator())
    rows = [set(map(tuple, further_coalitions(first, 101, pairs, generator()).tolist())) for pairs in (False, True)]
    in_pairs = [sum(tuple(not kept for kept in row) in of for row in of) / len(of) for of in rows]
    assert in_pairs[0] < 0.5
    assert in_pairs[1] > 0.9


def codes_of(masks):
    """Rows of a table of all coalitions."""
    return (masks.long() << torch.arange(masks.shape[1])).sum(dim=1)


def sum_of_products(n, generator):
    """A table of the scores (2^n,) of a sum of products of one to three players."""
    masks = all_masks(n)
    table = torch.zeros(len(masks), dtype=torch.float64)
    for order, count in ((1, n), (2, 20), (3, 20)):
        for _ in range(count):
            players = torch.randperm(n, generator=generator)[:order]
            table += torch.randn(1, dtype=torch.float64, generator=generator) * masks[:, players].all(dim=1)
    return table


@pytest.mark.parametrize("seed", range(4))
def test_games_of_sums_are_told_from_models_of_means_and_order(seed):
    n = 10
    masks = first_coalitions(n, 160, generator(seed))
    of_sum = sum_of_products(n, generator(seed))[codes_of(masks)]
    assert is_additive(masks, of_sum[:, None, None], None)

    video, model = walk(n, seed=seed), OrderedModel()
    scores = torch.stack([model(video[mask][None])[0] for mask in masks]).double()
    assert not is_additive(masks, scores[:, None], None)
    assert not is_additive(masks, scores[:, None], video[None])


class TableGame:
    """Scores of coalitions from a table (2^n,)."""

    def __init__(self, table):
        self.table = table

    def scorer(self, videos):
        return lambda masks: self.table[codes_of(masks)][:, None, None].float()


def test_sums_of_products_are_estimated_closer_with_complements():
    """The mean relMSE is 0.04; without complements 0.14, and 0.07 for a regression on pairs (LeverageSHAP)."""
    n, errors = 14, []
    for seed in range(5):
        table = sum_of_products(n, generator(seed))
        exact = complete_targets(n).weights @ table[1:-1] + (table[-1] - table[0]) / n
        estimated = estimate(TableGame(table), torch.zeros(1, n, 1), 4 * n, seed).esvs[0, :, 0]
        errors.append(relative_mse(estimated.double()[:, None], exact[:, None]))
    assert sum(errors) / len(errors) < 0.07


@given(n=st.integers(2, 20), count=st.integers(2, 200), seed=st.integers(0, 9))
@settings(max_examples=30)
def test_coalitions_come_with_their_complements(n, count, seed):
    masks = paired_masks(n, count, generator(seed))
    sizes = masks.sum(dim=1)

    assert len(masks) == min(count, 2**n - 2)
    assert ((sizes > 0) & (sizes < n)).all()
    whole_pairs = len(masks) // 2 * 2
    assert torch.equal(masks[:whole_pairs:2], ~masks[1:whole_pairs:2])


def test_sizes_are_drawn_alike_and_small_ones_enumerated():
    sizes = paired_masks(12, 600, generator()).sum(dim=1).bincount(minlength=13)
    assert sizes[1] == sizes[11] == 12
    assert (sizes[2:11] - sizes[2:11].float().mean()).abs().max() <= 2


def test_coalitions_of_many_players_are_as_many_as_asked_for():
    masks = paired_masks(300, 1001, generator())
    assert masks.shape == (1001, 300)
    assert len(distinct(masks)) == 1001


# Targets


@given(n=st.integers(1, 9), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_weights_of_all_coalitions_give_the_shapley_values(n, seed):
    table = torch.randn(2**n, 2, dtype=torch.float64, generator=generator(seed))
    targets = complete_targets(n)
    values = (table[-1] - table[0]) / n + targets.weights @ table[1:-1]

    for player in range(n):
        expected = torch.zeros(2, dtype=torch.float64)
        for row, mask in enumerate(all_masks(n)):
            if not mask[player]:
                size = int(mask.sum())
                weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
                expected += weight * (table[row + 2**player] - table[row])
        torch.testing.assert_close(values[player], expected)


@pytest.mark.parametrize("n", [20, 80])
def test_sampled_targets_are_exact_for_additive_games(n):
    effects = torch.randn(n, 2, dtype=torch.float64, generator=generator())
    targets = sampled_targets(n)
    values = effects.sum(dim=0) / n + targets.weights @ (targets.masks.double() @ effects)
    torch.testing.assert_close(values, effects, atol=1e-9, rtol=0)


def test_contributions_to_sizes_that_are_not_sampled_are_interpolated():
    """The mean of the players' effects: a contribution to k others is in proportion to 1 / (k + 1)."""
    n = 120
    effects = torch.randn(n, 2, dtype=torch.float64, generator=generator())
    targets = sampled_targets(n)
    sizes = targets.masks.sum(dim=1, keepdim=True)
    assert len(sizes.unique()) < n / 2
    values = effects.mean(dim=0) / n + targets.weights @ (targets.masks.double() @ effects / sizes)

    others = (effects.sum(dim=0) - effects) / (n - 1)
    expected = (effects + (effects - others) * sum(1 / (k + 1) for k in range(1, n))) / n
    torch.testing.assert_close(values, expected, atol=0.002 * float(expected.abs().max()), rtol=0)


def test_interactions_among_sizes_that_are_sampled_stand_for_all():
    n = 70
    targets = sampled_targets(n, total=2000, least_per_player=2)
    table = targets.masks.sum(dim=1, keepdim=True).double().square()
    pairs = pair_interactions(targets, table, torch.tensor([n**2]).double(), torch.zeros(1).double())
    torch.testing.assert_close(pairs[..., 0], 2 - 2 * torch.eye(n, dtype=torch.float64), atol=1e-6, rtol=0)


# Links


@pytest.mark.parametrize(
    ("scores", "link"),
    [
        (torch.rand(9, 4).softmax(dim=1), "softmax"),
        (torch.rand(9, 4).clamp(0.01, 0.99), "sigmoid"),
        (torch.rand(9, 1).clamp(0.01, 0.99), "sigmoid"),
        (torch.ones(9, 1), "none"),
        (torch.randn(9, 4), "none"),
    ],
)
def test_the_link_follows_from_the_scores_and_is_inverted(scores, link):
    scores = scores.double()
    assert link_of(scores) == link
    torch.testing.assert_close(from_link(to_link(scores, link), link), scores)


def test_scores_that_were_rounded_to_zero_are_finite():
    scores = torch.tensor([[1.0, 0.0], [0.7, 0.3]], dtype=torch.float64)
    assert to_link(scores, "softmax").isfinite().all()


# Kernel


def test_views_are_their_definitions():
    mask = torch.tensor([[False, True, True, False, True]])
    views = views_of(mask)
    torch.testing.assert_close(views.mean[0], torch.tensor([0, 1, 1, 0, 1]).double() / 3)
    torch.testing.assert_close(views.kept[0], torch.tensor([0, 1, 1, 0, 1]).double() / 5)
    torch.testing.assert_close(views.first[0], torch.tensor([0, 4, 2, 0, 1]).double() / 7)
    torch.testing.assert_close(views.last[0], torch.tensor([0, 1, 2, 0, 4]).double() / 7)
    assert views.next[0].tolist() == [1 * 5 + 2, 2 * 5 + 4, 0, 0]
    torch.testing.assert_close(views.rank.sum(dim=1).nonzero(), views.mean.nonzero())


@pytest.mark.parametrize("n", [2, 6, 40])
def test_the_kernel_is_symmetric_and_positive(n):
    masks = distinct(torch.rand(40, n, generator=generator()) < 0.5)
    masks = masks[masks.any(dim=1)]
    kernel = SetKernel(n, walk(n))
    h = hyperparameters(torch.tensor([mean for mean, _ in PRIOR.values()], dtype=torch.float64))
    embedded = kernel.embed(views_of(masks), h)
    covariance = kernel.compare(embedded, embedded)

    torch.testing.assert_close(covariance, covariance.T)
    assert torch.linalg.eigvalsh(covariance).min() > -1e-8


def test_the_kernel_is_its_formula():
    n = 5
    masks = all_masks(n)[1:]
    views, kernel = views_of(masks), SetKernel(n, walk(n))
    h = hyperparameters(torch.linspace(-1.5, 1.5, len(PRIOR), dtype=torch.float64))
    alike = kernel.similarities(h)
    x, size = masks.double(), masks.sum(dim=1)

    def next_of(mask):
        kept = mask.nonzero()[:, 0]
        matrix = torch.zeros(n, n, dtype=torch.float64)
        matrix[kept[:-1], kept[1:]] = 1 / len(kept)
        return matrix

    def distance(view):
        change = view[:, None] - view[None]
        return torch.einsum("abi,ij,abj->ab", change, alike, change)

    following = torch.stack([next_of(mask) for mask in masks])
    change = following[:, None] - following[None]
    d2 = torch.einsum("abij,ik,jl,abkl->ab", change, alike, alike, change) / h["next"]
    d2 += (size.log()[:, None] - size.log()).square() / h["size"]
    d2 += sum(distance(getattr(views, name)) / h[name] for name in ("mean", "kept", "first", "last"))
    d2 += sum(distance(views.rank[:, rank]) for rank in range(views.rank.shape[1])) / h["rank"]
    agree = (2 * x - 1) @ (2 * x - 1).T / n
    mean = x / size[:, None]
    expected = 1 + h["linear"] * (mean @ alike @ mean.T) + h["additive"] * agree + h["pairs"] * agree**2
    expected += h["amplitude"] * torch.exp(-d2)

    embedded = kernel.embed(views, h)
    torch.testing.assert_close(kernel.compare(embedded, embedded), expected)
    single = embedded.to(torch.float32)
    torch.testing.assert_close(kernel.compare(single, single).double(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("n", "is_reduced"), [(4, False), (12, True)])
def test_a_reduced_embedding_keeps_the_kernel(n, is_reduced):
    masks = all_masks(n)[1::7]
    h = hyperparameters(torch.tensor([mean for mean, _ in PRIOR.values()], dtype=torch.float64))
    embedding = SetKernel(n, walk(n)).embedding(h)
    views = views_of(masks)
    full, reduced = embedding(views), embedding.reduced(views.to(torch.float32))(views)

    assert (reduced.place.shape[1] < full.place.shape[1]) == is_reduced
    kernel = SetKernel.compare(full, full)
    assert (SetKernel.compare(reduced, reduced) - kernel).std() < 0.01 * kernel.std()


# Estimates


@pytest.mark.parametrize("n", [6, 10])
def test_all_coalitions_give_exact_esvs_without_error(n):
    video = walk(n)[None]
    game = CallableGame(order_game)
    exact = exact_explanation(game, video, 2, interactions=True)
    estimated = estimate(game, video, 2**n - 1, interactions=True)

    assert_close(estimated.esvs, exact.esvs)
    assert estimated.standard_errors.max() == 0
    assert_close(estimated.interactions, exact.interactions, atol=1e-5)


@given(n=st.integers(1, 20), budget=st.integers(1, 60), seed=st.integers(0, 9))
@settings(max_examples=15, deadline=None)
def test_esvs_and_the_prior_sum_to_the_score(n, budget, seed):
    estimated = estimate(TSN, walk(n, seed=seed)[None], budget, seed)

    assert_close(estimated.esvs.sum(dim=1) + PRIORS, estimated.scores, atol=1e-5)
    assert estimated.n_evaluations <= budget
    assert estimated.standard_errors.isfinite().all()


def test_mean_consensus_is_learnt_from_few_evaluations():
    videos = torch.stack([walk(14, seed=seed) for seed in range(3)])
    exact = exact_explanation(TSN, videos, 3)
    assert relative_mse(estimate(TSN, videos, 4 * 14).esvs, exact.esvs) < 1e-8


def test_a_recurrent_model_is_estimated_ten_times_closer_than_by_permutations():
    videos = torch.stack([walk(12, seed=seed) for seed in range(4)])
    game = CallableGame(OrderedModel())
    exact = exact_explanation(game, videos, 3).esvs
    ours = relative_mse(estimate(game, videos, 8 * 12).esvs, exact)
    permutations = [play_fair.explain(game, video, budget=8 * 12, estimator="permutations").values for video in videos]

    assert ours < relative_mse(torch.stack([torch.tensor(values) for values in permutations]), exact) / 10


@pytest.mark.parametrize("times", [4, 8, 16, 40])
def test_standard_errors_are_as_large_as_the_errors(times):
    videos = torch.stack([walk(12, seed=seed) for seed in range(10)])
    game = CallableGame(OrderedModel())
    estimated = estimate(game, videos, times * 12)
    errors = (estimated.esvs - exact_explanation(game, videos, 3).esvs).square().mean().sqrt()

    assert 0.7 < estimated.standard_errors.square().mean().sqrt() / errors < 2


@given(seed=st.integers(0, 99))
@settings(max_examples=10)
def test_independent_errors_add_their_variances(seed):
    n, targets = 5, complete_targets(5)
    masks = torch.cat([torch.ones(1, n, dtype=torch.bool), paired_masks(n, 12, generator(seed))])
    left_out = torch.randn(13, 2, generator=generator(seed), dtype=torch.float64)
    known = [tuple(mask) for mask in masks.tolist()]

    expected = torch.zeros(n, 2, dtype=torch.float64)
    for column, mask in enumerate(targets.masks.tolist()):
        if tuple(mask) not in known:
            of_size = [error.square() for other, error in zip(known, left_out, strict=True) if sum(other) == sum(mask)]
            prior = 4 * left_out.square().mean(dim=0)
            variance = (sum(of_size) + prior) / (len(of_size) + 4)
            expected += targets.weights[:, column, None].square() * variance

    torch.testing.assert_close(independent_variance(targets, masks, left_out), expected)


def test_scores_that_never_change_have_esvs_without_error():
    estimated = estimate(CallableGame(size_game([0.0] + [2.0] * 12)), numbered_frames(12)[None], 40)
    assert_close(estimated.esvs[0], torch.full((12, 1), 2 / 12))
    assert estimated.standard_errors.max() == 0
    assert estimated.loo_residual.tolist() == [0]


def test_additive_games_of_many_players_are_close():
    video = walk(40)
    estimated = estimate(CallableGame(additive_game(torch.zeros(3))), video[None], 8 * 40)
    assert relative_mse(estimated.esvs[0], video) < 1e-4


def test_interactions_are_close_to_the_exact_ones():
    video = walk(12)[None]
    game = CallableGame(OrderedModel())
    exact = exact_explanation(game, video, 3, interactions=True).interactions
    estimated = estimate(game, video, 16 * 12, interactions=True).interactions

    pairs = torch.triu_indices(12, 12, offset=1)
    of_exact, of_estimate = (values[0][pairs[0], pairs[1]] for values in (exact, estimated))
    assert (of_estimate - of_exact).square().sum() < 0.1 * of_exact.square().sum()
    assert_close(estimated, estimated.transpose(1, 2))


@pytest.mark.parametrize("n", [5, 9])
def test_interactions_of_a_table_are_those_of_the_definition(n):
    table = torch.randn(2**n, 1, dtype=torch.float64, generator=generator())
    actual = pair_interactions(complete_targets(n), table[1:-1], table[-1], table[0])
    masks = all_masks(n)
    for i, j in combinations(range(n), 2):
        expected = 0.0
        for row in range(2**n):
            if not masks[row, i] and not masks[row, j]:
                size = int(masks[row].sum())
                weight = math.factorial(size) * math.factorial(n - size - 2) / math.factorial(n - 1)
                with_i, with_j = row + 2**i, row + 2**j
                expected += weight * float(table[with_i + 2**j] - table[with_i] - table[with_j] + table[row])
        assert float(actual[i, j]) == pytest.approx(expected, abs=1e-9)


def test_interactions_beyond_all_coalitions_are_estimated_from_a_sample():
    """A game of pairs: their interactions are their weights."""
    n = 20
    weights = torch.zeros(n, n)
    weights[2, 3], weights[7, 15] = 1.0, -2.0

    def v(subsets):
        frames = subsets[..., 0].long()
        held = torch.zeros(len(frames), n).scatter_(1, frames, 1.0)
        return ((held @ weights) * held).sum(dim=1, keepdim=True)

    estimated = estimate(CallableGame(v), numbered_frames(n)[None], 32 * n, interactions=True).interactions[0, ..., 0]
    assert float(estimated[2, 3]) == pytest.approx(1, abs=0.15)
    assert float(estimated[7, 15]) == pytest.approx(-2, abs=0.3)
    others = torch.ones(n, n).fill_diagonal_(0).bool()
    others[[2, 3, 7, 15], [3, 2, 15, 7]] = False
    assert estimated[others].abs().mean() < 0.1


def test_estimates_are_seeded_and_shared_by_a_batch():
    game = CallableGame(OrderedModel())
    videos = torch.stack([walk(12), walk(12)])
    a, b, c = (estimate(game, videos, 60, seed).esvs for seed in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_the_front_door_takes_it_for_small_budgets():
    explanation = play_fair.explain(OrderedModel(), walk(16), prior=[0.3, 0.3, 0.4], activation="none", budget=100)
    assert explanation.method == "set_kernel"
    assert explanation.info["biased"] is True
    assert 0 < explanation.info["loo_residual"] < 1
    assert play_fair.explain(TSN, walk(20), budget=4000).method == "layered"
    assert play_fair.explain(TSN, walk(20), budget=4000, interactions=True).interactions.shape == (20, 20, 3)
