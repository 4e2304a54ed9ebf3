import pickle
from dataclasses import replace

import numpy as np
import pytest

from example_results import make_results
from play_fair.errors import UserError
from play_fair.results import EsvResults


def equal(a, b):
    return pickle.dumps(a.to_dict()) == pickle.dumps(b.to_dict())


def test_what_is_saved_is_a_plain_dict_of_arrays(tmp_path):
    results = make_results(3, attrs={"seed": 0})
    results.save(tmp_path / "esvs.pkl")
    content = pickle.loads((tmp_path / "esvs.pkl").read_bytes())
    assert {name: (value.shape, value.dtype.str) for name, value in content.items() if name != "attrs"} == {
        "labels": ((6,), "<i8"),
        "uids": ((6,), "<U2"),
        "sequence_idxs": ((6, 3), "<i8"),
        "sequence_lengths": ((6,), "<i8"),
        "scores": ((6, 5), "<f4"),
        "shapley_values": ((6, 3, 5), "<f4"),
        "priors": ((5,), "<f8"),
    }
    assert content["attrs"] == {"seed": 0}


@pytest.mark.parametrize("extras", [{}, {"stderr": np.ones((6, 3, 5), np.float32)}])
def test_round_trip(tmp_path, extras):
    results = make_results(3, attrs={"seed": 0}, extras=extras)
    results.save(tmp_path / "esvs.pkl")
    assert equal(EsvResults.load(tmp_path / "esvs.pkl"), results)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", [np.str_, object, np.bytes_])
def test_published_variants_are_read(tmp_path, protocol, kind):
    results = make_results(2)
    content = results.to_dict()
    del content["attrs"]
    content["uids"] = content["uids"].astype(kind)
    (tmp_path / "esvs.pkl").write_bytes(pickle.dumps(content, protocol=protocol))
    assert equal(EsvResults.load(tmp_path / "esvs.pkl"), results)


def test_collate_keeps_the_common_videos_in_the_order_of_the_first(tmp_path):
    one = make_results(1, uids=["v3", "v1", "v2", "v9"])
    two = make_results(2, uids=["v2", "v3", "v1", "v4"])
    both = EsvResults.collate([one, two], attrs={"dataset": "demo", "model": "MTRN"})
    assert both.uids.tolist() == ["v3", "v1", "v2"]
    assert both.labels.tolist() == [3, 1, 2]
    assert both.sequence_lengths.tolist() == [23, 21, 22]
    for scale, whole in zip(both.scales, (one, two), strict=True):
        rows = [whole.uids.tolist().index(uid) for uid in both.uids]
        np.testing.assert_array_equal(scale.scores, whole.scores[rows])
        np.testing.assert_array_equal(scale.shapley_values, whole.shapley_values[rows])
    assert both.efficiency_error() < 1e-6
    both.save(tmp_path / "collated.pkl")
    content = pickle.loads((tmp_path / "collated.pkl").read_bytes())
    assert content["scores"].shape == (2, 3, 5)
    assert [values.shape for values in content["shapley_values"]] == [(3, 1, 5), (3, 2, 5)]
    assert [values.shape for values in content["sequence_idxs"]] == [(3, 1), (3, 2)]
    assert content["attrs"] == {"dataset": "demo", "model": "MTRN"}
    assert equal(EsvResults.load(tmp_path / "collated.pkl"), both)


def changed(results, **fields):
    return replace(results, **fields)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (make_results(1, uids=["v7"]), "one result for each number of frames, but these come twice: 1"),
        (make_results(2, uids=["v7"]), "no uid is in all of them"),
        (make_results(2, n_classes=4), "different class priors"),
        (changed(make_results(2), priors=np.array([0.6, 0.1, 0.1, 0.1, 0.1])), "different class priors"),
        (changed(make_results(2), labels=np.array([0, 1, 2, 3, 4, 3])), "labels of video v5 is 0 in one and 3"),
        (changed(make_results(2), sequence_lengths=np.full(6, 30)), "sequence_lengths of video v0 is 20 in one and 30"),
    ],
)
def test_contradictions_are_refused(second, message):
    with pytest.raises(UserError, match=message):
        EsvResults.collate([make_results(1), second])


def test_collated_predictions_are_not_taken_for_labels():
    clips = [make_results(n, attrs={"labels": "predicted"}) for n in (1, 2)]
    assert not EsvResults.collate(clips, {"model": "MTRN"}).labelled
    assert EsvResults.collate([make_results(1), make_results(2)]).labelled


def test_take():
    results = make_results(2)
    some = results.take(["v4", "v0"])
    assert some.uids.tolist() == ["v4", "v0"]
    np.testing.assert_array_equal(some.scores, results.scores[[4, 0]])
    with pytest.raises(UserError, match="got 1 others, first 'v99'"):
        results.take(["v99"])


def test_efficiency_error_is_what_is_missing():
    results = make_results(4)
    assert results.efficiency_error() < 1e-6
    results.shapley_values[2, 1, 3] += 0.5
    assert results.efficiency_error() == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("labels", np.zeros(5, np.int64), r"expected labels of shape \(6,\), got \(5,\)"),
        ("labels", np.full(6, 5), r"expected labels in 0\.\.4"),
        ("scores", np.zeros((6, 4), np.float32), r"expected scores of shape \(6, 5\), got \(6, 4\)"),
        ("scores", np.full((6, 5), np.nan, np.float32), "finite"),
        ("sequence_idxs", np.full((6, 2), 25), "point past their video"),
        ("sequence_idxs", np.full((6, 2), -2), "point past their video"),
        ("uids", np.array(["v0", "v0", "v1", "v2", "v3", "v4"]), "each uid once"),
        ("shapley_values", "text", "not a valid results file"),
        ("priors", None, "not a valid results file"),
    ],
)
def test_arrays_that_do_not_fit_are_told(tmp_path, field, value, message):
    content = {**make_results(2).to_dict(), field: value}
    (tmp_path / "esvs.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match=message) as error:
        EsvResults.load(tmp_path / "esvs.pkl")
    assert "esvs.pkl" in str(error.value)


def test_a_missing_key_is_told(tmp_path):
    content = make_results(2).to_dict()
    del content["scores"]
    (tmp_path / "esvs.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match=r"expected the key scores in .*, found uids, labels"):
        EsvResults.load(tmp_path / "esvs.pkl")
