from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
import torch

from play_fair.attribution import Approximation, CharacteristicFunctionShapleyAttributor
from play_fair.errors import UserError
from play_fair.esv_job import ALL_FRAMES, VideoExplainer, compute_esvs
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.games import MeanConsensusGame
from play_fair.results import PADDING, EsvResults
from recorded_bar import RecordedBar

PRIORS = np.array([0.5, 0.3, 0.2])
ATTRIBUTOR = CharacteristicFunctionShapleyAttributor(MeanConsensusGame(torch.tanh, PRIORS), n_classes=3)
SETTINGS = {"model": "mean of frames"}


class Videos:
    """Videos of the given lengths whose features are their frames' logits; `broken` cannot be read."""

    def __init__(self, lengths, broken=None):
        rng = np.random.default_rng(0)
        self.uids = [f"v{i}" for i in range(len(lengths))]
        self.features = [rng.standard_normal((length, 3)).astype(np.float32) for length in lengths]
        self.broken = broken

    def __getitem__(self, index):
        if index == self.broken:
            raise KeyboardInterrupt
        return self.features[index], {"label": index % 3, "action": index % 3, "uid": self.uids[index]}


def explainer(n_frames, batch_size=3, approximation=None):
    return VideoExplainer(ATTRIBUTOR, PRIORS, n_frames, batch_size, approximation)


def compute(videos, explainer, output, settings=SETTINGS, attrs=(), videos_per_shard=4):
    bar = RecordedBar()
    report = compute_esvs(
        partial(nullcontext, videos), lambda device: explainer, output, settings, dict(attrs), videos_per_shard, bar=bar
    )
    assert bar.initial + bar.done == bar.total == len(videos.uids), "the progress bar ends full"
    return report


