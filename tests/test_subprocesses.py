import subprocess
import sys
import time
from pathlib import Path

import pytest

from play_fair.subprocesses import run_child

PARENT = """
import sys
from play_fair.subprocesses import run_child
sys.exit(run_child([sys.executable, "-c", sys.argv[1]]))
"""
CHILD = """
import os, signal, sys, time
def stop(number, frame):
    open("stopped", "w").write(signal.Signals(number).name)
    sys.exit(7)
signal.signal(signal.SIGTERM, stop)
open("pid", "w").write(str(os.getpid()))
time.sleep(600)
"""


def test_the_exit_code_is_that_of_the_command():
    assert run_child([sys.executable, "-c", "raise SystemExit(5)"]) == 5


@pytest.mark.parametrize("sent", ["SIGKILL", "SIGINT", "SIGTERM"])
def test_a_child_is_stopped_when_its_parent_is(tmp_path, sent):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD], cwd=tmp_path, stderr=subprocess.DEVNULL)
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    subprocess.run(["kill", f"-{sent.removeprefix('SIG')}", str(parent.pid)], check=True)
    parent.wait(timeout=60)
    child = Path("/proc") / (tmp_path / "pid").read_text()
    wait_until(lambda: not child.exists())
    assert (tmp_path / "stopped").read_text() == "SIGTERM"


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
