"""The sentences say what the numbers say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_explanations import CLASSES, make_clip_of, make_explanation
from play_fair.video_page.findings import caveats, findings, seen, sum_in_words, sureness, verdict

UP = [0.3, -0.3]
"""ESVs of a frame for two classes."""


def plain(sentence):
    return sentence.replace("\N{NO-BREAK SPACE}", " ")


def scored(*scores):
    """One frame, after which the classes have these scores."""
    return make_explanation([np.array(scores) - 1 / len(scores)])


def test_verdict():
    assert plain(verdict(scored(0.75, 0.25))) == "TINY says “Moving something up” (75.0 %)."


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ((0.95, 0.05), "It is sure: next comes “Moving something down” (5.0 %)."),
        ((0.70, 0.30), "It is fairly sure; next comes “Moving something down” (30.0 %)."),
        ((0.45, 0.15, 0.20, 0.20), "It is not sure, it leans that way; next comes “Covering something” (20.0 %)."),
        ((0.52, 0.48), "It is not sure: “Moving something down” (48.0 %) is about as likely."),
        ((0.28, 0.24, 0.24, 0.24), "It is not sure: “Moving something down” (24.0 %) is about as likely."),
        ((0.33, 0.22, 0.225, 0.225), "It hardly knows: nothing gets much of the score"),
    ],
)
def test_sureness(scores, words):
    assert plain(sureness(scored(*scores))).startswith(words)


def test_a_model_of_one_class():
    assert sureness(scored(1.0)) == "It knows no other class."


def test_frames_for_and_against():
    explanation = make_explanation([[0.1, 0], [0.4, 0], [-0.05, 0], [-0.2, 0]])
    first, *_ = findings(explanation, 0)
    assert plain(first) == (
        "2 of 4 frames support it, most of all frame 9 (0.8 s), +0.400. "
        "2 of 4 frames distract, most of all frame 21 (1.8 s), −0.200."
    )


@pytest.mark.parametrize(
    ("esvs", "words"),
    [
        ([0.1, 0.2], "All 2 frames support it, most of all frame 18 (1.5 s), +0.200."),
        ([-0.1, -0.2], "All 2 frames distract, most of all frame 18 (1.5 s), −0.200."),
        ([0.1, 0.0], "1 of 2 frames supports it: frame 6 (0.5 s), +0.100."),
        ([0.2], "Its only frame supports it (+0.200)."),
        ([-0.2], "Its only frame distracts from it (−0.200)."),
        ([0.001, 0.0], "No frame matters: all together they change its score by less than 0.01."),
    ],
)
def test_counts(esvs, words):
    explanation = make_explanation([[esv, 0] for esv in esvs], priors=[0.9, 0.1])
    assert plain(findings(explanation, 0)[0]) == words


def test_many_small_effects_matter():
    explanation = make_explanation([[0.003, 0]] * 60, clip=make_clip_of(120, 60))
    assert findings(explanation, 0)[0].startswith("All 60 frames support it")


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


def test_frames_together():
    pairs = np.zeros((2, 2), np.float32)
    pairs[0, 1] = pairs[1, 0] = 0.2
    together = make_explanation([UP, UP], interactions={0: pairs})
    against = make_explanation([UP, UP], interactions={0: -pairs})
    assert findings(together, 0)[-1] == "Frames 6 and 18 add to each other's effect most (+0.200)."
    assert findings(against, 0)[-1] == "Frames 6 and 18 take from each other's effect most (−0.200)."


def test_sum():
    assert sum_in_words(make_explanation([UP]), 1) == (
        "“Moving something down”: prior 0.500 − 0.300 from the frames = score 0.200."
    )


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
