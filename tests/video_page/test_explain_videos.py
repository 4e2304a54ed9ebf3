"""From files to pages, tables and results: the numbers are the same everywhere, and nothing is left out silently."""

import csv
import io
import json
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from example_explanations import CLASSES, tiny_video_model
from odd_media import make_clip, make_sound, make_uneven, make_upright
from play_fair.errors import UserError
from play_fair.labels import read_classes_csv
from play_fair.results import PADDING, EsvResults
from play_fair.video_page.clip import MOST_FRAMES
from play_fair.video_page.job import explain_videos, find_videos
from play_fair.videos.ffmpeg import iter_frames
from synthetic_media import decode, make_video

ALL = -1


class TrackedArray(np.ndarray):
    """An array that weak references can point to."""


@pytest.fixture(scope="module")
def model():
    return tiny_video_model()


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text())))


@pytest.fixture(scope="module")
def explained(model, tmp_path_factory):
    """What a run on one video leaves."""
    folder = tmp_path_factory.mktemp("explained")
    video = make_video(folder / "clip.webm", n_frames=12)
    report = explain_videos(model, [video], folder / "out", 6, ["covering"], {"command": "x"})
    return folder / "out", report


def test_a_page_of_its_own(explained):
    folder, report = explained
    assert report.output == folder / "clip.html"
    assert sorted(path.name for path in folder.iterdir()) == [
        "classes.csv",
        "clip.csv",
        "clip.html",
        "clip.json",
        "results.pkl",
        "videos",
    ]
    html = report.output.read_text()
    assert "clip.webm" in html
    assert "http://" not in html
    assert "https://" not in html


def test_csv_json_and_results_agree_and_add_up(explained):
    folder, _ = explained
    results = EsvResults.load(folder / "results.pkl")
    content = json.loads((folder / "clip.json").read_text())
    rows = rows_of(folder / "clip.csv")
    assert results.efficiency_error() < 1e-6
    assert content["exact"]
    assert content["frames"] == results.sequence_idxs[0].tolist() == [1, 3, 5, 7, 9, 11]
    scores = [entry["score"] for entry in content["classes"]]
    assert scores == sorted(scores, reverse=True)
    for entry in content["classes"]:
        class_id = entry["id"]
        assert entry["name"] == CLASSES[class_id]
        assert entry["esvs"] == results.shapley_values[0, :, class_id].tolist()
        assert entry["score"] == results.scores[0, class_id]
        assert entry["prior"] + sum(entry["esvs"]) == pytest.approx(entry["score"], abs=1e-6)
        of_class = [row for row in rows if int(row["class_id"]) == class_id]
        assert [np.float32(row["esv"]) for row in of_class] == entry["esvs"]
        assert [int(row["frame"]) for row in of_class] == content["frames"]
        assert {(row["class"], np.float32(row["prior"]), np.float32(row["score"])) for row in of_class} == {
            (entry["name"], np.float32(entry["prior"]), np.float32(entry["score"]))
        }
    assert [float(row["seconds"]) for row in rows[:6]] == pytest.approx(np.array(content["frames"]) / 12, abs=1e-6)


def test_results_are_ready_for_the_dashboard(explained):
    folder, _ = explained
    results = EsvResults.load(folder / "results.pkl")
    assert results.uids.tolist() == ["clip"]
    assert results.attrs == {
        "model": "TINY",
        "dataset": "a tiny dataset",
        "labels": "predicted",
        "approximation": None,
        "command": "x",
    }
    assert results["clip"].exact
    assert results.labels.tolist() == results.scores.argmax(1).tolist()
    assert results.sequence_lengths.tolist() == [12] == [len(decode(folder / "videos" / "clip.webm"))]
    assert read_classes_csv(folder / "classes.csv") == {name: index for index, name in enumerate(CLASSES)}
    pairs = results.scales[0].extras["interactions"]
    assert pairs.shape == (1, 2, 6, 6)
    assert np.array_equal(pairs, pairs.swapaxes(2, 3))


