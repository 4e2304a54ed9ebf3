import numpy as np
import pandas as pd
import pytest

from play_fair.analysis.bootstrap import GroupBootstrap


def rows(values, groups=None, cell="a"):
    """A table of one value for each video."""
    uids = [f"v{i}" for i in range(len(values))]
    names = uids if groups is None else [str(group) for group in groups]
    categories = list(dict.fromkeys(names))
    return pd.DataFrame(
        {"cell": cell, "uid": uids, "group": pd.Categorical(names, categories=categories), "value": values}
    )


def means(table, n_draws=2000):
    return GroupBootstrap(len(table["group"].cat.categories), n_draws).means(table, ["cell"], "value")


def test_interval_of_independent_values_is_that_of_the_normal_distribution():
    values = np.random.default_rng(0).standard_normal(400)
    (row,) = means(rows(values)).to_dict("records")
    assert row["mean"] == pytest.approx(values.mean())
    error = 1.96 * values.std() / 20
    assert row["low"] == pytest.approx(values.mean() - error, abs=0.1 * error)
    assert row["high"] == pytest.approx(values.mean() + error, abs=0.1 * error)
    assert (row["videos"], row["rows"]) == (400, 400)


def test_twins_say_nothing_new():
    values = np.random.default_rng(0).standard_normal(200)
    alone, twins = means(rows(values)), means(rows(np.repeat(values, 2), np.repeat(np.arange(200), 2)))
    apart = means(rows(np.repeat(values, 2)))

    def width(table):
        return (table["high"] - table["low"]).item()

    assert twins["mean"].item() == pytest.approx(alone["mean"].item())
    assert width(twins) == pytest.approx(width(alone))
    assert width(apart) < 0.8 * width(twins)


def test_frames_of_a_video_count_each_and_are_drawn_together():
    table = rows([0.0, 1.0]).loc[[0, 0, 0, 1]]
    (row,) = means(table).to_dict("records")
    assert (row["mean"], row["videos"], row["rows"]) == (0.25, 2, 4)
    assert (row["low"], row["high"]) == (0, 1)  # often only one of the two is drawn


def test_one_group_has_no_interval_and_missing_values_are_no_rows():
    table = pd.concat([rows([1.0, np.nan, 3.0], [0, 1, 0]), rows([5.0, 7.0], [0, 1], cell="b")])
    table["group"] = pd.Categorical(table["group"], categories=["0", "1"])
    first, second = means(table).to_dict("records")
    assert (first["mean"], first["rows"]) == (2, 2)
    assert np.isnan(first["low"])
    assert np.isnan(first["high"])
    assert (second["mean"], second["low"], second["high"]) == (6, 5, 7)


def test_differences_on_the_same_videos_are_paired():
    values = np.random.default_rng(0).standard_normal(100)
    table = pd.concat([rows(values), rows(values + 0.5, cell="b")], ignore_index=True)
    table["group"] = pd.Categorical(table["group"])
    bootstrap = GroupBootstrap(100)
    is_a = (table["cell"] == "a").to_numpy()
    difference = bootstrap.difference(table, "value", ~is_a, is_a)
    assert difference == pytest.approx((0.5, 0.5, 0.5))
    assert np.isnan(bootstrap.difference(table, "value", is_a, is_a & ~is_a)).all()


def test_the_same_in_every_run_and_empty_tables_stay_empty():
    table = rows(np.arange(5.0))
    pd.testing.assert_frame_equal(means(table), means(table))
    empty = means(table[:0])
    assert empty.empty
    assert list(empty.columns) == ["cell", "videos", "rows", "mean", "low", "high"]
