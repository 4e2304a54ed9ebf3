"""The features file: its layout byte for byte where readers elsewhere depend on it, and what is refused."""

import re
from collections.abc import Callable
from pathlib import Path

import h5py
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from play_fair.errors import UserError
from play_fair.features import HdfFeatureReader, HdfFeatureWriter, open_features
from play_fair.frame_sampling import FullVideoSampler, RandomSampler, TemporalSegmentSampler

D = 4
LENGTHS = [3, 1, 9]
UIDS = ["10", "é2", "3"]


def numbered(video: int, length: int) -> np.ndarray:
    """Every value tells its video, frame and place."""
    return (100 * video + 10 * np.arange(length)[:, None] + np.arange(D)).astype(np.float32)


VIDEOS = [numbered(i, length) for i, length in enumerate(LENGTHS)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "features.hdf"
    with h5py.File(path, "w") as file, HdfFeatureWriter(file.create_group("train"), 3, D) as writer:
        for i, uid in enumerate(UIDS):
            writer.append(uid, VIDEOS[i], label=7 + i)
    return path


def test_layout(path: Path) -> None:
    with h5py.File(path) as file:
        names: list[str] = []
        file.visit(names.append)
        assert sorted(names) == [
            "train",
            "train/features",
            "train/labels",
            "train/labels/action",
            "train/labels/label",
            "train/labels/uid",
            "train/uids",
        ]
        group = file["train"]
        for name in ("features", "uids", "labels/action", "labels/label", "labels/uid"):
            dataset = group[name]
            assert dataset.shape == dataset.maxshape == (3,)
            assert dataset.chunks is None
            assert dataset.compression is None
        assert h5py.check_vlen_dtype(group["features"].dtype) == np.float32
        assert dict(group["features"].attrs) == {"feature_dim": D}
        assert group["features"].attrs["feature_dim"].dtype == np.int64
        assert group["features"][2].tolist() == VIDEOS[2].reshape(-1).tolist()
        for name in ("uids", "labels/uid"):
            string = h5py.check_string_dtype(group[name].dtype)
            assert (string.encoding, string.length) == ("utf-8", None)
            assert group[name].asstr()[:].tolist() == UIDS
        for name in ("labels/action", "labels/label"):
            assert group[name].dtype == np.int64
            assert group[name][:].tolist() == [7, 8, 9]


def test_reads_what_was_written(path: Path) -> None:
    with h5py.File(path) as file:
        reader = HdfFeatureReader(file["train"])
        assert (len(reader), reader.feature_dim, reader.uids) == (3, D, UIDS)
        for i, (features, labels) in enumerate(reader):
            assert features.dtype == np.float32
            np.testing.assert_array_equal(features, VIDEOS[i])
            assert labels == {"action": 7 + i, "label": 7 + i, "uid": UIDS[i]}
            assert type(labels["uid"]) is str
        assert reader[-1][1]["uid"] == "3"
        with pytest.raises(IndexError):
            reader[3]


def test_in_memory_outlives_the_file(path: Path) -> None:
    with h5py.File(path) as file:
        reader = HdfFeatureReader(file["train"], in_mem=True)
    for index, video in enumerate(VIDEOS):
        np.testing.assert_array_equal(reader[index][0], video)


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        (RandomSampler(4, test=True), [[0, 1, 1, 2], [0, 0, 0, 0], [1, 3, 5, 7]]),
        (FullVideoSampler(), [range(3), range(1), range(9)]),
    ],
)
@pytest.mark.parametrize("in_mem", [True, False])
def test_sampler_chooses_the_frames(path: Path, sampler, expected, in_mem: bool) -> None:
    """A video shorter than the sample is spread over it too: no run of frame 0."""
    with h5py.File(path) as file:
        reader = HdfFeatureReader(file["train"], sampler, in_mem=in_mem)
        for (features, _), video, frames in zip(reader, VIDEOS, expected, strict=True):
            np.testing.assert_array_equal(features, video[list(frames)])


def test_random_sampler_draws_anew(path: Path) -> None:
    with h5py.File(path) as file:
        reader = HdfFeatureReader(file["train"], TemporalSegmentSampler(3, seed=0), in_mem=True)
    assert len({reader[2][0].tobytes() for _ in range(20)}) > 1


