"""Child processes that end with this one."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

_PR_SET_PDEATHSIG = 1
"""Option of prctl(2)."""


def run_child(command: Sequence[str]) -> int:
    """Run a command and return its exit code. It gets SIGTERM if this process is interrupted or, on Linux, killed.

    The command has a process group of its own: Ctrl-C reaches this process only, which then stops it.
    """
    with start_child(command) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            raise


def start_child(command: Sequence[str], max_memory: int | None = None, **options: Any) -> "subprocess.Popen[bytes]":
    """Start a command in a new process group; on Linux, the kernel sends it SIGTERM when the calling thread ends.

    Args:
        max_memory: bytes of data that each of its processes may allocate (RLIMIT_DATA).
        options: of `subprocess.Popen`.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before the fork: other threads hold locks
    return subprocess.Popen(command, preexec_fn=_in_child(libc, max_memory), **options)


def _in_child(libc: ctypes.CDLL | None, max_memory: int | None) -> Callable[[], None]:
    """What the child does before it becomes the command: system calls only."""

    def prepare() -> None:
        os.setpgid(0, 0)
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if max_memory is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (max_memory, max_memory))

    return prepare
