import numpy as np
import pytest
import torch
from torch import nn

from notebook_helpers.experiments import (
    constructive_errors,
    contrasts_of_means,
    error_against_cost,
    errors_of_scores,
    estimate,
    learnt_logits,
    relative_mse,
    table_of,
)
from play_fair.attribution import Approximation, CharacteristicFunctionShapleyAttributor, OnlineShapleyAttributor
from play_fair.games import CompleteLattice, ConstructiveRandomSampler, ExhaustiveSubsetSampler, SurrogateGame
from play_fair.games.kernel_fit import fit_scale
from play_fair.games.lattice import all_subsets
from play_fair.games.samplers import draw_lattice
from play_fair.models import MLPConsensus

CPU = torch.device("cpu")
N, D, C = 6, 5, 3


@pytest.fixture
def exact():
    torch.manual_seed(0)
    models = nn.ModuleList(MLPConsensus(D * s, 8, C) for s in (1, 2, 3))
    return OnlineShapleyAttributor(models, torch.full((C,), 1 / C), C)


@pytest.fixture
def video():
    return torch.randn(N, D, generator=torch.Generator().manual_seed(1))


def test_relative_mse_is_one_where_all_frames_are_said_to_be_alike():
    exact = np.array([1.0, 2.0, 6.0], np.float32)
    assert relative_mse(np.full((4, 3), 3.0, np.float32), exact) == pytest.approx(1)
    assert relative_mse(exact[None], exact) == 0


def test_a_table_of_scores_has_the_esvs_of_its_game(exact, video):
    table = table_of(exact.game, video)
    esvs, scores = exact.explain(video)
    of_table, same_scores = CharacteristicFunctionShapleyAttributor(table, C).explain(video)
    torch.testing.assert_close(of_table, esvs)
    torch.testing.assert_close(same_scores, scores)


def test_contrasts_of_all_subsets_are_the_esvs(exact, video):
    esvs, scores = exact.explain(video)
    contrasts, score = contrasts_of_means(exact.game, video, CompleteLattice(N, CPU))
    torch.testing.assert_close(contrasts.float(), esvs)
    torch.testing.assert_close(score.float(), scores)


def test_contrasts_of_sampled_subsets_do_not_add_up(exact, video):
    lattice = draw_lattice(ConstructiveRandomSampler(4, seed=0), N, CPU)
    contrasts, score = contrasts_of_means(exact.game, video, lattice)
    assert (contrasts.sum(dim=0) + 1 / C - score).abs().max() > 1e-3


def test_estimates_differ_and_count_their_evaluations(exact, video):
    approximation = Approximation(4, estimator="constructive")
    estimates = estimate(exact, approximation, video, 1, n_repeats=3)
    assert estimates.runs.shape == (3, N)
    assert len({run.tobytes() for run in estimates.runs}) == 3
    assert estimates.n_evaluations == 4 + 4 + 4
    np.testing.assert_allclose(estimates.runs.sum(axis=1) + 1 / C, estimates.scores, atol=1e-6)


def test_more_samples_err_less(exact, video):
    approximations = [Approximation(most, estimator="constructive") for most in (3, 10, 64)]
    table = error_against_cost(exact, torch.stack([video, video.flip(0)]), [0, 2], approximations, n_repeats=8)
    assert table["evaluations"].tolist() == [9, 26, 6 + 15 + 20]
    errors = table["relMSE"].to_numpy()
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-9  # all subsets


def test_the_scores_are_what_errs(exact, video):
    errors = constructive_errors(exact, video, 1, samples=(4, 64))
    assert errors.loc[4, "relMSE, exact v(X)"] < errors.loc[4, "relMSE"]
    assert errors.loc[4, "|prior + ESVs − estimated score|"] > 1e-3
    np.testing.assert_allclose(errors.loc[64].to_numpy(), 0, atol=1e-6)


def test_errors_of_scores_begin_where_subsets_are_missing(exact, video):
    lattices = [draw_lattice(ConstructiveRandomSampler(8, seed), N, CPU) for seed in range(2)]
    scorer = SurrogateGame(exact.game, 64, torch.Generator().manual_seed(0)).scorer(video[None])
    errors = errors_of_scores(exact.game, scorer, video, lattices, 0)
    assert errors.index.tolist() == list(range(1, N + 1))
    assert errors.loc[1, "sampled"] < 1e-6 < errors.loc[4, "sampled"]
    assert errors.loc[2, "surrogate"] < 1e-6  # all pairs were seen


def test_learnt_logits_are_those_of_the_surrogate(exact, video):
    subsets = ExhaustiveSubsetSampler().sample(N, 2)
    with torch.no_grad():
        outputs = exact.game.single_scale_models[1](video[subsets])
    fitted = fit_scale(subsets, outputs[:, None].double(), N)
    torch.testing.assert_close(learnt_logits(fitted.whole, all_subsets(N, 2)).float(), outputs)
