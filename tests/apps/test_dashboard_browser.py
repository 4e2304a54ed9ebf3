"""The dashboard in a real browser: every interaction once."""

import re
from dataclasses import replace

import pytest
from browsing import served
from dashboard_example import BROKEN, CLASSES, LENGTH, WITHOUT_VIDEO
from playwright.sync_api import expect
from test_dashboard_appearance import violations

from play_fair.frame_sampling import uniform_frame_indices
from play_fair.results import EsvResults

FRAMES = uniform_frame_indices(LENGTH, 8).tolist()  # 1, 4, 7, 10, 13, 16, 19, 22


def listed(dashboard):
    return dashboard.page.locator("#videos .uid").all_inner_texts()


def test_selecting_a_class_shows_its_first_video(one_model, visit):
    dashboard = visit(one_model)
    page = dashboard.page
    page.get_by_label("Class", exact=True).select_option(f"{CLASSES[3]} (2)")
    expect(page.locator("#title")).to_contain_text(CLASSES[3])
    expect(page.locator("#subtitle")).to_contain_text("Video 103")
    expect(page.locator("#videos .uid")).to_have_text(["103", "110"])
    expect(page).to_have_url(re.compile("(?=.*class=3)(?=.*video=103)"))
    page.get_by_label("Class", exact=True).select_option("All classes")
    expect(page.locator("#videos .uid")).to_have_count(14)
    expect(page.locator("#subtitle")).to_contain_text("Video 103")


def test_selecting_a_video(one_model, visit):
    dashboard = visit(one_model)
    dashboard.page.locator("#videos a").nth(2).click()
    expect(dashboard.page.locator("#subtitle")).to_contain_text("Video 102")
    expect(dashboard.page).to_have_title(f"{CLASSES[2]} · 102 · Play Fair")
    dashboard.page.get_by_role("link", name="Next").click()
    expect(dashboard.page.locator("#subtitle")).to_contain_text("Video 103")
    dashboard.page.get_by_role("link", name="Previous").click()
    expect(dashboard.page.locator("#subtitle")).to_contain_text("Video 102")
    expect(dashboard.page.locator("#videos [aria-current]")).to_have_count(1)


def test_searching_over_uids_and_class_names(one_model, visit):
    dashboard = visit(one_model)
    search = dashboard.page.get_by_label("Search")
    search.fill("right left")
    expect(dashboard.page.locator("#videos a")).to_have_count(4)
    assert listed(dashboard) == ["102", "103", "109", "110"]
    search.fill("110")
    expect(dashboard.page.locator("#videos a")).to_have_count(1)
    expect(dashboard.page.locator("#count")).to_have_text("1 of 14")
    search.fill("no such thing")
    expect(dashboard.page.get_by_text("Nothing matches “no such thing”.")).to_be_visible()
    expect(dashboard.page.get_by_role("link", name="Next")).to_have_count(0)
    expect(dashboard.page.locator("#subtitle")).to_contain_text("Video 100")
    dashboard.page.get_by_role("link", name="Clear filters").click()
    expect(dashboard.page.locator("#videos a")).to_have_count(14)


def test_filtering_by_verdict(one_model, visit):
    dashboard = visit(one_model)
    page = dashboard.page
    page.locator("#verdict").get_by_text("Wrong").click()
    expect(page).to_have_url(re.compile("filter=wrong"))
    expect(page.locator("#videos .mark-correct")).to_have_count(0)
    n_wrong = page.locator("#videos .mark-wrong").count()
    assert page.locator("#videos a").count() == n_wrong > 0
    expect(page.locator("#title .chip")).to_contain_text("Wrong. True class: ")
    page.locator("#verdict").get_by_text("Correct").click()
    expect(page.locator("#videos .mark-wrong")).to_have_count(0)
    assert page.locator("#videos a").count() == 14 - n_wrong
    expect(page.locator("#title .chip")).to_contain_text("Correct")


def test_sliding_the_number_of_frames(one_model, visit):
    dashboard = visit(one_model)
    page = dashboard.page
    thumb = page.get_by_label("Frames fed to the model")
    thumb.focus()
    for n_frames in (7, 6):
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#esvs-0 .frame")).to_have_count(n_frames)
    expect(page).to_have_url(re.compile("n=6"))
    expect(page.locator("#subtitle")).to_contain_text("Video 100")


