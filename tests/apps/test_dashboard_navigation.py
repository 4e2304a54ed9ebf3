"""Many changes in a short time, on a slow machine: what a person did last is what there is to see."""

import random
import re

import numpy as np
import pytest
from browsing import SlowServer, served
from dashboard_example import CLASSES, make_scale
from esv_dashboard import Settings
from playwright.sync_api import expect

from play_fair.labels import write_classes_csv
from play_fair.results import EsvResults


@pytest.fixture
def slow(one_model, visit):
    """Opens a dashboard on a browser three times slower than this one, and with a slow server."""

    def slow(query="?video=100", seed=0):
        dashboard = visit(one_model, query)
        page = dashboard.page
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 3})
        return dashboard, SlowServer(page, seed)

    return slow


def expect_frames(page, n_frames):
    """All that says how many frames are fed to the model says this."""
    expect(page.locator("#esvs-0 .frame")).to_have_count(n_frames)
    expect(page.locator("#n-shown")).to_have_text(str(n_frames))
    expect(page.get_by_label("Frames fed to the model")).to_have_value(str(n_frames - 1))
    expect(page).to_have_url(re.compile(rf"[?&]n={n_frames}(&|$)"))


@pytest.mark.parametrize("seed", range(2))
def test_the_last_key_on_the_slider_wins(slow, seed):
    dashboard, server = slow(seed=seed)
    page, chance = dashboard.page, random.Random(seed)
    page.get_by_label("Frames fed to the model").focus()
    n_frames = 8
    for _ in range(15):
        key = chance.choice(["ArrowLeft", "ArrowLeft", "ArrowRight"])
        n_frames = min(max(n_frames + (1 if key == "ArrowRight" else -1), 1), 8)
        page.keyboard.press(key)
        page.wait_for_timeout(chance.choice([0, 20, 40, 80]))
        server.answer()
    expect(page.get_by_label("Frames fed to the model")).to_have_value(str(n_frames - 1))
    server.answer_all()
    expect_frames(page, n_frames)


def test_keys_between_other_changes_are_all_there(slow):
    dashboard, server = slow()
    page = dashboard.page
    page.get_by_label("Class", exact=True).select_option(f"{CLASSES[3]} (2)")
    page.get_by_label("Frames fed to the model").press("ArrowLeft")
    page.get_by_label("Frames fed to the model").press("ArrowLeft")
    page.get_by_label("Search").press_sequentially("11", delay=20)
    server.answer_all()
    expect_frames(page, 6)
    expect(page.locator("#videos .uid")).to_have_text(["110"])
    expect(page.get_by_label("Search")).to_have_value("11")
    expect(page).to_have_url(re.compile("class=3"))


def test_a_link_of_a_page_that_is_not_there_anew_yet_keeps_what_was_changed(slow):
    dashboard, server = slow()
    page = dashboard.page
    page.get_by_label("Frames fed to the model").press("Home")
    page.locator("#videos a").nth(2).click()
    server.answer_all()
    expect_frames(page, 1)
    expect(page.locator("#subtitle")).to_contain_text("Video 102")


def test_the_last_class_wins(slow):
    dashboard, server = slow()
    page = dashboard.page
    for index in (1, 4, 2, 5, 3):
        page.get_by_label("Class", exact=True).select_option(f"{CLASSES[index]} (2)")
        server.answer()
    server.answer_all()
    expect(page.locator("#title")).to_contain_text(CLASSES[3])
    expect(page.locator("#videos .uid")).to_have_text(["103", "110"])
    expect(page.get_by_label("Class", exact=True)).to_have_value("3")


def test_the_last_video_wins(slow):
    dashboard, server = slow()
    page = dashboard.page
    for index in (6, 2, 7, 1, 3):
        page.locator("#videos a").nth(index).click()
        server.answer()
    server.answer_all()
    expect(page.locator("#subtitle")).to_contain_text("Video 103")
    expect(page.locator("#videos [aria-current]")).to_contain_text("103")
    expect(page).to_have_url(re.compile("video=103"))


def test_every_press_of_a_key_counts_and_the_address_is_that_of_what_is_shown(slow):
    dashboard, server = slow()
    page = dashboard.page
    for key in "jjjkj":
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert "video=100" in page.url
    server.answer_all()
    expect(page.locator("#subtitle")).to_contain_text("Video 103")
    expect(page).to_have_url(re.compile(r"\?video=103&n=8$"))
    page.keyboard.press("k")
    expect(page.locator("#subtitle")).to_contain_text("Video 102")
    for uid in ("103", "100"):
        page.go_back()
        expect(page.locator("#subtitle")).to_contain_text(f"Video {uid}")


