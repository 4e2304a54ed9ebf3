from math import comb

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from play_fair.games.lattice import all_subsets
from play_fair.games.subset_stream import SubsetStream


def stream(n_frames, size, seed=0):
    return SubsetStream(n_frames, size, torch.Generator().manual_seed(seed))


@given(n=st.integers(1, 9), data=st.data())
def test_a_small_stream_gives_every_subset_once_and_ends(n, data):
    size = data.draw(st.integers(0, n))
    subsets = stream(n, size, seed=data.draw(st.integers(0, 99)))
    pieces = [subsets.take(count) for count in data.draw(st.lists(st.integers(0, 60), max_size=3))]
    pieces.append(subsets.take(1000))

    assert subsets.n_left == 0
    assert len(subsets.take(5)) == 0
    taken = torch.cat(pieces)
    assert sorted(taken.tolist()) == all_subsets(n, size).tolist()


@pytest.mark.parametrize(("n", "size"), [(40, 3), (40, 20), (40, 37), (70, 35), (18, 9)])
def test_subsets_of_a_long_video_are_ascending_and_balanced(n, size):
    subsets = stream(n, size).take(600)

    assert subsets.shape == (600, size)
    assert (subsets.diff(dim=1) > 0).all()
    counts = torch.bincount(subsets.flatten(), minlength=n)
    expected = 600 * size / n
    assert (counts - expected).abs().max() < 5 * expected**0.5
    if 2 * min(size, n - size) < n:
        independent = (600 * size / n * (1 - size / n)) ** 0.5
        assert counts.float().std() < 0.8 * independent, "groups are disjoint"


def test_each_subset_is_as_likely_as_any_other():
    counts = torch.zeros(comb(6, 3))
    order = {tuple(row): place for place, row in enumerate(all_subsets(6, 3).tolist())}
    for seed in range(2000):
        (subset,) = stream(6, 3, seed).take(1).tolist()
        counts[order[tuple(subset)]] += 1

    assert ((counts - 100).abs() < 50).all()


def test_the_seed_decides():
    a, b, c = (stream(30, 10, seed).take(20) for seed in (1, 1, 2))

    assert torch.equal(a, b)
    assert not torch.equal(a, c)
