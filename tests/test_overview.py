"""All videos together: accuracy, confusions, the swarm of ESVs, picked videos, orders."""

import numpy as np
import pytest

from play_fair.analysis.study import Study
from play_fair.analysis.two_classes import two_classes
from play_fair.overview import MOST_CLASSES, MOST_DOTS, accuracy_sentence, confusions, picks, sort_keys, swarm
from play_fair.results import EsvResults

NAMES = {"up": 0, "down": 1, "cover": 2}


def results(scores, labels, esvs=None, n_frames=2):
    """Results on videos "0", "1", ... of 8 frames; ESVs are equal unless given: (N, n) of the true class."""
    scores = np.asarray(scores, np.float64)
    n_videos, n_classes = scores.shape
    priors = np.full(n_classes, 1 / n_classes)
    values = np.repeat((scores - priors)[:, None] / n_frames, n_frames, axis=1)
    if esvs is not None:
        values[np.arange(n_videos), :, labels] = esvs
    return EsvResults.single(
        uids=[str(index) for index in range(n_videos)],
        labels=np.array(labels),
        sequence_lengths=np.full(n_videos, 8),
        priors=priors,
        sequence_idxs=np.tile(np.arange(n_frames) * 8 // n_frames + 1, (n_videos, 1)),
        scores=scores.astype(np.float32),
        shapley_values=values.astype(np.float32),
    )


ONE = results([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.4, 0.35, 0.25], [0.1, 0.1, 0.8]], [0, 1, 0, 2])
TWO = results([[0.3, 0.6, 0.1], [0.2, 0.7, 0.1], [0.4, 0.5, 0.1], [0.1, 0.2, 0.7]], [0, 1, 0, 2])


def study(*of_models, groups=None):
    return Study.of([two_classes(one, f"model {i}") for i, one in enumerate(of_models)], NAMES, groups)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_accuracy_in_a_sentence():
    assert plain(accuracy_sentence(study(ONE, TWO))) == "model 0 is right on 75.0 % of 4 videos and model 1 on 50.0 %."


def test_confusions_count_true_and_predicted_classes():
    first, second = confusions(study(ONE, TWO))
    assert first.classes == [0, 1, 2]
    assert [[cell.count for cell in row] for row in first.rows] == [[2, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert [[cell.count for cell in row] for row in second.rows] == [[0, 2, 0], [0, 1, 0], [0, 0, 1]]
    assert second.rows[0][1].share == 1.0


def test_of_many_classes_the_most_confused_ones_are_in_the_matrix():
    n_classes = MOST_CLASSES + 10
    scores = np.eye(n_classes)
    scores[[3, 28]] = scores[[28, 3]]
    (matrix,) = confusions(study(results(0.9 * scores + 0.1 / n_classes, list(range(n_classes)))))
    assert len(matrix.classes) == MOST_CLASSES
    assert {3, 28} <= set(matrix.classes)
    assert matrix.n_left_out == 10


def test_every_frame_has_a_dot_at_its_time_and_esv():
    esvs = [[0.4, 0.2], [0.1, -0.2], [0.4, 0.2], [0.4, 0.2]]
    chart = swarm(study(results(ONE.scales[0].scores, [0, 1, 0, 2], esvs)), "model 0")
    assert [(dot.uid, dot.frame) for dot in chart.dots] == [(str(uid), frame) for uid in range(4) for frame in (1, 5)]
    assert [dot.correct for dot in chart.dots[::2]] == [True, False, True, True]
    assert [dot.value for dot in chart.dots[:4]] == ["+0.400", "+0.200", "+0.100", "−0.200"]
    assert [int(dot.x / 100 * chart.n_columns) for dot in chart.dots] == [0, 1] * 4
    tops = {dot.uid: dot.y for dot in chart.dots if dot.frame == 1}
    assert tops["0"] == tops["2"] == tops["3"] < tops["1"]
    places = sorted(dot.x for dot in chart.dots if dot.frame == 1 and dot.uid != "1")
    assert len(set(places)) == 3, "dots of one value stand side by side"
    assert np.mean(places) == pytest.approx(25)
    assert chart.dots[0].time == pytest.approx(1.5 / 8)


def test_of_many_videos_some_are_in_the_swarm():
    n_videos = MOST_DOTS
    chart = swarm(study(results([[0.6, 0.4, 0.0]] * n_videos, [0] * n_videos)), "model 0")
    assert (len(chart.dots), chart.n_videos, chart.n_all_videos) == (MOST_DOTS, n_videos // 2, n_videos)


def test_picked_videos_are_different_and_say_why():
    chosen = {pick.title: pick for pick in picks(study(ONE, TWO, groups={"0": "a", "3": "a"}))}
    assert len({pick.uid for pick in chosen.values()}) == len(chosen) == 4
    assert chosen["Confidently wrong"].uid == "1"
    assert plain(chosen["Confidently wrong"].reason) == "model 0 gives “up” 70.0 %; true is “down”."
    assert chosen["Models disagree"].uid == "0"
    assert plain(chosen["Models disagree"].reason) == "model 0 predicts “up” (80.0 %), model 1 does not."
    assert chosen["One of a reversed pair"].uid == "3"
    assert chosen["A close call"].uid == "2"


def test_one_right_video_is_enough_for_picks():
    assert [pick.uid for pick in picks(study(results([[0.8, 0.1, 0.1]], [0])))] == ["0"]


def test_orders():
    keys = sort_keys(study(ONE, TWO), 2)
    assert keys["margin"].idxmin() == "2"
    assert keys["wrong"].sort_values().index[0] == "1"
    assert np.isnan(keys["wrong"]["3"]), "nobody is wrong about it"
    assert keys["disagreement"].idxmin() in ("0", "1")
    assert sort_keys(study(ONE, TWO), 5).isna().all(axis=None)
