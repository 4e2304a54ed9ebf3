"""How the dashboard looks: no scrolling sideways, both colour schemes, accessible, reachable by keyboard."""

from pathlib import Path

import axe_playwright_python
import pytest
from browsing import PATIENCE, SlowServer
from playwright.sync_api import expect

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
WIDTHS = {"desktop": (1440, 900), "tablet": (820, 1180), "phone": (375, 812)}


def violations(page):
    """Serious and critical findings of axe-core, with the elements they are about."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        (rule["id"], [node["html"][:120] for node in rule["nodes"]])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


COLOURS = {"light": ("rgb(244, 245, 246)", "rgb(255, 255, 255)"), "dark": ("rgb(18, 22, 27)", "rgb(26, 32, 39)")}


@pytest.mark.parametrize("device", WIDTHS)
@pytest.mark.parametrize("site", ["one_model", "two_models"])
def test_fits_and_is_accessible(request, visit, site, device):
    width, height = WIDTHS[device]
    dashboard = visit(request.getfixturevalue(site), "?video=101&n=4", width=width, height=height)
    dashboard.pause()
    page = dashboard.page
    for scheme, (background, surface) in COLOURS.items():
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == surface
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == background
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []


def test_everything_is_reached_by_keyboard_and_shows_it(one_model, visit):
    dashboard = visit(one_model, "?video=101&n=4&q=10")
    page = dashboard.page
    dashboard.pause()
    reached = []
    page.evaluate("document.body.focus()")
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
              const element = document.activeElement;
              const shown = element.closest('label') ?? element;
              const style = [element, shown].map(part => getComputedStyle(part));
              return {
                name: element.id || element.closest('[id]')?.id || element.tagName,
                kind: element.className.toString().split(' ')[0],
                visible: style.some(part => part.outlineStyle !== 'none' && parseFloat(part.outlineWidth) > 0
                  || part.boxShadow !== 'none'),
              };
            }"""
        )
        if focused["name"] == "BODY":
            break
        assert focused["visible"], f"no visible focus on {focused}"
        reached.append(f"{focused['name']} {focused['kind']}")
    names = " ".join(reached)
    for part in (
        "help",
        "search",
        "class",
        "verdict",
        "steps",
        "videos",
        "n",
        "modes",
        "focus",
        "against",
        "play",
        "plot",
        "frame",
    ):
        assert part in names, f"{part} is not reached: {reached}"
    for part in ("scores-0 bar", "esvs-card-0", "waterfall-card-0", "fewer-frames-card-0"):
        assert part in names, f"{part} is not reached: {reached}"


def test_every_picture_has_words(two_models, visit):
    page = visit(two_models, "?video=101&n=4").page
    labels = page.eval_on_selector_all(
        "[role=img], [role=slider], .frame, video",
        "all => all.filter(e => e.checkVisibility()).map(e => e.getAttribute('aria-label'))",
    )
    assert len(labels) > 10
    assert all(labels), labels


def test_grey_shapes_stand_where_things_will_be(one_model, browser):
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(reduced_motion="reduce")
    server = SlowServer(page)
    page.goto(f"{one_model}/?video=101")
    page.wait_for_selector("main[data-view=''] .video-box")
    shapes = ("#title", ".video-box", "#esvs-card-0")
    tops = [page.locator(part).bounding_box()["y"] for part in shapes]
    for part in shapes:
        assert page.locator(part).evaluate("e => getComputedStyle(e).backgroundColor") != "rgba(0, 0, 0, 0)", part
        assert page.locator(part).bounding_box()["height"] > 20, part
    server.answer_all()
    page.wait_for_selector(".plot")
    expect(page.locator(".bar").first).to_be_visible()
    assert page.locator("#title").evaluate("e => getComputedStyle(e).backgroundColor") == "rgba(0, 0, 0, 0)"
    for part, top in zip(shapes, tops, strict=True):
        assert abs(page.locator(part).bounding_box()["y"] - top) < 60, f"{part} jumps"
    page.close()


def test_nothing_is_seen_before_it_is_there(one_model, browser):
    page = browser.new_page()
    # The page without its scripts is what is seen while they load.
    page.route("**/*.js*", lambda route: route.abort())
    page.goto(one_model)
    expect(page.get_by_text("Loading")).to_be_visible()
    page.close()
