"""The view as a value: its URL, and what the controls do to it."""

from dataclasses import replace

import pytest
from esv_dashboard.catalogue import Catalogue
from esv_dashboard.theme import DASHES, THEMES
from esv_dashboard.view import (
    MAX_CLASSES,
    from_query,
    list_class,
    list_verdict,
    listed,
    show_video,
    step,
    to_query,
    toggle_class,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def catalogue(world):
    return Catalogue.load(world.settings(world.mtrn, world.tsn))


@pytest.fixture
def view(catalogue):
    return from_query(catalogue, "")[0]


def test_starts_on_the_first_video_with_its_true_and_predicted_classes(catalogue, view):
    assert (view.uid, view.n_frames, view.focus) == ("100", 8, 0)
    said = [model.explain("100", 8) for model in catalogue.models]
    assert set(view.classes) == {0, *(explanation.predicted for explanation in said if explanation)}


def test_the_url_holds_the_whole_view(catalogue, view):
    other = replace(view, uid="107", n_frames=4, classes=(3, 0, 11), focus=11, label=0, verdict="wrong", text="a b&c=é")
    assert from_query(catalogue, to_query(other)) == (other, [])


@pytest.mark.parametrize(
    ("query", "notice"),
    [
        ("?video=999", "There is no video “999” in these results; another one is shown."),
        ("?video=../../etc/passwd", "There is no video “../../etc/passwd”"),
        ("?n=5000", "There are no results for “5000” frames; 8 are shown."),
        ("?n=x", "There are no results for “x” frames; 8 are shown."),
        ("?class=-1", "There is no class “-1”; all classes are listed."),
        ("?filter=<b>", "There is no filter “<b>”; all videos are listed."),
        ("?show=0.99", "Not all of the classes “0.99” can be shown."),
        ("?show=1.2.3.4.5.6", "Not all of the classes “1.2.3.4.5.6” can be shown."),
        ("?focus=7", "The class “7” is not among those shown."),
        ("?video=" + "x" * 500, "There is no video “" + "x" * 40 + "…”"),
    ],
)
def test_unknown_values_fall_back_with_a_notice(catalogue, query, notice):
    view, notices = from_query(catalogue, query)
    assert len(notices) == 1
    assert notices[0].startswith(notice)
    assert from_query(catalogue, to_query(view)) == (view, [])


@given(st.one_of(st.text(), st.from_regex(r"\?(video|n|show|focus|class|filter|q)=[^&]*", fullmatch=True)))
def test_no_query_breaks_it(catalogue, query):
    view, _ = from_query(catalogue, query)
    assert from_query(catalogue, to_query(view)) == (view, [])


def test_toggling_adds_and_takes_away(catalogue, view):
    added = toggle_class(catalogue, view, 5)
    assert added.classes == (*view.classes, 5)
    assert toggle_class(catalogue, added, 5) == view


def test_taking_away_the_class_in_focus_moves_the_focus(catalogue, view):
    view = replace(view, classes=(4, 5), focus=4)
    assert toggle_class(catalogue, view, 4) == replace(view, classes=(5,), focus=5)


def test_without_any_class_the_true_one_is_shown(catalogue, view):
    view = replace(view, classes=(5,), focus=5)
    assert toggle_class(catalogue, view, 5) == replace(view, classes=(0,), focus=0)


def test_there_are_no_more_classes_than_line_styles(catalogue, view):
    full = replace(view, classes=tuple(range(MAX_CLASSES)))
    assert toggle_class(catalogue, full, 9) == full
    assert len(set(DASHES)) >= MAX_CLASSES
    assert min(len(set(theme.classes)) for theme in THEMES.values()) >= MAX_CLASSES


def test_a_class_lists_its_videos_and_shows_the_first(catalogue, view):
    after = list_class(catalogue, view, 3)
    assert [catalogue.uids[position] for position in listed(catalogue, after)] == ["103", "110"]
    assert after.uid == "103"
    assert list_class(catalogue, after, None).uid == "103", "a video that is still listed stays"


def test_verdicts_part_the_videos(catalogue, view):
    parts = [set(listed(catalogue, list_verdict(catalogue, view, name))) for name in ("correct", "wrong", "mixed")]
    assert sum(map(len, parts)) == len(catalogue.uids)
    assert set.union(*parts) == set(listed(catalogue, view))


def test_a_filter_without_videos_keeps_the_video(catalogue, view):
    nothing = replace(view, text="no such thing")
    assert listed(catalogue, nothing) == []
    assert list_class(catalogue, nothing, 3).uid == view.uid
    assert step(catalogue, nothing, 1) == nothing


def test_steps_go_around_the_list(catalogue, view):
    last = step(catalogue, view, -1)
    assert last.uid == "113"
    assert step(catalogue, last, 1) == view
    elsewhere = replace(show_video(catalogue, view, "101"), label=3)
    assert step(catalogue, elsewhere, 1).uid == "103", "from a video that is not listed, to the first that is"
