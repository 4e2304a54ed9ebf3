"""The exported site: all pages are there, and work below any address of a plain web server."""

import importlib
import re
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest
from browsing import PATIENCE, Watch
from dashboard_example import BROKEN, WITHOUT_VIDEO
from playwright.sync_api import expect
from test_dashboard_appearance import violations

from play_fair.errors import UserError
from play_fair.labels import read_classes_csv
from play_fair.results import EsvResults

script = importlib.import_module("12_export_site")


def export(world, site, *results, **options):
    settings = world.settings(*results)
    files = [*map(str, settings.results), str(settings.videos), str(settings.classes), str(site)]
    script.main([*files, "--workers", "1", *(f"--{name}={value}" for name, value in options.items())])


def mark(model, uid):
    """As reports mark a video."""
    return f'<span data-model="{model}" data-uid="{uid}">video {uid}</span>'


@pytest.fixture(scope="module")
def site(world, tmp_path_factory):
    """Of two models; two videos are missing or broken."""
    root = tmp_path_factory.mktemp("site")
    report = root / "report.html"
    report.write_text(
        f'<link rel="icon" href="data:,">'
        f"<main>{mark('TSN', '101')}, {mark('TSN', '100')}, {mark('MTRN', BROKEN)}</main>"
    )
    groups = root / "groups.csv"
    groups.write_text(f"uid,group\n101,a\n103,a\n102,b\n{BROKEN},c\n{WITHOUT_VIDEO},c\n")
    with pytest.raises(UserError, match="2 of 14 videos failed"):
        export(world, root / "below" / "site", world.mtrn, world.tsn, report=report, groups=groups)
    return SimpleNamespace(root=root, folder=root / "below" / "site", options={"report": report, "groups": groups})


@pytest.fixture(scope="module")
def address(site):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site.root)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/below/site"
    server.shutdown()
    thread.join()


@pytest.fixture
def open_page(browser, address):
    pages, watch = [], Watch(address)

    def open_page(path, width=1280):
        page = browser.new_page()
        page.set_viewport_size({"width": width, "height": 800})
        page.set_default_timeout(PATIENCE)
        watch.follow(page)
        page.goto(f"{address}/{path}")
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert watch.complaints == []


def test_every_video_has_a_page_of_each_model_and_those_that_failed_are_left_out(world, site):
    results = EsvResults.load(world.mtrn)
    expected = {uid for uid in results if uid not in (WITHOUT_VIDEO, BROKEN)}
    of_tsn = expected - {"100"}  # TSN lacks the first video
    for path, uids in ((world.mtrn, expected), (world.tsn, of_tsn)):
        assert {page.stem for page in (site.folder / path.stem).glob("*.html")} == uids
    index = (site.folder / "index.html").read_text()
    links = re.findall(r'<li><a href="([^"]+)"', index)
    assert links
    assert all((site.folder / link).is_file() for link in links)
    assert len(links) == len(expected) + len(of_tsn)
    assert not [link for link in links if WITHOUT_VIDEO in link or BROKEN in link]


def test_all_addresses_are_relative(site):
    for path in site.folder.rglob("*.html"):
        addresses = re.findall(r'(?:href|src)="([^"]*)"|url\("([^"]*)"\)', path.read_text())
        for address in map("".join, addresses):
            assert address.startswith("data:") or (path.parent / address).resolve().is_relative_to(site.folder), address


def test_what_is_there_is_not_made_again(world, site, capsys):
    before = {path: path.stat().st_mtime_ns for path in site.folder.glob("*/*.html")}
    with pytest.raises(UserError, match="2 of 14 videos failed"):
        export(world, site.folder, world.mtrn, world.tsn, **site.options)
    assert "12 already there, 0 added, 2 failed" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in site.folder.glob("*/*.html")} == before


def test_the_report_leads_to_the_pages_of_its_videos(open_page, site):
    page = open_page("index.html")
    page.get_by_role("link", name="The whole analysis").click()
    assert page.locator("main").inner_text() == f"video 101, video 100, video {BROKEN}"
    expect(page.get_by_role("link")).to_have_count(1)  # the others have no page of this model
    page.get_by_role("link", name="video 101").click()
    expect(page).to_have_url(re.compile("/tsn/101.html"))
    page.wait_for_load_state()


