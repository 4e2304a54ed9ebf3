"""A person's own video: received within bounds, explained in a process of its own, shown safely, and deleted."""

import json
import os
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from browsing import PATIENCE, Watch, served
from dashboard_example import ball_video
from esv_dashboard import create_app
from esv_dashboard.command import build_parser
from esv_dashboard.guards import require_loopback_host
from esv_dashboard.settings import Settings
from esv_dashboard.uploads import Explainer, Jobs, uploads_blueprint
from esv_dashboard.uploads.jobs import BusyError, RefusedError, plain_file_name
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect
from test_dashboard_appearance import violations

from play_fair.errors import UserError
from play_fair.labels import write_classes_csv
from play_fair.video_page.command import build_parser as explain_parser
from play_fair.videos.ffmpeg import encode_webm

CLIP = b"\x1aE\xdf\xa3\0 more of a video"
SCRIPT = """
import argparse, pathlib, shutil, sys, time
parser = argparse.ArgumentParser()
for name in ("--config", "--output-dir", "--sample-n-frames", "--class"):
    parser.add_argument(name)
parser.add_argument("video", type=pathlib.Path)
args = parser.parse_args()
print("working")
if "slow" in args.video.name:
    time.sleep(600)
if "steady" in args.video.name:
    for _ in range(10):
        print("on", flush=True)
        time.sleep(0.3)
if "broken" in args.video.name:
    sys.exit(f"error: cannot explain {args.video}: no video in it")
output = pathlib.Path(args.output_dir)
shutil.copytree(pathlib.Path(args.config).with_name("found"), output)
words = f"{args.video.name} in {args.sample_n_frames} frames, why not {vars(args)['class']}"
page = f"<title>report</title><p>{words}</p><script>document.title = 'ran in ' + window.origin</script>"
(output / "page.html").write_text(page)
"""


@pytest.fixture
def explainer(tmp_path):
    """Pretends to explain, fast."""
    (tmp_path / "explain.py").write_text(SCRIPT)
    (tmp_path / "model.jsonnet").write_text("{}")
    (tmp_path / "found").mkdir()
    return Explainer(tmp_path / "model.jsonnet", (sys.executable, str(tmp_path / "explain.py")))


@pytest.fixture
def jobs(explainer):
    started = Jobs(explainer, max_bytes=1000)
    yield started
    started.close()


@pytest.fixture
def client(jobs):
    app = Flask("test")
    require_loopback_host(app)
    app.register_blueprint(uploads_blueprint(jobs, fake_board))
    return app.test_client()


def fake_board(folder, prefix):
    """Tells what it was asked."""
    board = Flask("board")

    @board.route("/", defaults={"path": ""}, methods=["GET", "POST"])
    @board.route("/<path:path>", methods=["GET", "POST"])
    def anything(path):
        return {
            "files": [file.name for file in folder.iterdir()],
            "prefix": prefix,
            "path": path,
            "root": request.script_root,
        }

    return board


def secret_of(client):
    return re.search('data-secret="([^"]+)"', client.get("/explain").text)[1]


def send(client, content=CLIP, name="clip.webm", query="?n=3", environ=None, **headers):
    sent = {"X-Explain-Secret": secret_of(client), "X-File-Name": name, **headers}
    return client.post(f"/explain/jobs{query}", data=content, headers=sent, environ_overrides=environ)


def wait(job):
    job.waiter.join(PATIENCE / 1000)
    assert not job.waiter.is_alive()


def test_a_video_is_explained_and_deleted(client, jobs):
    answer = send(client, name="my%20clip.webm", query="?n=3&class=Moving%20something%20up")
    assert answer.status_code == 201
    job = jobs.find(answer.json["token"])
    wait(job)
    status = client.get(f"/explain/jobs/{job.token}").json
    assert (status["state"], status["name"]) == ("done", "my clip.webm")
    report = client.get("/" + status["report"])
    assert "my clip.webm in 3 frames, why not Moving something up" in report.text
    assert report.headers["Content-Security-Policy"].startswith(
        "sandbox allow-scripts allow-downloads; default-src 'none'"
    )
    assert report.headers["Cache-Control"] == "no-store"
    assert not job.folder.exists(), "the upload is deleted"
    jobs.close()
    assert not job.page.parent.exists(), "and all else at the end"


