"""The long scripts, killed and then finished in partitions, end with the bytes of an undisturbed run."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from numbered_scripts import run_here
from play_fair.errors import UserError
from tiny_project import N_FRAMES, SPLITS, config, explain, extract

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def project(tiny_project, tmp_path_factory):
    return tiny_project.copied_to(tmp_path_factory.mktemp("long_jobs"))


@pytest.fixture
def in_project(project, monkeypatch):
    monkeypatch.chdir(project.folder)


FEATURES = "datasets/demo/features/light.hdf"
RESULTS = "datasets/demo/esvs/mtrn-3.pkl"
FRAMES, WEBM = "datasets/demo/frames", "datasets/demo/webm"

GULPED = "datasets/demo/gulp again/train"
HEADS = "checkpoints/demo/features"
DEMO = ("00", "datasets/demo", *(f"--n-{split}={n}" for split, n in SPLITS.items()))
LABELS = "datasets/demo/labels/train.json"

# Command, files and folders it makes, and the one that its folder of shards is named after.
JOBS = {
    "demo": (DEMO, ("datasets/demo/videos", "datasets/demo/labels"), "datasets/demo/labels/decisive-frames.json"),
    "gulp": (
        ("01", LABELS, "datasets/demo/videos", GULPED, "--frame-rate", "0", "--videos-per-chunk", "4"),
        (GULPED,),
        GULPED,
    ),
    "features": (extract(), (FEATURES,), FEATURES),
    "training": (
        ("03", config("feature_trn")),
        (
            *(f"{HEADS}/trn_{n}_frames.pth" for n in N_FRAMES),
            *(f"{HEADS}/trn-accuracy.{suffix}" for suffix in ("csv", "png")),
        ),
        f"{HEADS}/trn-accuracy.csv",
    ),
    "esvs": (explain("mtrn", "--sample-n-frames", *N_FRAMES), (RESULTS,), RESULTS),
    "frames": (("07", "datasets/demo/gulp/test", FRAMES), (FRAMES,), FRAMES),
    "videos": (("08", FRAMES, WEBM), (WEBM,), WEBM),
}


def contents(path):
    """Name -> bytes of a file, or of all files in a folder."""
    files = [path] if path.is_file() else [inside for inside in path.rglob("*") if inside.is_file()]
    return {str(file.relative_to(path.parent)): file.read_bytes() for file in files}


def start_and_send(project, command, sent, when, send=os.kill):
    """Start a script, and send its first process a signal as soon as `when()`; returns exit code and stderr."""
    process = project.start(*command)
    end = time.monotonic() + 120
    while not when():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)
    send(process.pid, sent)
    errors = process.communicate()[1]
    wait_for_the_end_of_all(project)
    return process.returncode, errors


def wait_for_the_end_of_all(project):
    """Fail if processes that work in the project's folder do not end soon."""
    end = time.monotonic() + 60
    while running := [pid for pid in Path("/proc").glob("[0-9]*") if works_in(pid, project.folder)]:
        assert time.monotonic() < end, f"left behind: {[(pid / 'cmdline').read_text() for pid in running]}"
        time.sleep(0.05)


def works_in(pid, folder):
    try:
        return pid.name != str(os.getpid()) and (pid / "cwd").readlink() == folder
    except OSError:  # it has ended
        return False


def remove(path):
    (shutil.rmtree if path.is_dir() else os.remove)(path)


@pytest.mark.parametrize("name", JOBS)
def test_killed_then_finished_in_partitions(project, in_project, name):
    command, outputs, output = JOBS[name]
    outputs = [project / each for each in outputs]
    if name == "gulp":  # the project has it in larger chunks, which the features depend on
        run_here(*command, "--workers", 1)
    undisturbed = [contents(each) for each in outputs]
    for each in outputs:
        remove(each)
    records = lambda: list((project / f"{output}.shards").glob("[!.]*.json"))  # noqa: E731

    code, _ = start_and_send(project, (*command, "--workers", 2), signal.SIGKILL, when=lambda: len(records()) >= 2)
    assert code == -signal.SIGKILL
    before = {path: path.stat().st_mtime_ns for path in records()}
    assert len(before) >= 2

    if name != "demo":
        for partition in ("1/2", "0/2"):
            run_here(*command, "--workers", 1, "--shard", partition)
        after = {path: path.stat().st_mtime_ns for path in records()}
        assert before.items() <= after.items(), "finished shards are not written again"
    run_here(*command, "--workers", 1)
    assert without_reports([contents(each) for each in outputs]) == without_reports(undisturbed)
    hidden = [path.name for path in project.folder.rglob(".*") if path.name != ".settings.json"]
    assert hidden == [], "no lock and no temporary file is left"
    assert not list(project.folder.rglob("*.shards"))