@settings(max_examples=25)
@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=8), feature_dim=st.integers(1, 9), seed=st.integers(0, 99)
)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, lengths: list[int], feature_dim: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    videos = [rng.standard_normal((length, feature_dim)).astype(np.float32) for length in lengths]
    path = tmp_path_factory.mktemp("round-trip") / "features.hdf"
    with h5py.File(path, "w") as file, HdfFeatureWriter(file.create_group("s"), len(videos), feature_dim) as writer:
        for i, video in enumerate(videos):
            writer.append(str(i), video, label=i)
    with open_features(path, "s", feature_dim) as reader:
        for (features, labels), (i, video) in zip(reader, enumerate(videos), strict=True):
            np.testing.assert_array_equal(features, video)
            assert labels == {"action": i, "label": i, "uid": str(i)}


def test_refuses_a_file_that_is_not_hdf5(tmp_path: Path) -> None:
    (tmp_path / "features.hdf").write_text("no features")
    with (
        pytest.raises(UserError, match=r"expected an HDF5 file of features at .*features\.hdf, but it is no HDF5 file"),
        open_features(tmp_path / "features.hdf", "train"),
    ):
        pass


def test_refuses_a_missing_file(tmp_path: Path) -> None:
    with (
        pytest.raises(
            UserError, match=r"a features file \(made by 02_extract_features\.py\) at .*, but it does not exist"
        ),
        open_features(tmp_path / "none.hdf", "train"),
    ):
        pass


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "test"}, "expected a split 'test' in .*, got train; extract it with .* --split test"),
        ({"split": "train", "feature_dim": 8}, "expected features of 8 values a frame in .*, got 4"),
    ],
)
def test_refuses_what_the_file_does_not_have(path: Path, options: dict, message: str) -> None:
    with pytest.raises(UserError, match=message), open_features(path, **options):
        pass


@pytest.mark.parametrize("name", ["features", "uids", "labels/action", "labels/label"])
def test_refuses_a_missing_dataset(path: Path, name: str) -> None:
    with h5py.File(path, "a") as file:
        del file[f"train/{name}"]
    with (
        pytest.raises(UserError, match=f"in /train of {re.escape(str(path))}, but {name} is missing"),
        open_features(path, "train"),
    ):
        pass


def test_refuses_features_without_dimension(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file["train/features"].attrs["feature_dim"]
    with pytest.raises(UserError, match="expected an attribute feature_dim"), open_features(path, "train"):
        pass


@pytest.mark.parametrize("n_values", [0, D + 1])
def test_refuses_broken_frames(path: Path, n_values: int) -> None:
    with h5py.File(path, "a") as file:
        file["train/features"][1] = np.zeros(n_values, np.float32)
    message = rf"expected one or more frames of 4 values for video é2 in /train of .*, got {n_values} values"
    with pytest.raises(UserError, match=message), open_features(path, "train") as reader:
        reader[1]


def replace(file: h5py.File, name: str, values: object, **options: object) -> None:
    attributes = dict(file[name].attrs)
    del file[name]
    file.create_dataset(name, data=values, **options).attrs.update(attributes)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda file: replace(file, "train/uids", ["10", "3", "10"]),
            "expected each uid once, but these come twice: 10",
        ),
        (lambda file: replace(file, "train/uids", ["10", "3", "x" * 256]), "uids of 1 to 255 characters, got 256: 'xx"),
        (lambda file: replace(file, "train/uids", ["10", "3", ""]), "uids of 1 to 255 characters, got 0: ''"),
        (lambda file: replace(file, "train/uids", [b"10", b"\xff", b"3"]), "expected uids in UTF-8"),
        (lambda file: replace(file, "train/uids", ["10", "3"]), r"an entry for each video .*'uids': \(2,\)"),
        (lambda file: replace(file, "train/labels/action", [0.5, 1, 2]), "expected whole numbers in labels/action"),
        (
            lambda file: replace(file, "train/labels/label", ["a", "b", "c"]),
            "expected numbers as labels/label in .*, got text",
        ),
        (lambda file: replace(file, "train/uids", [1, 2, 3]), "expected text as uids in .*, got numbers"),
        (lambda file: replace(file, "train/features", np.zeros((3, D))), r"each video .*'features': \(3, 4\)"),
        (
            lambda file: replace(file, "train/features", np.zeros(3)),
            "expected arrays of numbers as features in .*, got numbers",
        ),
        (lambda file: file["train/features"].attrs.modify("feature_dim", 0), "a feature_dim of 1 or more in .*, got 0"),
        (lambda file: file["train/features"].attrs.create("feature_dim", "x"), "damaged: invalid literal for int"),
    ],
)
def test_refuses_what_does_not_fit(path: Path, damage: Callable[[h5py.File], object], message: str) -> None:
    with h5py.File(path, "a") as file:
        damage(file)
    with pytest.raises(UserError, match=message) as caught, open_features(path, "train"):
        pass
    assert str(path) in str(caught.value)


