import torch
from hypothesis import given
from hypothesis import strategies as st

from play_fair.attribution.shapley import LevelSums, summed_contrasts
from play_fair.games.lattice import CompleteLattice, complete_level, sampled_lattice

CPU = torch.device("cpu")


def contrast(level, values):
    """D_k of every frame from the values of one level (N,) alone."""
    sums = LevelSums(level.n_frames, torch.zeros(1, 1))
    sums.add(level, values[:, None, None])
    return summed_contrasts(sums.sums, sums.n_holding)[:, 0]


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
    generator = torch.Generator().manual_seed(seed)
    n_holding = torch.randint(0, 5, (n, n), generator=generator).double()
    sums = torch.randn(n, n, 3, generator=generator, dtype=torch.float64)

    assert summed_contrasts(sums, n_holding).sum(dim=0).abs().max() < 1e-12


def test_large_levels_are_summed_without_loss():
    """A tenth added 12,870 times in float32 would be off in the fourth digit."""
    level = complete_level(16, 8, CPU)
    expected = torch.full((16,), -1 / 15, dtype=torch.float64)
    expected[0] = 1

    for scale in (1.0, 0.1):
        actual = contrast(level, level.membership[:, 0] * scale)
        torch.testing.assert_close(actual, expected * scale, atol=2e-7, rtol=0)
