"""Sentences of the page follow from the numbers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_explanations import CLASSES, make_clip_of, make_explanation
from play_fair.video_page.sentences import describe_caveats, describe_class, describe_frames_used

UP = [0.3, -0.3]
"""ESVs of a frame for two classes."""


def plain(sentence):
    return sentence.replace("\N{NO-BREAK SPACE}", " ")


def test_why_not_another_class():
    explained = make_explanation([[0.3, -0.2, 0.0], [0.1, -0.05, 0.0]])
    place, _, difference = describe_class(*explained, 1)[:3]
    assert plain(place) == "“Moving something down” has a score of 8.3 %, the 3rd highest of 3."
    assert plain(difference) == (
        "Frame 6 (0.5 s) separates the two classes most: +0.300 for “Moving something up”, −0.200 for this one."
    )


def test_few_frames_that_do_most():
    esvs = [[0.01, 0], [0.15, 0], [0.2, 0], [0.01, 0], [0.01, 0], [0.0, 0], [-0.1, 0], [0.0, 0]]
    explained = make_explanation(esvs, priors=[0.3, 0.7])
    assert "2 frames between 0.3 and 0.6 s give 92.1 % of the support." in map(plain, describe_class(*explained, 0))


def test_one_frame_that_does_nearly_all():
    esvs = [[0.01, 0], [0.3, 0], [0.01, 0], [0.0, 0]]
    assert "Alone, frame 9 (0.8 s) gives 93.8 % of the support." in map(
        plain, describe_class(*make_explanation(esvs), 0)
    )


def test_caveats_name_what_the_model_cannot_say():
    notes = " ".join(map(plain, describe_caveats(*make_explanation([UP, UP]), [0, 1])))
    assert "was trained on the 2 classes of a tiny dataset" in notes
    assert "“none of these” is not among them" in notes
    assert "It was given 2 of 24 frames, one every 1 s." in notes
    assert "estimated" not in notes
    assert "varies" not in notes
    assert "damaged" not in notes


def test_caveats_of_results_that_do_not_tell_the_method():
    explanation, clip = make_explanation([UP, UP])
    notes = describe_caveats(replace(explanation, method="unknown"), clip, [0, 1])
    assert "The results do not say whether their ESVs are exact or estimates." in notes
    assert "For so many frames" not in " ".join(notes)


@pytest.mark.parametrize(
    ("explained", "words"),
    [
        (make_explanation([UP]), "It was given one frame"),
        (make_explanation([UP, UP], standard_errors=np.full((2, 2), 2e-3, np.float32)), "standard errors are 0.002 at"),
        (
            make_explanation([UP], clip=make_clip_of(n_frames=1, steady=False)),
            "plays at its mean of 12 frames a second",
        ),
        (
            make_explanation([UP], clip=make_clip_of(n_frames=1, damage="bad block")),
            "The file is damaged (“bad block”)",
        ),
    ],
)
def test_caveats_that_depend(explained, words):
    assert words in " ".join(describe_caveats(*explained, [0, 1]))


@pytest.mark.parametrize(
    ("clip", "words"),
    [
        (make_clip_of(24, 4), "2.0 s · TINY was given 4 of 24 frames"),
        (make_clip_of(4, 4), "0.3 s · TINY was given all 4 frames"),
        (make_clip_of(1, 1), "a single frame"),
    ],
)
def test_frames_used(clip, words):
    assert plain(describe_frames_used(*make_explanation([UP] * len(clip.frame_idxs), clip=clip))) == words


@given(st.integers(1, 12).flatmap(lambda n: st.lists(st.integers(-50, 50), min_size=2 * n, max_size=2 * n)))
def test_any_explanation_has_its_sentences(hundredths):
    esvs = np.array(hundredths).reshape(-1, 2) / 100
    explained = make_explanation(esvs, class_names=CLASSES[:2])
    for class_id in range(2):
        sentences = describe_class(*explained, class_id)
        assert sentences
        assert all(sentence.endswith(".") and "nan" not in sentence and "  " not in sentence for sentence in sentences)
