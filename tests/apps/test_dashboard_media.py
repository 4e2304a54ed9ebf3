"""What the browser may fetch, and what it may not."""

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from dashboard_example import BROKEN, CLASSES, LENGTH, WITHOUT_VIDEO, ball_video, make_scale
from esv_dashboard import Settings, create_app, frame_store
from esv_dashboard.catalogue import Catalogue
from esv_dashboard.frame_store import FrameMissingError, FrameStore
from esv_dashboard.markup import to_html
from esv_dashboard.panels import CARDS, DETAILS, esvs, player
from esv_dashboard.panels.context import PageContext
from PIL import Image

from play_fair.labels import write_classes_csv
from play_fair.palette import DARK, LIGHT
from play_fair.results import EsvResults
from play_fair.videos.ffmpeg import encode_webm


@pytest.fixture(scope="module")
def client(world):
    return create_app(world.settings(world.mtrn, world.tsn)).server.test_client()


def test_videos_come_with_caching_headers(client, world):
    answer = client.get("/media/videos/101.webm")
    assert answer.status_code == 200
    assert answer.mimetype == "video/webm"
    assert answer.data == (world.videos / "101.webm").read_bytes()
    assert answer.cache_control.max_age > 3600
    again = client.get("/media/videos/101.webm", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_videos_can_be_read_in_parts_for_seeking(client, world):
    answer = client.get("/media/videos/101.webm", headers={"Range": "bytes=10-19"})
    assert answer.status_code == 206
    assert answer.data == (world.videos / "101.webm").read_bytes()[10:20]


def test_frames_are_those_of_the_video(client):
    for index in (0, 13, LENGTH - 1):
        answer = client.get(f"/media/frames/101/{index}.jpg")
        assert answer.status_code == 200
        assert answer.mimetype == "image/jpeg"
        picture = np.asarray(Image.open(io.BytesIO(answer.data)), np.int16)
        assert np.abs(picture - ball_video(1)[index]).mean() < 20
    assert answer.cache_control.max_age > 3600
    assert client.get(answer.request.path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/media/videos/999.webm",
        f"/media/videos/{WITHOUT_VIDEO}.webm",
        "/media/videos/../mtrn.pkl",
        "/media/videos/..%2fmtrn.pkl",
        "/media/videos/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/media/videos/..%2f..%2fetc%2fpasswd.webm",
        "/media/videos/..%5cmtrn.webm",
        "/media/videos/101%00.webm",
        "/media/videos/.webm",
        "/media/videos/101.webm/",
        "/media/videos//etc/passwd.webm",
        "/media/videos/☃.webm",
        "/media/",
        "/media/frames/101/-1.jpg",
        "/media/frames/101/x.jpg",
        "/media/frames/101/99999999999999999999.jpg",
        f"/media/frames/101/{LENGTH}.jpg",
        "/media/frames/999/0.jpg",
        "/media/frames/..%2f..%2fetc/0.jpg",
        "/download/0/nothing.csv",
        "/download/7/esvs.csv",
        "/download/x",
    ],
)
def test_anything_else_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_hostile_uid_in_the_results_opens_no_file(world, tmp_path):
    secret = tmp_path / "secret.webm"
    secret.write_bytes(b"secret")
    results = EsvResults.load(world.mtrn)
    results.uids[0] = "../secret"
    results.save(tmp_path / "hostile.pkl")
    (tmp_path / "videos").mkdir()
    settings = world.settings(tmp_path / "hostile.pkl").__class__(
        (tmp_path / "hostile.pkl",), tmp_path / "videos", world.classes
    )
    client = create_app(settings).server.test_client()
    assert client.get("/media/videos/..%2fsecret.webm").status_code == 404
    assert FrameStore(tmp_path / "videos", 2**20).path("../secret") is None


@pytest.mark.parametrize(
    ("uid", "index", "reason"),
    [(WITHOUT_VIDEO, 0, "no video file"), (BROKEN, 0, "does not decode"), ("101", 99, "the video has 24 frames")],
)
def test_a_missing_frame_is_a_picture_of_the_reason(client, uid, index, reason):
    answer = client.get(f"/media/frames/{uid}/{index}.jpg")
    assert answer.status_code == 404
    assert answer.mimetype == "image/svg+xml"
    words = " ".join(answer.text.replace("</text>", " ").replace(">", "> ").split())
    assert all(word in words for word in reason.split())