def test_scores_are_those_of_the_frames_in_order(model, tmp_path):
    forwards = make_video(tmp_path / "a.webm", n_frames=6)
    explain_videos(model, [forwards], tmp_path / "out", ALL)
    content = json.loads((tmp_path / "out" / "a.json").read_text())
    features = np.stack([frame.mean((0, 1)) / 255 for frame in decode(forwards)]).astype(np.float32)
    _, scores = model.attributor.explain(torch.from_numpy(features))
    by_id = {entry["id"]: entry["score"] for entry in content["classes"]}
    assert [by_id[i] for i in range(4)] == pytest.approx(scores.tolist(), abs=0.02)


def test_every_frame_is_estimated_when_there_are_many(model, tmp_path):
    video = make_video(tmp_path / "v.webm", n_frames=20)
    explain_videos(model, [video], tmp_path, ALL)
    content = json.loads((tmp_path / "v.json").read_text())
    assert content["frames"] == list(range(20))
    assert not content["exact"]
    assert all(len(entry["standard_errors"]) == 20 and "interactions" not in entry for entry in content["classes"])
    assert {"standard_error", "esv"} <= rows_of(tmp_path / "v.csv")[0].keys()
    results = EsvResults.load(tmp_path / "results.pkl")
    assert results.efficiency_error() < 1e-5
    assert results.scales[0].extras.keys() == {"standard_errors"}


def test_many_videos_of_all_kinds(model, tmp_path, monkeypatch):
    monkeypatch.setattr("play_fair.videos.ffmpeg.MAX_PIXELS", 64 * 48)
    media, out = tmp_path / "media", tmp_path / "out"
    media.mkdir()
    make_clip(media / "clip.mp4")
    make_clip(media / "index.avi", seconds=0.1)
    make_upright(media / "turned.mov", 90)
    make_uneven(media / "uneven.mkv")
    make_sound(media / "sound.mp4")
    (media / "notes.txt").write_text("not a video")
    (media / "empty.webm").touch()
    make_clip(media / "large.mp4", size="128x72", seconds=0.1)
    more = make_clip(tmp_path / "clip.mkv")
    stages, done = [], []
    sources = find_videos([media, more])
    report = explain_videos(model, sources, out, 4, on_stage=stages.append, on_video=lambda: done.append(1))
    assert report.output == out / "index.html"
    assert {path.name: reason for path, reason in report.failed.items()} == {
        "empty.webm": "empty file",
        "large.mp4": "its frames have 128 x 72 pixels, expected at most 3,072, those of 8K video; make it smaller "
        "first",
        "sound.mp4": "no video in it",
    }
    results = EsvResults.load(out / "results.pkl")
    assert results.uids.tolist() == ["clip", "index-2", "turned", "uneven", "clip-2"]
    assert results.sequence_idxs.tolist()[1] == [0, PADDING, PADDING, PADDING]
    assert results.efficiency_error() < 1e-6
    assert sorted(path.name for path in (out / "videos").iterdir()) == sorted(f"{uid}.webm" for uid in results.uids)
    assert len(done) == len(sources) == 8
    assert any(words.startswith("clip.mp4: decoding") for words in stages)
    index = report.output.read_text()
    assert "5 videos explained, 3 not" in index
    assert all(f'href="{uid}.html"' in index for uid in results.uids)
    assert "The frame rate of the video varies" in (out / "uneven.html").read_text()
    with pytest.raises(UserError, match="3 of 8 videos failed, for the reasons above; the others are done"):
        report.require_success()


def test_what_is_told(model, tmp_path, capsys):
    explain_videos(model, [make_video(tmp_path / "v.webm")], tmp_path / "out").show()
    *_, words, last = capsys.readouterr().out.splitlines()
    assert words.startswith(f"{tmp_path}/v.webm: TINY predicts “")
    assert last == f"Explanation: {tmp_path}/out/v.html"


def test_the_only_video_fails(model, tmp_path, capsys):
    (tmp_path / "v.mp4").write_text("no video")
    report = explain_videos(model, [tmp_path / "v.mp4"], tmp_path / "out")
    report.show()
    assert capsys.readouterr().out == ""
    with pytest.raises(UserError, match=r"^cannot explain .*v\.mp4: Invalid data found when processing input$"):
        report.require_success()
    assert not list((tmp_path / "out").rglob("*.*"))


