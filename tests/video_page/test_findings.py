"""The sentences say what the numbers say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_explanations import CLASSES, make_clip_of, make_explanation
from play_fair.video_page.findings import caveats, findings, seen

UP = [0.3, -0.3]
"""ESVs of a frame for two classes."""


def plain(sentence):
    return sentence.replace("\N{NO-BREAK SPACE}", " ")


def scored(*scores):
    """One frame, after which the classes have these scores."""
    return make_explanation([np.array(scores) - 1 / len(scores)])


def test_why_not_another_class():
    explanation = make_explanation([[0.3, -0.2, 0.0], [0.1, -0.05, 0.0]])
    place, _, difference = findings(explanation, 1)[:3]
    assert plain(place) == "“Moving something down” gets 8.3 %: place 3 of 3."
    assert plain(difference) == (
        "What separates them most is frame 6 (0.5 s): +0.300 for “Moving something up”, −0.200 for this."
    )


def test_few_frames_that_do_most():
    esvs = [[0.01, 0], [0.15, 0], [0.2, 0], [0.01, 0], [0.01, 0], [0.0, 0], [-0.1, 0], [0.0, 0]]
    explanation = make_explanation(esvs, priors=[0.3, 0.7])
    assert "2 frames between 0.3 and 0.6 s give 92.1 % of the support." in map(plain, findings(explanation, 0))


def test_one_frame_that_does_nearly_all():
    esvs = [[0.01, 0], [0.3, 0], [0.01, 0], [0.0, 0]]
    assert "Alone, frame 9 (0.8 s) gives 93.8 % of the support." in map(plain, findings(make_explanation(esvs), 0))


def test_caveats_name_what_the_model_cannot_say():
    notes = " ".join(map(plain, caveats(make_explanation([UP, UP]))))
    assert "knows the 2 classes of a tiny dataset and nothing else" in notes
    assert "cannot say “none of these”" in notes
    assert "It saw 2 of 24 frames, one every 1 s." in notes
    assert "estimated" not in notes
    assert "varies" not in notes
    assert "damaged" not in notes


@pytest.mark.parametrize(
    ("explanation", "words"),
    [
        (make_explanation([UP]), "It saw one frame"),
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
def test_caveats_that_depend(explanation, words):
    assert words in " ".join(caveats(explanation))


@pytest.mark.parametrize(
    ("clip", "words"),
    [
        (make_clip_of(24, 4), "2.0 s · TINY saw 4 of 24 frames"),
        (make_clip_of(4, 4), "0.3 s · TINY saw all 4 frames"),
        (make_clip_of(1, 1), "a single frame"),
    ],
)
def test_seen(clip, words):
    assert plain(seen(make_explanation([UP] * len(clip.frame_idxs), clip=clip))) == words


@given(st.integers(1, 12).flatmap(lambda n: st.lists(st.integers(-50, 50), min_size=2 * n, max_size=2 * n)))
def test_any_explanation_has_its_sentences(hundredths):
    esvs = np.array(hundredths).reshape(-1, 2) / 100
    explanation = make_explanation(esvs, class_names=CLASSES[:2])
    for class_id in range(2):
        sentences = findings(explanation, class_id)
        assert sentences
        assert all(sentence.endswith(".") and "nan" not in sentence and "  " not in sentence for sentence in sentences)
