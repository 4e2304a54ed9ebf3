from itertools import combinations, pairwise
from math import comb

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from play_fair.games.lattice import CompleteLattice, all_subsets, complete_level, sampled_lattice, subset_keys

CPU = torch.device("cpu")


@given(n=st.integers(0, 9), data=st.data())
def test_all_subsets_are_the_combinations_in_lexicographic_order(n, data):
    size = data.draw(st.integers(0, n))

    assert [tuple(row) for row in all_subsets(n, size).tolist()] == list(combinations(range(n), size))


@given(n=st.integers(1, 9))
def test_children_of_a_complete_level_are_the_subsets_without_one_frame(n):
    lattice = list(CompleteLattice(n, CPU))

    assert [len(level) for level in lattice] == [comb(n, k) for k in range(n + 1)]
    for below, level in pairwise(lattice):
        for subset, children in zip(level.subsets.tolist(), level.children.tolist(), strict=True):
            without_each = [subset[:j] + subset[j + 1 :] for j in range(level.size)]
            assert below.subsets[children].tolist() == without_each


def test_membership_marks_the_frames_of_each_subset():
    level = complete_level(4, 2, CPU)

    assert level.membership.nonzero()[:, 1].view(-1, 2).tolist() == level.subsets.tolist()


def test_widest_level_is_the_middle_one():
    lattice = CompleteLattice(7, CPU)

    assert lattice.widest == max(len(level) for level in lattice) == 35


def test_sampled_lattice_knows_which_children_it_holds():
    samples = [[[0], [2]], [[0, 1], [0, 2], [1, 2]], [[0, 1, 2]]]
    _, _, pairs, whole = sampled_lattice([torch.tensor(subsets) for subsets in samples], n_frames=3)

    # {0, 1} holds {0} alone: its child at j = 1, where frame 1 is left out.
    assert pairs.child_weights.tolist() == [[0, 1], [0.5, 0.5], [1, 0]]
    assert pairs.children[0, 1] == 0
    assert pairs.children[1].tolist() == [1, 0]
    assert pairs.children[2, 0] == 1
    assert whole.child_weights.tolist() == [pytest.approx([1 / 3, 1 / 3, 1 / 3])]
    assert sorted(whole.children[0].tolist()) == [0, 1, 2]


@pytest.mark.parametrize("n", [5, 62, 63, 500])
def test_a_sampled_lattice_of_everything_equals_the_complete_one(n):
    sizes = range(1, 3)
    sampled = sampled_lattice([all_subsets(n, size) for size in sizes], n)

    for level, size in zip(list(sampled)[1:], sizes, strict=True):
        assert torch.equal(level.children.int(), complete_level(n, size, CPU).children)
        assert torch.allclose(level.child_weights, torch.full((comb(n, size), size), 1 / size))


@pytest.mark.parametrize("n", [3, 62, 63, 200])
def test_keys_tell_subsets_apart(n):
    pairs = all_subsets(n, 2)

    assert len(subset_keys(pairs, n).unique()) == len(pairs)
