import numpy as np
import pytest

from constructed_esvs import constructed
from play_fair.analysis import Study, tables
from play_fair.analysis.two_classes import two_classes
from play_fair.results import EsvResults

NAN = np.nan

# Two correct videos (the true class has the larger sum) and two wrong ones.
TRUE = [[0.3, -0.1], [0.2, 0.1], [0.1, -0.2], [-0.1, -0.1]]
RIVAL = [[0.1, 0.0], [-0.1, 0.1], [0.2, 0.1], [-0.1, 0.3]]


def study(*results, **more):
    return Study.of([two_classes(one) for one in results], **more)


@pytest.fixture
def four():
    return study(constructed(TRUE, RIVAL))


def values(table, keys, value):
    """What a table says, by its keys."""
    found = table.set_index(keys)[value]
    return {key: pytest.approx(number, abs=1e-6) for key, number in found.to_dict().items()}


def test_accuracy(four):
    table = tables.accuracy(four.videos, four.bootstrap)
    assert list(table.columns) == ["model", "n_frames", "guesses", "videos", "share", "low", "high"]
    assert values(table, "guesses", "share") == {1: 0.5, 5: 1.0}


def test_supporting_and_distracting_frames(four):
    table = tables.supporting_frames(four.frames, four.bootstrap)
    assert values(table, ["prediction", "kind"], "share") == {
        ("correct", "supporting"): 0.75,
        ("correct", "distracting"): 0.25,
        ("wrong", "supporting"): 0.25,
        ("wrong", "distracting"): 0.75,
    }
    assert table["videos"].tolist() == [2] * 4
    assert table["frames"].tolist() == [4] * 4


def test_a_frame_of_esv_0_neither_supports_nor_distracts():
    one = study(constructed([[0.2, 0.0]], [[0.1, 0.0]]))
    table = tables.supporting_frames(one.frames, one.bootstrap)
    assert values(table, "kind", "share") == {"supporting": 0.5, "distracting": 0.0}


def test_sums(four):
    table = tables.sums(four.videos, four.bootstrap)
    assert values(table, ["prediction", "kind"], "esv") == {
        ("correct", "supporting"): 0.3,
        ("correct", "distracting"): -0.05,
        ("wrong", "supporting"): 0.05,
        ("wrong", "distracting"): -0.2,
    }


def test_positions(four):
    table = tables.positions(four.frames, four.bootstrap)
    assert values(table, ["prediction", "part"], "esv") == {
        ("correct", 0): 0.25,
        ("correct", 1): 0.0,
        ("wrong", 0): 0.0,
        ("wrong", 1): -0.15,
    }
    assert table[["begin", "end"]].drop_duplicates().to_numpy().tolist() == [[0, 0.5], [0.5, 1]]


def test_positions_of_shorter_videos_are_relative():
    # Of four parts, a video of two frames has its frames in the middle of each half.
    table = study(constructed([[0.1, 0.2, NAN, NAN]], [[0, 0, NAN, NAN]]))
    found = tables.positions(table.frames, table.bootstrap)
    assert values(found, "part", "esv") == {1: 0.1, 3: 0.2}


def test_long_sequences_are_cut_into_twenty_parts():
    one = study(constructed([np.arange(40) / 1000], [np.zeros(40)]))
    table = tables.positions(one.frames, one.bootstrap)
    assert len(table) == 20
    np.testing.assert_allclose(table["esv"], np.arange(40).reshape(20, 2).mean(axis=1) / 1000, atol=1e-7)
    np.testing.assert_allclose(table["end"], np.arange(1, 21) / 20)


def test_kinds_of_frames(four):
    table = tables.kinds_of_frames(four.frames, four.bootstrap)
    assert values(table, "kind", "share") == {
        "supports the true class only": 0,
        "supports both": 0.25,
        "supports neither": 0.25,
        "supports the predicted class only": 0.5,
    }


def test_true_against_predicted_has_every_frame_in_its_bin(four):
    table = tables.true_against_predicted(four.frames)
    wrong = four.frames[four.frames["prediction"] == "wrong"]
    assert table["frames"].sum() == len(wrong)
    for frame in wrong.to_dict("records"):
        holds = (table["true_from"] <= frame["esv"]) & (frame["esv"] < table["true_to"])
        holds &= (table["predicted_from"] <= frame["rival_esv"]) & (frame["rival_esv"] < table["predicted_to"])
        outermost = frame["rival_esv"] > 0.299  # beyond 99.5 %
        assert holds.sum() == (0 if outermost else 1)


def test_contrasts(four):
    table = tables.contrasts(four.frames, four.videos, four.bootstrap)
    assert values(table, ["prediction", "measure"], "mean") == {
        ("correct", "frames above 0"): 0.5,  # +0.2, -0.1, +0.3, 0
        ("correct", "sum"): 0.2,
        ("wrong", "frames above 0"): 0,  # -0.1, -0.3, 0, -0.4
        ("wrong", "sum"): -0.4,
    }


def test_extremes(four):
    table = tables.extremes(four.videos, four.bootstrap)
    assert values(table, ["prediction", "which"], "esv") == {
        ("correct", "largest"): 0.25,
        ("correct", "mean"): 0.125,
        ("correct", "smallest"): 0.0,
        ("wrong", "largest"): 0.0,
        ("wrong", "mean"): -0.075,
        ("wrong", "smallest"): -0.15,
    }


def test_classes():
    one = study(constructed([[0.4, 0, 0, 0], [0.1, 0.1, 0.1, 0.1]], np.zeros((2, 4)), labels=[0, 1]), classes={"Up": 0})
    first, second = tables.classes(one.videos, one.frames, one.names, one.bootstrap).to_dict("records")
    assert (first["name"], second["name"]) == ("Up", "class 1")
    assert [row["effective_frames"] for row in (first, second)] == pytest.approx([1, 4], rel=1e-6)
    assert [row["supporting_share"] for row in (first, second)] == [0.25, 1]
    assert [row["centre"] for row in (first, second)] == pytest.approx([0.125, 0.5])
    assert [row["largest"] for row in (first, second)] == pytest.approx([0.4, 0.1])
    assert np.isnan(first["low"])  # one video


def test_class_growth():
    both = EsvResults.collate([constructed([[0.4]], [[0.0]]), constructed([[0.1, 0.2]], [[0.0, 0.0]])], {"model": "M"})
    one = study(both)
    table = tables.class_growth(one.videos, one.names, one.bootstrap)
    assert values(table, ["n_frames", "which"], "esv") == {
        (1, "largest"): 0.4,
        (1, "smallest"): 0.4,
        (2, "largest"): 0.2,
        (2, "smallest"): 0.1,
    }
    assert tables.largest_esvs(table, "M").to_numpy() == pytest.approx(np.array([[0.4, 0.2]]))


def test_without_wrong_predictions_what_is_about_them_is_empty():
    one = study(constructed(TRUE[:2], RIVAL[:2]))
    assert tables.kinds_of_frames(one.frames, one.bootstrap).empty
    assert tables.true_against_predicted(one.frames).empty
    assert set(tables.supporting_frames(one.frames, one.bootstrap)["prediction"]) == {"correct"}


def test_with_one_class_there_is_no_contrast():
    one = study(constructed(TRUE[:2], np.zeros((2, 2)), n_classes=1))
    for table in (
        tables.contrasts(one.frames, one.videos, one.bootstrap),
        tables.positions(one.frames, one.bootstrap, "contrast"),
        tables.kinds_of_frames(one.frames, one.bootstrap),
    ):
        assert table.empty
