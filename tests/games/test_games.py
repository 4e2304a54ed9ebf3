import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from play_fair.errors import UserError
from play_fair.games import (
    CallableGame,
    CompleteLattice,
    Game,
    MeanConsensusGame,
    MultiscaleGame,
    ScoresCoalitions,
    SplitsFirstLayer,
)
from play_fair.games import game as game_module
from play_fair.games import single_scale as single_scale_module
from play_fair.games.game import prior_scores, rows_at_once
from play_fair.games.lattice import sampled_lattice
from play_fair.models import FeatureTSN, MLPConsensus
from strategies import class_priors, single_scale_models, video_batches
from toy_games import Opaque, multiscale_characteristic_function, order_game

CPU = torch.device("cpu")
few_frames = st.integers(1, 5)


def assert_same_game(game, videos, reference, atol=1e-6):
    """The game gives v of `reference`, (N, s, D) -> (N, C), for every subset of every video."""
    lattice = CompleteLattice(videos.shape[1], CPU)
    for level, values in zip(lattice, game.levels(videos, lattice), strict=True):
        for b, video in enumerate(videos):
            expected = reference(video[level.subsets.long()]).detach()
            torch.testing.assert_close(values[:, b], expected, atol=atol, rtol=0)


@given(
    videos=video_batches(few_frames, st.integers(1, 3)), models=single_scale_models(few_frames), priors=class_priors()
)
@settings(max_examples=40)
def test_multiscale_game_is_the_mean_over_all_sub_subsets(videos, models, priors):
    assert_same_game(MultiscaleGame(models, priors), videos, multiscale_characteristic_function(models, priors))


@given(
    videos=video_batches(few_frames, st.integers(1, 3)), models=single_scale_models(few_frames), priors=class_priors()
)
@settings(max_examples=40)
def test_multiscale_game_of_opaque_models_is_the_same(videos, models, priors):
    opaque = [Opaque(model) for model in models]
    assert isinstance(models[0], SplitsFirstLayer)
    assert not isinstance(opaque[0], SplitsFirstLayer)

    assert_same_game(MultiscaleGame(opaque, priors), videos, multiscale_characteristic_function(models, priors))


def test_multiscale_game_in_small_pieces_is_the_same(monkeypatch):
    models = [MLPConsensus(3 * s, 8, 4).eval() for s in (1, 2, 3)]
    videos, priors = torch.randn(2, 5, 3), torch.ones(4) / 4
    monkeypatch.setattr(single_scale_module, "_HIDDEN_VALUES_AT_ONCE", 50)
    monkeypatch.setattr(game_module, "_GATHERED_AT_ONCE", 30)

    reference = multiscale_characteristic_function(models, priors)
    assert_same_game(MultiscaleGame(models, priors), videos, reference)
    assert_same_game(MultiscaleGame([Opaque(model) for model in models], priors), videos, reference)


@given(videos=video_batches(few_frames, st.integers(1, 3)), priors=class_priors(), input_relu=st.booleans())
def test_mean_consensus_game_is_the_softmax_of_the_mean_logits(videos, priors, input_relu):
    model = FeatureTSN(5, 4, input_relu=input_relu, dropout=0.5)
    game = MeanConsensusGame(model.frame_logits, priors)
    model.eval()

    def reference(subsets):
        return model(subsets).softmax(dim=-1) if subsets.shape[1] else priors.expand(len(subsets), -1)

    assert_same_game(game, videos, reference)
    assert_same_game(CallableGame(game), videos, reference)


@given(videos=video_batches(few_frames, st.integers(1, 3)))
def test_callable_game_is_the_function(videos):
    assert_same_game(CallableGame(order_game), videos, order_game)


def test_callable_game_in_small_pieces_calls_the_function_once_for_each_subset(monkeypatch):
    monkeypatch.setattr(game_module, "_GATHERED_AT_ONCE", 20)
    sizes = []

    def counted(subsets):
        sizes.extend([subsets.shape[1]] * len(subsets))
        return order_game(subsets)

    assert_same_game(CallableGame(counted), torch.randn(2, 4, 3), order_game)
    assert [sizes.count(k) for k in range(5)] == [1, 2 * 4, 2 * 6, 2 * 4, 2]


