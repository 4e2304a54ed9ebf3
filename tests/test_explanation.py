import pickle
import re
import subprocess
import sys
import zipfile
from contextlib import suppress
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import play_fair
from play_fair.errors import UserError
from play_fair.explanation import Explanation, npz_file

NAMES = ("Moving something up", "Moving something down", "Covering something")


def make(n_frames=4, n_classes=3, seed=0, **more):
    """Random values that add up to scores; the classes have the `NAMES`."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 0.1, (n_frames, n_classes))
    prior = np.full(n_classes, 1 / n_classes)
    more = {"class_names": NAMES if n_classes == 3 else None, **more}
    return Explanation(values, prior + values.sum(axis=0), prior, **more)


def symmetric(n_frames, n_classes, seed=0):
    pairs = np.random.default_rng(seed).normal(size=(n_frames, n_frames, n_classes))
    pairs = pairs + pairs.swapaxes(0, 1)
    pairs[np.arange(n_frames), np.arange(n_frames)] = 0
    return pairs


class TestFields:
    def test_values_are_converted_and_copied(self):
        values = np.zeros((2, 3))
        explanation = Explanation(
            values,
            scores=[0.2, 0.3, 0.5],
            prior=torch.tensor([0.2, 0.3, 0.5]),
            standard_errors=np.full((2, 3), np.nan),
            interactions=symmetric(2, 3),
            n_evaluations=np.int64(3),
            class_names=np.array(NAMES),
            info={"seed": np.int64(1), "shape": (2, 3), "loss": np.float32(0.5), "deep": {"none": None}},
        )
        values[:] = 1
        assert not explanation.values.any()
        dtypes = {
            name: getattr(explanation, name).dtype.name
            for name in ("values", "scores", "prior", "standard_errors", "interactions")
        }
        assert dtypes == {name: "float64" if name == "prior" else "float32" for name in dtypes}
        assert explanation.class_names == NAMES
        assert type(explanation.n_evaluations) is int
        assert explanation.info == {"seed": 1, "shape": [2, 3], "loss": 0.5, "deep": {"none": None}}

    def test_it_is_frozen(self):
        explanation = make()
        with pytest.raises(FrozenInstanceError):
            explanation.method = "other"
        for one in (explanation, pickle.loads(pickle.dumps(explanation))):
            for array in (one.values, one.scores, one.prior):
                with pytest.raises(ValueError, match="read-only"):
                    array[:] = 0

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            (
                {"values": np.zeros(3)},
                r"expected values of shape \(T, C\), at least one frame and one class, got \(3,\)",
            ),
            ({"values": np.zeros((0, 3))}, r"at least one frame and one class, got \(0, 3\)"),
            ({"values": [[1.0], [1.0, 2.0]]}, "expected values to be an array of numbers"),
            ({"values": "text"}, "expected values to be an array of numbers: got str 'text'"),
            ({"values": np.full((4, 3), np.nan)}, "expected finite values, got NaN or infinity"),
            ({"values": np.full((4, 3), 1e300)}, "expected finite values, got NaN or infinity"),
            ({"scores": np.zeros(4)}, r"expected scores of shape \(3,\), for values of \(4, 3\), got \(4,\)"),
            ({"scores": np.zeros(3, complex)}, "expected scores to be an array of numbers"),
            ({"prior": [0, 0, np.inf]}, "expected finite prior, got NaN or infinity"),
            ({"standard_errors": np.zeros((4, 2))}, r"expected standard_errors of shape \(4, 3\)"),
            ({"standard_errors": np.full((4, 3), np.inf)}, "expected finite standard_errors, got infinity"),
            ({"standard_errors": np.full((4, 3), -1)}, "expected standard_errors of 0 or more, got -1"),
            ({"interactions": np.zeros((4, 3, 3))}, r"expected interactions of shape \(4, 4, 3\)"),
            ({"interactions": np.triu(np.ones((4, 4)), 1)[..., None].repeat(3, 2)}, "symmetric .* differ by up to 1$"),
            ({"interactions": np.ones((4, 4, 3))}, "expected interactions of 0 for a frame with itself, got up to 1"),
            ({"n_evaluations": -1}, "expected n_evaluations to be a whole number of 0 or more, got -1"),
            ({"method": ""}, "expected the name of a method, got ''"),
            ({"class_names": ("a", "b")}, "expected 3 class names, one for each column of values, got 2"),
            ({"class_names": "abc"}, "expected class_names to be a sequence of names, got 'abc'"),
            ({"class_names": ("a", "b", "c\0")}, r"expected class names without null characters, got 'c\\x00'"),
            ({"info": {"a": [object]}}, r"expected a plain value .* in info\['a'\]\[0\], got <class 'object'>"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, changes, message):
        with pytest.raises(UserError, match=message):
            replace(make(), **changes)

    def test_arguments_of_other_types(self):
        """In a process of its own: annotations are not checked there."""
        cases = {
            "prior=None": "expected prior to be an array of numbers: got NoneType None",
            "n_evaluations=1.5": "expected n_evaluations to be a whole number of 0 or more, got 1.5",
            "n_evaluations=True": "expected n_evaluations to be a whole number of 0 or more, got True",
            "method=3": "expected the name of a method, got 3",
            "class_names=(1,)": "expected class_names to be a sequence of names, got (1,)",
            "class_names=1": "expected class_names to be a sequence of names, got 1",
            "info=[1]": "expected info to be a dict of plain values, got list",
            "info={1: 2}": "expected info to have strings as keys, got 1",
        }
        code = (
            "from dataclasses import replace\n"
            "from play_fair import Explanation, UserError\n"
            "one = Explanation([[0.5]], [1.0], [0.5])\n"
            f"for change in {list(cases)}:\n"
            "    try: eval(f'replace(one, {change})')\n"
            "    except UserError as error: print(error)\n"
            "try: one.class_id(0.0)\n"
            "except UserError as error: print(error)\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stdout.splitlines() == [*cases.values(), "expected a class id or a class name, got 0.0"], (
            done.stderr
        )

    def test_info_without_end_is_refused(self):
        endless = {}
        endless["again"] = endless
        with pytest.raises(UserError, match="expected at most 32 levels of lists and dicts in info"):
            make(info=endless)

    def test_rounding_of_interactions_is_accepted(self):
        pairs = symmetric(4, 3)
        pairs[0, 1] += 1e-7
        assert make(interactions=pairs).interactions.shape == (4, 4, 3)

    def test_interactions_of_a_class(self):
        pairs = symmetric(4, 3)
        pairs[..., 1] = np.nan
        explanation = make(interactions=pairs)
        np.testing.assert_array_equal(explanation.interactions_of(NAMES[0]), explanation.interactions[..., 0])
        assert explanation.interactions_of(1) is None
        assert make().interactions_of(0) is None

    def test_classes_without_interactions(self):
        pairs = symmetric(4, 3)
        pairs[..., 1] = np.nan
        assert np.isnan(make(interactions=pairs).interactions[..., 1]).all()
        pairs[0, 1, 2] = np.nan
        with pytest.raises(UserError, match="NaN in one order of two frames only"):
            make(interactions=pairs)


class TestClasses:
    def test_by_id_and_by_name(self):
        explanation = make()
        assert [explanation.class_id(target) for target in (1, np.int64(1), NAMES[1], "DOWN", "covering")] == [
            1
        ] * 4 + [2]
        assert explanation.class_name(2) == NAMES[2]
        assert make(n_classes=2).class_name(1) == "class 1"

    @pytest.mark.parametrize(
        ("target", "message"),
        [
            (3, r"expected a class id in 0\.\.2, got 3"),
            (-1, r"expected a class id in 0\.\.2, got -1"),
            (True, "expected a class id or a class name, got True"),
            ("moving", "did you mean “Moving something up” or “Moving something down”"),
            ("Covring something", "did you mean “Covering something”"),
        ],
    )
    def test_unknown_classes(self, target, message):
        for function in (make().class_id, make().plot, make().to_shapiq, lambda one: make().contrast(0, one)):
            with pytest.raises(UserError, match=message):
                function(target)

    def test_names_without_names(self):
        with pytest.raises(
            UserError, match=r"expected a class id in 0\.\.1, got 'up': this explanation has no class_names"
        ):
            make(n_classes=2).class_id("up")

    def test_a_name_of_two_classes(self):
        with pytest.raises(UserError, match="'up' is that of the ids 0, 2"):
            make(class_names=("up", "down", "up")).class_id("up")


class TestNumbers:
    def test_predicted_and_exact(self):
        explanation = make()
        assert explanation.predicted == explanation.scores.argmax()
        assert explanation.exact
        assert not make(method="layered").exact

    def test_contrast(self):
        explanation = make()
        np.testing.assert_array_equal(
            explanation.contrast(NAMES[0], 2), explanation.values[:, 0] - explanation.values[:, 2]
        )

    def test_efficiency_error(self):
        explanation = make()
        assert explanation.efficiency_error() < 1e-6
        wrong = replace(explanation, scores=explanation.scores + np.array([0, 0.5, 0], np.float32))
        assert wrong.efficiency_error() == pytest.approx(0.5, abs=1e-6)

    def test_frames_of_the_video(self):
        assert (make().frame_idxs, make().n_video_frames) == ([0, 1, 2, 3], 4)
        sampled = make(info={"frame_idxs": [2, 7, 12, 17], "n_video_frames": 20})
        assert (sampled.frame_idxs, sampled.n_video_frames) == ([2, 7, 12, 17], 20)
        segmented = make(info={"segments": [1, 2, 3, 4]})
        assert (segmented.frame_idxs, segmented.n_video_frames) == ([0, 1, 4, 7], 10)

    @pytest.mark.parametrize("info", [{"frame_idxs": [1, 2]}, {"segments": "abcd"}, {"frame_idxs": [0.5] * 4}])
    def test_frames_that_do_not_fit_are_not_used(self, info):
        assert make(info=info).frame_idxs == [0, 1, 2, 3]

    def test_equality(self):
        errors = np.full((4, 3), np.nan)
        one = make(standard_errors=errors, info={"a": 1})
        assert one == make(standard_errors=errors, info={"a": 1})
        assert one != make(standard_errors=errors, info={"a": 2})
        assert one != make(info={"a": 1})
        assert one != make(seed=1, standard_errors=errors, info={"a": 1})
        assert one != "explanation"


class TestRepr:
    def test_it_is_short_and_readable(self):
        values = [[0.1, 0.0], [-0.3, 0.1], [0.5, -0.2], [0.02, 0.01]]
        explanation = Explanation(
            values,
            [0.52, 0.41],
            [0.2, 0.5],
            standard_errors=np.full((4, 2), 0.01),
            n_evaluations=1024,
            method="layered",
            class_names=("up", "down"),
            info={"frame_idxs": [1, 3, 5, 7]},
        )
        assert repr(explanation) == (
            "Explanation: 4 frames, 2 classes, method layered, 1,024 evaluations\n"
            "  top class: 0 “up”, score 0.520, prior 0.200\n"
            "  top frames: 2 (+0.500), 1 (−0.300), 0 (+0.100); in the video: 5, 3, 1\n"
            "  standard errors: 0.01 at most for this class"
        )

    def test_segments(self):
        text = repr(make(info={"segments": [1, 2, 3, 4]}))
        assert text.startswith("Explanation: 4 segments, 3 classes, method exact\n")
        assert re.search(r"top segments: \d \(.*; frames ", text)


class TestTables:
    def test_dataframe(self):
        explanation = make(standard_errors=np.full((4, 3), 0.01))
        table = explanation.to_dataframe()
        assert table.columns.tolist() == ["frame", "class_id", "class_name", "value", "standard_error"]
        assert table["frame"].tolist() == [frame for frame in range(4) for _ in range(3)]
        assert table["class_id"].tolist() == [0, 1, 2] * 4
        assert table["class_name"].tolist() == list(NAMES) * 4
        np.testing.assert_array_equal(table["value"], explanation.values.ravel())
        assert make(n_classes=2).to_dataframe().columns.tolist() == ["frame", "class_id", "value"]

    def test_shap(self):
        pytest.importorskip("shap")
        explanation = make()
        theirs = explanation.to_shap()
        np.testing.assert_array_equal(theirs.values, explanation.values)
        np.testing.assert_array_equal(theirs.base_values, explanation.prior)
        one = theirs[:, 1]
        np.testing.assert_array_equal(one.values, explanation.values[:, 1])
        assert one.base_values == explanation.prior[1]
        assert one.output_names == NAMES[1]
        assert one.feature_names == ["frame 0", "frame 1", "frame 2", "frame 3"]

    def test_shapiq_has_the_values_and_the_prior(self):
        shapiq = pytest.importorskip("shapiq")
        explanation = make(method="layered", n_evaluations=7)
        theirs = explanation.to_shapiq(NAMES[1])
        assert isinstance(theirs, shapiq.InteractionValues)
        assert (theirs.index, theirs.max_order, theirs.n_players) == ("SV", 1, 4)
        assert theirs.baseline_value == explanation.prior[1]
        assert theirs.estimated
        assert theirs.estimation_budget == 7
        np.testing.assert_allclose(theirs.get_n_order(1).values, explanation.values[:, 1])

    def test_shapiq_has_the_interactions_that_it_computes_itself(self):
        shapiq = pytest.importorskip("shapiq")
        weights = np.array([1.0, -2.0, 0.5, 3.0])

        def game(coalitions):
            inside = coalitions.astype(float)
            return 0.5 + inside @ weights + 2 * inside[:, 0] * inside[:, 3] - inside[:, 1] * inside[:, 2] * inside[:, 3]

        computer = shapiq.ExactComputer(game, n_players=4)
        theirs, values = computer("SII", 2), computer("SV", 1)
        pairs = np.zeros((4, 4, 1))
        for i in range(4):
            for j in range(i):
                pairs[i, j] = pairs[j, i] = theirs[(j, i)]
        ours = Explanation(
            values.get_n_order(1).values[:, None], [game(np.ones((1, 4)))[0]], [0.5], interactions=pairs
        ).to_shapiq(0)
        assert (ours.index, ours.max_order) == ("SII", 2)
        assert ours.baseline_value == theirs.baseline_value
        for order in (1, 2):
            found, expected = ours.get_n_order(order), theirs.get_n_order(order)
            for coalition in expected.interaction_lookup:
                assert found[coalition] == pytest.approx(expected[coalition], abs=1e-6)

    def test_shapiq_of_a_class_without_interactions(self):
        pytest.importorskip("shapiq")
        pairs = symmetric(4, 3)
        pairs[..., 1] = np.nan
        assert make(interactions=pairs).to_shapiq(0).index == "SII"
        assert make(interactions=pairs).to_shapiq(1).index == "SV"

    @pytest.mark.parametrize(
        ("package", "call", "advice"),
        [
            ("pandas", lambda one: one.to_dataframe(), r"this needs pandas, .*: pip install 'play-fair\[tables\]'$"),
            ("shap", lambda one: one.to_shap(), "this needs shap, .*: pip install shap$"),
            ("shapiq", lambda one: one.to_shapiq(0), "this needs shapiq, .*: pip install shapiq$"),
            ("matplotlib", lambda one: one.plot(), r"this needs matplotlib, .*: pip install 'play-fair\[plots\]'$"),
        ],
    )
    def test_packages_that_are_missing(self, monkeypatch, package, call, advice):
        for name in [name for name in sys.modules if name.startswith("play_fair.plots")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr(play_fair, "plots", raising=False)
        for name in [package, *(name for name in sys.modules if name.startswith(f"{package}."))]:
            monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(UserError, match=advice):
            call(make())


floats = st.floats(-1e6, 1e6, width=32)
names = st.text(st.characters(exclude_characters="\0"), max_size=8)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def arguments(draw):
    """Arguments of an explanation."""
    n_frames, n_classes = draw(st.integers(1, 4)), draw(st.integers(1, 3))

    def array(*shape, elements=floats):
        size = int(np.prod(shape))
        return np.array(draw(st.lists(elements, min_size=size, max_size=size))).reshape(shape)

    pairs = symmetric(n_frames, n_classes, draw(st.integers(0, 99)))
    pairs[..., draw(st.integers(0, n_classes - 1))] = np.nan
    errors = array(n_frames, n_classes, elements=st.floats(0, 1) | st.just(np.nan))
    return {
        "values": array(n_frames, n_classes),
        "scores": array(n_classes),
        "prior": array(n_classes),
        "standard_errors": draw(st.sampled_from([None, errors])),
        "interactions": draw(st.sampled_from([None, pairs])),
        "n_evaluations": draw(st.integers(0, 2**63 - 1)),
        "method": draw(st.sampled_from(["exact", "permutations", "ein Schätzer"])),
        "class_names": draw(st.none() | st.lists(names, min_size=n_classes, max_size=n_classes)),
        "info": draw(st.dictionaries(st.text(max_size=5), plain, max_size=4)),
    }


class TestFiles:
    @given(arguments())
    def test_round_trip(self, tmp_path_factory, arguments):
        explanation = Explanation(**arguments)
        path = tmp_path_factory.mktemp("saved") / "one"
        explanation.save(path)
        assert Explanation.load(path) == explanation
        assert [file.name for file in path.parent.iterdir()] == ["one"]

    def test_numpy_reads_it_without_pickle(self, tmp_path):
        explanation = make(info={"seed": 1})
        explanation.save(tmp_path / "new" / "one.npz")
        with np.load(tmp_path / "new" / "one.npz", allow_pickle=False) as file:
            assert set(file) == {
                "values",
                "scores",
                "prior",
                "class_names",
                "n_evaluations",
                "method",
                "info",
                "format",
            }
            np.testing.assert_array_equal(file["values"], explanation.values)
            assert file["class_names"].tolist() == list(NAMES)
            assert file["info"].item() == '{"seed": 1}'

    def test_a_missing_file(self, tmp_path):
        with pytest.raises(
            UserError, match=r"expected a saved explanation \(\.npz\) at .*one\.npz, but it does not exist"
        ):
            Explanation.load(tmp_path / "one.npz")

    @pytest.mark.parametrize("content", [b"", b"no zip", pickle.dumps({"values": 1})])
    def test_other_files(self, tmp_path, content):
        (tmp_path / "one.npz").write_bytes(content)
        with pytest.raises(UserError, match=r"cannot read .*one\.npz as a saved explanation"):
            Explanation.load(tmp_path / "one.npz")

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"format": np.str_("another")}, "it was not written by Explanation.save"),
            ({"format": None}, "it was not written by Explanation.save"),
            ({"values": np.zeros(3)}, r"expected values of shape \(T, C\)"),
            ({"values": np.array([[object()]])}, "does not have the bytes"),
            ({"values": None}, "it has no values"),
            ({"info": np.str_("{")}, "Expecting property name"),
            ({"info": np.str_("[1]")}, "its info is not a dict"),
            ({"info": None}, "it has no info"),
            ({"class_names": np.arange(3)}, "its class_names are not text"),
            ({"n_evaluations": np.zeros(2)}, "can only convert an array of size 1"),
            ({"n_evaluations": np.float64(0.5)}, "cannot be interpreted as an integer"),
        ],
    )
    def test_foreign_content(self, tmp_path, changes, message):
        path = tmp_path / "one.npz"
        make().save(path)
        with np.load(path) as file:
            arrays = {**file, **changes}
        np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
        with pytest.raises(UserError, match=message):
            Explanation.load(path)

    @given(st.integers(0, 10_000), st.integers(0, 255))
    def test_damage_is_refused_or_harmless(self, tmp_path_factory, place, byte):
        path = tmp_path_factory.mktemp("damaged") / "one.npz"
        make().save(path)
        content = bytearray(path.read_bytes())
        content[place % len(content)] = byte
        path.write_bytes(content)
        with suppress(UserError):
            assert Explanation.load(path).values.shape

    def test_cut_files(self, tmp_path):
        path = tmp_path / "one.npz"
        make().save(path)
        path.write_bytes(path.read_bytes()[:-30])
        with pytest.raises(UserError, match="cannot read"):
            Explanation.load(path)

    def test_large_files_are_refused_before_they_are_read(self, tmp_path, monkeypatch):
        monkeypatch.setattr(npz_file, "MAX_BYTES", 10_000)
        path = tmp_path / "one.npz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("values.npy", bytes(20_000))
        with pytest.raises(UserError, match="its arrays have 20,000 bytes, more than 10,000"):
            Explanation.load(path)

    def test_a_header_that_declares_too_much(self, tmp_path):
        path = tmp_path / "one.npz"
        make().save(path)
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["values.npy"] = members["values.npy"].replace(b"(4, 3)", b"(4, 9)")
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        with pytest.raises(UserError, match=r"an array of shape \(4, 9\) and type float32 does not have the bytes"):
            Explanation.load(path)
