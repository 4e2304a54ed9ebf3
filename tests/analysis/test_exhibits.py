import re

import numpy as np
import pytest

from constructed_esvs import constructed
from example_results import make_results
from play_fair.analysis import Study
from play_fair.analysis.bootstrap import Interval
from play_fair.analysis.exhibits import exhibits
from play_fair.analysis.report import leading
from play_fair.analysis.two_classes import two_classes
from play_fair.analysis.wording import verdict
from play_fair.results import EsvResults

NAN = np.nan


def shown(*results, **more):
    """The exhibits of these results, by name."""
    return {exhibit.name: exhibit for exhibit in exhibits(Study.of([two_classes(one) for one in results], **more))}


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def summary(exhibit):
    """The rows of the summary, by model (and predictions, where there is such a column)."""
    keys = ("model", "predictions")
    rows = {}
    for row in exhibit.summary:
        key = tuple(row[column] for column in keys if column in row)
        cells = {column: plain(cell) for column, cell in row.items() if column not in keys}
        rows[key if len(key) > 1 else key[0]] = cells
    return rows


def test_summaries_hold_the_numbers_of_the_tables():
    # Two videos each are correct and wrong; their numbers are all alike, so that intervals are points.
    found = shown(constructed([[0.3, 0.1]] * 2 + [[0.1, -0.1]] * 2, [[0, 0]] * 2 + [[0.1, 0.2]] * 2))
    assert summary(found["accuracy"])["M"]["frames"] == "2"
    assert summary(found["accuracy"])["M"]["top-1"].startswith("50.0 % [")
    assert summary(found["supporting-frames"])["M"] == {
        "correct": "100.0 % [100.0, 100.0]",
        "wrong": "50.0 % [50.0, 50.0]",
        "correct − wrong": "+50.0 points [+50.0, +50.0]",
    }
    assert summary(found["sums"])["M", "correct"]["supporting"] == "0.400 [0.400, 0.400]"
    assert summary(found["sums"])["M", "wrong"]["distracting"] == "−0.100 [−0.100, −0.100]"
    kinds = summary(found["kinds-of-frames"])["M"]
    assert kinds["frames of wrong predictions"] == "4"
    assert kinds["supports both"] == "50.0 % [50.0, 50.0]"
    sizes = summary(found["true-against-predicted"])["M"]
    assert (sizes["mean ESV, true class"], sizes["predicted class"]) == ("0.000", "0.150")
    assert summary(found["contrasts"])["M", "correct"]["sum"] == "0.400 [0.400, 0.400]"
    assert summary(found["contrasts"])["M", "wrong"]["sum"] == "−0.300 [−0.300, −0.300]"
    # One number of frames: nothing grows, nothing is stable.
    assert not any(found[name].summary for name in ("extremes", "stability", "class-growth"))
    assert found["stability"].table.empty


def test_the_report_leads_with_five_findings_at_most():
    results = [EsvResults.collate([make_results(n, n_videos=30, seed=n) for n in (2, 3, 4)], {"model": "M"})]
    found = shown(*results)
    assert found["positions"].is_null, "noise: it does not lead"
    sentences = [plain(exhibit.finding) for exhibit in leading(list(found.values()))]
    assert [sentence.split(":")[0] for sentence in sentences] == [
        "Top-1 accuracy",
        "Frames that support the true class",
        "Frames that favour the true class over its rival",
        "Rank correlation of ESVs between numbers of frames",
    ]
    assert re.search(r"M [\d.]+ % \[[\d.]+, [\d.]+\] on 4 frames\.$", sentences[0])
    assert re.search(r"M .* on 3 and 4 frames \(unrelated videos .*\)\.$", sentences[3])


def test_ends_are_larger_only_where_they_are():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((30, 8)) / 1000
    for either_way in (noise, noise[:, ::-1]):
        exhibit = shown(constructed(np.repeat([0.1, 0, 0, 0.1], 2) + either_way, noise))["positions"]
        row = summary(exhibit)["M", "correct"]
        assert row["ends − middle"].startswith("+0.1")
        low, high = row["second half − first"].split("[")[1].rstrip("]").split(", ")
        assert low.startswith("−") or low == "0.000"
        assert high.startswith("+") or high == "0.000"
        assert "correct predictions: M +0.1" in plain(exhibit.finding)
        assert exhibit.finding.endswith("a frame, larger.")
    late = shown(constructed(np.repeat([-0.02, 0.08], 4) + noise, noise))["positions"]
    assert summary(late)["M", "correct"]["second half − first"].startswith("+0.1")
    assert late.finding.endswith("a frame, no clear difference.")


