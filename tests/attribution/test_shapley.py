import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from play_fair.attribution.shapley import contrast_weights
from play_fair.games.lattice import CompleteLattice, sampled_lattice

CPU = torch.device("cpu")


@given(n=st.integers(2, 7))
@settings(deadline=None)
def test_weights_contrast_the_mean_with_a_frame_and_the_mean_without(n):
    for level in list(CompleteLattice(n, CPU))[1:-1]:
        values = torch.randn(len(level))
        has = level.membership.bool()
        expected = [values[has[:, i]].mean() - values[~has[:, i]].mean() for i in range(n)]

        weights = contrast_weights(level, level.membership.sum(0), len(level))
        torch.testing.assert_close(weights.T @ values, torch.stack(expected), atol=1e-5, rtol=0)


def test_a_frame_that_all_or_no_samples_have_gets_no_weight():
    samples = [torch.tensor([[0], [1]]), torch.tensor([[0, 1], [0, 2]]), torch.tensor([[0, 1, 2]])]
    _, singles, pairs, _ = sampled_lattice(samples, n_frames=3)

    assert contrast_weights(singles, singles.membership.sum(0), 2).tolist() == [[1, -1, 0], [-1, 1, 0]]
    assert contrast_weights(pairs, pairs.membership.sum(0), 2).tolist() == [[0, 1, -1], [0, -1, 1]]
