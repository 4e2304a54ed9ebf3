"""An output that another run is writing, a full disk, Ctrl-C: what a script says, and what it leaves."""

import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from bad_workspace import write_features
from numbered_scripts import SCRIPTS, say
from play_fair.files import locked

LOCKED = {
    "02 light.jsonnet locked.hdf --split validation": "locked.hdf",
    "05 tsn.jsonnet priors.csv locked.pkl --sample-n-frames 2": "locked.pkl",
    "07 gulp/validation locked_frames": "locked_frames",
    "08 frames locked_videos": "locked_videos",
    "01 labels/validation.json videos locked_gulp/g": "locked_gulp/g",
}


@pytest.mark.parametrize("line", LOCKED)
def test_two_runs_on_one_output_are_refused(bad_workspace, line):
    with locked(bad_workspace / LOCKED[line]):
        code, said = say(line)
    assert code == 1
    assert f"another run is writing {LOCKED[line]}; wait for it, or choose another output" in said


FULL = {
    "02 light.jsonnet full/o.hdf --split validation --workers 1": "full/o.hdf",
    "03 full.jsonnet --report full/tsn.csv": "full/tsn.pth",
    "04 labels/validation.json full/priors.csv": "full/priors.csv",
    "05 tsn.jsonnet priors.csv full/o.pkl --sample-n-frames 2": "full/o.pkl",
    "06 esvs-1.pkl esvs-2.pkl full/c.pkl": "full/c.pkl",
    "07 gulp/validation full/frames": "full/frames/20",
}


@pytest.mark.parametrize("line", FULL)
def test_a_full_disk_is_told_and_the_next_run_finishes(bad_workspace, line):
    """No file may grow beyond a few bytes: that is as if the disk were full."""
    (bad_workspace / "full.jsonnet").write_text("(import 'tsn.jsonnet') { model+: { checkpoint: 'full/tsn.pth' } }")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (16, limits[1]))
        code, said = say(line)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert code == 1
    assert "File too large" in said
    assert not (bad_workspace / FULL[line]).exists()
    assert not list(bad_workspace.rglob(".part-*"))
    assert say(line)[0] == 0
    assert (bad_workspace / FULL[line]).exists()


def test_ctrl_c_ends_a_script_with_130_and_keeps_what_is_done(bad_workspace):
    """Stopped as soon as its first shard is there, of two thousand."""
    uids = [str(i) for i in range(2000)]
    write_features(bad_workspace / "many.hdf", uids, [3] * len(uids), [0] * len(uids))
    (bad_workspace / "many.jsonnet").write_text("(import 'mtrn.jsonnet') { dataset+: { features: 'many.hdf' } }")
    options = ["--videos-per-shard", "1", "--sample-n-frames", "3"]
    process = subprocess.Popen(
        [sys.executable, SCRIPTS["05"], "many.jsonnet", "priors.csv", "stopped.pkl", *options],
        cwd=bad_workspace,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    shards = bad_workspace / "stopped.pkl.shards"
    while process.poll() is None and not list(shards.glob("0*.json")):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=240)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "stopped; run the same command again to go on"
    assert "Traceback" not in said
    assert list(shards.glob("0*.json"))