def test_a_bar_chooses_the_class_that_is_explained(one_model, visit):
    dashboard = visit(one_model, "?video=102&why=true")
    page = dashboard.page
    expect(page.locator("#esvs-card-0 h3")).to_have_text(f"Which frames support “{CLASSES[2]}”?")
    assert [name.removesuffix("true class") for name in dashboard.pressed()] == [CLASSES[2]]
    bar = page.locator("#scores-0 .bar[aria-pressed=false]").first
    name = bar.locator(".bar-name").inner_text()
    bar.click()
    expect(page.locator("#esvs-card-0 h3")).to_have_text(f"Which frames support “{name}”?")
    expect(page.locator("#modes [aria-pressed=true]")).to_have_count(0)
    expect(page.get_by_label("or a class")).to_have_value(str(CLASSES.index(name)))
    assert dashboard.pressed() == [name]
    page.locator("#scores-0 .bar[aria-pressed=true]").click()
    expect(page.locator("#esvs-card-0 h3")).to_have_text(f"Which frames support “{CLASSES[2]}”?")


def test_the_switch_explains_predicted_true_or_the_difference(one_model, visit):
    page = visit(one_model, "?video=100&filter=wrong").page
    page.locator("#videos a").first.click()
    expect(page.locator("#title .chip")).to_contain_text("Wrong")
    expect(page.locator("#modes [aria-pressed=true]")).to_have_text("Difference")
    expect(page.locator("#esvs-card-0 h3")).to_contain_text("rather than")
    title = page.locator("#esvs-card-0 h3").inner_text()
    predicted, true = re.match("Why “(.*)” rather than “(.*)”", title).groups()
    expect(page.locator("#title h2")).to_contain_text(predicted)
    for button, name in (("Predicted class", predicted), ("True class", true)):
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.locator("#esvs-card-0 h3")).to_have_text(f"Which frames support “{name}”?")
    expect(page).to_have_url(re.compile("why=true"))


def test_any_two_classes_are_compared(one_model, visit):
    page = visit(one_model, "?video=100").page
    page.get_by_label("or a class").select_option(CLASSES[7])
    page.get_by_label("rather than", exact=True).select_option(CLASSES[8])
    expect(page.locator("#esvs-card-0 h3")).to_have_text(f"Why “{CLASSES[7]}” rather than “{CLASSES[8]}”?")
    expect(page.locator("#waterfall-caption-0")).to_contain_text("prior 0.000")
    expect(page).to_have_url(re.compile("focus=7&against=8"))


def test_what_was_pressed_keeps_the_focus(one_model, visit):
    page = visit(one_model, "?video=102").page
    page.evaluate("document.getElementById('video').mark = 'still the same'")
    for part in ("#scores-0 .bar[aria-pressed=false]", "#modes button[aria-pressed=false]"):
        pressed = page.locator(part).last
        pressed.focus()
        page.evaluate("document.activeElement.mark = 'pressed'")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "document.activeElement.mark === 'pressed' && document.activeElement.ariaPressed === 'true'"
        )
    assert page.evaluate("document.getElementById('video').mark") == "still the same"


def test_hovering_a_frame_shows_it_everywhere(one_model, visit):
    dashboard = visit(one_model)
    dashboard.pause()
    dashboard.page.locator(f".strip [data-frame='{FRAMES[5]}']").hover()
    dashboard.wait_until_highlighted(FRAMES[5])
    dashboard.page.wait_for_function("!document.getElementById('video').seeking")
    assert dashboard.frame_in_video() == FRAMES[5]


def test_focusing_a_frame_shows_it_everywhere(one_model, visit):
    dashboard = visit(one_model)
    dashboard.pause()
    dashboard.page.locator(".plot").focus()
    for frame in FRAMES[:-4:-1]:
        dashboard.page.keyboard.press("Shift+Tab")
        dashboard.wait_until_highlighted(frame)
    assert dashboard.frame_in_video() == FRAMES[-3]


