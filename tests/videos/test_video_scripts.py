"""The scripts 01, 07 and 08 as a person runs them, one after another."""

import subprocess
import sys

import numpy as np

from numbered_scripts import SCRIPTS
from play_fair.labels import read_class_priors
from play_fair.videos.gulp_dataset import GulpVideoDataset
from synthetic_media import decode, frame_numbers, make_video, write_labels


def run_script(number, *arguments):
    return subprocess.run(
        [sys.executable, SCRIPTS[number], *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_from_videos_to_gulp_to_frames_to_videos(tmp_path):
    for uid in ("7", "5"):
        make_video(tmp_path / f"videos/{uid}.webm", n_frames=8, frame_rate=8.0)
    split = write_labels(tmp_path / "labels", ["7", "5", "missing"])
    gulp_dir, frames_dir, webm_dir = tmp_path / "gulp/validation", tmp_path / "frames", tmp_path / "webm"

    gulp = ("01", split, tmp_path / "videos", gulp_dir, "--frame-rate", "0")
    done = run_script(*gulp)
    assert done.returncode == 1
    assert "error: 1 of 3 videos failed" in done.stderr
    assert "  missing: missing: there is no " in done.stdout
    done = run_script(*gulp, "--allow-missing")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"output: {gulp_dir}")
    assert "3 videos: 2 already there, 0 added, 1 failed" in done.stdout

    (tmp_path / "uids.csv").write_text("uid\n7\n")
    done = run_script("07", gulp_dir, frames_dir, "--uids-csv", tmp_path / "uids.csv")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"output: {frames_dir}")

    done = run_script("08", frames_dir, webm_dir)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"output: {webm_dir}")
    assert frame_numbers(decode(webm_dir / "7.webm")) == list(range(8))


def test_a_folder_for_each_class(tmp_path):
    for name in ("wave/1.mkv", "wave/2.webm", "clap/1.webm"):
        make_video(tmp_path / "train" / name, n_frames=8, frame_rate=8.0)
    make_video(tmp_path / "validation/wave/9.webm", n_frames=4, frame_rate=8.0)
    for split in ("train", "validation"):
        folder = tmp_path / "gulp" / split
        done = run_script("01", "--layout", "folders", tmp_path / split, folder)
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"output: {folder}")
    train = GulpVideoDataset(tmp_path / "gulp/train")
    assert (train.uids, train.labels.tolist()) == (["clap-1", "wave-1", "wave-2"], [0, 1, 1])
    assert frame_numbers(train.frames("wave-1")) == list(range(8))
    assert GulpVideoDataset(tmp_path / "gulp/validation").labels.tolist() == [1]

    done = run_script("04", tmp_path / "gulp/train", tmp_path / "priors.csv")
    assert done.returncode == 0
    np.testing.assert_allclose(read_class_priors(tmp_path / "priors.csv", 2), [1 / 3, 2 / 3])


def test_the_layout_and_the_arguments_agree(tmp_path):
    done = run_script("01", tmp_path, tmp_path / "gulp")
    assert (done.returncode, "expected LABELS_JSON VIDEOS_DIR GULP_DIR, got only two" in done.stderr) == (1, True)
    done = run_script("01", "--layout", "folders", tmp_path / "x.json", tmp_path, tmp_path / "gulp")
    assert (done.returncode, "takes the labels from the names of folders" in done.stderr) == (1, True)
