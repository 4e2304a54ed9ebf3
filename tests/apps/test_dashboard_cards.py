"""What is explained, and the contents, captions and pictures of the cards."""

import re
from pathlib import Path

import numpy as np
import pytest
from esv_dashboard.catalogue import Catalogue, Model
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.markup import to_html
from esv_dashboard.panels import CARDS, esvs, fewer_frames, heading, interactions, scores, twin
from esv_dashboard.panels.context import PageContext

from play_fair.explanation import Explanation
from play_fair.results import EsvResults

NAMES = tuple(f"class {index}" for index in range(14))


def explain(esvs, label=0, prior=1 / 14, **more):
    """An explanation of frames 2, 6, 10, ... whose scores are the sums of prior and ESVs."""
    esvs = np.asarray(esvs, np.float32)
    priors = np.full(esvs.shape[1], prior)
    info = {"frame_idxs": [2 + 4 * position for position in range(len(esvs))], "n_video_frames": 4 * len(esvs)}
    return Explanation(esvs, priors + esvs.sum(axis=0), priors, class_names=NAMES[: len(priors)], info=info, **more)


def fourteen(*first):
    """ESVs of 3 frames for 14 classes, of which the first are given."""
    esvs = np.zeros((3, 14), np.float32)
    esvs[:, : len(first)] = np.transpose(first)
    return explain(esvs)


RIGHT = fourteen([0.3, -0.2, 0.1], [-0.1, 0.0, 0.15])
WRONG = fourteen([0.05, 0.0, 0.1], [0.3, -0.1, 0.2])
"""Predict class 0 and class 1; the true class is 0."""


def page_of(*explanations, query="", label=0):
    """The page of one video, of which each model has explanations for one or several numbers of frames."""
    models = []
    for index, of_model in enumerate(explanations):
        several = of_model if isinstance(of_model, tuple) else (of_model,)
        labels = None if label is None else [label]
        scales = [EsvResults.from_explanations([one], ["7"], labels, sequence_lengths=[12]) for one in several]
        results = scales[0] if len(scales) == 1 else EsvResults.collate(scales)
        models.append(Model(f"model {index}", results, NAMES[: len(several[0].scores)]))
    catalogue = Catalogue(models, NAMES[: len(models[0].results.priors)])
    return PageContext.from_address(catalogue, FrameStore(Path(), 0), f"?video=7{query}")


def explained(page):
    """Class ids that are explained of each model."""
    return [(shown.class_id, shown.other) for shown in page.esvs]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [(0, None)]),
        ("&why=difference", [(0, 1)]),
        ("&why=true", [(0, None)]),
        ("&focus=5", [(5, None)]),
        ("&focus=5&against=2", [(5, 2)]),
        ("&against=2", [(0, 2)]),
        ("&against=0", [(0, None)]),
    ],
)
def test_what_is_explained_of_a_right_prediction(query, expected):
    assert explained(page_of(RIGHT, query=query)) == expected


def test_a_wrong_prediction_opens_on_the_difference_to_the_true_class():
    page = page_of(WRONG)
    assert page.mode == "difference"
    assert explained(page) == [(1, 0)]
    np.testing.assert_allclose(page.esvs[0].values, [0.25, -0.1, 0.1], atol=1e-6)
    assert page.esvs[0].prior + page.esvs[0].values.sum() == pytest.approx(page.esvs[0].score)
    assert explained(page_of(WRONG, query="&why=predicted")) == [(1, None)]
    assert explained(page_of(WRONG, query="&why=true")) == [(0, None)]


def test_all_models_are_asked_for_the_same_difference():
    assert explained(page_of(RIGHT, WRONG)) == [(1, 0), (1, 0)]
    assert explained(page_of(RIGHT, WRONG, query="&why=predicted")) == [(0, None), (1, None)]


def test_without_a_true_class_the_prediction_is_explained():
    page = page_of(WRONG, label=None, query="&why=true")
    assert explained(page) == [(1, None)]
    assert "True class<" not in to_html(heading.mode_buttons(page))
    assert "True class unknown" in to_html(heading.headlines(page))


