import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from gulpio2 import GulpDirectory

from numbered_scripts import SCRIPTS
from play_fair.errors import UserError
from play_fair.files import locked
from play_fair.labels import read_classes_csv
from play_fair.videos import gulp_ingest
from play_fair.videos.ffmpeg import decode
from play_fair.videos.gulp import decode_frame, encode_frame, write_chunk
from play_fair.videos.gulp_dataset import GulpVideoDataset
from play_fair.videos.gulp_ingest import GulpSettings, gulp_split
from play_fair.videos.ssv2 import read_ssv2_split
from synthetic_media import cut, frame_numbers, make_video, noisy_video, write_labels

DEFAULT = GulpSettings()
pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def gulp(tmp_path):
    """Gulp the videos of these ids (those that are not there are made) into tmp_path/gulp/validation."""

    def gulp(uids, settings=DEFAULT, **options):
        for uid in uids:
            if not (tmp_path / "videos" / f"{uid}.webm").exists():
                make_video(tmp_path / "videos" / f"{uid}.webm")
        split = write_labels(tmp_path / "labels", uids)
        return gulp_split(
            read_ssv2_split(split), tmp_path / "videos", tmp_path / "gulp/validation", settings, **options
        )

    return gulp


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "gulp/validation"


def files(folder, suffix):
    return sorted(path.name for path in folder.glob(f"[!.]*{suffix}"))


def test_a_split_becomes_a_gulp_folder_that_gulpio_reads(gulp, folder):
    report = gulp(["7", "5", "9"], videos_per_chunk=2)
    assert (report.requested, report.already_there, report.added, report.failed) == (3, 0, 3, {})
    assert files(folder, ".gulp") == ["data_0.gulp", "data_1.gulp"]
    directory = GulpDirectory(str(folder))
    assert list(directory.merged_meta_dict) == ["7", "5", "9"]
    frames, meta = directory["5"]
    assert meta == {"id": "5", "label": "Dropping [something], then picking [something] up", "idx": 0}
    np.testing.assert_array_equal(frames, GulpVideoDataset(folder).frames("5"))


def test_frames_are_those_of_the_video(gulp, folder, tmp_path):
    gulp(["7"])
    decoded = decode(tmp_path / "videos/7.webm", 8.0)
    stored = [decode_frame(encode_frame(frame)) for frame in decoded]
    np.testing.assert_array_equal(GulpVideoDataset(folder).frames("7"), stored)


def test_class_names_are_written_beside_and_in_the_folder(gulp, folder):
    gulp(["7"])
    names = {"Moving something up": 1, "Dropping something, then picking something up": 0}
    assert json.loads((folder / "label2idx.json").read_text()) == names
    assert read_classes_csv(folder.parent / "classes.csv") == names
    assert (folder.parent / "classes.csv").read_text() == (
        'name,id\nMoving something up,1\n"Dropping something, then picking something up",0\n'
    )


def test_all_frames_of_the_video_or_so_many_a_second(gulp, folder, tmp_path):
    gulp(["7"], GulpSettings(frame_rate=None))
    assert frame_numbers(GulpVideoDataset(folder).frames("7")) == list(range(12))


def test_the_shorter_edge_can_be_resized(gulp, folder):
    make_video(folder.parents[1] / "videos/7.webm", n_frames=3, height=48, width=64)
    gulp(["7"], GulpSettings(shorter_edge=24))
    assert GulpVideoDataset(folder).frames("7").shape[1:] == (24, 32, 3)


def test_again_adds_nothing(gulp, folder):
    gulp(["7", "5"])
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*_0.g*")}
    report = gulp(["7", "5"])
    assert (report.already_there, report.added) == (2, 0)
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("*_[0-9]*")} == before


def test_new_videos_go_into_new_chunks(gulp, folder):
    gulp(["7", "5"])
    report = gulp(["7", "9", "5", "8"], videos_per_chunk=1)
    assert (report.requested, report.already_there, report.added) == (4, 2, 2)
    assert list(GulpDirectory(str(folder)).merged_meta_dict) == ["7", "5", "9", "8"]
    assert files(folder, ".gmeta") == ["meta_0.gmeta", "meta_1.gmeta", "meta_2.gmeta"]


