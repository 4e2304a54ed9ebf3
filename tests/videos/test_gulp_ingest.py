import json
import os
import shutil
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
from play_fair.jobs import LocalEngine, Partition
from play_fair.labels import read_classes_csv
from play_fair.videos.ffmpeg import find_executable
from play_fair.videos.gulp import decode_frame, encode_frame
from play_fair.videos.gulp_dataset import GulpVideoDataset
from play_fair.videos.gulp_ingest import GulpSettings, gulp_split
from play_fair.videos.ssv2 import read_ssv2_split
from recorded_bar import RecordedBar
from synthetic_media import cut, decode, frame_numbers, make_video, noisy_video, write_labels

DEFAULT = GulpSettings()


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


def test_a_video_that_is_too_narrow_to_be_resized_is_told(gulp, folder, tmp_path):
    make_video(tmp_path / "videos/5.webm", n_frames=2, height=8, width=2048)
    report = gulp(["7", "5"], GulpSettings(shorter_edge=400))
    assert report.added == 1
    assert report.failed["5"].startswith("its frames of 2048 x 8 pixels would be resized to 102400 x 400")


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


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "report.json"}


def test_a_stopped_run_is_resumed_to_the_same_bytes(gulp, folder, tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos/5.webm").touch()
    uids = ["7", "5", "9", "8"]
    gulp(uids, videos_per_chunk=2)
    undisturbed = contents(folder)
    shutil.rmtree(folder)
    for stop_at in (1, 3):
        with pytest.raises(KeyboardInterrupt):
            gulp(uids, videos_per_chunk=2, bar=RecordedBar(stop_at=stop_at))
    report = gulp(uids, videos_per_chunk=2)
    assert (report.requested, report.already_there, report.added) == (4, 1, 2)
    assert report.failed == {"5": "empty file"}, "it failed in the stopped run"
    assert contents(folder) == undisturbed
    assert not folder.with_name("validation.shards").exists()


@pytest.mark.parametrize("name", ["data_1.gulp", "meta_1.gmeta"])
def test_a_damaged_chunk_of_a_stopped_run_is_made_anew(gulp, folder, caplog, name):
    gulp(["7", "5", "9"], videos_per_chunk=1)
    undisturbed = contents(folder)
    shutil.rmtree(folder)
    with pytest.raises(KeyboardInterrupt):
        gulp(["7", "5", "9"], videos_per_chunk=1, bar=RecordedBar(stop_at=3))
    (folder / name).write_bytes((folder / name).read_bytes()[:-100])
    report = gulp(["7", "5", "9"], videos_per_chunk=1)
    assert name in caplog.text
    assert (report.already_there, report.added) == (1, 2)
    assert contents(folder) == undisturbed


def test_a_stopped_run_with_other_videos_is_not_resumed(gulp):
    with pytest.raises(KeyboardInterrupt):
        gulp(["7", "5"], videos_per_chunk=1, bar=RecordedBar(stop_at=2))
    with pytest.raises(UserError, match=r"validation.shards was made with other settings: videos was '2 .* now '3 .*"):
        gulp(["7", "5", "9"], videos_per_chunk=1)


def test_a_stopped_addition_is_resumed(gulp, folder):
    gulp(["7"])
    with pytest.raises(KeyboardInterrupt):
        gulp(["9", "7", "5"], videos_per_chunk=1, bar=RecordedBar(stop_at=2))
    report = gulp(["9", "7", "5"], videos_per_chunk=1)
    assert (report.already_there, report.added) == (2, 1)
    assert list(GulpDirectory(str(folder)).merged_meta_dict) == ["7", "9", "5"]


def test_partitions_and_workers_write_the_same_bytes(gulp, folder):
    uids = ["7", "5", "9", "8"]
    gulp(uids, videos_per_chunk=1)
    alone = contents(folder)
    shutil.rmtree(folder)
    for partition in (Partition(1, 2), Partition(0, 2), None):
        gulp(uids, videos_per_chunk=1, partition=partition)
    assert contents(folder) == alone
    shutil.rmtree(folder)
    gulp(uids, videos_per_chunk=1, engine=LocalEngine(workers=2))
    assert contents(folder) == alone


def test_a_second_run_at_the_same_time_is_refused(gulp, folder):
    with locked(folder), pytest.raises(UserError, match=r"another run is writing .*validation"):
        gulp(["7"])


def test_other_settings_are_not_mixed_in(gulp):
    gulp(["7"])
    with pytest.raises(UserError, match=r"validation was made with .*: frame_rate was 8.0 and is now 12.0"):
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


def test_a_killed_run_with_a_slow_first_video_ends_in_the_same_order(tmp_path, folder, monkeypatch):
    """With worker processes, which are killed at several moments."""
    uids = [str(number) for number in range(20)]
    for uid in uids:
        make_video(tmp_path / f"videos/{uid}.webm", n_frames=4)
    slow = tmp_path / "bin/ffmpeg"
    slow.parent.mkdir()
    slow.write_text(f'#!/bin/sh\ncase "$*" in */0.webm*) sleep 4;; esac\nexec {find_executable("ffmpeg")} "$@"\n')
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=os.pathsep)
    split = write_labels(tmp_path / "labels", uids)
    command = [sys.executable, SCRIPTS["01"], split, tmp_path / "videos", folder, "--videos-per-chunk", "2"]
    command += ["--workers", "2"]
    for n_chunks in (1, 4, 7):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 120
        while len(files(folder, ".gmeta")) < n_chunks and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert n_chunks <= len(files(folder, ".gmeta")) < 10
        assert "meta_0.gmeta" not in files(folder, ".gmeta")
    subprocess.run(command, capture_output=True, text=True, check=True)
    assert GulpVideoDataset(folder).uids == uids
    assert list(GulpDirectory(str(folder)).merged_meta_dict) == uids
    assert sorted(path.name for path in folder.parent.iterdir()) == ["classes.csv", "validation"]