def test_a_dashboard_of_what_was_found(client, jobs):
    job = jobs.find(send(client).json["token"])
    wait(job)
    board = client.get(f"/explain/jobs/{job.token}").json["board"]
    root = f"/explain/boards/{job.token}"
    assert f"/{board}" == f"{root}/"
    for path in ("", "media/videos/a%20b.webm"):
        answer = client.get(f"{root}/{path}").json
        assert answer == {"files": ["page.html"], "prefix": f"{root}/", "path": path.replace("%20", " "), "root": root}
    # Dash asks with POST; nothing is changed by it.
    assert client.post(f"{root}/_dash-update-component").status_code == 200
    assert client.get(f"{root}/", headers={"Host": "evil.example"}).status_code == 403
    assert client.get("/explain/boards/none/").status_code == 404


def test_why_a_video_is_not_explained_is_said_without_folders(client, jobs):
    job = jobs.find(send(client, name="broken.mp4").json["token"])
    wait(job)
    status = client.get(f"/explain/jobs/{job.token}").json
    assert (status["state"], status["reason"]) == ("failed", "cannot explain broken.mp4: no video in it")
    assert status["report"] is None
    assert client.get(f"/explain/reports/{job.token}.html").status_code == 404


def test_one_at_a_time_and_it_can_be_stopped(client, jobs):
    job = jobs.find(send(client, name="slow.webm").json["token"])
    assert send(client).status_code == 409
    answer = client.delete(f"/explain/jobs/{job.token}", headers={"X-Explain-Secret": secret_of(client)})
    assert (answer.json["state"], answer.json["reason"]) == ("failed", "stopped")
    wait(job)
    assert job.process.poll() is not None
    assert send(client).status_code == 201


def test_what_takes_too_long_is_given_up(explainer):
    jobs = Jobs(replace(explainer, timeout=0.3), 1000)
    job = jobs.start(iter([CLIP]), "slow.webm", 8, "")
    wait(job)
    assert job.reason == "given up after 0 s without progress"
    assert job.process.poll() is not None
    jobs.close()


def test_what_makes_progress_is_not_given_up(explainer):
    jobs = Jobs(replace(explainer, timeout=2.0), 1000)
    job = jobs.start(iter([CLIP]), "steady.webm", 8, "")
    wait(job)
    assert (job.state, job.reason) == ("done", "")
    assert job.seconds > 2
    jobs.close()


def test_the_end_of_the_dashboard_ends_the_process(explainer):
    jobs = Jobs(explainer, 1000)
    job = jobs.start(iter([CLIP]), "slow.webm", 8, "")
    jobs.close()
    assert job.process.wait(PATIENCE / 1000) < 0
    assert not job.folder.parent.exists()


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [
        (CLIP * 100, 413, "the file is larger than 0 MB"),
        (b"", 400, "the file is empty"),
        (b"#EXTM3U\n/etc/passwd\n", 400, "it is a text file, not a video"),
    ],
)
def test_what_is_no_video_is_refused(client, jobs, content, status, reason):
    answer = send(client, content) if content else send(client, environ={"CONTENT_LENGTH": "0"})
    assert (answer.status_code, answer.json["reason"]) == (status, reason)
    assert send(client).status_code == 201, "the next one is welcome"


def test_a_size_that_was_not_true_is_noticed(jobs):
    with pytest.raises(RefusedError, match="the file is larger than"):
        jobs.start(iter([CLIP] * 1000), "clip.webm", 8, "")


def test_an_upload_that_breaks_off_leaves_nothing(jobs):
    def broken():
        yield CLIP
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        jobs.start(broken(), "clip.webm", 8, "")
    jobs.start(iter([CLIP]), "slow.webm", 8, "")
    with pytest.raises(BusyError):
        jobs.start(iter([CLIP]), "clip.webm", 8, "")


def test_an_upload_that_stalls_is_given_up(explainer):
    jobs = Jobs(explainer, 1000, max_seconds=0.1)

    def stalled():
        yield CLIP
        stored = list(jobs._home.rglob("*.webm"))
        time.sleep(0.2)
        wait(jobs.start(iter([CLIP]), "next.webm", 8, ""))
        assert [path.exists() for path in stored] == [False]
        yield CLIP

    with pytest.raises(RefusedError, match="the upload did not arrive within 0 s"):
        jobs.start(stalled(), "clip.webm", 8, "")
    jobs.close()


