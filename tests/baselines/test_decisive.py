"""Attributions against known windows: measures by hand, and controls by the letter."""

import json

import numpy as np
import pytest

from play_fair.baselines.decisive import (
    MEASURES,
    DecisiveFrames,
    auc,
    best_fixed,
    chance,
    clips_of,
    inside_windows,
    mass_inside,
    pointing_hit,
    read_decisive_frames,
    shuffled,
)
from play_fair.errors import UserError

INSIDE = np.array([[False, True, True, False], [True, False, False, False]])


def test_measures_by_hand():
    attributions = np.array([[0.1, 0.5, -0.3, 0.4], [0.2, 0.2, 0.1, -1.0]])
    # Of the two frames that share the largest value, one is inside.
    np.testing.assert_allclose(pointing_hit(attributions, INSIDE), [1, 0.5])
    np.testing.assert_allclose(mass_inside(attributions, INSIDE), [0.5, 0.4])
    # .5 beats both outside, -.3 none; .2 ties with one and beats two.
    np.testing.assert_allclose(auc(attributions, INSIDE), [0.5, 2.5 / 3])


@pytest.mark.parametrize("name", MEASURES)
def test_the_window_itself_is_perfect_and_all_alike_is_chance(name):
    measure = MEASURES[name]
    np.testing.assert_allclose(measure(INSIDE.astype(float), INSIDE), 1)
    np.testing.assert_allclose(chance(measure, INSIDE), [0.5, 0.5] if name == "AUC" else [0.5, 0.25])


def test_windows_that_hold_all_or_no_frames_tell_nothing_of_the_order():
    inside = np.array([[True, True], [False, False]])
    assert np.isnan(auc(np.array([[1.0, 2.0], [1.0, 2.0]]), inside)).all()


def test_nothing_positive_is_spread_evenly():
    np.testing.assert_allclose(mass_inside(np.full((2, 4), -1.0), INSIDE), [0.5, 0.25])


@pytest.mark.parametrize("name", MEASURES)
def test_shuffled_takes_every_other_clip(name):
    rng = np.random.default_rng(0)
    attributions, inside = rng.standard_normal((4, 5)), np.tile([True, False, True, False, False], (4, 1))
    inside = rng.permuted(inside, axis=1)
    clips = ["a", "b", "a", "c"]
    expected = [
        np.mean([MEASURES[name](attributions[[j]], inside[[i]])[0] for j in range(4) if clips[j] != clips[i]])
        for i in range(4)
    ]
    np.testing.assert_allclose(shuffled(MEASURES[name], attributions, inside, clips), expected)


def test_shuffled_needs_another_clip():
    assert np.isnan(shuffled(pointing_hit, np.zeros((2, 4)), INSIDE, ["a", "a"])).all()


def test_best_fixed_is_the_place_that_windows_cover_most_often():
    inside = np.array([[True, True, False], [False, True, False], [True, False, False], [False, True, True]])
    np.testing.assert_array_equal(best_fixed(pointing_hit, inside), [1, 1, 0, 1])


def test_what_a_method_likes_of_itself_is_no_better_than_when_shuffled():
    """A method that always points at the same place has nothing over its control."""
    liked = np.tile([0.0, 3.0, 1.0, 0.0], (2, 1))
    np.testing.assert_allclose(shuffled(pointing_hit, liked, INSIDE, ["a", "b"]), pointing_hit(liked, INSIDE))


def test_frames_are_inside_up_to_both_ends_of_the_window():
    windows = {"x": DecisiveFrames("local", 3, 6, None)}
    indices = np.array([[2, 3, 6, 7]])
    np.testing.assert_array_equal(inside_windows(["x"], indices, windows), [[False, True, True, False]])


def test_twins_show_the_same_clip():
    windows = {"8": DecisiveFrames("local", 0, 1, "12"), "12": DecisiveFrames("local", 0, 1, "8")}
    assert clips_of(["12", "5", "8"], windows) == ["12", "5", "12"]


def test_the_file_is_read(tmp_path):
    entry = {"split": "test", "kind": "local", "n_frames": 9, "decisive": [3, 4], "twin": "2"}
    (tmp_path / "d.json").write_text(json.dumps({"settings": {}, "videos": {"1": entry}}))
    assert read_decisive_frames(tmp_path / "d.json") == {"1": DecisiveFrames("local", 3, 4, "2")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], r'expected {"videos": {uid: {"kind", "decisive", "twin"}}} in .*d.json'),
        ({"videos": {"1": {"kind": "local"}}}, 'expected "kind" and "decisive": .first, last. of video 1 in .*d.json'),
        ({"videos": {"1": {"kind": "local", "decisive": [1]}}}, "of video 1 in"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    (tmp_path / "d.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=message):
        read_decisive_frames(tmp_path / "d.json")


def test_a_video_without_window_is_refused():
    with pytest.raises(UserError, match=r"of all 2 videos, but 2 have none, first 'a'; give the file of this dataset"):
        inside_windows(["a", "b"], np.zeros((2, 1), np.int64), {})
