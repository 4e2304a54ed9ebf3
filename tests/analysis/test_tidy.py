import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructed_esvs import constructed
from example_results import make_results
from play_fair.analysis.tidy import at_compared, compared_n_frames, frame_table, video_table
from play_fair.analysis.two_classes import two_classes
from play_fair.results import EsvResults

NAN = np.nan


def test_frames_have_no_padding_and_know_their_position():
    table = frame_table([two_classes(constructed([[0.1, 0.2, -0.3], [0.4, 0.1, NAN]], [[0, 0, 0.1], [0.1, 0, NAN]]))])
    assert table["uid"].tolist() == ["v0"] * 3 + ["v1"] * 2
    assert table["frame"].tolist() == [0, 1, 2, 0, 1]
    assert table["index"].tolist() == [16, 50, 83, 25, 75]
    np.testing.assert_allclose(table["position"], [1 / 6, 1 / 2, 5 / 6, 1 / 4, 3 / 4])
    np.testing.assert_allclose(table["contrast"], [0.1, 0.2, -0.4, 0.3, 0.1], atol=1e-7)
    assert table["prediction"].tolist() == ["wrong"] * 3 + ["correct"] * 2


def test_videos():
    (row,) = video_table([two_classes(constructed([[0.3, -0.1, 0.2, 0]], [[0, 0, 0, 0]]))]).to_dict("records")
    expected = {
        "supporting": 0.5,
        "distracting": -0.1,
        "largest": 0.3,
        "mean": 0.1,
        "smallest": -0.1,
        "contrast": 0.4,
        "effective_frames": 0.36 / 0.14,
        "true_score": 0.65,
        "rival_score": 0.25,
    }
    np.testing.assert_allclose([row[name] for name in expected], list(expected.values()), rtol=1e-6)
    assert (row["top1"], row["top5"], row["rival"], row["prediction"]) == (1, 1, 1, "correct")


@pytest.mark.parametrize(("column", "n_guesses"), [("top1", 1), ("top5", 5)])
def test_guesses_are_the_classes_of_the_highest_scores(column, n_guesses):
    results = make_results(2, n_videos=40, n_classes=8)
    guesses = np.argsort(-results.scores, axis=1)[:, :n_guesses]
    table = video_table([two_classes(results)])
    np.testing.assert_array_equal(table[column], (guesses == results.labels[:, None]).any(axis=1))


def test_effective_frames_of_one_of_all_and_of_nothing():
    table = video_table([two_classes(constructed([[0.5, 0, 0], [0.1, 0.1, 0.1], [0, 0, 0]], np.zeros((3, 3))))])
    np.testing.assert_allclose(table["effective_frames"], [1, 3, NAN], rtol=1e-6)


def test_padding_is_neither_largest_nor_smallest():
    table = video_table([two_classes(constructed([[-0.1, -0.05, NAN], [0.2, 0.1, NAN]], np.full((2, 3), NAN)))])
    np.testing.assert_allclose(table["largest"], [-0.05, 0.2])
    np.testing.assert_allclose(table["smallest"], [-0.1, 0.1])
    np.testing.assert_allclose(table["mean"], [-0.075, 0.15])


@given(seed=st.integers(0, 1000), n_frames=st.integers(1, 5))
def test_contrasts_sum_to_the_margin_less_that_of_the_priors(seed, n_frames):
    results = make_results(n_frames, seed=seed)  # all priors alike
    model = two_classes(results)
    sums = frame_table([model]).groupby("uid", observed=True)["contrast"].sum()
    videos = video_table([model]).set_index("uid")
    np.testing.assert_allclose(sums[videos.index], videos["true_score"] - videos["rival_score"], atol=1e-5)
    np.testing.assert_allclose(videos["contrast"], videos["true_score"] - videos["rival_score"], atol=1e-5)


def test_groups_are_the_same_in_all_tables_and_models():
    models = [
        two_classes(constructed([[0.1]] * 3, [[0.0]] * 3, uids=["a", "b", "c"], model="A")),
        two_classes(constructed([[0.1]] * 2, [[0.0]] * 2, uids=["c", "d"], model="B")),
    ]
    groups = {"a": "x", "c": "x", "other": "y"}
    for make in (frame_table, video_table):
        table = make(models, groups)
        assert table["group"].cat.categories.tolist() == ["x", "b", "d"]
        assert table["group"].tolist() == ["x", "b", "x", "x", "d"]
        assert table["model"].cat.categories.tolist() == ["A", "B"]


def test_models_are_compared_at_the_largest_common_number_of_frames():
    def model(name, *sizes):
        return two_classes(EsvResults.collate([make_results(n) for n in sizes]), name)

    assert compared_n_frames([model("A", 2, 4, 8), model("B", 1, 2, 4)]) == {"A": 4, "B": 4}
    assert compared_n_frames([model("A", 2, 3), model("B", 4, 5)]) == {"A": 3, "B": 5}
    models = [model("A", 2, 3), model("B", 4, 5)]
    rows = at_compared(frame_table(models), models)
    assert rows.groupby("model", observed=True)["n_frames"].unique().map(list).to_dict() == {"A": [3], "B": [5]}
