from itertools import combinations
from math import comb

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from play_fair.errors import UserError
from play_fair.games import ConstructiveRandomSampler, ExhaustiveSubsetSampler
from play_fair.games.samplers import draw_lattice
from strategies import seeds

CPU = torch.device("cpu")


def test_exhaustive_sampler_gives_every_subset_in_order():
    sampler = ExhaustiveSubsetSampler()

    assert sampler.sample(5, 3).tolist() == [list(c) for c in combinations(range(5), 3)]
    assert sampler.sample(5, 3).dtype == torch.int64
    assert sampler.n_samples(5, 3) == 10


@given(n=st.integers(1, 9), max_samples=st.integers(1, 40), seed=seeds)
def test_constructive_samples_grow_from_the_size_below(n, max_samples, seed):
    sampler = ConstructiveRandomSampler(max_samples, seed=seed)
    below = {()}
    for size in range(1, n + 1):
        subsets = [tuple(row) for row in sampler.sample(n, size).tolist()]

        assert 1 <= len(subsets) <= sampler.n_samples(n, size) <= max_samples
        assert len(set(subsets)) == len(subsets), "distinct"
        for subset in subsets:
            assert list(subset) == sorted(set(subset)), "ascending"
            assert set(subset) <= set(range(n)), "in the video"
            assert any(child in below for child in combinations(subset, size - 1)), "grown"
        below = set(subsets)


@given(n=st.integers(1, 7), data=st.data())
def test_constructive_sampler_gives_every_subset_that_it_may(n, data):
    size = data.draw(st.integers(1, n))
    sampler = ConstructiveRandomSampler(comb(n, n // 2), seed=0)

    assert sorted(sampler.sample(n, size).tolist()) == [list(c) for c in combinations(range(n), size)]


def test_constructive_sampler_repeats_itself_with_the_same_seed_only():
    def chain(seed):
        sampler = ConstructiveRandomSampler(10, seed=seed)
        return [sampler.sample(12, size).tolist() for size in range(1, 13)]

    assert chain(0) == chain(0)
    assert chain(0) != chain(1)
    assert chain(None) != chain(None)


def test_constructive_sampler_draws_anew_for_each_chain():
    sampler = ConstructiveRandomSampler(10, seed=0)
    first, second = ([sampler.sample(12, size).tolist() for size in (1, 2, 3)] for _ in range(2))

    assert first != second


def test_constructive_sampler_favours_no_frame():
    sampler = ConstructiveRandomSampler(4, seed=0)
    counts = torch.zeros(6)
    for _ in range(500):
        counts += sampler.sample(6, 3).flatten().bincount(minlength=6)

    # 2000 subsets, each frame in half of them; correlated within a chain, so wide bounds: about 5 standard deviations.
    assert ((counts / 2000 - 0.5).abs() < 0.08).all()


@pytest.mark.parametrize("n", [64, 100])
def test_constructive_sampler_on_long_videos(n):
    sampler = ConstructiveRandomSampler(16, seed=0)
    for size in range(1, n + 1):
        subsets = sampler.sample(n, size)
        assert (subsets.diff(dim=1) > 0).all()
        assert len(subsets.unique(dim=0)) == len(subsets)
        # Near the top the few subsets of one size have fewer extensions than that.
        assert len(subsets) == 16 or size > n - 4
    assert subsets.tolist() == [list(range(n))]


@pytest.mark.parametrize("sampler", [ExhaustiveSubsetSampler(), ConstructiveRandomSampler(3)])
def test_more_frames_than_the_video_has_are_refused(sampler):
    with pytest.raises(UserError, match=r"expected subsets of 0 to 4 frames \(all that the video has\), got 5"):
        sampler.sample(4, 5)


def test_no_samples_are_refused():
    with pytest.raises(UserError, match="expected max_samples of at least 1, got 0"):
        ConstructiveRandomSampler(0)


def test_a_drawn_lattice_goes_from_the_empty_set_to_the_whole_video():
    lattice = draw_lattice(ConstructiveRandomSampler(3, seed=0), 5, CPU)
    assert [(level.size, len(level)) for level in lattice] == [(0, 1), (1, 3), (2, 3), (3, 3), (4, 3), (5, 1)]


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (torch.tensor([[0, 1]]), r"int64 subsets \(N, 1\), got torch.int64 \(1, 2\)"),
        (torch.tensor([[0.0]]), r"int64 subsets \(N, 1\), got torch.float32 \(1, 1\)"),
        (torch.tensor([[3]]), "ascending frame indices below 3, got others"),
        (torch.tensor([[1], [1]]), "distinct subsets of 1 frames, got some twice"),
    ],
)
def test_what_a_foreign_sampler_gives_is_checked(samples, message):
    class Foreign:
        def sample(self, n_video_frames, n_frames):
            return samples

        def n_samples(self, n_video_frames, n_frames):
            return len(samples)

    with pytest.raises(UserError, match=message):
        draw_lattice(Foreign(), 3, CPU)