def test_unlabelled_results_open_on_their_first_video():
    page = page_of(WRONG, label=None)
    assert not page.catalogue.has_overview
    assert PageContext.from_address(page.catalogue, page.frames, "").view.uid == "7"


def test_one_class_has_nothing_to_be_compared_with():
    page = page_of(explain([[0.1], [0.2]], prior=0.5), query="&why=difference")
    assert explained(page) == [(0, None)]
    assert "Difference" not in to_html(heading.mode_buttons(page))


def test_models_share_a_scale_unless_told_otherwise():
    strong, weak = fourteen([0.6, 0.1, 0.1]), fourteen([0.06, 0.01, 0.01])
    shared = page_of(strong, weak)
    assert [context.esv_range for context in shared.models] == [(0.0, pytest.approx(0.6))] * 2
    own = page_of(strong, weak, query="&scale=own")
    assert [context.esv_range for context in own.models] == [(0.0, pytest.approx(0.6)), (0.0, pytest.approx(0.06))]
    heights = [to_html(esvs.body(context)).split("height:")[1].split("%")[0] for context in shared.models]
    assert float(heights[0]) == pytest.approx(10 * float(heights[1]), rel=0.01)


def test_frames_that_models_share_are_shown_once():
    first, second = page_of(RIGHT, WRONG).models
    assert (first.has_pictures, second.has_pictures) == (True, False)
    assert to_html(esvs.body(first)).count("no-frame") == 3
    assert "no-frame" not in to_html(esvs.body(second))


def plain(html):
    return html.replace("\N{NO-BREAK SPACE}", " ")


def test_the_headline_answers_first():
    right, wrong = (plain(to_html(part)) for part in heading.headlines(page_of(RIGHT, WRONG)))
    assert "“class 0” " in right
    assert "✓ Correct" in right
    assert "Because of frames 2 and 10; frame 6 argues against it." in right
    assert "✗ Wrong. True class: “class 0”" in wrong
    assert "Frames 2 and 10 speak for “class 1”; frame 6 speaks for “class 0”." in wrong


def test_the_bars_are_the_likeliest_classes_the_true_one_and_those_that_are_explained():
    assert scores.shown_classes(page_of(RIGHT).models[0]) == [0, 1, 2, 3, 4]
    assert scores.shown_classes(page_of(RIGHT, query="&focus=13&against=9").models[0]) == [0, 1, 2, 3, 4, 9, 13]
    assert scores.shown_classes(page_of(RIGHT, label=12).models[0]) == [0, 1, 2, 3, 4, 12]
    html = to_html(scores.bars(page_of(WRONG).models[0]))
    assert html.count("true class") == 1
    assert html.count('aria-pressed="true"') == 2


def with_interactions(pairs, *known):
    """An explanation of three classes with the same interactions for those that are known."""
    pairs = np.asarray(pairs)
    values = np.stack([pairs if class_id in known else np.full_like(pairs, np.nan) for class_id in range(3)], axis=-1)
    return explain(np.full((len(pairs), 3), [0.1, 0.0, 0.0]), interactions=values, prior=0.2)


PAIRS = [[0, 0.2, 0], [0.2, 0, -0.3], [0, -0.3, 0]]


@pytest.mark.parametrize(
    ("explanation", "query", "caption"),
    [
        (with_interactions(PAIRS, 0, 1), "&why=predicted", "Frames 6 and 10 overlap most"),
        (with_interactions(PAIRS, 0, 1), "", "No two frames depend on each other for “class 0” rather than “class 1”."),
        (with_interactions(PAIRS, 0, 1), "&focus=2", "Known of the true and of the predicted class only"),
        (with_interactions([[0.0]], 0, 1), "", None),
        (explain(np.full((3, 2), [0.1, 0.0])), "", None),
    ],
)
def test_interactions_are_shown_where_they_are_known(explanation, query, caption):
    context = page_of(explanation, query=query, label=1).models[0]
    assert interactions.CARD.is_shown(context) == (caption is not None)
    if caption:
        assert interactions.caption(context).startswith(caption)
    else:
        assert interactions.CARD.contents(context) == []