def test_models_are_compared_on_the_same_draws():
    first = constructed([[0.3, -0.1]] * 3, np.zeros((3, 2)), model="TSN")
    second = constructed([[0.3, 0.1]] * 3, np.zeros((3, 2)), model="MTRN")
    assert summary(shown(first, second)["supporting-frames"])["MTRN − TSN"] == {
        "correct": "+50.0 points [+50.0, +50.0]"
    }


def test_changes_have_their_sign():
    both = EsvResults.collate(
        [constructed([[0.4, 0.2]] * 2, np.zeros((2, 2))), constructed([[0.3, 0.2, -0.1]] * 2, np.zeros((2, 3)))],
        {"model": "M"},
    )
    found = shown(both)
    assert summary(found["supporting-frames"])["M"]["correct, 3 − 2 frames"].startswith("−33.3 points")
    extremes = summary(found["extremes"])["M", "correct"]
    assert extremes["largest ESV"] == "−0.100 [−0.100, −0.100]"
    assert extremes["smallest ESV"].startswith("−0.300")
    means = summary(found["positions-as-frames-grow"])["M", "correct"]
    assert means == {"mean ESV on 2 frames": "0.300", "on 3": "0.133"}


def test_the_order_of_classes_is_certain_only_where_intervals_are_apart():
    def most_localised(true, labels):
        return summary(shown(constructed(true, np.zeros((len(true), 4)), labels=labels))["classes"])["M"]

    one, all_alike = [0.4, 0, 0, 0], [0.1, 0.1, 0.1, 0.1]
    certain = most_localised([one, one, all_alike, all_alike], [0, 0, 1, 1])
    assert certain["most localised (effective frames)"] == "class 0: 1.0 [1.0, 1.0]"
    assert certain["least localised"].startswith("class 1: 4.0")
    assert certain["intervals"] == "apart"
    assert most_localised([one, all_alike], [0, 1])["intervals"] == "overlap"
    assert most_localised([one, all_alike] * 2, [0, 0, 1, 1])["intervals"] == "overlap"


ODD = {
    "all correct": lambda: [constructed([[0.3, 0.1]] * 3, np.zeros((3, 2)))],
    "all wrong": lambda: [constructed([[0.1, 0.0]] * 3, [[0.2, 0.1]] * 3)],
    "one video": lambda: [constructed([[0.3, -0.1]], [[0.1, 0.2]])],
    "one frame": lambda: [constructed([[0.3], [0.1]], [[0.1], [0.2]])],
    "one class": lambda: [constructed([[0.3, 0.1]] * 2, np.zeros((2, 2)), n_classes=1)],
    "many classes": lambda: [constructed([[0.3, 0.1]] * 30, np.zeros((30, 2)), labels=np.arange(30), n_classes=30)],
    "nothing at all": lambda: [constructed(np.zeros((2, 3)), np.zeros((2, 3)))],
    "padding": lambda: [constructed([[0.3, 0.1, NAN], [0.1, 0.2, 0.1]], [[0.1, 0.3, NAN], [0, 0, 0.1]])],
    "no video in common": lambda: [
        constructed([[0.3]], [[0.1]], uids=["a"], model="A"),
        constructed([[0.1, 0.1]], [[0.2, 0.1]], uids=["b"], model="B"),
    ],
    "numbers of frames with gaps": lambda: [
        EsvResults.collate([make_results(n, n_videos=9) for n in (1, 3, 7)], {"model": "M"})
    ],
}


@pytest.mark.parametrize("case", ODD)
def test_odd_results_are_summarised_without_nan(case):
    for exhibit in shown(*ODD[case]()).values():
        text = " ".join([exhibit.finding, *(cell for row in exhibit.rows for cell in row)])
        assert "nan" not in text
        assert "unknown" not in text
        if exhibit.table.empty:
            assert not exhibit.summary
            assert exhibit.missing


@pytest.mark.parametrize("case", ODD)
def test_odd_results_are_drawn(case):
    for exhibit in shown(*ODD[case]()).values():
        if not exhibit.table.empty:
            assert exhibit.draw(exhibit.table, True).axes


def test_verdict():
    assert verdict(Interval(1, 0.1, 2)) == "larger"
    assert verdict(Interval(-1, -2, -0.1)) == "smaller"
    assert verdict(Interval(1, -0.1, 2)) == verdict(Interval(1, NAN, NAN)) == "no clear difference"