def files_in(folder):
    """Names of all files and folders but hidden ones (locks)."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def assert_same_results(path, other):
    first, second = EsvResults.load(path), EsvResults.load(other)
    assert first.uids.tolist() == second.uids.tolist()
    for name in ("labels", "sequence_lengths", "sequence_idxs", "scores", "shapley_values", "priors"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)
    assert first.attrs == second.attrs


def test_results_hold_the_esvs_of_each_video_on_its_uniform_frames(tmp_path):
    videos = Videos([5, 3, 4, 7, 3, 9, 3, 3, 4, 6])
    report = compute(videos, explainer(3), tmp_path / "esvs.pkl", attrs={"command": "x"})
    results = EsvResults.load(tmp_path / "esvs.pkl")

    assert (report.n_explained, report.too_short) == (10, [])
    assert report.efficiency_error < 1e-6
    assert results.uids.tolist() == videos.uids
    assert results.labels.tolist() == [i % 3 for i in range(10)]
    assert results.sequence_lengths.tolist() == [len(features) for features in videos.features]
    for row, features in enumerate(videos.features):
        indices = uniform_frame_indices(len(features), 3)
        esvs, scores = ATTRIBUTOR.explain(torch.from_numpy(features[indices]))
        np.testing.assert_array_equal(results.sequence_idxs[row], indices)
        np.testing.assert_allclose(results.shapley_values[row], esvs, atol=1e-6)
        np.testing.assert_allclose(results.scores[row], scores, atol=1e-6)
    assert results.attrs["model"] == "mean of frames"
    assert results.attrs["n_frames"] == 3
    assert results.attrs["approximation"] is None
    assert results.attrs["command"] == "x"


def test_too_short_videos_are_left_out_and_told(tmp_path):
    report = compute(Videos([2, 5, 1, 6, 2, 2, 2, 2, 8]), explainer(3), tmp_path / "esvs.pkl")

    assert report.n_explained == 3
    assert report.too_short == ["v0", "v2", "v4", "v5", "v6", "v7"]
    assert EsvResults.load(tmp_path / "esvs.pkl").uids.tolist() == ["v1", "v3", "v8"]


def test_nothing_is_written_when_all_videos_are_too_short(tmp_path):
    with pytest.raises(UserError, match="videos of at least 4 frames, but all 2 are shorter; nothing is written"):
        compute(Videos([3, 2]), explainer(4), tmp_path / "esvs.pkl")
    assert files_in(tmp_path) == []


def test_all_frames_pads_shorter_videos(tmp_path):
    lengths = [3, 1, 5, 3, 2, 4]
    compute(Videos(lengths), explainer(ALL_FRAMES), tmp_path / "esvs.pkl")
    results = EsvResults.load(tmp_path / "esvs.pkl")

    assert results.shapley_values.shape == (6, 5, 3)
    for row, length in enumerate(lengths):
        assert results.sequence_idxs[row].tolist() == [*range(length), *[PADDING] * (5 - length)]
        assert (results.shapley_values[row, length:] == 0).all()
    assert results.efficiency_error() < 1e-6


@pytest.mark.parametrize(
    "approximation", [None, Approximation(max_samples_per_scale=3, n_iters=2, seed=1, estimator="constructive")]
)
def test_a_stopped_run_goes_on_and_gives_what_an_undisturbed_one_gives(tmp_path, approximation):
    lengths = [6, 7, 8, 9, 6, 7, 8, 9, 6, 7]
    compute(Videos(lengths), explainer(6, approximation=approximation), tmp_path / "undisturbed.pkl")
    with pytest.raises(KeyboardInterrupt):
        compute(Videos(lengths, broken=6), explainer(6, approximation=approximation), tmp_path / "esvs.pkl")
    assert not (tmp_path / "esvs.pkl").exists()

    rest = Videos(lengths, broken=2)  # in the first shard, which is not read again
    compute(rest, explainer(6, approximation=approximation), tmp_path / "esvs.pkl")
    assert_same_results(tmp_path / "esvs.pkl", tmp_path / "undisturbed.pkl")
    assert files_in(tmp_path) == ["esvs.pkl", "undisturbed.pkl"]


def test_a_stopped_run_with_other_settings_is_not_continued(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        compute(Videos([3, 3], broken=1), explainer(3), tmp_path / "esvs.pkl", videos_per_shard=1)
    with pytest.raises(
        UserError, match=r"esvs.pkl.shards was made with other settings: n_frames was 3 and is now 2\. Use those"
    ):
        compute(Videos([3, 3]), explainer(2), tmp_path / "esvs.pkl", videos_per_shard=1)


def test_an_output_is_made_again_only_with_other_settings(tmp_path):
    output = tmp_path / "esvs.pkl"
    first = compute(Videos([3, 1, 4]), explainer(3), output)
    written = output.stat().st_mtime_ns

    assert compute(Videos([3, 1, 4], broken=0), explainer(3), output) == first
    assert output.stat().st_mtime_ns == written
    compute(Videos([3, 1, 4]), explainer(2), output)
    assert EsvResults.load(output).sequence_idxs.shape == (2, 2)
    compute(Videos([3, 1, 4]), explainer(2), output, settings={"model": "another"})
    assert EsvResults.load(output).attrs["model"] == "another"


def test_an_output_that_is_something_else_is_kept(tmp_path):
    output = tmp_path / "features.hdf"
    output.write_text("not a pickle")
    with pytest.raises(UserError, match=r"expected results or nothing at .*features.hdf, but it is another file"):
        compute(Videos([3]), explainer(3), output)
    assert [path.read_text() for path in tmp_path.glob("f*")] == ["not a pickle"]


def test_estimates_depend_on_the_seed_and_are_near(tmp_path):
    videos = Videos([8] * 3)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        approximation = Approximation(max_samples_per_scale=20, n_iters=3, seed=seed, estimator="constructive")
        compute(videos, explainer(8, approximation=approximation), tmp_path / f"{name}.pkl")
    compute(videos, explainer(8), tmp_path / "exact.pkl")
    a, c, exact = (EsvResults.load(tmp_path / f"{name}.pkl").shapley_values for name in ("a", "c", "exact"))

    assert_same_results(tmp_path / "a.pkl", tmp_path / "b.pkl")
    assert not np.allclose(a, c, atol=1e-5)
    assert np.abs(a - exact).mean() < 0.1 * np.abs(exact).mean()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: explainer(0), "a positive number of frames, or -1 for all, got 0"),
        (lambda: explainer(3, batch_size=0), "a batch of at least one video, got 0"),
        (lambda: Approximation(0), "max_samples_per_scale of at least 1 for the approximation, got 0"),
        (lambda: Approximation(5, n_iters=0), "n_iters of at least 1 for the approximation, got 0"),
        (lambda: Approximation(5, seed=-1), "seed of at least 0 for the approximation, got -1"),
    ],
)
def test_settings_are_checked(make, message):
    with pytest.raises(UserError, match=message):
        make()


def test_a_video_that_cannot_be_explained_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot explain video v0: exact ESVs of 50 players need"):
        compute(Videos([50]), explainer(50), tmp_path / "esvs.pkl")


def test_standard_errors_are_stored(tmp_path):
    approximation = Approximation(60)
    compute(Videos([18, 5, 20, 18]), explainer(ALL_FRAMES, approximation=approximation), tmp_path / "esvs.pkl")
    (scale,) = EsvResults.load(tmp_path / "esvs.pkl").scales
    errors = scale.extras["standard_errors"]

    assert errors.shape == scale.shapley_values.shape == (4, 20, 3)
    assert errors.dtype == np.float32
    assert errors[1].max() == 0, "the video of 5 frames is explained exactly"
    assert (errors[2] > 0).all()
    assert (errors[0, 18:] == 0).all()


def test_decided_settings_are_stored(tmp_path):
    compute(Videos([18]), explainer(18, approximation=Approximation(60)), tmp_path / "esvs.pkl")
    results = EsvResults.load(tmp_path / "esvs.pkl")
    approximation = results.attrs["approximation"]

    assert approximation["estimator"] == "set_kernel", "the best for 17 * 60 evaluations"
    assert results["v0"].method == "set_kernel"
    assert approximation["max_samples_per_scale"] == 60
    assert approximation["exact_up_to_n_frames"] == 8, "60 subsets of each size are fewer than 2^9 - 1 in all"


def test_an_estimate_of_few_frames_is_stored_as_the_exact_one_that_it_is(tmp_path):
    for name, approximation in (("estimate", Approximation()), ("exact", None)):
        compute(Videos([9, 8]), explainer(8, approximation=approximation), tmp_path / f"{name}.pkl")
    assert_same_results(tmp_path / "estimate.pkl", tmp_path / "exact.pkl")
    assert EsvResults.load(tmp_path / "estimate.pkl").attrs["approximation"] is None


def test_samples_too_few_for_a_long_video_are_named(tmp_path):
    approximation = Approximation(64, estimator="layered")
    with pytest.raises(
        UserError,
        match="cannot explain video v0: expected max_samples_per_scale of at least 90 for the layered estimator of a "
        "video of 60 frames, got 64",
    ):
        compute(Videos([60]), explainer(ALL_FRAMES, approximation=approximation), tmp_path / "esvs.pkl")


def test_interactions_are_those_of_the_true_and_the_predicted_class(tmp_path):
    videos = Videos([6, 4, 5])
    asked = VideoExplainer(ATTRIBUTOR, PRIORS, ALL_FRAMES, interactions=True)
    compute(videos, asked, tmp_path / "esvs.pkl")
    results = EsvResults.load(tmp_path / "esvs.pkl")
    interactions = results.scales[0].extras["interactions"]

    assert interactions.shape == (3, 2, 6, 6)
    for row, features in enumerate(videos.features):
        n = len(features)
        said = ATTRIBUTOR.with_interactions().explanation(torch.from_numpy(features)[None])
        for place, class_id in enumerate((results.labels[row], results.scores[row].argmax())):
            expected = np.zeros((6, 6))
            expected[:n, :n] = said.interactions[0, ..., class_id]
            np.testing.assert_allclose(interactions[row, place], expected, atol=1e-6)


def test_a_video_too_long_for_exact_esvs_of_all_frames_is_told_before_the_work(tmp_path):
    with pytest.raises(UserError, match=r"at most 20 frames .* v1 has 21: .* 2\^21 = 2,097,152 subsets.*--approximate"):
        compute(Videos([3, 21, 4]), explainer(ALL_FRAMES), tmp_path / "esvs.pkl", videos_per_shard=1)
    assert files_in(tmp_path) == []


def test_a_stopped_run_goes_on_with_what_rounds_alike(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with pytest.raises(KeyboardInterrupt):
        compute(Videos([3, 3], broken=1), explainer(3), tmp_path / "esvs.pkl", videos_per_shard=1)
    with pytest.raises(UserError, match="batch_size was 3 and is now 2"):
        compute(Videos([3, 3]), explainer(3, batch_size=2), tmp_path / "esvs.pkl", videos_per_shard=1)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with pytest.raises(UserError, match="OMP_NUM_THREADS was '1' and is now '2'"):
        compute(Videos([3, 3]), explainer(3), tmp_path / "esvs.pkl", videos_per_shard=1)


def test_subset_scores_are_those_of_the_model_on_each_subset(tmp_path):
    videos = Videos([5, 3, 4])
    compute(videos, VideoExplainer(ATTRIBUTOR, PRIORS, 3, subset_scores=True), tmp_path / "esvs.pkl")
    results = EsvResults.load(tmp_path / "esvs.pkl")
    assert results.scales[0].extras["subset_scores"].shape == (3, 2, 8)
    for row, uid in enumerate(videos.uids):
        frames = videos.features[row][uniform_frame_indices(len(videos.features[row]), 3)]
        predicted = int(results.scores[row].argmax())
        stored = results.subset_scores(uid, 3)
        assert set(stored) == {int(results.labels[row]), predicted}
        for class_id, scores in stored.items():
            assert scores[0] == pytest.approx(PRIORS[class_id])
            for mask in range(1, 8):
                seen = frames[[bool(mask >> frame & 1) for frame in range(3)]]
                expected = torch.tanh(torch.from_numpy(seen)).mean(dim=0).softmax(dim=0)[class_id]
                assert scores[mask] == pytest.approx(float(expected), abs=1e-6)
    assert results.subset_scores("v0", 4) == results.subset_scores("none", 3) == {}


@pytest.mark.parametrize("n_frames", [11, ALL_FRAMES])
def test_subset_scores_of_many_frames_are_refused(n_frames):
    with pytest.raises(UserError, match="expected at most 10 frames to store the scores of all their subsets"):
        VideoExplainer(ATTRIBUTOR, PRIORS, n_frames, subset_scores=True)