def plot_point(dashboard, frame, model=0):
    """Where a frame is on the screen, in the middle of the chart."""
    plot = dashboard.page.locator(f"#esvs-{model} .plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    return box["x"] + (frame + 0.5) / LENGTH * box["width"], box["y"] + box["height"] / 2


def test_hovering_a_bar_highlights_its_frame(one_model, visit):
    dashboard = visit(one_model)
    dashboard.pause()
    dashboard.page.mouse.move(*plot_point(dashboard, FRAMES[2]))
    dashboard.wait_until_highlighted(FRAMES[2])
    assert dashboard.frame_in_video() == FRAMES[2]


def test_clicking_the_plot_seeks(one_model, visit):
    dashboard = visit(one_model)
    dashboard.pause()
    dashboard.page.mouse.click(*plot_point(dashboard, 18))
    dashboard.wait_until_highlighted(19)
    assert dashboard.frame_in_video() == 18
    expect(dashboard.page.locator("#clock")).to_have_text("Frame 18 (of 0–23)")


def test_the_playhead_moves_with_the_video(one_model, visit):
    dashboard = visit(one_model)
    page = dashboard.page
    page.wait_for_function("document.getElementById('video').currentTime > 0.2")
    expect(page.locator("#play")).to_have_text("Pause")
    before = page.locator(".playhead").bounding_box()["x"]
    page.wait_for_function(f"Math.abs(document.querySelector('.playhead').getBoundingClientRect().x - {before}) > 20")
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_text("Play")
    page.wait_for_function(
        "() => { const video = document.getElementById('video');"
        " const frame = Math.floor(video.currentTime / video.duration * video.dataset.frames + 0.005);"
        " return document.querySelector('.plot').ariaValueNow === String(frame); }"
    )
    frame = dashboard.frame_in_video()
    box = page.locator(".playhead").bounding_box()
    assert box["x"] + box["width"] / 2 == pytest.approx(plot_point(dashboard, frame)[0], abs=2)
    page.locator("#play").click()
    page.wait_for_function("!document.getElementById('video').paused")


def test_the_playhead_by_keyboard(one_model, visit):
    dashboard = visit(one_model)
    dashboard.pause()
    playhead = dashboard.page.locator(".plot")
    playhead.focus()
    dashboard.page.keyboard.press("Home")
    expect(playhead).to_have_attribute("aria-valuenow", "0")
    dashboard.page.keyboard.press("ArrowRight")
    expect(playhead).to_have_attribute("aria-valuetext", "Frame 1 of 24")
    dashboard.page.keyboard.press("End")
    dashboard.wait_until_highlighted(FRAMES[-1])
    dashboard.page.keyboard.press("Space")
    dashboard.page.wait_for_function("!document.getElementById('video').paused")


def test_a_link_opens_the_same_view(one_model, visit):
    first = visit(one_model)
    first.page.get_by_label("Class", exact=True).select_option(f"{CLASSES[4]} (2)")
    expect(first.page.locator("#subtitle")).to_contain_text("Video 104")
    first.page.get_by_role("link", name="Next").click()
    expect(first.page.locator("#subtitle")).to_contain_text("Video 111")
    first.page.locator("#scores-0 .bar[aria-pressed=false]").first.click()
    expect(first.page).to_have_url(re.compile("focus="))
    first.settle()
    second = visit(one_model, "?" + first.page.url.split("?")[1])
    for part in ("#title", "#subtitle", "#count", "#esvs-card-0 h3", "#esvs-caption-0", "#waterfall-caption-0"):
        expect(second.page.locator(part)).to_have_text(first.page.locator(part).text_content())
    assert second.pressed() == first.pressed()
    assert listed(second) == listed(first)


def test_the_back_button(one_model, visit):
    page = visit(one_model).page
    for uid in ("101", "102"):
        page.get_by_role("link", name="Next").click()
        expect(page.locator("#subtitle")).to_contain_text(f"Video {uid}")
    for uid in ("101", "100"):
        page.go_back()
        expect(page.locator("#subtitle")).to_contain_text(f"Video {uid}")
    page.go_forward()
    expect(page.locator("#subtitle")).to_contain_text("Video 101")
    expect(page.locator("#videos [aria-current]")).to_contain_text("101")


def test_a_broken_link_falls_back_with_a_notice(one_model, visit):
    page = visit(one_model, "?video=<script>&n=99&class=abc").page
    expect(page.locator("#notices p")).to_have_count(3)
    expect(page.locator("#subtitle")).to_contain_text("Video 100")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#subtitle")).to_contain_text("Video 101")
    expect(page.locator("#notices p")).to_have_count(0)


def test_downloads_are_named_by_model_video_and_frames(one_model, visit, tmp_path):
    page = visit(one_model, "?video=103").page
    for suffix, begin in (("PNG", b"\x89PNG"), ("CSV", b"class_id,class,frame,esv")):
        with page.expect_download() as download:
            page.locator("#esvs-card-0").get_by_role("link", name=suffix).click()
        assert download.value.suggested_filename == f"MTRN-103-8-frames-esvs.{suffix.lower()}"
        download.value.save_as(tmp_path / suffix)
        assert (tmp_path / suffix).read_bytes().startswith(begin)


def test_all_of_the_url_is_taken_into_the_fields(one_model, visit):
    page = visit(one_model, "?video=103&n=5&class=3&q=10&filter=wrong").page
    expect(page.get_by_label("Search")).to_have_value("10")
    expect(page.get_by_label("Class", exact=True)).to_have_value("3")
    expect(page.get_by_label("Frames fed to the model")).to_have_value("4")
    expect(page.locator("#verdict [aria-pressed=true]")).to_have_text("Wrong")


def test_help_explains_esvs(one_model, visit):
    page = visit(one_model).page
    page.get_by_text("Help", exact=True).click()
    expect(page.get_by_text("An Element Shapley Value (ESV) is")).to_be_visible()
    expect(page.get_by_text("a frame that distracts")).to_be_visible()


def test_a_missing_video_is_said(one_model, visit):
    dashboard = visit(one_model, f"?video={WITHOUT_VIDEO}")
    expect(dashboard.page.get_by_text("104.webm is not in the folder of videos.")).to_be_visible()
    expect(dashboard.page.locator(".no-frame")).to_have_count(8)
    dashboard.page.mouse.click(*plot_point(dashboard, 18))
    dashboard.wait_until_highlighted(19)


def test_a_broken_video_is_said(one_model, visit):
    page = visit(one_model, f"?video={BROKEN}", expected=[f"/{BROKEN}"]).page
    expect(page.get_by_text("This video does not play")).to_be_visible()
    # The reason is a picture that comes with a 404.
    page.wait_for_function("[...document.querySelectorAll('.strip img')].every(image => image.naturalWidth > 0)")


def test_models_side_by_side(two_models, visit):
    dashboard = visit(two_models, "?video=101&n=4&why=true")
    page = dashboard.page
    expect(page.locator(".model-name")).to_have_text(["MTRN", "TSN"])
    boxes = [page.locator(f"#waterfall-card-{index}").bounding_box() for index in (0, 1)]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    expect(page.locator("#esvs-0 .frame img")).to_have_count(4)
    expect(page.locator("#esvs-1 .frame img")).to_have_count(0)
    expect(page.locator("#interactions-card-0")).to_be_hidden()
    expect(page.locator("#interactions-card-1")).to_be_visible()
    assert [page.locator(f"#esvs-{index} .whisker").count() for index in (0, 1)] == [0, 4]
    dashboard.pause()
    page.locator("#esvs-1 .frame").nth(2).hover()
    dashboard.wait_until_highlighted(15, n_models=2)
    page.locator("#verdict").get_by_text("Mixed").click()
    expect(page.locator("#title .chip.correct")).to_have_count(1)
    expect(page.locator("#title .chip.wrong")).to_have_count(1)


def test_a_twin_stands_below_its_video_moment_by_moment(world, visit, tmp_path):
    groups = tmp_path / "groups.csv"
    groups.write_text("uid,group\n101,a\n103,a\n")
    with served(replace(world.settings(), groups=groups)) as address:
        dashboard = visit(address, "?video=101&n=4&why=true")
        page = dashboard.page
        card = page.locator("#twin-card-0")
        expect(card).to_contain_text(f"Its twin, video 103: which frames support “{CLASSES[3]}”?")
        expect(page.locator("#twin-0 .y-axis")).to_have_text(
            page.locator("#esvs-0 .y-axis").inner_text().replace("\n", "")
        )
        frames = [page.locator(f"#{part}-0 .frame") for part in ("esvs", "twin")]
        for index in range(4):
            own, other = (found.nth(index) for found in frames)
            assert own.bounding_box()["x"] == pytest.approx(other.bounding_box()["x"], abs=1)
            expect(other).to_have_attribute("aria-label", re.compile(f"Frame {(21, 15, 9, 3)[index]},"))
        dashboard.pause()
        frames[1].nth(2).hover()
        page.wait_for_function("document.querySelectorAll('.strip [aria-current]').length === 2")
        expect(frames[0].nth(2)).to_have_attribute("aria-current", "true")
        page.get_by_role("button", name="As it plays").click()
        expect(frames[1].first).to_have_attribute("aria-label", re.compile("Frame 3,"))
        expect(page).to_have_url(re.compile("twin=played"))
        page.get_by_role("button", name="Hidden").click()
        expect(card).to_be_hidden()
        page.go_back()
        expect(card).to_be_visible()
        page.locator("#subtitle").get_by_role("link", name="103").click()
        expect(card).to_contain_text("Its twin, video 101")
        assert violations(page) == []


def test_models_share_a_scale_until_told_otherwise(two_models, visit):
    page = visit(two_models, "?video=101&n=4&why=true").page
    axes = [page.locator(f"#esvs-{index} .y-axis") for index in (0, 1)]
    expect(axes[0]).to_have_text(axes[1].inner_text().replace("\n", ""))
    page.get_by_role("button", name="Own", exact=True).click()
    expect(page).to_have_url(re.compile("scale=own"))
    expect(axes[0]).not_to_have_text(axes[1].inner_text().replace("\n", ""))


def test_a_model_without_results_says_so(two_models, visit):
    page = visit(two_models, "?video=101&n=3").page
    expect(page.locator("#empty-1")).to_contain_text("No result of TSN")
    expect(page.locator("#empty-1")).to_contain_text("for 3 frames of this video, but for 2, 4, 8.")
    expect(page.locator("#esvs-card-1")).to_be_hidden()
    expect(page.locator("#esvs-card-0")).to_be_visible()
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("#empty-1")).to_contain_text("for this video.")