def test_a_video_is_decoded_once(world, monkeypatch):
    decoded = []
    decode = frame_store.iter_frames
    monkeypatch.setattr(frame_store, "iter_frames", lambda path: decoded.append(path.stem) or decode(path))
    store = FrameStore(world.videos, 2**20)
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda index: store.jpeg("101", index), range(8)))) == 8
        with pytest.raises(FrameMissingError):
            store.jpeg(BROKEN, 0)
        with pytest.raises(FrameMissingError):
            store.jpeg(BROKEN, 1)
    assert decoded == ["101", BROKEN]


def test_frames_are_kept_within_the_bound(world):
    room = FrameStore(world.videos, 2**30)
    room.jpeg("101", 0)
    store = FrameStore(world.videos, int(2.5 * room.n_bytes))
    for uid in ("101", "102", "101", "103", "106"):
        store.jpeg(uid, 0)
        assert store.n_bytes <= 2.5 * room.n_bytes


def rows(answer):
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_tables_hold_what_is_shown(client, world):
    results = EsvResults.load(world.mtrn)
    table = rows(client.get("/download/0/esvs.csv?video=102&n=4"))
    assert [row["class"] for row in table] == [name for name in CLASSES for _ in range(4)]
    own = [row for row in table if row["class"] == CLASSES[2]]
    np.testing.assert_allclose([float(row["esv"]) for row in own], results.shapley_values[3][2, :, 2], rtol=1e-6)
    assert [int(row["frame"]) for row in own] == [3, 9, 15, 21]
    sums = rows(client.get("/download/0/waterfall.csv?video=102&n=4&focus=2&against=5"))
    assert sum(float(row["value"]) for row in sums[:-1]) == pytest.approx(float(sums[-1]["value"]), abs=1e-6)
    scales = rows(client.get("/download/0/fewer-frames.csv?video=102"))
    assert len(scales) == sum(range(1, 9))
    scores = rows(client.get("/download/0/scores.csv?video=102"))
    assert [row["class"] for row in scores if row["is_true_class"] == "1"] == [CLASSES[2]]
    assert len(rows(client.get("/download/1/interactions.csv?video=102&n=4&why=true"))) == 12
    assert {row["standard_error"] != "" for row in rows(client.get("/download/1/esvs.csv?video=102&n=4"))} == {True}


@pytest.mark.parametrize("name", ["esvs", "waterfall", "interactions"])
def test_pictures_are_named_by_model_video_and_frames(client, name):
    for video in ("102", WITHOUT_VIDEO):
        answer = client.get(f"/download/1/{name}.png?video={video}&n=4&why=true")
        assert answer.data[:4] == b"\x89PNG"
        assert f"filename=TSN-{video}-4-frames-{name}.png" in answer.headers["Content-Disposition"]


def test_the_page_of_one_video_is_saved_as_one_file(client, world):
    answer = client.get("/download/1/page.html?video=102&n=4&focus=9")
    assert "filename=TSN-102-4-frames-page.html" in answer.headers["Content-Disposition"]
    assert "TSN predicts “" in answer.text
    assert answer.text.count("data:image/jpeg;base64,") == 4
    assert f"Why not “{CLASSES[9]}”?" in answer.text
    assert not re.findall(r'(?:src|href)="(?!data:)[^"#]', answer.text), "everything is in the file"
    assert client.get(f"/download/1/page.html?video={WITHOUT_VIDEO}&n=4").status_code == 404
    assert client.get(f"/download/1/page.html?video={BROKEN}&n=4").status_code == 404
    assert client.get("/download/1/page.html").status_code == 404


def test_the_saved_page_has_the_twin(world, tmp_path):
    groups = tmp_path / "groups.csv"
    groups.write_text("uid,group\n101,a\n103,a\n")
    pair = create_app(replace(world.settings(), groups=groups)).server.test_client()
    assert "Its twin, video 103: which frames support" in pair.get("/download/0/page.html?video=101").text
    assert "Its twin" not in pair.get("/download/0/page.html?video=101&twin=hidden").text


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_texts_are_compressed_and_videos_are_not(client, coding):
    for path, is_text in (("/_dash-layout", True), ("/look.css", True), ("/media/videos/101.webm", False)):
        answer = client.get(path, headers={"Accept-Encoding": coding})
        assert answer.headers.get("Content-Encoding") == (coding if is_text else None), path


