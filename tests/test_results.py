import pickle
from dataclasses import replace

import numpy as np
import pytest

from example_results import make_results
from play_fair.errors import UserError
from play_fair.explanation import Explanation
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.results import PADDING, EsvResults


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
        ("scores", None, "expected scores to be an array of numbers with 2 axes, got NoneType"),
        ("scores", np.array(0.5), r"expected scores to be an array of numbers with 2 axes, got .* of shape \(\)"),
        ("sequence_idxs", np.full((6, 2), PADDING), "at least one frame of each video, but some are all padding"),
        ("sequence_lengths", np.full(6, 2**62), r"expected sequence_lengths in 1\.\.10000000, got 4611686018427387904"),
        ("standard_errors", np.full((6, 2, 5), "much"), "expected standard_errors to be numbers"),
        ("standard_errors", np.full((6, 2, 5), None, object), "expected standard_errors to be numbers, got object"),
        (
            "attrs",
            {"config": {"x": np.zeros(3)}},
            r"expected text and numbers in attrs\['config'\]\['x'\], got ndarray",
        ),
        ("attrs", [1], "expected a dict of attrs, got list"),
        ("uids", np.array([]), "it holds no videos: all were skipped"),
    ],
)
def test_arrays_that_do_not_fit_are_told(tmp_path, field, value, message):
    content = {**make_results(2).to_dict(), field: value}
    (tmp_path / "esvs.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match=message) as error:
        EsvResults.load(tmp_path / "esvs.pkl")
    assert "esvs.pkl" in str(error.value)


def test_scalars_of_numpy_in_attrs_are_read_as_numbers(tmp_path):
    results = make_results(2, attrs={"seed": np.int64(3), "list": [np.float32(0.5), None]})
    results.save(tmp_path / "esvs.pkl")
    attrs = EsvResults.load(tmp_path / "esvs.pkl").attrs
    assert attrs == {"seed": 3, "list": [0.5, None]}
    assert type(attrs["seed"]) is int


def test_keys_of_attrs_are_text(tmp_path):
    (tmp_path / "esvs.pkl").write_bytes(pickle.dumps({**make_results(2).to_dict(), "attrs": {"a": {3: "x"}}}))
    with pytest.raises(UserError, match=r"expected text as the keys of attrs\['a'\], got 3"):
        EsvResults.load(tmp_path / "esvs.pkl")


def test_a_collation_of_equal_numbers_of_frames_is_read(tmp_path):
    """The published code stacks the arrays of such files."""
    first, second = make_results(3), make_results(3)
    second.shapley_values[0, 0, 0] += 1
    content = {**first.to_dict(), "attrs": {}}
    for name in ("scores", "sequence_idxs", "shapley_values"):
        content[name] = np.stack([getattr(first, name), getattr(second, name)])
    (tmp_path / "collated.pkl").write_bytes(pickle.dumps(content))
    results = EsvResults.load(tmp_path / "collated.pkl")
    assert [scale.n_frames for scale in results.scales] == [3, 3]
    np.testing.assert_array_equal(results.scales[1].shapley_values, second.shapley_values)
    np.testing.assert_array_equal(results.explanation("v0", 3).values, first.shapley_values[0])


def test_a_missing_key_is_told(tmp_path):
    content = make_results(2).to_dict()
    del content["scores"]
    (tmp_path / "esvs.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match=r"expected the key scores in .*, found uids, labels"):
        EsvResults.load(tmp_path / "esvs.pkl")


def mixed_explanations():
    """Explanations of 3, 2 and 4 of 9 frames, the longest one estimated."""
    rng = np.random.default_rng(0)
    made = []
    for n_frames in (3, 2, 4):
        values = rng.normal(0, 0.1, (n_frames, 5)).astype(np.float32)
        prior = np.full(5, 0.2)
        exact = n_frames < 4
        made.append(
            Explanation(
                values,
                prior + values.sum(axis=0),
                prior,
                standard_errors=None if exact else np.full((n_frames, 5), 0.01),
                method="exact" if exact else "layered",
                info={"frame_idxs": uniform_frame_indices(9, n_frames).tolist(), "n_video_frames": 9},
            )
        )
    return made


class TestExplanations:
    def test_one_video(self):
        results = make_results(3, attrs={"model": "TSN", "approximation": None, "shas": ["a"]})
        explanation = results["v2"]
        np.testing.assert_array_equal(explanation.values, results.shapley_values[2])
        np.testing.assert_array_equal(explanation.scores, results.scores[2])
        np.testing.assert_array_equal(explanation.prior, results.priors)
        assert explanation.exact
        assert explanation.info == {
            "model": "TSN",
            "uid": "v2",
            "label": 2,
            "frame_idxs": results.sequence_idxs[2].tolist(),
            "n_video_frames": 22,
        }
        assert results.explanation("v2", class_names=list("abcde")).class_names == tuple("abcde")
        assert list(results) == results.uids.tolist()
        assert "v2" in results
        assert "v9" not in results

    def test_collated(self):
        collated = EsvResults.collate([make_results(n, attrs={"approximation": None}) for n in (4, 1, 2)])
        assert collated["v1"].values.shape == (4, 5)
        assert collated["v1"].method == "exact"
        mixed = EsvResults.collate([make_results(1), make_results(2, attrs={"approximation": None})])
        assert mixed["v1"].method == "unknown"
        np.testing.assert_array_equal(collated.explanation("v1", 2).values, make_results(2).shapley_values[1])
        with pytest.raises(UserError, match="expected a number of frames among 1, 2, 4, got 3"):
            collated.explanation("v1", 3)

    def test_unknown_uids(self):
        results = make_results(2)
        with pytest.raises(
            UserError, match=r"expected a uid that is in the results \(v0, v1, v2, v3, v4, \.\.\.\), got 'v9'"
        ):
            results["v9"]

    @pytest.mark.parametrize(
        ("attrs", "n_frames", "method"),
        [
            ({}, 2, "unknown"),
            ({"approximation": None}, 2, "exact"),
            ({"approximation": {"estimator": "layered", "exact_up_to_n_frames": 2}}, 2, "exact"),
            ({"approximation": {"estimator": "layered", "exact_up_to_n_frames": 2}}, 3, "layered"),
            ({"approximation": {"estimator": "constructive", "exact_up_to_n_frames": 0}}, 2, "constructive"),
            ({"approximation": {}}, 2, "unknown"),
            ({"approximation": "yes"}, 2, "unknown"),
        ],
    )
    def test_methods(self, attrs, n_frames, method):
        assert make_results(n_frames, attrs=attrs)["v0"].method == method

    def test_standard_errors_and_interactions(self):
        errors = np.random.default_rng(1).random((6, 3, 5)).astype(np.float32)
        errors[1] = 0
        pairs = np.random.default_rng(2).normal(size=(6, 2, 3, 3)).astype(np.float32)
        pairs += pairs.swapaxes(2, 3)
        pairs[:, :, range(3), range(3)] = 0
        attrs = {"approximation": {"estimator": "layered", "exact_up_to_n_frames": 0}}
        extras = {"standard_errors": errors, "interactions": pairs, "held_out": np.arange(6, dtype=np.float32)}
        results = make_results(3, attrs=attrs, extras=extras)
        explanation = results["v0"]
        np.testing.assert_array_equal(explanation.standard_errors, errors[0])
        assert explanation.info["held_out"] == 0
        label, predicted = results.labels[0], explanation.predicted
        np.testing.assert_array_equal(explanation.interactions_of(label), pairs[0, 0])
        np.testing.assert_array_equal(explanation.interactions_of(predicted), pairs[0, 1])
        others = {0, 1, 2, 3, 4} - {label, predicted}
        assert [explanation.interactions_of(class_id) for class_id in others] == [None] * len(others)
        assert results["v1"].exact
        assert results["v1"].standard_errors is None

    def test_arrays_of_other_shapes_are_not_taken_for_errors(self):
        extras = {"standard_errors": np.ones((6, 2)), "interactions": np.ones(6)}
        explanation = make_results(3, extras=extras)["v0"]
        assert explanation.standard_errors is None
        assert explanation.interactions is None

    @pytest.mark.parametrize(
        ("extras", "message"),
        [
            (
                {"standard_errors": np.full((6, 3, 5), -0.1)},
                "finite standard_errors of 0 or more, but some are negative",
            ),
            ({"standard_errors": np.full((6, 3, 5), "x")}, "expected standard_errors to be numbers, got <U1"),
            ({"interactions": np.full((6, 2, 3, 3), np.nan)}, "expected finite interactions, but some are NaN"),
            ({"interactions": np.ones((6, 2, 3, 3))}, "expected symmetric interactions with 0 on the diagonal"),
            ({"interactions": np.tile(np.triu(np.ones((3, 3)), 1), (6, 2, 1, 1))}, "expected symmetric interactions"),
        ],
    )
    def test_arrays_that_an_explanation_cannot_have_are_refused(self, extras, message):
        with pytest.raises(UserError, match=message):
            make_results(3, extras=extras)

    def test_round_trip_with_padding(self, tmp_path):
        explanations, uids = mixed_explanations(), ["a", "b", "c"]
        results = EsvResults.from_explanations(explanations, uids, labels=[0, 1, 2], attrs={"model": "TSN"})
        results.save(tmp_path / "esvs.pkl")
        loaded = EsvResults.load(tmp_path / "esvs.pkl")
        assert loaded.sequence_idxs.tolist() == [[1, 4, 7, PADDING], [2, 6, PADDING, PADDING], [1, 3, 5, 7]]
        assert loaded.sequence_lengths.tolist() == [9, 9, 9]
        assert loaded.labels.tolist() == [0, 1, 2]
        assert loaded.labelled
        assert loaded.attrs == {
            "approximation": {"estimator": "layered", "exact_up_to_n_frames": 3},
            "model": "TSN",
        }
        for uid, label, explanation in zip(uids, range(3), explanations, strict=True):
            info = {**explanation.info, "uid": uid, "label": label, "model": "TSN"}
            assert loaded[uid] == replace(explanation, info=info)

    def test_labels_that_are_not_known(self):
        explanations = mixed_explanations()
        results = EsvResults.from_explanations(explanations, ["a", "b", "c"])
        assert not results.labelled
        assert results.labels.tolist() == [explanation.predicted for explanation in explanations]
        assert results["a"].info["label"] is None

    def test_interactions_of_the_true_and_of_the_predicted_class(self):
        pairs = np.zeros((2, 2, 3), np.float32)
        pairs[0, 1] = pairs[1, 0] = [1, 2, 3]
        known = Explanation(np.zeros((2, 3)), [0, 0, 1], [0, 0, 1], interactions=pairs)
        pairs[..., 0] = np.nan
        partly = Explanation(np.zeros((2, 3)), [0, 0, 1], [0, 0, 1], interactions=pairs)
        results = EsvResults.from_explanations([known, partly], ["a", "b"], labels=[0, 1])
        assert results.scales[0].extras["interactions"][:, :, 0, 1].tolist() == [[1, 3], [2, 3]]
        assert "interactions" not in EsvResults.from_explanations([known, partly], ["a", "b"], [0, 0]).scales[0].extras

    def test_methods_that_cannot_be_recorded(self):
        first, second, third = mixed_explanations()
        mixed = [replace(first, method="layered"), second, replace(third, method="surrogate")]
        assert "approximation" not in EsvResults.from_explanations(mixed, ["a", "b", "c"]).attrs
        shorter = [first, replace(second, method="layered"), third]
        assert "approximation" not in EsvResults.from_explanations(shorter, ["a", "b", "c"]).attrs

    def test_unknown_errors_are_nan(self):
        first, _, third = mixed_explanations()
        results = EsvResults.from_explanations([replace(first, method="layered"), third], ["a", "b"])
        assert np.isnan(results.scales[0].extras["standard_errors"][0, :3]).all()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"explanations": []}, "expected at least one explanation, got none"),
            ({"uids": ["a"]}, "expected one of uids for each of 3 explanations, got 1"),
            ({"uids": ["a", "b", "b"]}, "each uid once in the results, but these come twice: b"),
            ({"labels": [1, 2]}, "expected one of labels for each of 3 explanations, got 2"),
            ({"labels": [1, 2, 5]}, r"expected labels in 0\.\.4 \(one prior each\), got 1\.\.5"),
            ({"sequence_idxs": [[0], [0], [0]]}, r"expected sequence_idxs of a video of shape \(3,\), got \(1,\)"),
            ({"sequence_lengths": [3, 3, 3]}, "some point past their video"),
        ],
    )
    def test_what_does_not_fit_together(self, arguments, message):
        with pytest.raises(UserError, match=message):
            EsvResults.from_explanations(**{"explanations": mixed_explanations(), "uids": ["a", "b", "c"], **arguments})

    def test_videos_of_different_priors_or_classes(self):
        first, second, _ = mixed_explanations()
        other = replace(second, prior=np.linspace(0, 0.4, 5))
        with pytest.raises(UserError, match=r"one prior for all videos, .* that of b differs from that of a"):
            EsvResults.from_explanations([first, other], ["a", "b"])
        named = [replace(first, class_names=list("abcde")), replace(second, class_names=list("abcdf"))]
        with pytest.raises(UserError, match="expected explanations of the same classes, but b and a name others"):
            EsvResults.from_explanations(named, ["a", "b"])
