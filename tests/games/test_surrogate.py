from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from play_fair.games import MultiscaleGame, SurrogateGame
from play_fair.games.kernel_fit import fit_scale
from play_fair.games.lattice import all_subsets, membership_of
from play_fair.games.surrogate import places_of
from play_fair.models import MLPConsensus
from toy_games import multiscale_characteristic_function

PRIORS = torch.tensor([0.5, 0.3, 0.2])


class Pairwise(nn.Module):
    """A model of s frames that is additive in them by position, plus a product for every two; smooth in time."""

    def __init__(self, n_frames, n_classes=3):
        super().__init__()
        generator = torch.Generator().manual_seed(n_frames)
        self.weights = torch.randn(n_frames, 2, n_classes, generator=generator)
        self.pairs = torch.randn(n_classes, generator=generator) / n_frames

    def forward(self, frames):
        total = frames.sum(dim=(1, 2))
        return torch.einsum("nsd,sdc->nc", frames, self.weights) + total.square()[:, None] * self.pairs


def smooth_video(n, seed=0):
    """(1, n, 2): one wave each of random phase."""
    phase = 6 * torch.rand(2, generator=torch.Generator().manual_seed(seed))
    return torch.sin(torch.arange(n)[:, None] / n * 3 + phase)[None]


def surrogate(models, max_samples, seed=0):
    return SurrogateGame(MultiscaleGame(models, PRIORS), max_samples, torch.Generator().manual_seed(seed))


def errors_of(models, videos, max_samples, sizes):
    score, v = surrogate(models, max_samples).scorer(videos), multiscale_characteristic_function(models, PRIORS)
    n = videos.shape[1]
    subsets = [all_subsets(n, size) for size in sizes]
    with torch.no_grad():
        return torch.cat(
            [score(membership_of(rows, n))[:, b] - v(videos[b][rows]) for rows in subsets for b in range(len(videos))]
        )


def test_models_of_frames_and_pairs_are_learnt_exactly():
    models = [Pairwise(s) for s in (1, 2, 3, 4)]
    videos = torch.cat([smooth_video(8, seed) for seed in (0, 1)])

    assert errors_of(models, videos, 70, range(9)).abs().max() < 1e-5  # all 70 subsets of the 4 of 8 frames
    assert errors_of(models, videos, 40, range(9)).square().mean().sqrt() < 3e-3


def test_scores_do_not_depend_on_how_many_are_computed_at_once(monkeypatch):
    score = surrogate([Pairwise(s) for s in (1, 2, 3)], 40).scorer(smooth_video(8))
    subsets = membership_of(all_subsets(8, 4), 8)
    expected = score(subsets)
    monkeypatch.setattr("play_fair.games.surrogate._PAIRS_AT_ONCE", 100)
    torch.testing.assert_close(score(subsets), expected)


def test_other_models_are_learnt_better_from_more_samples():
    torch.manual_seed(0)
    models = [MLPConsensus(2 * s, 16, 3).eval() for s in range(1, 5)]
    for model in models:
        for parameter in model.parameters():
            parameter.data *= 3
    errors = [errors_of(models, smooth_video(9), m, range(3, 10)).square().mean().sqrt() for m in (10, 30, 100)]

    assert errors[0] > 1.5 * errors[1] > 3 * errors[2]


def test_two_scales_that_were_all_seen_are_exact():
    torch.manual_seed(0)
    models = [MLPConsensus(2 * s, 16, 3).eval() for s in (1, 2)]

    assert errors_of(models, torch.randn(2, 6, 2), 15, range(7)).abs().max() < 1e-6


def test_scores_of_no_frames_are_the_priors():
    score = surrogate([Pairwise(1)], 5).scorer(torch.randn(2, 4, 2))
    torch.testing.assert_close(score(torch.zeros(1, 4, dtype=torch.bool)), PRIORS.expand(1, 2, 3))


@given(size=st.integers(1, 7), data=st.data())
@settings(max_examples=20)
def test_places_of_frames_in_random_sub_subsets(size, data):
    sub_size = data.draw(st.integers(1, size))
    counts = torch.zeros(sub_size, size, dtype=torch.float64)
    chosen = list(combinations(range(size), sub_size))
    for subset in chosen:
        for place, member in enumerate(subset):
            counts[place, member] += 1

    torch.testing.assert_close(places_of(sub_size, size), counts / len(chosen))


def test_loo_residual_residual_is_small_where_the_model_is_smooth_and_large_where_it_is_noise():
    subsets = all_subsets(9, 4)[::2]
    smooth = (subsets.double() / 9).square().sum(dim=1)
    noise = torch.randn(len(subsets), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    fits = [fit_scale(subsets, values[:, None, None], 9) for values in (smooth, noise)]

    assert float(fits[0].loo_residual) < 0.05
    assert 0.8 < float(fits[1].loo_residual) < 1.3


def test_a_constant_model_is_learnt():
    subsets = all_subsets(8, 4)[::3]
    fitted = fit_scale(subsets, torch.full((len(subsets), 1, 2), 5.0, dtype=torch.float64), 8)

    assert fitted.whole.mean.tolist() == [5, 5]
    assert fitted.whole.positions.abs().max() < 1e-9
    assert float(fitted.loo_residual.max()) < 1e-3


def test_networks_see_no_more_subsets_than_counted():
    seen = []

    class Counting(Pairwise):
        def forward(self, frames):
            seen.append(len(frames))
            return super().forward(frames)

    game = surrogate([Counting(s) for s in (1, 2, 3)], 20)
    game.scorer(smooth_video(10))(membership_of(all_subsets(10, 5), 10))

    assert sum(seen) == game.count_n_evaluations(10) == 10 + 20 + 20


def test_halves_are_learnt_from_other_samples():
    models = [Pairwise(s) for s in (1, 2, 3)]
    game = surrogate(models, 16)
    fits = game.fit(smooth_video(9))
    score = game.scorer_of([[fitted.whole for fitted in fits], *([f.halves[half] for f in fits] for half in (0, 1))])
    whole, first, second = score(membership_of(all_subsets(9, 4), 9)).unbind(dim=1)

    assert not torch.allclose(first, second, atol=1e-6)
    assert (whole - (first + second) / 2).abs().mean() < 0.05


@pytest.mark.parametrize("n", [1, 2, 3])
def test_short_videos(n):
    models = [Pairwise(s) for s in (1, 2, 3)]
    assert errors_of(models, smooth_video(n), 20, range(n + 1)).abs().max() < 1e-5
