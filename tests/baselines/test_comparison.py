"""From attributions to tables, sentences and a report."""

import html

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from play_fair.analysis.bootstrap import GroupBootstrap
from play_fair.attribution import CharacteristicFunctionShapleyAttributor
from play_fair.baselines import ComparedFeatureModel, SampledFeatures, compare, explain, write_comparison
from play_fair.baselines.decisive import DecisiveFrames
from play_fair.baselines.findings import findings, rows_of, with_interval
from play_fair.baselines.measures import EFFICIENCY_GAP, RANK_CORRELATION, summary
from play_fair.baselines.report import remove_stale_files
from play_fair.baselines.tables import MEASURE_NOTES
from play_fair.errors import UserError
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.games import MeanConsensusGame

CPU = torch.device("cpu")
N_FRAMES = 4
FEATURES_ONLY = [
    "esv",
    "leave-one-out",
    "alone",
    "one-order",
    "ig",
    "ig-zero",
    "gradient-x-input",
    "uniform",
    "middle",
    "random",
]
EXACT = {"TSN": None, "M": None}


def example_videos(n_clips=10):
    """Twins of 12 frames; the class shows in the window and nowhere else, as a number above or below zero."""
    rng = np.random.default_rng(0)
    uids, sampled, windows = [], [], {}
    indices = uniform_frame_indices(12, N_FRAMES)
    for clip in range(n_clips):
        first = int(rng.integers(0, 9))
        features = rng.normal(0, 0.05, (12, 2)).astype(np.float32)
        features[first : first + 3, clip % 2] += 2
        for uid, twin, shown, begin in (
            (f"{clip}f", f"{clip}b", features, first),
            (f"{clip}b", f"{clip}f", features[::-1].copy(), 9 - first),
        ):
            uids.append(uid)
            sampled.append(shown[indices])
            windows[uid] = DecisiveFrames("local", begin, begin + 2, twin)
    classes = np.repeat(np.arange(n_clips) % 2, 2)
    return SampledFeatures(uids, classes, np.tile(indices, (len(uids), 1)), np.stack(sampled)), windows


NO_VIDEOS = SampledFeatures(
    [], np.zeros(0, np.int64), np.zeros((0, N_FRAMES), np.int64), np.zeros((0, N_FRAMES, 2), np.float32)
)


@pytest.fixture(scope="module")
def explained():
    game = MeanConsensusGame(nn.Identity(), torch.tensor([0.5, 0.5]))
    attributor = CharacteristicFunctionShapleyAttributor(game, 2)
    return explain(ComparedFeatureModel("TSN", attributor, example_videos()[0], CPU, batch_size=8), n_sensitivity=5)


@pytest.fixture(scope="module")
def comparison(explained):
    return compare([explained], example_videos()[1])


def test_every_method_attributes_to_every_frame(explained):
    assert list(explained.attributions) == FEATURES_ONLY
    assert {values.shape for values in explained.attributions.values()} == {(20, N_FRAMES)}
    assert all(np.isfinite(values).all() for values in explained.attributions.values())
    assert set(explained.seconds) == set(FEATURES_ONLY)


def test_attributions_depend_neither_on_other_methods_nor_on_batches(explained):
    game = MeanConsensusGame(nn.Identity(), torch.tensor([0.5, 0.5]))
    attributor = CharacteristicFunctionShapleyAttributor(game, 2)
    alone = explain(
        ComparedFeatureModel("TSN", attributor, example_videos()[0], CPU, batch_size=8), ["one-order", "ig"]
    )
    for name in ("one-order", "ig"):
        np.testing.assert_allclose(alone.attributions[name], explained.attributions[name], atol=1e-7)


def test_the_predicted_class_can_be_explained(explained):
    game = MeanConsensusGame(nn.Linear(2, 2), torch.tensor([0.5, 0.5]))
    attributor = CharacteristicFunctionShapleyAttributor(game, 2)
    videos = example_videos()[0]
    predicted = explain(ComparedFeatureModel("TSN", attributor, videos, CPU), ["esv"], predicted=True)
    _, scores = attributor.explain_batch(torch.from_numpy(videos.features))
    np.testing.assert_array_equal(predicted.classes, scores.argmax(dim=1))
    np.testing.assert_array_equal(predicted.scores.top1_at(np.full(len(videos), 2**N_FRAMES - 1)), 1)


