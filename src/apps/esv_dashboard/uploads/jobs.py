"""Uploaded videos, explained one at a time, in a temporary folder that ends with the dashboard."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

from flask import Flask

from esv_dashboard.uploads.explainer import Explainer
from esv_dashboard.uploads.temporary_folder import temporary_folder
from play_fair.files import first_bytes
from play_fair.subprocesses import start_child

KEPT = 5
"""Number of explanations that are kept: the newest ones."""
RECEIVING, EXPLAINING, DONE, FAILED = "receiving", "explaining", "done", "failed"
_MEDIA_HEAD = 4096
_MAX_NAME = 200
"""Bytes of a file's name."""


class BusyError(Exception):
    """Another video is being explained."""


class RefusedError(Exception):
    """The upload is refused; the message is the reason."""


@dataclass
class Job:
    """One video, from its upload to its page."""

    name: str
    """Name of the uploaded file."""
    folder: Path
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    """Secret token that grants access."""
    state: str = RECEIVING
    reason: str = ""
    """Why the job failed."""
    page: Path | None = None
    """The page of the explanation; the results file is beside it."""
    board: Flask | None = None
    """The dashboard of the results, created at the first request."""
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    process: subprocess.Popen[bytes] | None = None
    waiter: Thread | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the start, until the end."""
        return (self.ended or time.monotonic()) - self.started

    def end(self, state: str, reason: str = "") -> None:
        """Set the final state, unless there is one."""
        if self.ended is None:
            self.ended = time.monotonic()
            self.state, self.reason = state, reason


class Jobs:
    """All uploads of a dashboard.

    Args:
        explainer: the command that explains a video.
        max_bytes: size of the largest upload.
        max_seconds: time in which an upload has to arrive.
    """

    def __init__(self, explainer: Explainer, max_bytes: int, max_seconds: float = 120.0) -> None:
        self.explainer, self.max_bytes, self.max_seconds = explainer, max_bytes, max_seconds
        self._exit = ExitStack()
        self._home = self._exit.enter_context(temporary_folder())
        self._lock = Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def find(self, token: str) -> Job | None:
        """The job with a token; None if there is none."""
        return self._jobs.get(token)

    def start(self, content: Iterator[bytes], name: str, n_frames: int, class_name: str) -> Job:
        """Store a video and start to explain it.

        Raises:
            BusyError: another job is running.
            RefusedError: the file is larger than allowed, empty, text, or does not arrive in time.
        """
        with self._lock:
            for other in self._jobs.values():
                self._give_up_if_stalled(other)
            if any(job.ended is None for job in self._jobs.values()):
                raise BusyError
            job = Job(name, self._home / secrets.token_hex(8))
            self._jobs[job.token] = job
            self._evict()
        try:
            job.folder.mkdir()
            video = job.folder / plain_file_name(name)
            self._receive(job, content, video)
            self._explain(job, self.explainer.command(video, job.folder / "out", n_frames, class_name))
        except BaseException:
            job.end(FAILED, "the upload broke off")
            shutil.rmtree(job.folder, ignore_errors=True)
            raise
        return job

    def cancel(self, job: Job) -> None:
        """Kill the process of a job."""
        job.end(FAILED, "stopped")
        _kill(job.process)

    def close(self) -> None:
        """Cancel all jobs and delete all files."""
        for job in list(self._jobs.values()):
            self.cancel(job)
            if job.waiter is not None:
                job.waiter.join()
        self._exit.close()

    def _give_up_if_stalled(self, job: Job) -> None:
        """End an upload that takes too long to arrive, and delete what has arrived."""
        if job.state == RECEIVING and job.seconds > self.max_seconds:
            job.end(FAILED, f"the upload did not arrive within {self.max_seconds:,.0f} s")
            shutil.rmtree(job.folder, ignore_errors=True)

    def _receive(self, job: Job, content: Iterator[bytes], video: Path) -> None:
        size = 0
        with video.open("wb") as file:
            for chunk in content:
                size += len(chunk)
                self._give_up_if_stalled(job)
                if job.ended is not None:
                    raise RefusedError(job.reason)
                if size > self.max_bytes:
                    raise RefusedError(f"the file is larger than {self.max_bytes / 2**20:,.0f} MB")
                file.write(chunk)
        if not size:
            raise RefusedError("the file is empty")
        with video.open("rb") as file:
            # Video files have zero bytes at their start; text has none, such as playlists that make ffmpeg read files.
            if b"\0" not in file.read(_MEDIA_HEAD):
                raise RefusedError("it is a text file, not a video")

    def _explain(self, job: Job, command: list[str]) -> None:
        """Start the command, in a thread that lasts as long: the process ends with the thread that started it."""
        started = Event()
        job.waiter = Thread(target=self._run, args=(job, command, started), daemon=True)
        job.waiter.start()
        started.wait()
        if job.process is None:
            job.waiter.join()
            raise RefusedError(job.reason)

    def _run(self, job: Job, command: list[str], started: Event) -> None:
        try:
            with self._lock, (job.folder / "log").open("wb") as log:
                if job.ended is None:
                    job.process = start_child(
                        command,
                        self.explainer.max_memory,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                    )
                    job.state = EXPLAINING
        except OSError as error:
            job.end(FAILED, f"the explanation does not start: {error}")
        finally:
            started.set()
        if job.process is not None:
            self._wait(job, job.process)

    def _wait(self, job: Job, process: subprocess.Popen[bytes]) -> None:
        code = self._end_of(job, process)
        pages = sorted((job.folder / "out").glob("*.html"))
        if code == 0 and pages:
            job.page = (job.folder / "out").rename(self._home / job.token) / pages[0].name
            job.end(DONE)
        else:
            job.end(FAILED, _last_line(job.folder))
        shutil.rmtree(job.folder, ignore_errors=True)

    def _end_of(self, job: Job, process: subprocess.Popen[bytes]) -> int:
        """Wait for the exit code; kill a process whose log, into which progress is written, does not grow."""
        log, size = job.folder / "log", 0
        while True:
            try:
                return process.wait(self.explainer.timeout)
            except subprocess.TimeoutExpired:
                if log.stat().st_size == size:
                    _kill(process)
                    job.end(FAILED, f"given up after {self.explainer.timeout:,.0f} s without progress")
                    return process.wait()
                size = log.stat().st_size

    def _evict(self) -> None:
        while len(self._jobs) > KEPT:
            _, oldest = self._jobs.popitem(last=False)
            if oldest.page is not None:
                shutil.rmtree(oldest.page.parent, ignore_errors=True)


def plain_file_name(name: str) -> str:
    """Remove the characters of a file name that have a meaning in a shell, a path or ffmpeg."""
    kept = "".join(c if c.isalnum() or c in " -_." else "-" for c in name.replace("\\", "/").rsplit("/", 1)[-1])
    stem, dot, suffix = kept.strip("-. ").rpartition(".")
    stem, suffix = (stem, "".join(filter(str.isalnum, suffix))[:8]) if dot else (suffix, "")
    return f"{first_bytes(stem, _MAX_NAME).strip('-. ') or 'video'}.{suffix or 'video'}"


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _last_line(folder: Path) -> str:
    """The last line of the log, without the names of temporary folders."""
    lines = (folder / "log").read_text(errors="replace").replace(f"{folder}{os.sep}", "").strip().splitlines()
    return lines[-1].removeprefix("error: ") if lines else "the process ended without a word"