DASHBOARD = """
import sys, time
from pathlib import Path
from esv_dashboard.uploads import Explainer, Jobs
jobs = Jobs(Explainer(Path(sys.argv[1]), tuple(sys.argv[2:])), 1000)
job = jobs.start(iter([b"\\0"]), "slow.webm", 8, "")
print(job.process.pid, job.folder.parent, flush=True)
time.sleep(600)
"""


def test_a_killed_dashboard_leaves_no_process_and_its_files_go_with_the_next(explainer, monkeypatch, tmp_path):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    command = [sys.executable, "-c", DASHBOARD, explainer.config, *explainer.program]
    with Popen(command, stdout=PIPE, text=True) as dashboard:
        pid, home = dashboard.stdout.readline().split()
        assert Path(f"/proc/{pid}").exists()
        other = Jobs(explainer, 1000)
        assert Path(home).exists(), "the files of a dashboard that runs are left alone"
        dashboard.kill()
    end = time.monotonic() + PATIENCE / 1000
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end, "still explaining"
        time.sleep(0.01)
    assert Path(home).exists()
    Jobs(explainer, 1000).close()
    other.close()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_memory_has_a_bound(explainer):
    code = "import sys; bytearray(1 << 29)"
    jobs = Jobs(replace(explainer, program=(sys.executable, "-c", code), max_memory=1 << 28), 1000)
    job = jobs.start(iter([CLIP]), "clip.webm", 8, "")
    wait(job)
    assert job.reason == "MemoryError"
    jobs.close()


def test_a_command_that_is_not_there_is_said(explainer):
    jobs = Jobs(replace(explainer, program=("/nowhere/python",)), 1000)
    with pytest.raises(RefusedError, match=r"the explanation does not start: .* No such file"):
        jobs.start(iter([CLIP]), "clip.webm", 8, "")
    jobs.close()


@pytest.mark.parametrize("n_frames", ["0", "17", "00019999", "x", "-1", "٣", "9" * 5000])
def test_numbers_of_frames_have_bounds(client, n_frames):
    assert send(client, query=f"?n={n_frames}").status_code == 400


def test_only_the_page_itself_may_ask(client):
    assert client.post("/explain/jobs", data=CLIP).status_code == 403
    assert send(client, **{"X-Explain-Secret": "é"}).status_code == 403
    for host, status in [
        ("localhost:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("evil.example", 403),
        ("localhost.evil.example:8080", 403),
    ]:
        assert client.get("/explain", headers={"Host": host}).status_code == status, host
    for path in ("jobs/none", "reports/none.html", "reports/..%2f..%2fetc%2fpasswd", "reports/../jobs", "x"):
        assert client.get(f"/explain/{path}").status_code == 404, path


def test_the_oldest_pages_are_forgotten(jobs):
    made = []
    for _ in range(6):
        made.append(jobs.start(iter([CLIP]), "clip.webm", 8, ""))
        wait(made[-1])
    assert jobs.find(made[0].token) is None
    assert [job.page.parent.exists() for job in made] == [False, True, True, True, True, True]


def test_the_page_tells_which_model_explains(client, explainer):
    page = client.get("/explain").text
    assert f"the model of {explainer.config}".lower() in page.lower(), "its config says nothing"
    assert '<div class="field" hidden>' in page, "there are no classes to choose from"
    classes = explainer.config.with_name("classes.csv")
    write_classes_csv(classes, {"Left & right": 0, "Up": 1})
    write_config(explainer, classes)
    page = client.get("/explain").text
    assert "TSN (Mine) says one of its own classes" in page
    assert re.findall("<option>(.*?)</option>", page) == ["Left &amp; right", "Up"]
    assert "makes no progress for 10 min is given up" in page


def write_config(explainer, classes):
    """Of a model with these classes."""
    dataset = {"name": "Mine", "n_classes": 2, "feature_dim": 4, "features": "features.hdf", "classes": str(classes)}
    model = {"kind": "tsn", "name": "TSN", "checkpoint": "tsn.pth"}
    explainer.config.write_text(json.dumps({"dataset": dataset, "model": model}))


@given(st.text())
def test_file_names_are_plain(name):
    plain = plain_file_name(name)
    assert plain == os.path.basename(plain)  # noqa: PTH119
    assert plain[0] not in "-."
    assert plain.isprintable()
    assert len(plain.encode()) <= 240
    assert plain_file_name(plain) == plain


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("clip.mp4", "clip.mp4"),
        ("C:\\videos\\My clip (1).MOV", "My clip -1.MOV"),
        ("../../etc/passwd", "passwd.video"),
        ("--class=x.webm", "class-x.webm"),
        ("", "video.video"),
        ("Hände.webm", "Hände.webm"),
        (f"{'猫' * 80}.mp4", f"{'猫' * 66}.mp4"),
    ],
)
def test_file_names(name, plain):
    assert plain_file_name(name) == plain


