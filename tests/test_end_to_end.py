"""The numbered scripts as a person runs them, on a tiny generated dataset, in the order of the README."""

import json

import h5py
import numpy as np
import pytest

from literal_models import element_shapley_values, multiscale_trn_scores, tsn_scores
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.labels import read_class_priors, read_classes_csv
from play_fair.results import EsvResults
from tiny_project import N_FRAMES, SPLITS, config, explain

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def project(tiny_project, tmp_path_factory):
    return tiny_project.copied_to(tmp_path_factory.mktemp("end_to_end"))


def test_classes_and_priors(project):
    classes = read_classes_csv(project / "datasets/demo/gulp/classes.csv")
    assert sorted(classes.values()) == list(range(10))
    np.testing.assert_allclose(read_class_priors(project / "datasets/demo/class-priors.csv", 10), 0.1)


def test_features_have_every_frame_of_every_video(project):
    with h5py.File(project / "datasets/demo/features/light.hdf") as file:
        assert {split: len(file[split]["uids"]) for split in file} == SPLITS
        for split in SPLITS:
            assert file[split]["features"].attrs["feature_dim"] == 256
            lengths = {len(values) / 256 for values in file[split]["features"]}
            assert lengths <= set(range(24, 37))


@pytest.mark.parametrize("model", ["tsn", "mtrn"])
def test_results_are_those_of_the_validation_videos(project, model):
    results = EsvResults.load(project / f"datasets/demo/esvs/{model}.pkl")
    entries = json.loads((project / "datasets/demo/labels/validation.json").read_text())
    assert sorted(results.uids.tolist()) == sorted(entry["id"] for entry in entries)
    assert [scale.n_frames for scale in results.scales] == list(N_FRAMES)
    for scale in results.scales:
        for length, indices in zip(results.sequence_lengths.tolist(), scale.sequence_idxs, strict=True):
            np.testing.assert_array_equal(indices, uniform_frame_indices(length, scale.n_frames))
        np.testing.assert_allclose(scale.scores.sum(axis=1), 1, atol=1e-5)
    assert results.efficiency_error() <= 1e-6
    assert dict(results.attrs) == {"approximation": None, "dataset": "demo", "model": model.upper()}


@pytest.mark.parametrize("model", ["tsn", "mtrn"])
def test_esvs_are_those_of_the_definition(project, model):
    checkpoints = project / "checkpoints/demo/features"
    scores = (
        tsn_scores(checkpoints / "tsn.pth")
        if model == "tsn"
        else multiscale_trn_scores([checkpoints / f"trn_{n_frames}_frames.pth" for n_frames in (1, 2, 3)])
    )
    results = EsvResults.load(project / f"datasets/demo/esvs/{model}.pkl")
    with h5py.File(project / "datasets/demo/features/light.hdf") as file:
        uids, features = file["validation/uids"].asstr()[:].tolist(), file["validation/features"][:]
    for scale in results.scales:
        for row, uid in enumerate(results.uids.tolist()):
            frames = features[uids.index(uid)].reshape(-1, 256)[scale.sequence_idxs[row]].astype(np.float64)
            expected = element_shapley_values(scores, results.priors, frames)
            np.testing.assert_allclose(scale.shapley_values[row], expected, atol=1e-6)


def test_results_say_where_they_come_from(project):
    attrs = EsvResults.load(project / "datasets/demo/esvs/mtrn-2.pkl").attrs
    assert set(attrs["checkpoints_sha256"]) == {f"checkpoints/demo/features/trn_{n}_frames.pth" for n in (1, 2, 3)}
    assert "05_compute_esvs.py configs/demo/feature_multiscale_trn.jsonnet" in attrs["command"]
    assert attrs["n_frames"] == 2


def test_frames_and_videos_of_the_test_split(project):
    entries = json.loads((project / "datasets/demo/labels/test.json").read_text())
    for entry in entries:
        assert len(list((project / "datasets/demo/frames" / entry["id"]).iterdir())) >= 24
        assert (project / "datasets/demo/webm" / f"{entry['id']}.webm").stat().st_size > 1000


def test_approximate_esvs_are_close_and_seeded(project):
    flags = ("--estimator", "constructive", "--approximate-max-samples-per-scale", 16, "--sample-n-frames", 6)

    def esvs(name, *more):
        model, priors = config("feature_multiscale_trn"), "datasets/demo/class-priors.csv"
        project.run("05", model, priors, name, *more)
        return EsvResults.load(project / name).shapley_values

    exact = esvs("exact.pkl", "--sample-n-frames", 6)
    estimated = esvs("estimated.pkl", *flags, "--seed", 1)
    np.testing.assert_array_equal(estimated, esvs("again.pkl", *flags, "--seed", 1))
    assert not np.array_equal(estimated, esvs("other.pkl", *flags, "--seed", 2))
    assert np.abs(estimated - exact).max() < 0.5
    assert np.square(estimated - exact).mean() < np.square(exact).mean()


def test_all_frames_of_each_video(project):
    more = ("--sample-n-frames", -1, "--approximate", "--approximate-max-samples-per-scale", 8)
    project.run("05", config("feature_tsn"), "datasets/demo/class-priors.csv", "all.pkl", *more)
    results = EsvResults.load(project / "all.pkl")
    (scale,) = results.scales
    assert ((scale.sequence_idxs >= 0).sum(axis=1) == results.sequence_lengths).all()
    assert results.efficiency_error() <= 1e-6
    assert 0 < scale.extras["standard_errors"].max() < 1e-2


def test_too_many_frames_write_nothing(project):
    process = project.start(*explain("tsn", "--sample-n-frames", 99))
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "expected videos of at least 99 frames, but all 20 are shorter" in errors
    assert not list((project / "datasets/demo/esvs").glob("tsn-99*"))


def test_killed_generation_resumes_to_the_same_videos(project, tmp_path):
    videos = project / "datasets/demo/videos"
    command = ("00", tmp_path / "again", *(f"--n-{split}={n}" for split, n in SPLITS.items()))
    project.run_and_kill(*command, when=lambda: len(list((tmp_path / "again/videos").glob("[0-9]*.webm"))) >= 20)
    project.run(*command)
    again = {path.name: path.read_bytes() for path in (tmp_path / "again/videos").iterdir()}
    assert again == {path.name: path.read_bytes() for path in videos.iterdir()}