@pytest.mark.parametrize(
    ("videos", "methods", "message"),
    [
        (NO_VIDEOS, ["esv"], "expected at least one video to explain, got none"),
        (None, ["esvs"], "expected methods among esv, leave-one-out, .*, got esvs"),
        (None, ["grad-cam"], "expected pictures for grad-cam, but there are none: set backbone_config"),
    ],
)
def test_what_cannot_be_explained_is_refused(videos, methods, message):
    attributor = CharacteristicFunctionShapleyAttributor(MeanConsensusGame(nn.Identity(), torch.ones(2) / 2), 2)
    with pytest.raises(UserError, match=message):
        explain(
            ComparedFeatureModel("TSN", attributor, example_videos()[0] if videos is None else videos, CPU), methods
        )


def test_efficiency_gaps_are_of_shares_and_rank_correlations_of_rankings(comparison):
    sums, ranks = (rows_of(comparison.methods, measure) for measure in (EFFICIENCY_GAP, RANK_CORRELATION))
    assert all(sums[name]["mean"] < 1e-6 for name in ("esv", "one-order", "uniform"))
    assert sums["leave-one-out"]["mean"] > 0.01
    assert not {"middle", "random"} & set(sums), "rankings are no shares"
    assert not {"esv", "uniform"} & set(ranks), "uniform ranks nothing"
    assert ranks["alone"]["mean"] > ranks["random"]["mean"]


def test_means_are_those_of_the_videos(comparison):
    means = comparison.videos.groupby(["method", "measure"])["value"].mean()
    for row in comparison.methods.dropna(subset="mean").to_dict("records"):
        assert row["mean"] == pytest.approx(means[row["method"], row["measure"]], abs=1e-6)
        assert row["low"] <= row["mean"] + 1e-9
        assert row["mean"] <= row["high"] + 1e-9


def test_esvs_point_at_the_window_and_a_fixed_place_does_not(comparison):
    hits = rows_of(comparison.decisive[comparison.decisive["prediction"] == "all"], "pointing hit")
    assert hits["esv"]["mean"] == 1
    assert hits["esv"]["over_shuffled_low"] > 0
    assert hits["esv"]["over_best_fixed_low"] > 0
    assert hits["middle"]["over_shuffled"] == pytest.approx(0)
    assert hits["uniform"]["mean"] == pytest.approx(hits["uniform"]["chance"])


def test_curves_begin_with_the_whole_video_and_end_with_the_prior(comparison):
    curves = comparison.curves[comparison.curves["of"] == "score"]
    for removed, expected in ((0, comparison.videos), (N_FRAMES, None)):
        ends = curves[curves["removed"] == removed]["mean"]
        assert ends.nunique() == 1 or ends.std() < 1e-9
        if expected is None:
            assert ends.iloc[0] == pytest.approx(0.5)


def test_models_need_names_of_their_own(explained):
    with pytest.raises(UserError, match="expected models of different names, got TSN, TSN; set `name`"):
        compare([explained, explained])


def clip_means(seed, n_clips, twins):
    """A measure of videos of mean 0.3; all twins of a clip have the same value."""
    values = np.random.default_rng(seed).normal(0.3, 1, n_clips)
    rows = [
        {"model": "M", "method": "esv", "measure": "x", "uid": f"{clip}-{twin}", "group": str(clip), "value": value}
        for clip, value in enumerate(values)
        for twin in range(twins)
    ]
    return pd.DataFrame(rows)


def test_twins_make_no_interval_narrower():
    single, double = (summary(clip_means(0, 30, n), GroupBootstrap(30, 400)).iloc[0] for n in (1, 2))
    assert (double["low"], double["high"]) == pytest.approx((single["low"], single["high"]))


def test_intervals_cover_the_truth_as_often_as_they_should():
    covered = 0
    for seed in range(50):
        row = summary(clip_means(seed, 40, 2), GroupBootstrap(40, 100, seed)).iloc[0]
        covered += row["low"] <= 0.3 <= row["high"]
    assert covered >= 45, "95 % intervals; drawn video by video they would cover it 42 times"