def without_reports(outputs):
    """Without the counts of one run of script 01."""
    return [{name: data for name, data in each.items() if not name.endswith("/report.json")} for each in outputs]


def test_a_damaged_shard_and_damaged_settings_do_not_stop_a_script(project, in_project, caplog):
    command, _, output = JOBS["esvs"]
    undisturbed = (project / output).read_bytes()
    (project / output).unlink()
    run_here(*command, "--workers", 1, "--shard", "0/2")
    shards = project / f"{output}.shards"
    (shards / "000000.npz").write_bytes(b"")
    run_here(*command, "--workers", 1, "--shard", "1/2")
    (shards / "000001.json").write_text("{")
    run_here(*command, "--workers", 1)
    assert (project / output).read_bytes() == undisturbed
    assert "000000.npz: missing or damaged; the shard is made again" in caplog.text
    assert "000001.json as json" in caplog.text

    (project / output).unlink()
    run_here(*command, "--workers", 1, "--shard", "0/2")
    (shards / ".settings.json").write_text("[]")
    run_here(*command, "--workers", 1)
    assert (project / output).read_bytes() == undisturbed
    assert "all shards in" in caplog.text


def test_a_failed_video_leaves_no_shards_and_no_lock(project, in_project):
    frames, webm = project / "some frames", project / "some webm"
    shutil.copytree(project / FRAMES, frames)
    broken = next(frames.glob("*/frame_000001.jpg"))
    broken.write_bytes(b"no jpeg")
    with pytest.raises(UserError, match="1 of 10 videos failed"):
        run_here("08", frames, webm, "--workers", 1)
    assert {path.name for path in project.folder.iterdir() if "some" in path.name} == {"some frames", "some webm"}


@pytest.mark.parametrize(
    ("send", "sent"), [(os.kill, signal.SIGINT), (os.kill, signal.SIGTERM), (os.killpg, signal.SIGTERM)]
)
def test_a_stop_ends_all_and_says_how_to_go_on(project, send, sent):
    """Ctrl-C; and SIGTERM, which Docker sends to the first process and Slurm to all."""
    webm = project / f"stopped by {send.__name__} {sent}"
    code, errors = start_and_send(
        project, ("08", FRAMES, webm, "--workers", 2), sent, when=lambda: list(webm.glob("[!.]*")), send=send
    )
    assert code == 128 + sent
    assert errors.count("stopped; run the same command again to go on") == 1
    assert "Traceback" not in errors
    assert "error" not in errors
    assert not list(webm.glob(".part-*"))


def test_a_changed_setting_refuses_to_go_on_and_is_named(project, in_project):
    webm = project / "other webm"
    code, _ = start_and_send(
        project, ("08", FRAMES, webm, "--workers", 1), signal.SIGKILL, when=lambda: list(webm.glob("[!.]*"))
    )
    assert code == -signal.SIGKILL
    with pytest.raises(UserError, match=r"bitrate was '200k' and is now '100k'.*delete .*webm to start again"):
        run_here("08", FRAMES, webm, "--bitrate", "100k")
    run_here("08", FRAMES, webm, "--workers", 1)
    assert contents(webm).keys() == {f"other webm/{name.split('/')[1]}" for name in contents(project / WEBM)}


def test_options_that_contradict_each_other(in_project):
    with pytest.raises(UserError, match="--ray-address is for --engine ray"):
        run_here("08", FRAMES, WEBM, "--ray-address", "auto")
    with pytest.raises(UserError, match=r"expected a partition i/N with i from 0 to N - 1, got 2/2"):
        run_here("08", FRAMES, WEBM, "--shard", "2/2")
