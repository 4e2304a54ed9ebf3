"""Write shards on this machine: in this process, or in worker processes by `concurrent.futures`.

`ProcessPoolExecutor` starts the workers, returns their exceptions with tracebacks, and detects a killed worker. It has
no way to stop a worker in the middle of a task, and its workers outlive a killed parent. A pipe does both: each worker
kills its process group (itself, ffmpeg, decoders) as soon as the parent's end of the pipe is closed.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing.connection import Connection
from typing import Any, ClassVar

from play_fair.errors import UserError
from play_fair.jobs.job import Job, OnItems
from play_fair.jobs.records import write_shards
from play_fair.memory import keep_freed_memory

THREADS = "OMP_NUM_THREADS"
"""Environment variable: threads that a process computes with."""


@dataclass(frozen=True)
class LocalEngine:
    """Workers on this machine: processes, or this process if there is only one worker.

    Attributes:
        devices: to compute on, as torch names them; each has at least one worker.
        workers: number of workers; 0: one for each device.

    Raises:
        UserError: there are fewer workers than devices.
    """

    devices: tuple[str, ...] = ("cpu",)
    workers: int = 0

    def __post_init__(self) -> None:
        if self.workers < 0 or 0 < self.workers < len(self.devices):
            raise UserError(
                f"expected 0 (the default) or at least {len(self.devices)} workers, one for each device, "
                f"got {self.workers}"
            )

    @property
    def n_workers(self) -> int:
        """Most workers that run at the same time."""
        return self.workers or len(self.devices)

    @property
    def arithmetic(self) -> Mapping[str, str]:
        """See `Engine`. The cores are divided among the workers."""
        if self.devices[0].startswith("cuda"):
            return {"device": "cuda"}
        return {"device": "cpu", THREADS: _threads_of_each(self.n_workers)}

    def run(self, job: Job[Any], indices: Sequence[int], on_items: OnItems) -> None:
        """Write these shards of `job`. See `Engine`.

        Raises:
            UserError: a worker was killed.
        """
        if self.n_workers == 1 and indices:
            write_shards(job, iter(indices), self.devices[0], on_items)
        elif indices:
            devices = list(islice(cycle(self.devices), min(self.n_workers, len(indices))))
            # The threads of each do not depend on how few shards are missing: a resumed run must round alike.
            _write_in_processes(job, indices, devices, _threads_of_each(self.n_workers), on_items)


THIS_PROCESS = LocalEngine()


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _threads_of_each(n_workers: int) -> str:
    """Threads of each of n workers: `THREADS` of the environment, or else its part of the cores."""
    return os.environ.get(THREADS) or str(max(1, n_cores() // max(1, n_workers)))


def _write_in_processes(
    job: Job[Any], indices: Sequence[int], devices: Sequence[str], threads: str, on_items: OnItems
) -> None:
    """Write shards in one worker process for each device; each takes the next index when it needs one."""
    context = multiprocessing.get_context("spawn")
    n_taken, n_items = context.Value("q"), context.RawArray("q", len(devices))
    parent_end, worker_end = context.Pipe()
    with parent_end, ProcessPoolExecutor(len(devices), context, _Worker.start, (worker_end, n_taken, n_items)) as pool:
        try:
            with _environment(THREADS, threads), _signals_blocked():
                pending = {pool.submit(_Worker.write, job, indices, *one) for one in enumerate(devices)}
            n_reported = 0
            while pending:
                finished, pending = wait(pending, timeout=0.1, return_when=FIRST_EXCEPTION)
                if n_new := sum(n_items) - n_reported:
                    on_items(n_new)
                    n_reported += n_new
                for future in finished:
                    future.result()
        except BrokenProcessPool:
            parent_end.close()
            raise UserError(
                "a worker process was killed; if the memory was full, use fewer workers. What is done is kept: run "
                "again to go on"
            ) from None
        except BaseException:
            parent_end.close()
            raise


class _Worker:
    """State and functions of a worker process. The executor passes shared memory by its initializer only."""

    n_taken: ClassVar[Any]
    """Number of indices that the workers have taken; a shared integer with a lock."""
    n_items: ClassVar[Any]
    """Items finished by each worker, in shared memory. Without a lock: the parent must not wait for a killed worker."""

    @classmethod
    def start(cls, pipe: Connection, n_taken: Any, n_items: Any) -> None:
        """Initialise the process: signals, memory, and its end with the parent."""
        cls.n_taken, cls.n_items = n_taken, n_items
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, lambda number, frame: _kill_own_group())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # SIGINT stays blocked: the parent stops workers
        threading.Thread(target=_kill_own_group_at_end_of, args=(pipe,), daemon=True).start()
        keep_freed_memory()

    @classmethod
    def write(cls, job: Job[Any], indices: Sequence[int], slot: int, device: str) -> None:
        """Write shards until all indices are taken; count items in n_items[slot]."""

        def on_items(n: int) -> None:
            cls.n_items[slot] += n

        write_shards(job, cls.next_indices(indices), device, on_items)

    @classmethod
    def next_indices(cls, indices: Sequence[int]) -> Iterator[int]:
        """The indices that no other worker has taken."""
        while True:
            with cls.n_taken.get_lock():
                place = cls.n_taken.value
                cls.n_taken.value += 1
            if place >= len(indices):
                return
            yield indices[place]


def _kill_own_group_at_end_of(pipe: Connection) -> None:
    pipe.poll(None)  # nothing is ever sent: it returns when the other end is closed
    _kill_own_group()


def _kill_own_group() -> None:
    os.killpg(0, signal.SIGKILL)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """Set an environment variable of processes started in the block; libraries read it when they are loaded."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Block SIGINT and SIGTERM in processes started in the block, until they handle them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