def test_the_report_is_complete(comparison, tmp_path):
    sentences = write_comparison(comparison, {"dataset": "<toys>", "split": "test"}, tmp_path)
    names = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    figures = {
        f"{stem}.{suffix}" for stem in ("removal-tsn", "methods", "pointing", "auc") for suffix in ("png", "svg")
    }
    tables = {f"{name}.csv" for name in comparison.csvs()}
    assert names == figures | tables | {"report.html", "tables.md"}
    page, tables_md = ((tmp_path / name).read_text() for name in ("report.html", "tables.md"))
    assert "&lt;toys&gt;" in page
    assert page.count('role="img"') == 8, "each figure for a desk and for a phone"
    assert [sentence.split(":")[0] for sentence in sentences] == [
        "TSN, frame ablation",
        "TSN, infidelity at the best scale",
        "TSN, local evidence",
    ]
    for sentence in sentences:
        assert f"* {sentence}\n" in tables_md
    assert "| exact ESV | " in tables_md
    for note in MEASURE_NOTES:
        assert f"* {note}\n" in tables_md
        assert note in html.unescape(page)
    attributions = pd.read_csv(tmp_path / "attributions.csv", dtype={"uid": str})
    assert len(attributions) == len(FEATURES_ONLY) * 20 * N_FRAMES
    assert attributions.columns.tolist() == ["model", "method", "uid", "class", "frame", "attribution"]


def test_the_same_comparison_gives_the_same_tables(explained, comparison):
    again = compare([explained], example_videos()[1])
    assert again.csvs().keys() == comparison.csvs().keys()
    for name, table in again.csvs().items():
        pd.testing.assert_frame_equal(table, comparison.csvs()[name])


def test_what_an_earlier_comparison_left_is_removed(tmp_path):
    stale = {"decisive.csv", "decisive-videos.csv", "pointing.svg", "auc.png", "removal-mtrn.png"}
    for name in (*stale, "notes.txt", "removal-tsn.png"):
        (tmp_path / name).touch()
    remove_stale_files(tmp_path, {"methods", "removal-tsn"})
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", "removal-tsn.png"}


def decisive_row(**changes):
    row = {"model": "M", "method": "esv", "kind": "local", "prediction": "all", "measure": "pointing hit", "videos": 9}
    row |= {"mean": 0.9, "low": 0.8, "high": 1.0, "shuffled": 0.4, "best fixed": 0.5, "chance": 0.3}
    row |= {"over_shuffled_low": 0.1, "over_best_fixed_low": 0.1, "over_best_fixed_high": 0.5, **changes}
    return pd.DataFrame([row])


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "ahead of both controls"),
        ({"over_shuffled_low": -0.1}, "not ahead of other videos'"),
        ({"over_best_fixed_low": -0.1}, "ahead of other videos' but not of the best fixed position"),
        (
            {"over_best_fixed_low": -0.3, "over_best_fixed_high": -0.1},
            "ahead of other videos' but behind the best fixed position",
        ),
    ],
)
def test_pointing_holds_only_against_both_controls(comparison, changes, verdict):
    summary_of_m = comparison.methods.assign(model="M")
    (sentence,) = [
        sentence for sentence in findings(summary_of_m, decisive_row(**changes), EXACT) if "evidence" in sentence
    ]
    assert sentence.startswith("M, local evidence: the largest ESV is in the decisive window of ")
    assert "of 9 videos (other videos' ESVs 40.0\N{NO-BREAK SPACE}%" in sentence
    assert f"), {verdict}." in sentence


def test_where_no_frame_changes_a_score_no_order_reaches_more():
    features = np.zeros((2, N_FRAMES, 2), np.float32)
    indices = np.tile(np.arange(N_FRAMES), (2, 1))
    videos = SampledFeatures(["a", "b"], np.zeros(2, np.int64), indices, features)
    game = MeanConsensusGame(nn.Identity(), torch.tensor([0.5, 0.5]))
    attributor = CharacteristicFunctionShapleyAttributor(game, 2)
    saturated = compare([explain(ComparedFeatureModel("TSN", attributor, videos, CPU, batch_size=8))], None)
    assert "100 % of the best possible" in findings(saturated.methods, None, EXACT)[0]


def test_a_single_clip_has_no_interval():
    row = {"mean": 0.25, "low": np.nan, "high": np.nan}
    assert with_interval(row) == "0.250"