@given(videos=video_batches(few_frames, st.integers(1, 3)), data=st.data())
def test_scorers_score_coalitions_of_any_sizes(videos, data):
    n = videos.shape[1]
    rows = data.draw(st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=1, max_size=5))
    coalitions = torch.tensor(rows)
    mean_consensus = MeanConsensusGame(nn.Linear(videos.shape[2], 5), torch.ones(5) / 5)
    for game, v in ((CallableGame(order_game), order_game), (mean_consensus, mean_consensus)):
        assert isinstance(game, ScoresCoalitions)
        expected = torch.stack([torch.cat([v(video[row][None]) for row in coalitions]) for video in videos], dim=1)
        torch.testing.assert_close(game.scorer(videos)(coalitions), expected, atol=1e-6, rtol=0)
    assert not isinstance(MultiscaleGame([nn.Identity()], torch.ones(2) / 2), ScoresCoalitions)


def test_a_gpu_gets_more_rows_at_once():
    assert rows_at_once(CPU, 1000, 30) == 33
    assert rows_at_once(CPU, 1000, 3000) == 1
    assert rows_at_once(torch.device("cuda"), 1000, 1 << 20) == 128


def test_games_are_games():
    priors = torch.ones(2) / 2
    assert isinstance(CallableGame(order_game), Game)
    assert isinstance(MeanConsensusGame(nn.Identity(), priors), Game)
    assert isinstance(MultiscaleGame([nn.Identity()], priors), Game)
    assert not isinstance(order_game, Game)


def every_level(game, videos):
    return list(game.levels(videos, CompleteLattice(videos.shape[1], CPU)))


def test_no_models_are_refused():
    with pytest.raises(UserError, match="at least one single-scale model, got none"):
        MultiscaleGame([], torch.ones(2))


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        (torch.ones(3), r"shape \(2,\), one for each class, got \(3,\)"),
        (torch.ones(1, 2), r"shape \(2,\), one for each class, got \(1, 2\)"),
        (torch.tensor([0.5, float("nan")]), "finite class priors, got NaN"),
    ],
)
def test_priors_are_checked(priors, message):
    with pytest.raises(UserError, match=message):
        prior_scores(priors, n_classes=2)


def test_models_in_the_wrong_order_are_refused():
    game = MultiscaleGame([MLPConsensus(10, 8, 4), MLPConsensus(5, 8, 4)], torch.ones(4) / 4)
    with pytest.raises(UserError, match=r"model number 1 to take 1 x 5 = 5 features, but its first layer takes 10"):
        every_level(game, torch.randn(1, 2, 5))


@pytest.mark.parametrize("wrap", [lambda model: model, Opaque])
@pytest.mark.parametrize("hidden_layers", [0, 1])
def test_models_of_other_classes_than_the_priors_are_refused(wrap, hidden_layers):
    game = MultiscaleGame([wrap(MLPConsensus(5, 8, 3, hidden_layers=hidden_layers))], torch.ones(4) / 4)
    with pytest.raises(UserError, match="model for 1 frames to give 4 classes, one for each prior, got 3"):
        every_level(game, torch.randn(1, 2, 5))


def test_frame_logits_of_other_classes_than_the_priors_are_refused():
    game = MeanConsensusGame(nn.Linear(5, 3), torch.ones(4) / 4)
    with pytest.raises(UserError, match=r"frame logits of shape \(2, 1, 4\), one for each prior, got \(2, 1, 3\)"):
        every_level(game, torch.randn(1, 2, 5))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda subsets: subsets.mean(),
            r"map \(1, 0, 5\) to one row of class scores each, a tensor \(1, C\); got \(\)",
        ),
        (lambda subsets: None, r"a tensor \(1, C\); got NoneType"),
        (lambda subsets: torch.ones(3, 2), r"a tensor \(1, C\); got \(3, 2\)"),
        (
            lambda subsets: torch.ones(len(subsets), 2 + subsets.shape[1]),
            "2 classes for every size .*, got 3 for .* of 1",
        ),
    ],
)
def test_what_a_characteristic_function_gives_is_checked(function, message):
    with pytest.raises(UserError, match=message):
        every_level(CallableGame(function), torch.randn(1, 2, 5))


def test_a_sampled_subset_without_sampled_children_is_refused():
    lattice = sampled_lattice([torch.tensor([[0]]), torch.tensor([[1, 2]]), torch.tensor([[0, 1, 2]])], n_frames=3)
    game = MultiscaleGame([MLPConsensus(5, 8, 4)], torch.ones(4) / 4)
    with pytest.raises(UserError, match="each sampled subset of 2 frames to contain one of the sampled subsets of 1"):
        list(game.levels(torch.randn(1, 3, 5), lattice))