def test_the_diagonal_of_interactions_is_said_to_be_no_measurement():
    html = to_html(interactions.body(page_of(with_interactions(PAIRS, 0, 1)).models[0]))
    assert html.count('class="self"') == 3
    assert "no measurement" in html


def test_captions_describe_the_charts():
    few = explain(RIGHT.values[:1])
    context = page_of((few, RIGHT)).models[0]
    captions = {card.name: card.caption(context) for card in CARDS if card is not twin.CARD}
    assert captions["esvs"] == (
        "2 of 3 frames support “class 0”, most of all frame 2, +0.300; frame 6 distracts most, −0.200."
    )
    assert captions["waterfall"].startswith("“class 0”: prior 0.071 + ESVs +0.200 = score 0.271.")
    assert captions["scores"] == "Scores of 3 frames. Press a bar to explain its class."
    assert captions["fewer-frames"] == "“class 0” scores 0.371 with 1 frame and 0.271 with 3 frames."
    assert fewer_frames.caption(page_of(RIGHT).models[0]) == "There are results for 3 frames only."


def test_titles_are_questions_about_the_classes():
    assert esvs.title(page_of(RIGHT).models[0]) == "Which frames support “class 0”?"
    assert esvs.title(page_of(WRONG).models[0]) == "Why “class 1” rather than “class 0”?"
    assert esvs.title(page_of(RIGHT, WRONG).models[1]) == "model 1: why “class 1” rather than “class 0”?"


@pytest.mark.parametrize(
    "card", [card for card in CARDS if card.picture is not None and card is not twin.CARD], ids=lambda card: card.name
)
@pytest.mark.parametrize("query", ["", "&why=true"])
def test_pictures_show_what_the_cards_show(card, query):
    context = page_of(with_interactions(PAIRS, 0, 1), query=query, label=1).models[0]
    (axes, *_) = card.picture(context).axes
    assert axes.get_title(loc="left").startswith("model 0, video 7")


def test_every_class_is_in_the_tables_of_esvs_and_scores():
    context = page_of(RIGHT).models[0]
    assert len(list(esvs.rows(context))) == 3 * 14
    assert len(list(scores.rows(context))) == 14


def pair(query=""):
    """The page of the first of two videos that are a pair."""
    results = EsvResults.from_explanations(
        [RIGHT, fourteen([0.6, -0.1, 0.05])], ["7", "8"], [0, 0], sequence_lengths=[12] * 2
    )
    catalogue = Catalogue([Model("model", results, NAMES)], NAMES, {"7": "a", "8": "a"})
    return PageContext.from_address(catalogue, FrameStore(Path(), 0), f"?video=7{query}")


def test_the_twin_is_shown_below_on_the_same_scale_with_the_same_moments_below_each_other():
    (context,) = pair().models
    assert context.esv_range == (pytest.approx(-0.2), pytest.approx(0.6))
    assert twin.title(context) == "Its twin, video 8: which frames support “class 0”?"
    own, other = to_html(esvs.body(context)), to_html(twin.body(context))
    moments = re.compile('data-at="(.*?)" style="left:(.*?)%.*?title="(.*?)"')
    assert moments.findall(own)[0] == ("2", "20.83", "Frame 2: +0.300")
    assert moments.findall(other)[0] == ("9", "79.17", "Frame 2: +0.600")
    assert re.findall('data-frame="(.*?)" aria-label="Frame (.*?),', other) == [("1", "10"), ("5", "6"), ("9", "2")]
    assert list(twin.rows(context)) == list(esvs.rows(context.twin)) != list(esvs.rows(context))
    assert twin.picture(context).axes[0].get_title(loc="left").startswith("model, video 8")


def test_the_twin_may_play_forwards_or_be_hidden():
    (forwards,) = pair("&twin=played").models
    assert re.findall('data-frame="(.*?)"', to_html(twin.body(forwards))) == ["2", "6", "10"]
    (without,) = pair("&twin=hidden").models
    assert (without.twin, without.esv_range) == (None, (pytest.approx(-0.2), pytest.approx(0.3)))
    assert twin.CARD.contents(without) == []
    assert 'aria-pressed="true"' in to_html(twin.switch(pair("&twin=hidden"))), "it can be shown again"
    assert twin.switch(page_of(RIGHT)) == []
