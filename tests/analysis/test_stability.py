import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from constructed_esvs import constructed
from play_fair.analysis import Study
from play_fair.analysis.stability import interpolate, rank_correlation, stability, unrelated_videos
from play_fair.analysis.two_classes import two_classes
from play_fair.results import EsvResults

seeds = st.integers(0, 10_000)


@given(seed=seeds, n=st.integers(1, 6), m=st.integers(1, 6), n_there=st.integers(1, 6))
def test_interpolates_as_numpy_does(seed, n, m, n_there):
    rng = np.random.default_rng(seed)
    n_there = min(n, n_there)
    times, values = np.sort(rng.random((3, n))), rng.standard_normal((3, n))
    times[:, n_there:] = np.nan
    at = rng.random((3, m))
    expected = [np.interp(at[i], times[i, :n_there], values[i, :n_there]) for i in range(3)]
    np.testing.assert_allclose(interpolate(times, values, at), expected, atol=1e-12)


def test_frames_at_the_same_time_do_not_divide_by_zero():
    found = interpolate(np.array([[0.5, 0.5]]), np.array([[1.0, 3.0]]), np.array([[0.2, 0.5, 0.9]]))
    assert found.tolist() == [[1, 3, 3]]


@given(seed=seeds, n=st.integers(2, 7))
def test_rank_correlation_is_spearmans_ties_and_all(seed, n):
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 4, (2, 5, n + 2)).astype(np.float64)
    there = np.arange(n + 2) < n
    found = rank_correlation(first, second, np.tile(there, (5, 1)))
    for row in range(5):
        a, b = first[row, :n], second[row, :n]
        if len(set(a)) == 1 or len(set(b)) == 1:
            assert np.isnan(found[row])
        else:
            assert found[row] == pytest.approx(spearmanr(a, b).statistic)


@given(groups=st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_unrelated_videos_are_of_another_group(groups):
    groups = np.array(groups)
    partner = unrelated_videos(groups)
    if len(set(groups.tolist())) == 1:
        assert (partner == -1).all()
    else:
        assert (groups[partner] != groups).all()


def of_curve(curve, sizes, n_videos=4):
    """A model whose ESVs are a function of the time in the video (0..1) and of the video."""
    results = []
    for n in sizes:
        times = (((np.arange(n) + 0.5) * 100 / n).astype(np.int64) + 0.5) / 100
        esvs = np.array([curve(times, video) for video in range(n_videos)])
        results.append(constructed(esvs, np.zeros_like(esvs)))
    model = two_classes(EsvResults.collate(results, {"model": "M"}))
    study = Study.of([model])
    return stability([model], study.videos, study.bootstrap)


def agreement(table, n, other, measure, who="same video"):
    chosen = (table["n_frames"] == n) & (table["other_n_frames"] == other) & (table["measure"] == measure)
    chosen &= (table["compared_with"] == who) & (table["against"] == "next")
    return table[chosen]["mean"].item()


def test_a_curve_that_does_not_change_is_stable_and_unrelated_ones_are_not():
    # Linear, so that interpolation adds nothing but ties before the first and after the last known frame.
    signs = [1, -1, 1, -1]
    table = of_curve(lambda times, video: signs[video] * (times - 0.5) / 4, [4, 5])
    assert agreement(table, 4, 5, "rank correlation") == pytest.approx(1)
    assert agreement(table, 4, 5, "same sign") >= 0.8  # the middle frame is at 0 or near
    other = agreement(table, 4, 5, "rank correlation", "other video")
    assert other == pytest.approx(sum(signs[i] * signs[j] for i, j in enumerate(unrelated_videos(np.arange(4)))) / 4)


def test_a_curve_that_turns_around_is_unstable():
    first = constructed([[0.1, 0.2, 0.3]] * 2, np.zeros((2, 3)))
    second = constructed([[-0.1, -0.2, -0.3, -0.4]] * 2, np.zeros((2, 4)))
    model = two_classes(EsvResults.collate([first, second], {"model": "M"}))
    study = Study.of([model])
    table = stability([model], study.videos, study.bootstrap)
    assert agreement(table, 3, 4, "rank correlation") == pytest.approx(-1)
    assert agreement(table, 3, 4, "same sign") == 0


def test_padding_is_no_frame():
    first = constructed([[0.0, 0.2]] * 2, np.zeros((2, 2)))
    second = constructed([[0.1, 0.2, np.nan], [0.1, 0.1, 0.1]], [[0, 0, np.nan], [0, 0, 0]])
    model = two_classes(EsvResults.collate([first, second], {"model": "M"}))
    study = Study.of([model])
    table = stability([model], study.videos, study.bootstrap)
    assert agreement(table, 2, 3, "same sign") == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_every_number_is_compared_with_the_next_and_with_the_largest():
    table = of_curve(lambda times, video: np.sin(9 * times + video) / 4, [1, 2, 4, 8])
    pairs = table[["against", "n_frames", "other_n_frames"]].drop_duplicates().to_numpy().tolist()
    assert sorted(pairs) == sorted(
        [["next", 1, 2], ["next", 2, 4], ["next", 4, 8], ["largest", 1, 8], ["largest", 2, 8], ["largest", 4, 8]]
    )
    # One frame has no order.
    assert 1 not in table.loc[table["measure"] == "rank correlation", "n_frames"].tolist()
    assert 1 in table.loc[table["measure"] == "same sign", "n_frames"].tolist()


def test_one_number_of_frames_has_nothing_to_compare():
    assert of_curve(lambda times, video: times / 4, [3]).empty


def test_blocks_of_videos_give_what_all_at_once_give(monkeypatch):
    def curve(times, video):
        return np.sin(9 * times + video) / 4

    whole = of_curve(curve, [3, 6], n_videos=7)
    monkeypatch.setattr("play_fair.analysis.stability.MOST_PAIRS", 72)  # two videos of six frames
    assert of_curve(curve, [3, 6], n_videos=7).equals(whole)
