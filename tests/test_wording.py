"""Sentences about the explanation of one video."""

import numpy as np
import pytest

from play_fair.explanation import Explanation
from play_fair.wording import (
    describe_confidence,
    describe_curve,
    describe_interactions,
    describe_prediction,
    describe_sum,
)

NAMES = ("up", "down", "cover", "uncover")


def explained(esvs, prior=None, interactions=None):
    """An explanation whose scores are prior + ESVs; of every sixth frame."""
    esvs = np.asarray(esvs, np.float64)
    n_frames, n_classes = esvs.shape
    prior = np.full(n_classes, 1 / n_classes) if prior is None else np.array(prior)
    info = {"frame_idxs": [6 * frame for frame in range(n_frames)]}
    scores = prior + esvs.sum(axis=0)
    return Explanation(esvs, scores, prior, interactions=interactions, class_names=NAMES[:n_classes], info=info)


def scored(*scores):
    """One frame, after which the classes have these scores."""
    return explained([np.array(scores) - 1 / len(scores)])


def test_prediction():
    sentence = describe_prediction(scored(0.75, 0.25), "TSN")
    assert sentence == "TSN predicts “up” with a score of 75.0\N{NO-BREAK SPACE}%."


@pytest.mark.parametrize(
    ("scores", "sentence"),
    [
        ((0.95, 0.05), "The confidence is high: the runner-up is “down” (5.0 %)."),
        ((0.70, 0.30), "The confidence is fairly high: the runner-up is “down” (30.0 %)."),
        ((0.62, 0.38), "The confidence is fairly high: the runner-up is “down” (38.0 %)."),
        ((0.45, 0.15, 0.20, 0.20), "The confidence is low: the runner-up is “cover” (20.0 %)."),
        ((0.52, 0.48), "The confidence is low: “down” (48.0 %) is about as likely."),
        ((0.28, 0.24, 0.24, 0.24), "The confidence is low: “down” (24.0 %) is about as likely."),
        ((0.33, 0.22, 0.23, 0.22), "The confidence is very low: the runner-up is “cover” (23.0 %)."),
        ((1.0,), "The model has no other class."),
    ],
)
def test_confidence(scores, sentence):
    assert describe_confidence(scored(*scores)).replace("\N{NO-BREAK SPACE}", " ") == sentence


@pytest.mark.parametrize(
    ("esvs", "sentence"),
    [
        (
            [0.1, 0.4, -0.05, -0.2],
            "2 of 4 frames support “up”, most of all frame 6, +0.400; frame 18 distracts most, −0.200.",
        ),
        ([0.1, 0.2], "All 2 frames support “up”, most of all frame 6, +0.200."),
        ([-0.1, -0.2], "No frame supports “up”; frame 6 distracts most, −0.200."),
        ([0.1, 0.0], "1 of 2 frames supports “up”: frame 0, +0.100."),
        ([0.2], "The only frame supports “up” (+0.200)."),
        ([-0.2], "The only frame distracts from “up” (−0.200)."),
        ([0.001, 0.0], "All frames together change the score of “up” by less than 0.01."),
        ([0.003] * 60, "All 60 frames support “up”, most of all frame 0, +0.003."),
    ],
)
def test_curve(esvs, sentence):
    assert describe_curve(explained([[esv, 0] for esv in esvs], prior=[0.9, 0.1]), 0) == sentence


def test_curve_with_names_of_frames():
    sentence = describe_curve(explained([[0.1, 0], [0.2, 0]]), 0, ["the first", "the second"])
    assert sentence == "All 2 frames support “up”, most of all the second, +0.200."


def test_sum():
    assert describe_sum(explained([[0.3, -0.3]]), 1) == "“down”: prior 0.500 + ESVs −0.300 = score 0.200."


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (0.2, "Frames 0 and 6 add to each other's effect most (+0.200)."),
        (-0.2, "Frames 0 and 6 take from each other's effect most (−0.200)."),
        (0.001, "No two frames depend on each other for “up”."),
        (np.nan, None),
    ],
)
def test_interactions(value, sentence):
    pairs = np.zeros((2, 2, 2))
    pairs[0, 1, 0] = pairs[1, 0, 0] = value
    assert describe_interactions(explained([[0.3, -0.3]] * 2, interactions=pairs), 0) == sentence


def test_interactions_that_are_not_known():
    assert describe_interactions(explained([[0.3, -0.3]] * 2), 0) is None
    assert describe_interactions(explained([[0.3, -0.3]], interactions=np.zeros((1, 1, 2))), 0) is None