def test_keys_step_through_the_videos(one_model, visit):
    page = visit(one_model, "?video=101").page
    for key, uid in (("j", "102"), ("j", "103"), ("k", "102")):
        page.keyboard.press(key)
        expect(page.locator("#subtitle")).to_contain_text(f"Video {uid}")
    page.keyboard.press("?")
    expect(page.get_by_text("An Element Shapley Value (ESV) is")).to_be_visible()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_function("!document.getElementById('video').paused")
    page.keyboard.press("Space")
    page.wait_for_function("document.getElementById('video').paused")
    page.get_by_label("Search").press("j")
    expect(page.get_by_label("Search")).to_have_value("j")


def test_a_lost_server_is_said_and_asked_again(one_model, visit):
    page = visit(one_model, "?video=101", expected=["_dash-update-component", "dash_renderer"]).page
    expect(page).to_have_url(re.compile("video=101"))
    page.route("**/_dash-update-component*", lambda route: route.abort())
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Connection lost.")).to_be_visible()
    expect(page).to_have_url(re.compile("video=101"))
    page.unroute("**/_dash-update-component*")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("#subtitle")).to_contain_text("Video 102")
    expect(page.get_by_text("Connection lost.")).to_be_hidden()
    expect(page).to_have_url(re.compile("video=102"))