def test_the_page_loads_no_components_that_it_has_not(client):
    page = client.get("/").text
    assert "/dash/html/" in page
    assert "/dash/dcc/" not in page
    assert "/dash/dash_table/" not in page


def test_colours_are_named_in_one_place(client):
    answer = client.get("/look.css")
    assert answer.mimetype == "text/css"
    assert f"--supports: {LIGHT.supports};" in answer.text
    assert f"--supports: {DARK.supports};" in answer.text
    assert client.get("/look.css", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    own_styles = [("esv_dashboard", "assets/style.css"), ("play_fair", "templates/video.css")]
    for package, name in [*own_styles, ("play_fair", "templates/charts.css")]:
        own = files(package).joinpath(name).read_text(encoding="utf-8")
        assert not re.findall(r":[^;{]*#[0-9a-f]{3,8}\b", own), "colours of its own"
        known = {*re.findall(r"(--[\w-]+):", answer.text + own), "--weight", "--columns", "--bar"}
        assert set(re.findall(r"var\((--[\w-]+)", own)) <= known


def test_the_card_in_the_documentation_is_on_the_page(world, monkeypatch):
    text = (Path(__file__).parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")
    namespace = {}
    exec(re.search(r"```python\n# src/apps/esv_dashboard/panels/ranking.py\n(.*?)```", text, re.DOTALL)[1], namespace)
    card = namespace["CARD"]
    for module in ("page", "media"):
        monkeypatch.setattr(f"esv_dashboard.{module}.CARDS", (*CARDS, card))
    monkeypatch.setattr("esv_dashboard.page.DETAILS", (*DETAILS, card))
    client = create_app(world.settings()).server.test_client()
    assert "ranking-card-0" in client.get("/_dash-layout").text
    assert any("ranking-card-0.data-html" in one["output"] for one in client.get("/_dash-dependencies").get_json())
    ranking = rows(client.get("/download/0/ranking.csv?video=102&n=4&focus=2"))
    values = EsvResults.load(world.mtrn).explanation("102", 4).values[:, 2]
    np.testing.assert_allclose([float(row["esv"]) for row in ranking], sorted(values, reverse=True), rtol=1e-6)
    catalogue, frames = Catalogue.load(world.settings()), FrameStore(world.videos, 0)
    shown = to_html(card.contents(PageContext.from_address(catalogue, frames, "?video=102&n=4").models[0]))
    assert "Frames by ESV" in shown
    assert "has the highest ESV" in shown
    assert "download/0/ranking.csv?video=102" in shown


def test_there_is_nothing_to_download_without_results(client):
    for name in ("scores.csv", "esvs.csv", "esvs.png"):
        assert client.get(f"/download/1/{name}?video=100").status_code == 404
        assert client.get(f"/download/1/{name}").status_code == 404, "the overview"


def test_any_uid_that_is_a_file_name_has_its_video(tmp_path):
    uids = ["a b#c?d", "100%", "q\"uo'te&x=1", "ünï", "../up", "x/y"]
    scale = make_scale(2, uids, np.zeros(len(uids), np.int64), seed=1, extras=False)
    scale.save(tmp_path / "results.pkl")
    write_classes_csv(tmp_path / "classes.csv", {name: index for index, name in enumerate(CLASSES)})
    for uid in uids[:4]:
        encode_webm(ball_video(1), tmp_path / f"{uid}.webm")
    settings = Settings((tmp_path / "results.pkl",), tmp_path, tmp_path / "classes.csv")
    catalogue, frames = Catalogue.load(settings), FrameStore(tmp_path, 2**20)
    client = create_app(settings).server.test_client()
    for uid in uids:
        context = PageContext.from_address(catalogue, frames, urlencode({"video": uid}))
        parts = [player.video_box(context), esvs.body(context.models[0])]
        sources = [unescape(source) for source in re.findall('src="([^"]+)"', to_html(parts))]
        assert len(sources) == (3 if uid in uids[:4] else 0)
        assert all(client.get(f"/{source}").status_code == 200 for source in sources), sources