# --- when uploads are there at all --------------------------------------------------------------------------------


def test_uploads_are_off_unless_asked_for(world):
    assert not world.settings().uploads
    client = create_app(world.settings()).server.test_client()
    assert b'"explain"' not in client.get("/_dash-layout").data
    assert "data-secret" not in client.get("/explain").text
    assert client.post("/explain/jobs", data=CLIP).status_code == 405


def test_uploads_that_are_asked_for_need_a_model(world, tmp_path):
    settings = replace(world.settings(), uploads=True, uploads_config=tmp_path / "none.jsonnet")
    with pytest.raises(UserError, match="expected the config of a feature model for uploads at"):
        create_app(settings)


def test_what_the_command_line_says_of_uploads():
    parse = build_parser().parse_args
    assert parse(["a", "b", "c"]).uploads is None
    assert parse(["a", "b", "c", "--uploads"]).uploads is True
    assert parse(["a", "b", "c", "--no-uploads"]).uploads is False


def test_what_the_environment_says_of_uploads():
    names = {"ESV_RESULTS": "a.pkl", "ESV_VIDEOS": "v", "ESV_CLASSES": "c.csv"}
    assert not Settings.from_environment(names).uploads
    more = {"ESV_UPLOADS": "1", "ESV_UPLOADS_CONFIG": "m.jsonnet", "ESV_UPLOAD_MEGABYTES": "5"}
    settings = Settings.from_environment({**names, **more, "ESV_UPLOAD_SECONDS": "7"})
    assert (settings.uploads, settings.uploads_config) == (True, Path("m.jsonnet"))
    assert (settings.upload_megabytes, settings.upload_seconds) == (5, 7)
    with pytest.raises(UserError, match="expected 1 second or more for uploads to make progress in, got 0"):
        Settings.from_environment({**names, "ESV_UPLOAD_SECONDS": "0"})


def test_the_command_is_play_fair_explain(tmp_path):
    python, *module, config, output, n_frames, class_name, end, video = Explainer(Path("m.jsonnet")).command(
        tmp_path / "-v.mp4", tmp_path / "out", 5, "up"
    )
    assert (python, module) == (sys.executable, ["-m", "play_fair"])
    parsed = explain_parser().parse_args([config, output, n_frames, class_name, end, video])
    assert (parsed.config, parsed.output_dir, parsed.sample_n_frames) == (Path("m.jsonnet"), tmp_path / "out", 5)
    assert (parsed.class_names, parsed.videos) == (["up"], [tmp_path / "-v.mp4"])


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("192.168.1.7", False)],
)
def test_loopback(world, host, loopback):
    assert replace(world.settings(), host=host).loopback is loopback


# --- in the browser -----------------------------------------------------------------------------------------------


@pytest.fixture
def upload_site(world, explainer, monkeypatch):
    found = explainer.config.with_name("found")
    for source, name in ((world.mtrn, "results.pkl"), (world.classes, "classes.csv"), (world.videos, "videos")):
        (found / name).symlink_to(source)
    write_config(explainer, world.classes)
    monkeypatch.setattr("esv_dashboard.app.Explainer", lambda config: replace(explainer, config=config))
    with served(replace(world.settings(), uploads=True, uploads_config=explainer.config)) as address:
        yield address


@pytest.fixture
def open_page(browser):
    """Opens the page of uploads; in the end it must not have complained, nor asked another machine."""
    opened = []

    def open_page(address, width=1280, expected=()):
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size({"width": width, "height": 900})
        watch = Watch(address, list(expected))
        watch.follow(page)
        opened.append((page, watch))
        page.goto(f"{address}/explain")
        return page

    yield open_page
    for page, _ in opened:
        page.close()
    assert [complaint for _, watch in opened for complaint in watch.complaints] == []