def test_refuses_arrays_whose_bytes_h5py_does_not_turn_round(path: Path) -> None:
    with h5py.File(path, "a") as file:
        del file["train/features"]
        file.create_dataset("train/features", 3, h5py.vlen_dtype(np.dtype(">f4"))).attrs["feature_dim"] = D
    with (
        pytest.raises(UserError, match=r"expected arrays of numbers as features in .*, got arrays of >f4"),
        open_features(path, "train"),
    ):
        pass


def test_refuses_more_videos_than_the_file_has_room_for(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "huge.hdf", "w") as file:
        types = {"features": h5py.vlen_dtype(np.float32), "uids": h5py.string_dtype()}
        for name in ("features", "uids", "labels/action", "labels/label"):
            file.create_dataset(f"s/{name}", (10**11,), types.get(name, np.int64), chunks=(10**6,))
    with pytest.raises(UserError, match="got the shapes"), open_features(tmp_path / "huge.hdf", "s"):
        pass


def test_refuses_features_that_are_not_finite(path: Path) -> None:
    with h5py.File(path, "a") as file:
        values = file["train/features"][1]
        values[2] = np.nan
        file["train/features"][1] = values
    with open_features(path, "train") as reader:
        reader[0]
        with pytest.raises(UserError, match="expected finite features for video é2, but 1 of its 1 frames have NaN"):
            reader[1]


@pytest.mark.parametrize(("n_classes", "label"), [(9, 9), (10, -1)])
def test_refuses_class_ids_that_the_model_does_not_have(path: Path, n_classes: int, label: int) -> None:
    with open_features(path, "train", n_classes=10) as reader:
        assert len(reader) == 3
    with h5py.File(path, "a") as file:
        file["train/labels/label"][0] = label
    with (
        pytest.raises(UserError, match=rf"expected class ids in 0\.\.{n_classes - 1} in /train of .*n_classes"),
        open_features(path, "train", n_classes=n_classes),
    ):
        pass


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.array([[0, 0, 0, 0], [0, np.nan, 0, 0]]), r"video u, but 1 of its 2 frames have NaN .* first is frame 1\)"),
        (np.full((3, D), np.inf), r"video u, but 3 of its 3 frames have NaN or infinite values"),
        (np.zeros((2, D + 1)), r"shape \(one or more frames, 4\) for video u, got \(2, 5\)"),
        (np.zeros((0, D)), r"shape \(one or more frames, 4\) for video u, got \(0, 4\)"),
    ],
)
def test_writer_refuses_bad_features(features: np.ndarray, message: str) -> None:
    with h5py.File("bad.hdf", "w", driver="core", backing_store=False) as file:
        writer = HdfFeatureWriter(file.create_group("s"), 1, D)
        with pytest.raises(UserError, match=message):
            writer.append("u", features.astype(np.float32), label=0)


def test_writer_wants_as_many_videos_as_promised() -> None:
    with h5py.File("few.hdf", "w", driver="core", backing_store=False) as file:
        with (
            pytest.raises(ValueError, match="expected 2 videos, got 1"),
            HdfFeatureWriter(file.create_group("few"), 2, D) as writer,
        ):
            writer.append("u", VIDEOS[0], label=0)
        writer = HdfFeatureWriter(file.create_group("many"), 1, D)
        writer.append("u", VIDEOS[0], label=0)
        with pytest.raises(ValueError, match="expected 1 videos, got one more: v"):
            writer.append("v", VIDEOS[0], label=0)
