"""Sentences about the explanation of one video."""

import numpy as np
import pytest

from play_fair.class_esvs import ClassEsvs
from play_fair.explanation import Explanation
from play_fair.wording import (
    describe_confidence,
    describe_curve,
    describe_interactions,
    describe_prediction,
    describe_prediction_reason,
    describe_reason,
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


def esvs_of(esvs, class_id=0, other=None, **more):
    """ESVs of one class of such an explanation, or the difference of two."""
    return ClassEsvs(explained(esvs, **more), class_id, other)


def scored(*scores):
    """One frame, after which the classes have these scores."""
    return explained([np.array(scores) - 1 / len(scores)])


def test_prediction():
    sentence = describe_prediction(scored(0.75, 0.25), "TSN")
    assert sentence == "TSN predicts “up” with a score of 75.0\N{NO-BREAK SPACE}%."


@pytest.mark.parametrize(
    ("scores", "sentence"),
    [
        ((0.95, 0.05), "High confidence. Runner-up: “down” (5.0 %)."),
        ((0.70, 0.30), "Fairly high confidence. Runner-up: “down” (30.0 %)."),
        ((0.62, 0.38), "Fairly high confidence. Runner-up: “down” (38.0 %)."),
        ((0.45, 0.15, 0.20, 0.20), "Low confidence. Runner-up: “cover” (20.0 %)."),
        ((0.52, 0.48), "Low confidence: “down” (48.0 %) is about as likely."),
        ((0.28, 0.24, 0.24, 0.24), "Low confidence: “down” (24.0 %) is about as likely."),
        ((0.33, 0.22, 0.23, 0.22), "Very low confidence. Runner-up: “cover” (23.0 %)."),
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
    assert describe_curve(esvs_of([[esv, 0] for esv in esvs], prior=[0.9, 0.1])) == sentence


def test_curve_with_names_of_frames():
    sentence = describe_curve(esvs_of([[0.1, 0], [0.2, 0]]), ["the first", "the second"])
    assert sentence == "All 2 frames support “up”, most of all the second, +0.200."


def test_curve_of_a_difference():
    sentence = describe_curve(esvs_of([[0.1, 0.3], [0.4, -0.1]], other=1))
    assert sentence == (
        "1 of 2 frames supports “up” rather than “down”: frame 6, +0.500; frame 0 distracts most, −0.200."
    )


def plain(sentence):
    return sentence.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("esvs", "sentence"),
    [
        ([0.3, 0.2, 0.01, -0.1], "Because of frames 0 to 6; frame 18 argues against it."),
        ([0.3, 0.01, -0.1, -0.2], "Because of frame 0; frames 12 to 18 argue against it."),
        ([0.3, 0.01, 0.2, 0.0, 0.1, 0.0], "Because of mostly frames 0 and 12."),
        ([0.3, 0.3], "Because of frames 0 to 6."),
        ([-0.3, 0.0], "Frame 0 argues against “up”."),
        ([0.001, 0.0], "No frame matters: all together change the score of “up” by less than 0.01."),
    ],
)
def test_reason(esvs, sentence):
    assert plain(describe_reason(esvs_of([[esv, 0] for esv in esvs], prior=[0.5, 0.5]))) == sentence


def test_reason_of_a_prediction_is_against_the_true_class_where_it_is_wrong():
    explanation = explained([[0.4, 0.0], [0.1, 0.1], [-0.1, 0.2]], prior=[0.5, 0.2])
    assert plain(describe_prediction_reason(explanation, 1)) == "Frame 0 speaks for “up”; frame 12 speaks for “down”."
    for label in (0, None):
        assert plain(describe_prediction_reason(explanation, label)) == (
            "Because of frames 0 to 6; frame 12 argues against it."
        )


def test_sum():
    assert describe_sum(esvs_of([[0.3, -0.3]], class_id=1)).startswith(
        "“down”: prior 0.500 + ESVs −0.300 = score 0.200. Steps are in time order, which is not an order of reasoning"
    )


def test_sum_of_a_difference():
    assert describe_sum(esvs_of([[0.3, -0.3]], class_id=1, other=0)).startswith(
        "“down” rather than “up”: prior 0.000 + ESVs −0.600 = score −0.600."
    )


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (0.2, "Frames 0 and 6 reinforce each other most: together they add more than apart (+0.200)."),
        (-0.2, "Frames 0 and 6 overlap most: together they add less than apart (−0.200)."),
        (0.001, "No two frames depend on each other for “up”."),
        (np.nan, None),
    ],
)
def test_interactions(value, sentence):
    pairs = np.zeros((2, 2, 2))
    pairs[0, 1, 0] = pairs[1, 0, 0] = value
    assert describe_interactions(esvs_of([[0.3, -0.3]] * 2, interactions=pairs)) == sentence


def test_interactions_that_are_not_known():
    assert describe_interactions(esvs_of([[0.3, -0.3]] * 2)) is None
    assert describe_interactions(esvs_of([[0.3, -0.3]], interactions=np.zeros((1, 1, 2)))) is None
