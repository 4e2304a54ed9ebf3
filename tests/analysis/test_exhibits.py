import numpy as np
import pytest

from constructed_esvs import constructed
from example_results import make_results
from play_fair.analysis import Study
from play_fair.analysis.bootstrap import Interval
from play_fair.analysis.exhibits import exhibits
from play_fair.analysis.two_classes import two_classes
from play_fair.analysis.wording import trend
from play_fair.results import EsvResults

NAN = np.nan


def shown(*results, **more):
    """The exhibits of these results, by name."""
    return {exhibit.name: exhibit for exhibit in exhibits(Study.of([two_classes(one) for one in results], **more))}


def said(exhibit):
    return " ".join(exhibit.sentences).replace("\N{NO-BREAK SPACE}", " ")


def test_sentences_say_what_the_tables_hold():
    # Two videos each are correct and wrong; their numbers are all alike, so that intervals are points.
    found = shown(constructed([[0.3, 0.1]] * 2 + [[0.1, -0.1]] * 2, [[0, 0]] * 2 + [[0.1, 0.2]] * 2))
    assert said(found["supporting-frames"]) == (
        "M: 100.0 % [100.0, 100.0] of the frames of correct predictions and 50.0 % [50.0, 50.0] of the frames of wrong "
        "predictions support the true class (difference +50.0 points [+50.0, +50.0])."
    )
    assert "in the mean correct prediction supporting frames add 0.400 [0.400, 0.400]" in said(found["sums"])
    assert "distracting ones −0.100 [−0.100, −0.100]." in said(found["sums"])
    assert "of 4 frames of wrong predictions" in said(found["kinds-of-frames"])
    assert "50.0 % [50.0, 50.0] support both" in said(found["kinds-of-frames"])
    assert "are 0.000 (true) and 0.150 (predicted class)." in said(found["true-against-predicted"])
    assert "the sum is 0.400 [0.400, 0.400] in the mean correct one and −0.300" in said(found["contrasts"])
    # One number of frames: nothing grows, nothing is stable.
    assert said(found["extremes"]) == said(found["stability"]) == said(found["class-growth"]) == ""
    assert found["stability"].table.empty


def test_ends_are_larger_only_where_they_are():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((30, 8)) / 1000
    for either_way in (noise, noise[:, ::-1]):
        ends = said(shown(constructed(np.repeat([0.1, 0, 0, 0.1], 2) + either_way, noise))["positions"])
        assert "ESVs at both ends (first and last quarter) are larger than those between, +0.1" in ends
        assert "not clearly different from those in the first" in ends
    late = said(shown(constructed(np.repeat([-0.02, 0.08], 4) + noise, noise))["positions"])
    assert "in the second half larger than those in the first, +0.1" in late


def test_models_are_compared_on_the_same_draws():
    first = constructed([[0.3, -0.1]] * 3, np.zeros((3, 2)), model="TSN")
    second = constructed([[0.3, 0.1]] * 3, np.zeros((3, 2)), model="MTRN")
    assert "MTRN less TSN: +50.0 points [+50.0, +50.0] in correct predictions." in said(
        shown(first, second)["supporting-frames"]
    )


def test_growth_is_told_with_its_direction():
    both = EsvResults.collate(
        [constructed([[0.4, 0.2]] * 2, np.zeros((2, 2))), constructed([[0.3, 0.2, -0.1]] * 2, np.zeros((2, 3)))],
        {"model": "M"},
    )
    found = shown(both)
    assert "from 2 to 3 frames the share in correct predictions falls, −33.3 points" in said(found["supporting-frames"])
    assert "the largest ESV falls, −0.100 [−0.100, −0.100], and the smallest falls, −0.300" in said(found["extremes"])
    assert "from 0.300 on 2 frames to 0.133 on 3" in said(found["positions-as-frames-grow"])


def test_the_order_of_classes_is_certain_only_where_intervals_are_apart():
    def most_localised(true, labels):
        return said(shown(constructed(true, np.zeros((len(true), 4)), labels=labels))["classes"])

    one, all_alike = [0.4, 0, 0, 0], [0.1, 0.1, 0.1, 0.1]
    certain = most_localised([one, one, all_alike, all_alike], [0, 0, 1, 1])
    assert "M: most localised is “class 0”, 1.0 [1.0, 1.0] effective frames, least “class 1”, 4.0" in certain
    assert certain.endswith("the intervals do not overlap.")
    assert most_localised([one, all_alike], [0, 1]).endswith("it may be chance, by their intervals.")
    assert most_localised([one, all_alike] * 2, [0, 0, 1, 1]).endswith("it may be chance, by their intervals.")


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
def test_odd_results_are_told_without_nan(case):
    for exhibit in shown(*ODD[case]()).values():
        assert "nan" not in said(exhibit)
        assert "unknown" not in said(exhibit)
        if exhibit.table.empty:
            assert not said(exhibit)
            assert exhibit.missing


@pytest.mark.parametrize("case", ODD)
def test_odd_results_are_drawn(case):
    for exhibit in shown(*ODD[case]()).values():
        if not exhibit.table.empty:
            assert exhibit.draw(exhibit.table, True).axes


def test_trend():
    assert trend(Interval(1, 0.1, 2)) == "rises"
    assert trend(Interval(-1, -2, -0.1)) == "falls"
    assert trend(Interval(1, -0.1, 2)) == trend(Interval(1, NAN, NAN)) == "does not clearly change"
