"""The view as a value: its URL, and what the controls do to it."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest
from esv_dashboard.catalogue import Catalogue
from esv_dashboard.view import (
    from_query,
    list_verdict,
    listed,
    page_of,
    show_video,
    step,
    to_change,
    to_query,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def catalogue(world):
    return Catalogue.load(world.settings(world.mtrn, world.tsn))


@pytest.fixture
def view(catalogue):
    return from_query(catalogue, "?video=100")[0]


def test_without_a_video_it_is_the_overview(catalogue):
    view, notices = from_query(catalogue, "")
    assert (view.uid, view.n_frames, notices) == (None, 8, [])
    assert to_query(view) == "?n=8"


def test_the_url_holds_the_whole_view(catalogue, view):
    other = replace(
        view,
        uid="107",
        n_frames=4,
        mode="true",
        focus=11,
        against=0,
        own_scale=True,
        label=0,
        verdict="wrong",
        text="a b&c=é",
    )
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
        ("?class=8", "There is no video of “Closing something”; all classes are listed."),
        ("?page=2", "The list has no page “2”."),
        ("?page=0", "The list has no page “0”."),
        ("?focus=12", "There is no class “12” to explain."),
        ("?against=x", "There is no class “x” to explain."),
        ("?twin=luck", "There is no way “luck” to show a twin; choose one of aligned, played, hidden."),
        ("?why=luck", "There is no explanation “luck”; choose one of predicted, true, difference."),
        ("?video=" + "x" * 500, "There is no video “" + "x" * 40 + "…”"),
    ],
)
def test_unknown_values_fall_back_with_a_notice(catalogue, query, notice):
    view, notices = from_query(catalogue, query)
    assert len(notices) == 1
    assert notices[0].startswith(notice)
    assert from_query(catalogue, to_query(view)) == (view, [])


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"\?(video|n|why|focus|against|twin|scale|class|filter|q|page|step)=[^&]*", fullmatch=True),
    )
)
def test_no_query_breaks_it(catalogue, query):
    view, _ = from_query(catalogue, query)
    assert from_query(catalogue, to_query(view)) == (view, [])


def test_a_change_leads_from_one_view_to_another_and_leaves_the_rest(catalogue, view):
    other = replace(view, uid="107", focus=3, verdict="wrong")
    change = dict(parse_qsl(to_change(view, other), keep_blank_values=True))
    assert change == {"video": "107", "focus": "3", "filter": "wrong"}
    assert dict(parse_qsl(to_change(other, view), keep_blank_values=True))["filter"] == ""
    # Meanwhile a person has moved the slider.
    address = {**dict(parse_qsl(to_query(view)[1:])), "n": "4", **change}
    assert from_query(catalogue, "?" + urlencode(address)) == (replace(other, n_frames=4), [])


def test_a_class_lists_its_videos(catalogue):
    view, _ = from_query(catalogue, "?class=3")
    assert listed(catalogue, view) == ["103", "110"]
    assert view.uid is None


def test_another_video_keeps_the_switch_but_not_the_classes_by_choice(view):
    other = show_video(replace(view, mode="true", focus=3, against=4), "101")
    assert (other.uid, other.mode, other.focus, other.against) == ("101", "true", None, None)


def test_verdicts_part_the_videos(catalogue, view):
    parts = [set(listed(catalogue, list_verdict(catalogue, view, name))) for name in ("correct", "wrong", "mixed")]
    assert sum(map(len, parts)) == len(catalogue.uids)
    assert set.union(*parts) == set(listed(catalogue, view))


def test_a_filter_without_videos_keeps_the_video(catalogue, view):
    nothing = replace(view, text="no such thing")
    assert listed(catalogue, nothing) == []
    assert list_verdict(catalogue, nothing, "wrong").uid == view.uid
    assert step(catalogue, nothing, 1) == nothing


def test_the_list_opens_on_the_page_of_the_video(view):
    uids = [str(number) for number in range(120)]
    assert page_of(replace(view, uid="49"), uids) == 1
    assert page_of(replace(view, uid="50"), uids) == 2
    assert page_of(replace(view, uid="elsewhere"), uids) == 1
    assert page_of(replace(view, uid="50", page=3), uids) == 3


def test_steps_go_around_the_list(catalogue, view):
    last = step(catalogue, view, -1)
    assert last.uid == "113"
    assert step(catalogue, last, 1) == view
    elsewhere = replace(show_video(view, "101"), label=3)
    assert step(catalogue, elsewhere, 1).uid == "103", "from a video that is not listed, to the first that is"
    assert step(catalogue, elsewhere, -1).uid == "110", "or the last"


@pytest.mark.parametrize(
    ("query", "uid"),
    [("?video=100&step=3", "103"), ("?video=100&step=-1", "113"), ("?step=2", "101"), ("?video=103&step=x", "103")],
)
def test_presses_that_were_not_answered_are_steps_of_one_query(catalogue, query, uid):
    view, notices = from_query(catalogue, query)
    assert (view.uid, notices) == (uid, [])
    assert "step" not in to_query(view)
