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


@given(n=st.integers(1, 8), rows_at_once=st.integers(1, 80))
def test_large_levels_come_in_parts(n, rows_at_once):
    whole, parts = CompleteLattice(n, CPU), list(CompleteLattice(n, CPU, rows_at_once))

    assert max(map(len, parts)) == CompleteLattice(n, CPU, rows_at_once).most_rows <= rows_at_once
    for level in whole:
        of_size = [part for part in parts if part.size == level.size]
        assert [part.first for part in of_size] == list(range(0, len(level), rows_at_once))
        assert {part.n_of_size for part in of_size} == {len(level)}
        for name in ("subsets", "children", "membership"):
            assert torch.equal(torch.cat([getattr(part, name) for part in of_size]), getattr(level, name))


@given(n=st.integers(1, 8))
def test_a_complete_lattice_counts_as_one_of_samples_does(n):
    complete = CompleteLattice(n, CPU)
    sampled = sampled_lattice([all_subsets(n, size) for size in range(1, n + 1)], n)

    assert complete.two_widest == sampled.two_widest
    assert complete.most_rows == sampled.most_rows
    assert torch.equal(complete.n_holding, sampled.n_holding)
    for of_complete, of_sampled in zip(complete, sampled, strict=True):
        counts = torch.as_tensor(of_sampled.n_children).flatten()
        assert (counts == of_complete.n_children).all()


def test_a_lattice_too_large_to_cache_is_the_same(monkeypatch):
    cached = list(CompleteLattice(6, CPU))
    monkeypatch.setattr("play_fair.games.lattice._MOST_CACHED_FRAMES", 5)
    monkeypatch.setattr("play_fair.games.lattice._RANKED_AT_ONCE", 3)

    for level, built in zip(cached, CompleteLattice(6, CPU), strict=True):
        assert torch.equal(level.children, built.children)


def test_sampled_lattice_knows_which_children_it_holds():
    samples = [[[0], [2]], [[0, 1], [0, 2], [1, 2]], [[0, 1, 2]]]
    _, _, pairs, whole = sampled_lattice([torch.tensor(subsets) for subsets in samples], n_frames=3)

    # {0, 1} holds {0}, {0, 2} holds {2} (without frame 0) and {0}, {1, 2} holds {2}.
    assert pairs.children.tolist() == [0, 1, 0, 1]
    assert pairs.bags.tolist() == [0, 1, 3]
    assert sorted(whole.children.tolist()) == [0, 1, 2]
    assert whole.bags.tolist() == [0]
    assert not whole.has_orphans


def test_sampled_lattice_knows_whether_a_subset_has_no_children():
    _, _, pairs, whole = sampled_lattice([torch.tensor([[0]]), torch.tensor([[1, 2]]), torch.tensor([[0, 1, 2]])], 3)

    assert pairs.has_orphans
    assert not whole.has_orphans


@pytest.mark.parametrize("n", [5, 64, 65, 500])
def test_a_sampled_lattice_of_everything_equals_the_complete_one(n):
    sizes = range(1, 3)
    sampled = sampled_lattice([all_subsets(n, size) for size in sizes], n)

    for level, size in zip(list(sampled)[1:], sizes, strict=True):
        complete = complete_level(n, size, CPU)
        assert torch.equal(level.children.int().view(-1, size), complete.children)
        assert torch.equal(level.membership, complete.membership)
        assert torch.equal(level.bags, size * torch.arange(comb(n, size)))


@pytest.mark.parametrize("n", [3, 64, 65, 200])
def test_keys_tell_subsets_apart(n):
    pairs = all_subsets(n, 2)

    assert len(subset_keys(pairs, n).unique()) == len(pairs)
