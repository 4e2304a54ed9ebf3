"""The page in a real browser: from a file, without a server, without a network."""

from pathlib import Path

import axe_playwright_python
import pytest

from example_explanations import tiny_video_model
from odd_media import make_clip, make_upright
from play_fair.video_page.job import explain_videos

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
LAST = 23


def wait(page, condition):
    """Until a condition holds; the page's own policy forbids Playwright's way of asking."""
    for _ in range(1200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"waited in vain for {condition}")


@pytest.fixture(scope="module")
def explained(tmp_path_factory):
    """Pages of one video of 24 frames, 8 of which the model saw; of all its frames; and of one turned upright."""
    folder = tmp_path_factory.mktemp("pages")
    clip = make_clip(folder / "clip.mp4", size="160x90", rate=12, seconds=2)
    turned = make_upright(folder / "turned.mp4", 90, size="160x90", seconds=1)
    model = tiny_video_model()
    explain_videos(model, [clip, turned], folder / "few", 8, ["uncover"])
    explain_videos(model, [clip], folder / "all", -1)
    return folder


@pytest.fixture
def visit(chromium_browser, explained):
    """Opens pages; in the end none of them may have complained or asked for anything outside itself."""
    pages, complaints = [], []

    def visit(name, width=1280, height=900, scheme="light"):
        page = chromium_browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("request", lambda request: wanted(request.url))
        page.goto(f"file://{explained}/{name}.html")
        if "index" not in name:
            wait(page, "document.getElementById('video').readyState >= 3")
        pages.append(page)
        return page

    def wanted(url):
        if not url.startswith((f"file://{explained}/", "data:", "blob:")):
            complaints.append(f"a request: {url}")

    yield visit
    for page in pages:
        page.close()
    assert complaints == []


def shown(page):
    """The frame that each part of the page shows."""
    wait(page, "!document.getElementById('video').seeking")
    return page.evaluate(
        """() => {
          const panel = document.querySelector('.panel:not([hidden])');
          const plot = panel.querySelector('.plot');
          const box = plot.getBoundingClientRect();
          const line = panel.querySelector('.playhead').getBoundingClientRect();
          const video = document.getElementById('video');
          return {
            playhead: Math.floor((line.left + line.width / 2 - box.left) / box.width * 24 + 0.02),
            video: Math.floor(video.currentTime / video.duration * 24 + 0.005),
            slider: Number(plot.getAttribute('aria-valuenow')),
            strip: Number(panel.querySelector('.frame[aria-current]').dataset.frame),
          };
        }"""
    )


def everywhere(frame, sampled):
    return {"playhead": frame, "video": frame, "slider": frame, "strip": sampled}


def test_it_plays_and_the_playhead_follows(visit):
    page = visit("few/clip")
    assert shown(page)["playhead"] == 0
    page.click("#play")
    wait(page, "document.getElementById('video').currentTime > 0.4")
    wait(page, "parseFloat(document.querySelector('.playhead').style.left) > 15")
    assert page.inner_text("#play") == "Pause"
    page.click("#video")
    wait(page, "document.getElementById('play').textContent === 'Play'")
    now = shown(page)
    assert now["playhead"] == now["video"] == now["slider"] > 3


def test_a_click_on_the_curve_seeks(visit):
    page = visit("few/clip")
    plot = page.locator(".panel:not([hidden]) .plot")
    box = plot.bounding_box()
    plot.click(position={"x": (10 + 0.6) / 24 * box["width"], "y": 40})
    assert shown(page) == everywhere(10, 10)
    plot.click(position={"x": (18 + 0.2) / 24 * box["width"], "y": 40})
    assert shown(page) == everywhere(18, 19)


def test_the_playhead_is_dragged(visit):
    page = visit("few/clip")
    box = page.locator(".panel:not([hidden]) .plot").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 4.5 / 24 * box["width"], box["y"] + 30, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + 100, box["y"] + 30)
    assert shown(page) == everywhere(4, 4)


def test_a_click_on_a_frame_seeks(visit):
    page = visit("few/clip")
    page.click(".panel:not([hidden]) .frame[data-frame='13']")
    assert shown(page) == everywhere(13, 13)


def test_keys_move_the_playhead(visit):
    page = visit("few/clip")
    page.focus(".panel:not([hidden]) .plot")
    for key, frame, sampled in (
        ("End", 23, 22),
        ("ArrowLeft", 22, 22),
        ("Home", 0, 1),
        ("ArrowRight", 1, 1),
        ("PageUp", 6, 7),
        ("PageDown", 1, 1),
    ):
        page.keyboard.press(key)
        assert shown(page) == everywhere(frame, sampled), key
    page.keyboard.press(" ")
    wait(page, "!document.getElementById('video').paused")


def test_another_class_is_shown(visit):
    page = visit("few/clip")
    before = page.inner_text(".panel:not([hidden]) h2 >> nth=0")
    bar = page.locator(".bar", has_text="you asked")
    bar.focus()
    page.keyboard.press("Enter")
    assert bar.get_attribute("aria-pressed") == "true"
    assert page.locator(".bar[aria-pressed=true]").count() == 1
    assert before.startswith("Why “")
    assert page.inner_text(".panel:not([hidden]) h2 >> nth=0").startswith("Why not “Uncovering something”?")


def test_on_a_phone_the_list_leads_to_what_it_changes(visit):
    page = visit("few/clip", width=375, height=700)
    page.locator(".bar", has_text="you asked").click()
    assert 0 <= page.locator(".panel:not([hidden]) h2 >> nth=0").bounding_box()["y"] < 100


def test_turned_videos_stand_upright(visit):
    page = visit("few/turned")
    assert page.evaluate("[video.videoWidth, video.videoHeight]") == [90, 160]


def test_the_strip_of_many_frames_scrolls_along(visit):
    page = visit("all/clip", width=700)
    page.focus(".panel:not([hidden]) .plot")
    page.keyboard.press("End")
    strip, cell = (page.locator(f".panel:not([hidden]) {part}") for part in (".strip", ".frame[aria-current]"))
    box, last = strip.bounding_box(), cell.bounding_box()
    assert cell.get_attribute("data-frame") == str(LAST)
    assert last["y"] + last["height"] <= box["y"] + box["height"] + 1


@pytest.mark.parametrize("name", ["few/clip", "all/clip", "few/index"])
def test_fits_and_is_accessible(visit, name):
    page = visit(name)
    for width, scheme, background in (
        (1280, "light", "rgb(244, 245, 246)"),
        (375, "light", "rgb(244, 245, 246)"),
        (375, "dark", "rgb(18, 22, 27)"),
    ):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == background
        page.evaluate(AXE)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [
            (rule["id"], [node["html"][:120] for node in rule["nodes"]])
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ] == []