def test_a_page_shows_the_twin_of_its_video_moment_by_moment(open_page, site):
    page = open_page("mtrn/101.html")
    own, other = page.locator(".evidence:visible").all()
    expect(other).to_contain_text("Its twin, video 103: which frames support")
    labels = [card.locator(".frame .frame-text .muted").all_inner_texts() for card in (own, other)]
    assert labels == [["1", "4", "7", "10", "13", "16", "19", "22"], ["22", "19", "16", "13", "10", "7", "4", "1"]]
    assert own.locator(".y-axis").inner_text() == other.locator(".y-axis").inner_text()
    page.wait_for_function("[...document.querySelectorAll('.frame-box img')].every(image => image.naturalWidth > 0)")
    other.get_by_role("link", name="The page of this video").click()
    expect(page).to_have_url(re.compile("/mtrn/103.html"))
    page.wait_for_load_state()
    assert "Its twin" not in (site.folder / "mtrn/102.html").read_text()


def test_a_report_that_is_missing_is_told_before_anything_is_written(world, tmp_path):
    with pytest.raises(UserError, match=r"expected the report of script 09 at .*none\.html"):
        export(world, tmp_path / "site", world.mtrn, report=tmp_path / "none.html")
    assert not (tmp_path / "site").exists()


def test_a_folder_of_other_results_is_refused(world, site):
    with pytest.raises(UserError, match="other settings"):
        export(world, site.folder, world.mtrn)


def test_results_and_class_names_must_fit(world, tmp_path):
    few = tmp_path / "classes.csv"
    few.write_text("name,id\na,0\nb,1\n")
    n_classes = len(read_classes_csv(world.settings().classes))
    with pytest.raises(UserError, match=f"expected the names of the {n_classes} classes of .*, got 2"):
        script.main([str(world.mtrn), str(world.settings().videos), str(few), str(tmp_path / "site")])
    assert not (tmp_path / "site").exists()


def test_files_of_one_name_are_refused(world, tmp_path):
    other = tmp_path / world.mtrn.name
    shutil.copy(world.mtrn, other)
    with pytest.raises(UserError, match="expected results files of different names"):
        export(world, tmp_path / "site", world.mtrn, other)


@pytest.mark.parametrize("width", [1280, 820, 375])
def test_it_fits_and_is_accessible(open_page, world, width):
    for path in ("index.html", f"{world.tsn.stem}/101.html"):
        page = open_page(path, width)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert violations(page) == [], (path, scheme)


def test_the_list_is_filtered(open_page):
    page = open_page("index.html")
    cards = page.locator(".videos > li")
    expect(cards).to_have_count(12)
    page.get_by_label("Show").select_option("disagree")
    n_disagree = page.locator(".videos > li[data-kinds~=disagree]").count()
    assert 0 < n_disagree < 12
    expect(page.locator(".videos > li:visible")).to_have_count(n_disagree)
    page.get_by_label("Search").fill("zebra")
    expect(page.get_by_text("Nothing matches “zebra”.")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#count")).to_have_text("12 videos")
    cell = page.locator(".confusion .right a").first
    count = int(cell.inner_text())
    cell.click()
    kept = page.locator(".videos > li:visible")
    assert 0 < kept.count() <= count  # two of the videos have no pages
    assert all("✓" in text for text in kept.locator(".verdicts li:first-child").all_inner_texts())


def test_a_dot_leads_to_its_video_by_mouse_and_by_keyboard(open_page, world):
    page = open_page("index.html")
    dot = page.locator(f"[data-folder={world.tsn.stem}] [data-uid='101']").first
    dot.dispatch_event("click")
    expect(page).to_have_url(re.compile(f"/{world.tsn.stem}/101.html"))
    page.wait_for_load_state()
    page.go_back()
    swarm = page.locator(f"[data-folder={world.tsn.stem}] .dots")
    swarm.focus()
    page.keyboard.press("ArrowRight")
    uid = re.match(r"Video (\d+), frame 4:", swarm.get_attribute("aria-valuetext"))[1]
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/{world.tsn.stem}/{uid}.html"))
    page.wait_for_load_state()


@pytest.mark.parametrize("width", [1280, 375])
def test_from_the_index_to_a_video_that_plays_and_to_the_other_model(open_page, world, width):
    page = open_page("index.html", width)
    page.locator(".verdicts").filter(has_text="TSN").locator("a").first.click()
    video = page.locator("#video")
    expect(video).to_be_visible()
    page.wait_for_function("document.getElementById('video').readyState >= 2")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture = page.locator(".frame-box span").first
    assert "/frames/101/" in picture.evaluate("element => getComputedStyle(element).backgroundImage")
    page.get_by_role("link", name="This video by").click()
    expect(page).to_have_url(re.compile(f"/{world.tsn.stem}/101.html"))
    page.wait_for_load_state()
    page.get_by_role("link", name="All videos").click()
    expect(page).to_have_url(re.compile("/index.html"))
    page.wait_for_load_state()