def test_the_last_bar_pressed_wins(slow):
    dashboard, server = slow("?video=102")
    page = dashboard.page
    bars = page.locator("#scores-0 .bar[aria-pressed=false]")
    name = bars.nth(2).locator(".bar-name").inner_text().removesuffix("true class")
    bars.evaluate_all("bars => bars.slice(0, 3).map(bar => bar.click())")
    server.answer_all()
    expect(page.locator("#scores-0 .bar[aria-pressed=true]")).to_have_count(1)
    expect(page.locator("#scores-0 .bar[aria-pressed=true]")).to_contain_text(name)


def test_going_back_and_forward_fast(slow):
    dashboard, server = slow()
    page = dashboard.page
    server.answer_all()
    for index in (1, 2, 3):
        page.locator("#videos a").nth(index).click()
        expect(page.locator("#subtitle")).to_contain_text(f"Video 10{index}")
    server.hold()
    page.get_by_label("Frames fed to the model").press("ArrowLeft")
    for move in ("back", "back", "back", "forward"):
        page.evaluate(f"history.{move}()")
        page.wait_for_timeout(30)
        server.answer()
    server.answer_all()
    # The key had no answer yet: it is in no step of the history.
    expect(page.locator("#subtitle")).to_contain_text("Video 101")
    expect_frames(page, 8)


def test_a_run_of_keys_is_one_step_back(one_model, visit):
    page = visit(one_model, "?video=101").page
    expect(page).to_have_url(re.compile("n=8"))
    page.get_by_label("Frames fed to the model").evaluate(
        "slider => [6, 5, 4, 3].forEach(value => {"
        " slider.value = value; slider.dispatchEvent(new Event('input', {bubbles: true})); })"
    )
    expect_frames(page, 4)
    page.go_back()
    expect_frames(page, 8)
    page.go_forward()
    expect_frames(page, 4)


def test_the_address_is_completed_without_a_step_back(one_model, visit):
    page = visit(one_model, "?video=103&class=3").page
    expect(page).to_have_url(re.compile(r"\?video=103&n=8&class=3$"))
    page.get_by_label("Class", exact=True).select_option("All classes")
    expect(page.locator("#videos .uid")).to_have_count(14)
    expect(page.locator("#subtitle")).to_contain_text("Video 103")
    page.go_back()
    expect(page.locator("#videos .uid")).to_have_count(2)
    expect(page.get_by_label("Class", exact=True)).to_have_value("3")


def test_enter_in_the_search_opens_the_first_video_found(one_model, visit):
    page = visit(one_model).page
    page.get_by_label("Search").fill("right left")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("#subtitle")).to_contain_text("Video 102")
    expect(page).to_have_url(re.compile("video=102.*q=right"))
    page.get_by_label("Search").fill("110")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("#subtitle")).to_contain_text("Video 110")
    page.get_by_label("Search").fill("nothing like it")
    page.get_by_label("Search").press("Enter")
    expect(page.get_by_text("Nothing matches “nothing like it”.")).to_be_visible()
    expect(page.locator("#subtitle")).to_contain_text("Video 110")


@pytest.fixture(scope="module")
def long_list(tmp_path_factory):
    """A dashboard of 120 videos, without their files: three pages."""
    folder = tmp_path_factory.mktemp("long")
    uids = [str(1000 + index) for index in range(120)]
    scale = make_scale(4, uids, np.arange(120) % 7, seed=3, extras=False)
    EsvResults.collate([scale], {"model": "MTRN"}).save(folder / "long.pkl")
    write_classes_csv(folder / "classes.csv", {name: index for index, name in enumerate(CLASSES)})
    with served(Settings((folder / "long.pkl",), folder, folder / "classes.csv")) as address:
        yield address


def test_a_long_list_has_pages(long_list, visit):
    page = visit(long_list, "?video=1070").page
    expect(page.locator("#pages")).to_contain_text("51–100")
    expect(page.locator("#videos [aria-current]")).to_be_in_viewport()
    page.get_by_label("Page after").click()
    expect(page.locator("#pages")).to_contain_text("101–120")
    expect(page.locator("#videos .uid")).to_have_count(20)
    expect(page.locator("#subtitle")).to_contain_text("Video 1070")
    expect(page.get_by_label("Last page")).to_have_count(0)
    page.get_by_label("First page").click()
    expect(page.locator("#videos .uid").first).to_have_text("1000")
    expect(page).to_have_url(re.compile("page=1"))
    page.get_by_role("link", name="Next ›").click()
    expect(page.locator("#subtitle")).to_contain_text("Video 1071")
    expect(page.locator("#pages")).to_contain_text("51–100")
