"""What the project writes, read as others read the published formats: with pickle, h5py and pandas only."""

import pickle

import h5py
import numpy as np
import pandas as pd
import pytest

from example_results import make_results
from play_fair.features import HdfFeatureWriter, open_features
from play_fair.labels import class_priors, read_class_priors, write_class_priors, write_classes_csv
from play_fair.results import EsvResults

UIDS = ["20001", "é"]


class PublishedFeatures:
    """One split of a features file: rows of floats, whose width is an attribute."""

    def __init__(self, path, split):
        with h5py.File(path, "r") as file:
            group = file[split]
            dim = group["features"].attrs["feature_dim"]
            self.features = [row.reshape(-1, dim) for row in group["features"][...]]
            self.uids = group["uids"].asstr()[...]
            labels = group["labels"]
            self.labels = [
                {"action": int(action), "label": int(label), "uid": uid}
                for action, label, uid in zip(
                    labels["action"][...], labels["label"][...], labels["uid"].asstr()[...], strict=True
                )
            ]


def test_features_are_read_by_a_reader_of_the_published_layout(tmp_path):
    videos = [np.arange(length * 4, dtype=np.float32).reshape(length, 4) for length in (3, 1)]
    with h5py.File(tmp_path / "f.hdf", "w") as file, HdfFeatureWriter(file.create_group("train"), 2, 4) as writer:
        for uid, video, label in zip(UIDS, videos, (7, 0), strict=True):
            writer.append(uid, video, label)
    read = PublishedFeatures(tmp_path / "f.hdf", "train")
    assert read.uids.tolist() == UIDS
    assert read.labels == [{"action": 7, "label": 7, "uid": UIDS[0]}, {"action": 0, "label": 0, "uid": UIDS[1]}]
    for ours, theirs in zip(videos, read.features, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("strings", [h5py.string_dtype(), h5py.string_dtype("ascii"), np.dtype("S5")])
@pytest.mark.parametrize("floats", ["<f4", "<f8", "<f2"])
def test_features_of_any_writer_of_that_layout_are_read(tmp_path, strings, floats):
    """Written by h5py as it comes: with strings and floats of other kinds, and attributes and groups of their own."""
    with h5py.File(tmp_path / "f.hdf", "w") as file:
        file.attrs["made_by"] = "somebody"
        group = file.create_group("validation")
        features = group.create_dataset("features", (2,), dtype=h5py.vlen_dtype(np.dtype(floats)))
        features.attrs["feature_dim"] = 2
        features[0], features[1] = np.arange(6).astype(floats), np.arange(2).astype(floats)
        for name in ("uids", "labels/uid"):
            group.create_dataset(name, data=np.array([b"100", b"7"]).astype(strings), dtype=strings)
        for name in ("labels/action", "labels/label"):
            group.create_dataset(name, data=np.array([1, 0], dtype=np.int32))
    with open_features(tmp_path / "f.hdf", "validation", feature_dim=2, n_classes=2) as reader:
        (first, labels), (second, _) = reader
    np.testing.assert_array_equal(first, np.arange(6, dtype=np.float32).reshape(3, 2))
    assert first.dtype == second.dtype == np.float32
    assert labels == {"action": 1, "label": 1, "uid": "100"}


class Recording(pickle.Unpickler):
    """Notes everything that a pickle asks for."""

    def __init__(self, file):
        super().__init__(file)
        self.names = set()

    def find_class(self, module, name):
        self.names.add(f"{module}.{name}")
        return super().find_class(module, name)


def published_table(path):
    """A row for each video, as analyses of the published results begin: uid, class, score and ESV of its class."""
    results = pickle.loads(path.read_bytes())
    rows = np.arange(len(results["uids"]))
    true_class = results["labels"]
    return pd.DataFrame(
        {
            "uid": results["uids"],
            "class": true_class,
            "length": results["sequence_lengths"],
            "score": results["scores"][rows, true_class],
            "esv_sum": results["shapley_values"][rows, :, true_class].sum(axis=1) + results["priors"][true_class],
        }
    )


def test_results_are_read_without_the_project(tmp_path):
    results = make_results(3, attrs={"seed": 0})
    results.save(tmp_path / "esvs.pkl")
    with (tmp_path / "esvs.pkl").open("rb") as file:
        unpickler = Recording(file)
        unpickler.load()
    assert {name.replace("._core.", ".core.") for name in unpickler.names} == {
        "numpy.ndarray",
        "numpy.dtype",
        "numpy.core.multiarray._reconstruct",
    }
    table = published_table(tmp_path / "esvs.pkl")
    assert table["uid"].tolist() == results.uids.tolist()
    np.testing.assert_allclose(table["esv_sum"], table["score"], atol=1e-6)


def test_collated_results_are_read_without_the_project(tmp_path):
    singles = [make_results(n) for n in (1, 2, 4)]
    EsvResults.collate(singles, {"dataset": "d", "model": "m"}).save(tmp_path / "collated.pkl")
    content = pickle.loads((tmp_path / "collated.pkl").read_bytes())
    assert content["attrs"] == {"dataset": "d", "model": "m"}
    for i, single in enumerate(singles):
        for name in ("scores", "sequence_idxs", "shapley_values"):
            np.testing.assert_array_equal(content[name][i], getattr(single, name))
    assert content["scores"].shape == (3, 6, 5)


def test_stacked_arrays_of_a_collation_are_read(tmp_path):
    """The published code stacks them where their shapes allow it, as those of one file do."""
    single = make_results(3)
    content = {**single.to_dict(), "attrs": {}}
    for name in ("scores", "sequence_idxs", "shapley_values"):
        content[name] = content[name][None]
    (tmp_path / "collated.pkl").write_bytes(pickle.dumps(content))
    results = EsvResults.load(tmp_path / "collated.pkl")

    assert results.collated
    (scale,) = results.scales
    np.testing.assert_array_equal(scale.shapley_values, single.shapley_values)
    np.testing.assert_array_equal(scale.sequence_idxs, single.sequence_idxs)


def test_tables_are_read_by_pandas(tmp_path):
    ids = {'Opening "it", then closing it': 0, "Plain": 1, "Ünïcode": 2}
    write_classes_csv(tmp_path / "classes.csv", ids)
    assert pd.read_csv(tmp_path / "classes.csv", index_col="name")["id"].to_dict() == ids
    priors = class_priors([0, 0, 2], 3)
    write_class_priors(tmp_path / "priors.csv", priors)
    read = pd.read_csv(tmp_path / "priors.csv", index_col="class")["prior"].sort_index()
    np.testing.assert_array_equal(read.to_numpy(), priors)


def test_priors_that_pandas_has_written_are_read(tmp_path):
    """In the order of their frequency, and with floats as pandas writes them."""
    priors = pd.Series([2 / 3, 1 / 3, 0.0], index=pd.Index([2, 0, 1], name="class"), name="prior")
    priors.to_csv(tmp_path / "priors.csv")
    assert read_class_priors(tmp_path / "priors.csv", 3).tolist() == [1 / 3, 0, 2 / 3]
