import numpy as np
import pytest

from constructed_esvs import constructed
from example_results import make_results
from play_fair.analysis.two_classes import class_names, load_models, two_classes
from play_fair.errors import UserError
from play_fair.results import EsvResults

NAN = np.nan


def test_the_rival_is_the_predicted_class_or_the_runner_up():
    (scale,) = two_classes(constructed([[0.3, 0.2], [0.1, 0.0]], [[0.1, 0.1], [0.2, 0.3]])).scales
    assert scale.correct.tolist() == [True, False]
    assert scale.rivals.tolist() == [1, 1]
    np.testing.assert_allclose(scale.true, [[0.3, 0.2], [0.1, 0.0]])
    np.testing.assert_allclose(scale.rival, [[0.1, 0.1], [0.2, 0.3]])
    np.testing.assert_allclose(scale.true_scores, [0.75, 0.35])
    np.testing.assert_allclose(scale.rival_scores, [0.45, 0.75])


def test_times_are_the_middles_of_frames_and_padding_has_none():
    (scale,) = two_classes(constructed([[0.1, 0.1], [0.1, NAN]], [[0, 0], [0, NAN]], lengths=[10, 4])).scales
    np.testing.assert_allclose(scale.times, [[0.25, 0.75], [0.625, NAN]])
    assert scale.is_frame.tolist() == [[True, True], [True, False]]


def test_one_class_has_no_rival():
    results = EsvResults.single(
        uids=["a"],
        labels=np.array([0]),
        sequence_lengths=np.array([8]),
        priors=np.array([1.0]),
        sequence_idxs=np.array([[2, 6]]),
        scores=np.ones((1, 1), np.float32),
        shapley_values=np.zeros((1, 2, 1), np.float32),
    )
    (scale,) = two_classes(results).scales
    assert scale.rivals.tolist() == [-1]
    assert np.isnan(scale.rival).all()
    assert np.isnan(scale.rival_scores).all()
    assert scale.correct.tolist() == [True]


def test_scales_are_in_order_whatever_the_order_of_the_file():
    model = two_classes(EsvResults.collate([make_results(4), make_results(2)], {"model": "M"}))
    assert [scale.n_frames for scale in model.scales] == [2, 4]
    assert model.name == "M"


def test_models_are_named_by_their_files_or_by_hand(tmp_path):
    make_results(2, attrs={"model": "TSN"}).save(tmp_path / "a.pkl")
    make_results(2).save(tmp_path / "b.pkl")
    paths = [tmp_path / "a.pkl", tmp_path / "b.pkl"]
    assert [model.name for model in load_models(paths)] == ["TSN", "b"]
    assert [model.name for model in load_models(paths, ["x", "y"])] == ["x", "y"]
    with pytest.raises(UserError, match="expected one name for each of the 2 results files, got 1"):
        load_models(paths, ["x"])


def test_two_files_of_one_model_are_not_two_models(tmp_path):
    for n in (2, 3):
        make_results(n, attrs={"model": "TSN"}).save(tmp_path / f"{n}.pkl")
    with pytest.raises(
        UserError, match=r"2\.pkl and .*3\.pkl are both of 'TSN'; collate them with 06_collate_esvs\.py"
    ):
        load_models([tmp_path / "2.pkl", tmp_path / "3.pkl"])


def test_results_without_videos_are_refused(tmp_path):
    make_results(2).take([]).save(tmp_path / "none.pkl")
    with pytest.raises(UserError, match=r"none\.pkl is not a valid results file: it holds no videos"):
        load_models([tmp_path / "none.pkl"])


def test_models_of_other_classes_are_not_compared(tmp_path):
    constructed([[0.3]], [[0.1]], model="A").save(tmp_path / "a.pkl")
    constructed([[0.3]], [[0.1]], model="B", n_classes=4).save(tmp_path / "b.pkl")
    with pytest.raises(UserError, match=r"the same classes, but .*a\.pkl has 3 and .*b\.pkl 4; are they of different"):
        load_models([tmp_path / "a.pkl", tmp_path / "b.pkl"])


def test_predictions_are_not_taken_for_true_classes(tmp_path):
    make_results(2, attrs={"labels": "predicted"}).save(tmp_path / "clips.pkl")
    with pytest.raises(UserError, match=r"the labels in .*clips\.pkl are the model's own predictions"):
        load_models([tmp_path / "clips.pkl"])


def test_class_names():
    model = two_classes(constructed([[0.3]], [[0.1]], labels=[1]))
    assert class_names({"Up": 1, "Never seen": 7}, [model]) == {1: "Up", 2: "class 2"}
