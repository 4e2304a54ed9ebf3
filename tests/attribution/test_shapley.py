import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from play_fair.attribution.shapley import contrast
from play_fair.games.lattice import CompleteLattice, complete_level, sampled_lattice

CPU = torch.device("cpu")


@given(n=st.integers(2, 7))
@settings(deadline=None)
def test_contrast_is_the_mean_with_a_frame_minus_the_mean_without(n):
    for level in list(CompleteLattice(n, CPU))[1:-1]:
        values = torch.randn(len(level), 2, 3)
        has = level.membership.bool()
        expected = [values[has[:, i]].mean(0) - values[~has[:, i]].mean(0) for i in range(n)]

        contrasts = contrast(level, values, level.membership.sum(0), len(level))
        torch.testing.assert_close(contrasts, torch.stack(expected).double(), atol=1e-5, rtol=0)


def test_a_frame_that_all_or_no_samples_have_has_no_contrast():
    samples = [torch.tensor([[0], [1]]), torch.tensor([[0, 1], [0, 2]]), torch.tensor([[0, 1, 2]])]
    _, singles, pairs, _ = sampled_lattice(samples, n_frames=3)

    values = torch.tensor([5.0, 3.0])[:, None, None]

    assert contrast(singles, values, singles.membership.sum(0), 2).flatten().tolist() == [2, -2, 0]
    assert contrast(pairs, values, pairs.membership.sum(0), 2).flatten().tolist() == [0, 2, -2]


def test_large_levels_are_summed_without_loss():
    """A tenth added 12,870 times in float32 would be off in the fourth digit."""
    level = complete_level(16, 8, CPU)
    values = level.membership[:, :1, None] * torch.tensor([0.1, 1.0])

    contrasts = contrast(level, values, level.membership.sum(0), len(level))
    expected = torch.full((16,), -1 / 15, dtype=torch.float64)
    expected[0] = 1
    torch.testing.assert_close(contrasts[:, 0, 1], expected, atol=1e-7, rtol=0)
    torch.testing.assert_close(contrasts[:, 0, 0], expected / 10, atol=2e-7, rtol=0)
