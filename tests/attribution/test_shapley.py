import torch
from hypothesis import given
from hypothesis import strategies as st

from play_fair.attribution.shapley import ContrastSums
from play_fair.games import ConstructiveRandomSampler
from play_fair.games.lattice import CompleteLattice, complete_level, sampled_lattice
from play_fair.games.samplers import draw_lattice

CPU = torch.device("cpu")


def contrast(level, values):
    """D_k of every frame from the values of one level (N,) alone."""
    n_holding = level.membership.sum(dim=0).double().expand(level.n_frames, -1)
    sums = ContrastSums(n_holding, torch.zeros(1, 1))
    sums.add(level, values[:, None, None])
    return sums.contrasts()[:, 0, 0]


@given(n=st.integers(2, 10))
def test_contrast_is_the_mean_with_a_frame_minus_the_mean_without(n):
    for level in list(CompleteLattice(n, CPU))[1:-1]:
        values = torch.randn(len(level))
        has = level.membership.bool()
        expected = [values[has[:, i]].mean() - values[~has[:, i]].mean() for i in range(n)]

        torch.testing.assert_close(contrast(level, values), torch.stack(expected).double(), atol=1e-5, rtol=0)


def test_a_frame_that_all_or_no_samples_have_has_no_contrast():
    samples = [torch.tensor([[0], [1]]), torch.tensor([[0, 1], [0, 2]]), torch.tensor([[0, 1, 2]])]
    _, singles, pairs, whole = sampled_lattice(samples, n_frames=3)

    assert contrast(singles, torch.tensor([5.0, 3.0])).tolist() == [2, -2, 0]
    assert contrast(pairs, torch.tensor([5.0, 3.0])).tolist() == [0, 2, -2]
    assert contrast(whole, torch.tensor([5.0])).tolist() == [0, 0, 0]


@given(n=st.integers(1, 6), seed=st.integers(0, 1000))
def test_contrasts_sum_to_zero_whatever_was_sampled(n, seed):
    lattice = draw_lattice(ConstructiveRandomSampler(3, seed), n, CPU)
    sums = ContrastSums(lattice.n_holding, torch.zeros(1, 2))
    for level in lattice.levels[1:]:
        sums.add(level, torch.randn(len(level), 1, 2))

    assert sums.contrasts().sum(dim=0).abs().max() < 1e-12


def test_large_levels_are_summed_without_loss():
    """A tenth added 12,870 times in float32 would be off in the fourth digit. (Equal values err most: all alike.)"""
    level = complete_level(16, 8, CPU)
    expected = torch.full((16,), -1 / 15, dtype=torch.float64)
    expected[0] = 1

    for scale in (1.0, 0.1):
        actual = contrast(level, level.membership[:, 0] * scale)
        torch.testing.assert_close(actual, expected * scale, atol=1e-6 * scale, rtol=0)
