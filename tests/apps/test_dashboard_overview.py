"""The opening page, and the list of videos that it leads into."""

import re
from dataclasses import replace

import pytest
from browsing import served
from dashboard_example import BROKEN, WITHOUT_VIDEO
from esv_dashboard import Settings, create_app
from esv_dashboard.catalogue import Catalogue
from esv_dashboard.view import from_query, listed
from playwright.sync_api import expect
from test_dashboard_appearance import violations

from play_fair.overview import sort_keys


@pytest.fixture(scope="module")
def catalogue(world):
    return Catalogue.load(world.settings(world.mtrn, world.tsn))


def test_the_opening_page_answers_for_all_videos(two_models, visit):
    page = visit(two_models, "").page
    expect(page.locator(".answer")).to_contain_text(re.compile("MTRN is right on .* of 14 videos and TSN on"))
    expect(page.locator("#overview").get_by_text("An Element Shapley Value (ESV) is")).to_be_visible()
    expect(page.locator(".picks li")).to_have_count(6)
    expect(page.locator("#board")).to_be_hidden()
    cell = page.locator(".confusion .mistake a").first
    count = int(cell.inner_text())
    cell.click()
    expect(page.locator("#videos a")).to_have_count(count)
    expect(page.locator("#predicted")).to_contain_text("MTRN predicts “")
    expect(page).to_have_url(re.compile(r"(?=.*class=\d)(?=.*predicted=0\.\d)"))
    page.get_by_label("Clear this filter").click()
    expect(page.locator("#predicted")).to_be_empty()
    page.locator(".picks a").first.click()
    expect(page.locator("#subtitle")).to_contain_text("Video")
    expect(page.locator("#overview")).to_be_hidden()
    page.get_by_role("link", name="Play Fair").click()
    expect(page.locator(".answer")).to_be_visible()
    page.go_back()
    expect(page.locator("#subtitle")).to_be_visible()


def test_a_dot_shows_its_moment_and_opens_its_video(one_model, visit):
    page = visit(one_model, "", height=2400).page
    dot = page.locator(".dots [data-uid='101']").first
    dot.hover()
    expect(page.locator(".moment figcaption")).to_have_text(re.compile("Video 101, frame 1$"))
    page.wait_for_function("document.querySelector('.moment video').currentTime > 0")
    dot.click()
    expect(page.locator("#subtitle")).to_contain_text("Video 101")
    expect(page.locator(".moment")).to_have_count(0)


def test_the_arrow_keys_reach_every_dot_and_enter_opens_its_video(one_model, visit):
    without = [f"/{uid}.webm" for uid in (WITHOUT_VIDEO, BROKEN)]
    page = visit(one_model, "", height=2400, expected=without).page
    swarm = page.locator(".dots")
    page.locator(".confusion a").last.focus()
    page.keyboard.press("Tab")
    expect(swarm).to_be_focused()
    expect(swarm.locator(".current")).to_have_css("outline-style", "solid")
    expect(page.locator(".moment")).to_be_visible()
    reached = set()
    for _ in range(2):
        for key in ["ArrowUp"] * 13 + ["ArrowDown"] * 13:
            page.keyboard.press(key)
            reached.add(swarm.get_attribute("aria-valuetext"))
        page.keyboard.press("ArrowRight")
    assert len(reached) == 2 * 14, "all of two columns"
    uid, value = re.fullmatch(
        r"Video (\d+), frame 7: ESV (.*), prediction \w+", swarm.get_attribute("aria-valuetext")
    ).groups()
    expect(swarm.locator(".current")).to_have_attribute("data-esv", value)
    page.keyboard.press("Enter")
    expect(page.locator("#subtitle")).to_contain_text(f"Video {uid}")
    expect(page.locator(".moment")).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 375])
def test_it_fits_and_is_accessible(two_models, visit, width):
    page = visit(two_models, "", width=width).page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []


def test_the_list_says_what_was_predicted_and_is_sorted(one_model, visit):
    page = visit(one_model, "?video=101").page
    page.get_by_label("Order").select_option("most confident when wrong")
    first = page.locator("#videos a").first
    expect(first.locator(".mark-wrong")).to_be_visible()
    expect(first.locator(".of")).to_contain_text(" → ")
    expect(page).to_have_url(re.compile("sort=wrong"))
    page.wait_for_function("document.querySelector('.thumbnail').naturalWidth > 0")


def test_orders_and_predictions_are_part_of_the_view(catalogue):
    for order in ("margin", "wrong", "esv", "disagreement"):
        uids = listed(catalogue, from_query(catalogue, f"?sort={order}")[0])
        assert sorted(uids) == sorted(catalogue.uids)
        keys = sort_keys(catalogue.study, 8)[order].reindex(uids).dropna()
        assert keys.is_monotonic_increasing
        assert len(keys)
    view, notices = from_query(catalogue, "?predicted=1.3")
    assert notices == []
    predictions = catalogue.models[1].predictions(catalogue.uids, 8)
    assert listed(catalogue, view) == [
        uid for uid, predicted in zip(catalogue.uids, predictions.tolist(), strict=True) if predicted == 3
    ]
    for query, notice in (
        ("?sort=luck", "There is no order “luck”"),
        ("?predicted=7.1", "There is no prediction “7.1”"),
    ):
        assert from_query(catalogue, query)[1][0].startswith(notice)


def test_thumbnails_are_small_and_missing_ones_say_so(world):
    client = create_app(world.settings()).server.test_client()
    answer = client.get("/media/thumbnails/101/3.jpg")
    assert answer.mimetype == "image/jpeg"
    assert answer.cache_control.max_age > 3600
    assert client.get(f"/media/thumbnails/{WITHOUT_VIDEO}/3.jpg").status_code == 404
    assert client.get("/media/thumbnails/101/99.jpg").status_code == 404


def test_the_report_is_linked_once_it_is_there_and_leads_back(world, visit, tmp_path):
    report = tmp_path / "report.html"
    with served(replace(world.settings(), report=report)) as address:
        page = visit(address, "").page
        expect(page.get_by_role("link", name="Report")).to_have_count(0)
        report.write_text(
            '<link rel="icon" href="data:,"><p><span data-model="MTRN" data-uid="103">video 103</span></p>'
        )
        page.reload()
        page.wait_for_load_state("networkidle")
        page.get_by_role("link", name="Report").click()
        page.get_by_role("link", name="video 103").click()
        expect(page.locator("#subtitle")).to_contain_text("Video 103")
        page.wait_for_load_state("networkidle")  # before the server ends
        page.close()
    assert create_app(world.settings()).server.test_client().get("/report.html").status_code == 404


def test_videos_of_a_group_of_two_know_each_other(world, tmp_path):
    groups = tmp_path / "groups.csv"
    groups.write_text("uid,group\n101,a\n103,a\n102,b\n")
    settings = Settings((world.mtrn,), world.videos, world.classes, groups=groups)
    found = Catalogue.load(settings)
    assert [found.twin(uid) for uid in ("101", "103", "102", "100")] == ["103", "101", None, None]
