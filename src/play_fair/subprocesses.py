"""Child processes that end with this one."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
"""Option of prctl(2)."""


def run_child(command: Sequence[str]) -> int:
    """Run a command and return its exit code. It gets SIGTERM if this process is interrupted or, on Linux, killed.

    The command has a process group of its own: Ctrl-C reaches this process only, which then stops it.
    """
    with subprocess.Popen(command, preexec_fn=_follow_parent) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            raise


def _follow_parent() -> None:
    """In the child, before it becomes the command: ask the kernel for SIGTERM when the parent dies."""
    os.setpgid(0, 0)
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