def test_too_many_frames_are_refused_before_they_are_decoded(model, tmp_path, monkeypatch):
    monkeypatch.setattr("play_fair.video_page.clip.MOST_FRAMES", 5)
    report = explain_videos(model, [make_video(tmp_path / "v.webm")], tmp_path / "out", ALL)
    assert list(report.failed.values()) == ["expected at most 5 frames to explain, but it has 12; sample fewer of them"]


@pytest.mark.parametrize("n_frames", [0, -2, MOST_FRAMES + 1])
def test_numbers_of_frames(model, tmp_path, n_frames):
    with pytest.raises(UserError, match=f"expected 1 to {MOST_FRAMES} frames, or -1 for all, got {n_frames}"):
        explain_videos(model, [], tmp_path, n_frames)


def test_classes_are_checked_before_anything_is_decoded(model, tmp_path):
    with pytest.raises(UserError, match="did you mean “Moving something up” or “Moving something down”"):
        explain_videos(model, [tmp_path / "missing.mp4"], tmp_path, 8, ["moving"])


def test_one_frame_at_full_size_is_in_memory_at_a_time(model, tmp_path, monkeypatch):
    """A frame of 8K video takes 100 MB."""
    frames, alive = [], []

    def decoded(*arguments, **options):
        for frame in iter_frames(*arguments, **options):
            tracked = frame.view(TrackedArray)
            frames.append(weakref.ref(tracked))
            alive.append(sum(reference() is not None for reference in frames))
            yield tracked

    monkeypatch.setattr("play_fair.video_page.clip.iter_frames", decoded)
    monkeypatch.setattr("play_fair.video_page.clip.encode_frame", lambda frame: frame)
    monkeypatch.setattr("play_fair.video_page.clip.decode_frame", lambda frame: frame)
    explain_videos(model, [make_video(tmp_path / "v.webm")], tmp_path / "out", 8)
    assert len(alive) == 8
    assert max(alive) <= 2


def test_a_video_too_large_for_the_memory_does_not_end_the_others(model, tmp_path, monkeypatch):
    def explain(clip, on_evaluations):
        raise MemoryError("Unable to allocate 4.00 GiB")

    videos = [make_video(tmp_path / f"{name}.webm") for name in ("a", "b")]
    exhausted = SimpleNamespace(name="M", dataset="D", class_names=CLASSES, n_frames=8, explain=explain)
    report = explain_videos(exhausted, videos, tmp_path / "out")
    assert list(report.failed.values()) == ["Unable to allocate 4.00 GiB"] * 2
    assert report.output.exists()


def test_strange_names_become_plain_ones(model, tmp_path):
    source = make_clip(tmp_path / "50% of <b>.mp4", seconds=0.3)
    report = explain_videos(model, [source, source.rename(tmp_path / ".hidden: é.mp4")], tmp_path / "out")
    assert list(report.failed) == [source]
    assert report.output.with_name("hidden- é.html").exists()
    assert "&lt;b&gt;" in report.output.read_text()


class TestFindVideos:
    def test_folders_and_files_each_once(self, tmp_path):
        for name in ("b.MP4", "a.webm", "c.txt", "d.gif"):
            (tmp_path / name).touch()
        odd = tmp_path / "c.txt"
        found = find_videos([odd, tmp_path, tmp_path / "a.webm"])
        assert [path.name for path in found] == ["c.txt", "a.webm", "b.MP4", "d.gif"]

    def test_nothing_there(self, tmp_path):
        with pytest.raises(UserError, match=r"expected a video or a folder of videos at .*/x, but there is nothing"):
            find_videos([tmp_path / "x"])

    def test_no_videos_in_a_folder(self, tmp_path):
        with pytest.raises(UserError, match=r"expected videos in the folder .*: files ending in .*\.mp4"):
            find_videos([tmp_path])


def test_long_names_are_cut_where_outputs_have_longer_suffixes(model, tmp_path):
    sources = [make_clip(tmp_path / f"{'猫' * 83}.{suffix}", seconds=0.3) for suffix in ("mp4", "mov")]
    report = explain_videos(model, sources, tmp_path / "out")
    assert not report.failed
    assert {path.stem for path in (tmp_path / "out").glob("*.json")} == {"猫" * 76, f"{'猫' * 76}-2"}
