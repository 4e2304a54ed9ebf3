"""The long scripts, killed amid their work and then finished in shares, end with the bytes of an undisturbed run."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from numbered_scripts import run_here
from play_fair.errors import UserError
from tiny_project import N_FRAMES, explain, extract

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

# Command, output, and what shows in the folder of its shards (or the output itself) that some are written.
JOBS = {
    "features": (extract(), FEATURES, "light.hdf.shards/0*.npz"),
    "esvs": (explain("mtrn", "--sample-n-frames", *N_FRAMES), RESULTS, "mtrn-3.pkl.shards/0*.npz"),
    "frames": (("07", "datasets/demo/gulp/test", FRAMES), FRAMES, "frames/[!.]*"),
    "videos": (("08", FRAMES, WEBM), WEBM, "webm/[!.]*"),
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


@pytest.mark.parametrize("name", JOBS)
def test_killed_then_finished_in_shares(project, in_project, name):
    command, output, shards = JOBS[name]
    output = project / output
    undisturbed = contents(output)
    output.rename(project / "undisturbed")
    there = lambda: list(output.parent.glob(shards))  # noqa: E731

    code, _ = start_and_send(project, (*command, "--workers", 2), signal.SIGKILL, when=lambda: len(there()) >= 2)
    assert code == -signal.SIGKILL
    before = {path: path.stat().st_mtime_ns for path in there()}
    assert before

    for share in ("1/2", "0/2"):
        run_here(*command, "--workers", 1, "--shard", share)
    kept = {path: path.stat().st_mtime_ns for path in there()}
    assert before.items() <= kept.items(), "what was there was not done again"
    run_here(*command, "--workers", 1)
    assert contents(output) == undisturbed
    assert not list(output.parent.glob("*.shards"))
    assert not list(output.parent.rglob(".part-*"))
    (shutil.rmtree if output.is_dir() else os.remove)(project / "undisturbed")


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
    with pytest.raises(UserError, match=r"settings: bitrate was '200k' and is now '100k'.*delete .*webm to start anew"):
        run_here("08", FRAMES, webm, "--bitrate", "100k")
    run_here("08", FRAMES, webm, "--workers", 1)
    assert contents(webm).keys() == {f"other webm/{name.split('/')[1]}" for name in contents(project / WEBM)}


def test_options_that_contradict_each_other(in_project):
    with pytest.raises(UserError, match="--ray-address is for --engine ray"):
        run_here("08", FRAMES, WEBM, "--ray-address", "auto")
    with pytest.raises(UserError, match=r"expected a share i/N with i from 0 to N - 1, got 2/2"):
        run_here("08", FRAMES, WEBM, "--shard", "2/2")