def test_broken_videos_are_told_and_the_rest_is_gulped(gulp, folder, tmp_path):
    videos = tmp_path / "videos"
    make_video(videos / "whole.webm")
    (videos / "empty.webm").touch()
    (videos / "garbage.webm").write_bytes(b"not a video" * 500)
    half = noisy_video(videos / "half.webm")
    cut(half, half.stat().st_size // 2)
    split = write_labels(tmp_path / "labels", ["empty", "whole", "garbage", "half", "missing"])
    report = gulp_split(read_ssv2_split(split), videos, folder)
    assert (report.requested, report.added) == (5, 1)
    assert report.failed["empty"] == "empty file"
    assert report.failed["missing"].startswith("missing: there is no ")
    assert report.failed["half"].startswith("truncated: its frames stop at ")
    assert "Invalid data" in report.failed["garbage"]
    assert json.loads((folder / "report.json").read_text())["failed"] == report.failed
    assert GulpVideoDataset(folder).uids == ["whole"]
    with pytest.raises(UserError, match="4 of 5 videos failed"):
        report.require_success()


def test_a_repaired_video_is_added_by_the_next_run(gulp, folder, tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos/7.webm").touch()
    assert gulp(["7", "5"]).failed == {"7": "empty file"}
    make_video(tmp_path / "videos/7.webm")
    report = gulp(["7", "5"])
    assert (report.added, report.failed) == (1, {})
    assert GulpVideoDataset(folder).uids == ["5", "7"]


def test_only_broken_videos_make_no_chunk(gulp, folder, tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos/7.webm").touch()
    gulp(["7"])
    assert files(folder, ".gulp") == []


def test_a_stopped_run_keeps_its_chunks(gulp, folder, monkeypatch):
    def stop_at_second(folder, number, videos):
        if number == 1:
            (folder / "data_1.gulp").write_bytes(b"data without meta: killed between the two")
            (folder / ".part-1-meta_1.gmeta").touch()
            raise KeyboardInterrupt
        write_chunk(folder, number, videos)

    with monkeypatch.context() as patch:
        patch.setattr(gulp_ingest, "write_chunk", stop_at_second)
        with pytest.raises(KeyboardInterrupt):
            gulp(["7", "5", "9"], videos_per_chunk=1)
    assert GulpVideoDataset(folder).uids == ["7"]
    report = gulp(["7", "5", "9"], videos_per_chunk=1)
    assert (report.already_there, report.added) == (1, 2)
    assert list(GulpDirectory(str(folder)).merged_meta_dict) == ["7", "5", "9"]
    assert list(folder.glob(".part-*")) == []


def test_a_second_run_at_the_same_time_is_refused(gulp, folder):
    with locked(folder), pytest.raises(UserError, match=r"another run is writing .*validation"):
        gulp(["7"])


def test_other_settings_are_not_mixed_in(gulp):
    gulp(["7"])
    with pytest.raises(UserError, match=r"was gulped with {'frame_rate': 8.0, .* use another folder"):
        gulp(["7", "5"], GulpSettings(frame_rate=12.0))


def test_other_classes_are_not_mixed_in(gulp, folder):
    folder.parent.mkdir()
    (folder.parent / "classes.csv").write_text("name,id\nMoving something up,0\n")
    with pytest.raises(UserError, match=r"classes.csv has other classes than the labels now given"):
        gulp(["7"])


def test_an_unlabelled_split_has_no_classes(tmp_path, folder):
    make_video(tmp_path / "videos/7.webm")
    write_labels(tmp_path / "labels", [])
    (tmp_path / "labels/test.json").write_text('[{"id": "7"}]')
    gulp_split(read_ssv2_split(tmp_path / "labels/test.json"), tmp_path / "videos", folder)
    assert GulpVideoDataset(folder).labels.tolist() == [-1]


def test_a_missing_videos_folder_is_told(tmp_path, folder):
    split = write_labels(tmp_path / "labels", ["7"])
    with pytest.raises(UserError, match=r"expected a folder of videos at .*videos, but there is none"):
        gulp_split(read_ssv2_split(split), tmp_path / "videos", folder)
    assert not folder.exists()


def test_a_missing_split_is_told(tmp_path, folder):
    with pytest.raises(UserError, match=r"expected the label json of a split at .*train.json, but it does not exist"):
        gulp_split(read_ssv2_split(tmp_path / "train.json"), tmp_path, folder)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GulpSettings(frame_rate=-1.0), "expected a frame_rate of more than 0, got -1.0"),
        (lambda: GulpSettings(shorter_edge=0), "expected a shorter_edge of more than 0, got 0"),
    ],
)
def test_impossible_settings_are_refused(make, message):
    with pytest.raises(UserError, match=message):
        make()


def test_a_killed_run_leaves_a_readable_folder_and_the_next_goes_on(tmp_path, folder):
    """With real processes, killed as the kernel kills: without a chance to clean up."""
    uids = [str(number) for number in range(40)]
    make_video(tmp_path / "videos/0.webm")
    for uid in uids[1:]:
        os.link(tmp_path / "videos/0.webm", tmp_path / f"videos/{uid}.webm")
    split = write_labels(tmp_path / "labels", uids)
    command = [sys.executable, SCRIPTS["01"], split, tmp_path / "videos", folder, "--videos-per-chunk", "2"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 120
    while not files(folder, ".gmeta") and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = len(GulpVideoDataset(folder))
    assert 0 < done < 40
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"40 videos: {done} already there, {40 - done} added, 0 failed" in finished.stdout
    assert sorted(GulpDirectory(str(folder)).merged_meta_dict) == sorted(uids)