def test_frames_are_switched_off_and_the_score_is_looked_up(two_models, world, visit):
    page = visit(two_models, "?video=101&n=4&why=true").page
    expect(page.locator("#what-if-card-0")).to_be_hidden()
    stored = EsvResults.load(world.tsn).subset_scores("101", 4)[1]
    panel = page.locator("#what-if-1")
    expect(panel.get_by_role("status")).to_have_text(f"With all frames: {stored[15]:.3f}")
    for frame in (3, 15):
        panel.get_by_role("button", name=str(frame), exact=True).click()
    left = stored[0b1010]  # frames 9 and 21
    change = f"{left - stored[15]:+.3f}".replace("-", "−")
    expect(panel.get_by_role("status")).to_have_text(f"With 2 of 4 frames: {left:.3f} ({change})")
    page.get_by_role("button", name="Predicted class").click()
    expect(panel.locator("[aria-pressed=false]")).to_have_count(0)
    panel.get_by_role("button", name="9", exact=True).click()
    panel.get_by_role("button", name="All frames").click()
    expect(panel.get_by_role("status")).to_contain_text("With all frames")
    page.get_by_label("or a class").select_option(index=1)
    expect(page.locator("#what-if-caption-1")).to_contain_text("Known of the true and of the predicted class only")


def test_the_link_is_copied_and_the_page_saved(two_models, visit):
    page = visit(two_models, "?video=103&n=4").page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="Save TSN as HTML").click()
    assert download.value.suggested_filename == "TSN-103-4-frames-page.html"