def choose(page, name, content=CLIP):
    page.get_by_label("Choose a video").set_input_files({"name": name, "mimeType": "video/webm", "buffer": content})
    page.get_by_role("button", name="Explain it").click()


def test_explaining_a_video_in_the_browser(upload_site, open_page):
    page = open_page(upload_site)
    page.get_by_label("Frames the model sees").fill("5")
    page.get_by_label("Why not this?").select_option("Opening something")
    choose(page, "clip & <b>.webm")
    expect(page.get_by_text("clip & <b>.webm, explained in")).to_be_visible()
    report = page.frame_locator("#report")
    expect(report.get_by_text("clip - -b.webm in 5 frames, why not Opening something")).to_be_visible()
    # Its scripts run, but as those of no site: they reach neither the dashboard nor its page.
    assert page.frames[1].evaluate("document.title") == "ran in null"
    with page.expect_popup() as popup:
        page.get_by_role("link", name="In a tab of its own").click()
    expect(popup.value.get_by_text("in 5 frames")).to_be_visible()
    popup.value.close()
    page.get_by_role("link", name="See it in the dashboard").click()
    page.locator("#videos a").first.click()
    expect(page.locator("#subtitle")).to_contain_text("Video 100")
    expect(page).to_have_url(re.compile("/explain/boards/[^/]+/.*video=100"))
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#subtitle")).to_contain_text("Video 101")
    page.wait_for_function("document.getElementById('video').readyState > 1")
    page.wait_for_function("[...document.querySelectorAll('.strip img')].every(image => image.naturalWidth > 0)")
    page.get_by_role("link", name="Another video").click()
    page.get_by_role("link", name="Back to the results").click()
    expect(page.get_by_role("link", name="Your own video")).to_be_visible()


def test_a_video_of_the_dataset_is_an_example(upload_site, open_page):
    page = open_page(upload_site)
    page.get_by_role("button", name="Explain 100.webm of the dataset").click()
    expect(page.get_by_text("100.webm, explained in")).to_be_visible()
    expect(page.frame_locator("#report").get_by_text("100.webm in 8 frames, why not None")).to_be_visible()


def test_what_goes_wrong_is_said(upload_site, open_page):
    page = open_page(upload_site, expected=["/explain/jobs"])
    choose(page, "broken.webm")
    expect(page.get_by_role("alert")).to_have_text(
        "broken.webm is not explained: cannot explain broken.webm: no video in it."
    )
    choose(page, "list.webm", b"#EXTM3U")
    expect(page.get_by_role("alert")).to_have_text("list.webm is not explained: it is a text file, not a video.")
    choose(page, "slow.webm")
    expect(page.get_by_text(re.compile(r"Explaining slow.webm: \d+ s"))).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("alert")).to_have_text("slow.webm is not explained: stopped.")


@pytest.mark.parametrize("width", [1280, 375])
def test_the_page_fits_and_is_accessible(upload_site, open_page, width):
    page = open_page(upload_site, width)
    choose(page, "clip.webm")
    expect(page.locator("#result")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []


@pytest.mark.e2e
def test_a_real_clip_is_explained_by_a_real_model(world, tiny_project, open_page, monkeypatch, tmp_path):
    monkeypatch.chdir(tiny_project.folder)
    encode_webm(ball_video(5), tmp_path / "ball.webm", frame_rate=12.0)
    with served(replace(world.settings(), uploads=True)) as address:
        page = open_page(address)
        choose(page, "ball.webm", (tmp_path / "ball.webm").read_bytes())
        expect(page.get_by_text("ball.webm, explained in")).to_be_visible(timeout=4 * PATIENCE)
        report = page.frame_locator("#report")
        expect(report.get_by_role("heading", level=1)).to_contain_text("predicts")
        page.wait_for_function("document.getElementById('report').offsetHeight > innerHeight")
        assert page.frames[1].evaluate("document.documentElement.scrollHeight <= innerHeight"), "one page scrolls"
        report.get_by_role("button", name="Play").or_(report.get_by_role("button", name="Pause")).first.click()
        page.get_by_role("link", name="See it in the dashboard").click()
        expect(page.locator("#title")).to_contain_text("True class unknown")
        expect(page.locator("#esvs-0 .frame")).to_have_count(8)
        page.wait_for_function("[...document.querySelectorAll('.strip img')].every(image => image.naturalWidth > 0)")
        page.wait_for_function("document.getElementById('video').readyState > 1")
