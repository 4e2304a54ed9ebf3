"""Work spread over fresh processes of this machine. They end when this one does, however it ends."""

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from enum import Enum, auto
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, TypeVar

from play_fair.errors import UserError
from play_fair.memory import keep_freed_memory

THREADS = "OMP_NUM_THREADS"
"""In the environment: how many threads a process computes with."""

Item = TypeVar("Item")
Result = TypeVar("Result")

Emit = Callable[[Any], object]
Worker = Callable[[Iterator[Any], Emit], object]
"""worker(items, emit) calls emit(result), at any time, while it goes through the items; it is pickled, as they are."""


def in_processes(
    workers: Sequence[Worker], items: Iterable[Any], ahead: int = 0, threads: str | None = None
) -> Generator[Any, None, None]:
    """Run each of `workers` in a process of its own; yield what they emit, as it comes.

    They share the items: a worker that asks for its next one gets the first that no other has. An exception in a
    worker is raised here, and the other workers are stopped.

    Args:
        ahead: items that a worker is given before it asks. One or two keep it busy while this process uses a result;
            none if items are few and long.
        threads: that each worker computes with; see `threads_of_each`, which is the default.

    Raises:
        UserError: a worker was killed.
    """
    threads = threads or threads_of_each(len(workers))
    remaining = iter(items)
    with ExitStack() as stack:
        serving: dict[Connection, tuple[BaseProcess, Worker]] = {}
        with _environment({THREADS: threads}), _stops_blocked():
            for worker in workers:
                connection, process = _start(ahead)
                stack.callback(_stop, connection, process)
                serving[connection] = process, worker
        while serving:
            for connection in _ready(serving):
                process, worker = serving[connection]
                said = _said(connection, process)
                if isinstance(said, _Failure):
                    raise said.error from _InWorkerError(said.traceback)
                if isinstance(said, _Emitted):
                    yield said.value
                elif said is _Says.WANTS_WORKER:
                    _answer(connection, worker)
                elif said is _Says.WANTS_ITEM:
                    _answer(connection, list(islice(remaining, 1)))
                else:
                    del serving[connection]


def map_in_processes(
    function: Callable[[Item], Result], items: Iterable[Item], n_workers: int = 0
) -> Generator[tuple[Item, Result], None, None]:
    """Yield (item, function(item)) in the order they are ready, computed in `n_workers` fresh processes.

    With `n_workers` 0: one for each core. `function` and the items are pickled; see `in_processes`.

    Raises:
        UserError: `n_workers` is negative.
    """
    listed = list(items)
    workers = [partial(_apply, function)] * min(at_least_one_worker(n_workers), len(listed))
    with closing(in_processes(workers, enumerate(listed), ahead=1)) as results:
        for index, result in results:
            yield listed[index], result


def at_least_one_worker(n_workers: int) -> int:
    """`n_workers`; or, if it is 0, one for each core.

    Raises:
        UserError: it is negative.
    """
    if n_workers < 0:
        raise UserError(f"expected 0 or more worker processes, got {n_workers}")
    return n_workers or n_cores()


def n_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_of_each(n_workers: int) -> str:
    """Threads that each of so many processes computes with: `THREADS`, or else its part of the cores."""
    return os.environ.get(THREADS) or str(max(1, n_cores() // max(1, n_workers)))


class _Says(Enum):
    """What a worker tells its parent without more."""

    WANTS_WORKER = auto()
    WANTS_ITEM = auto()
    ENDS = auto()


class _Emitted(NamedTuple):
    value: Any


class _Failure(NamedTuple):
    error: BaseException
    traceback: str


class _InWorkerError(Exception):
    """The traceback of an error in a worker, as the cause of the error raised here."""


def _start(ahead: int) -> tuple[Connection, BaseProcess]:
    """A new process that asks for its worker once it is up: large ones would hold up the start of the next process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    # Not a daemon: it may start processes of its own.
    process = context.Process(target=_serve, args=(theirs, ahead))
    process.start()
    theirs.close()
    return ours, process


def _stop(connection: Connection, process: BaseProcess) -> None:
    """End a worker that has not ended, with all that it has started."""
    if process.is_alive():
        assert process.pid is not None
        with suppress(ProcessLookupError):  # its group: it leads one as soon as it is up
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.join()
    connection.close()  # not before: a worker would stumble over it, and say so


def _ready(serving: Mapping[Connection, tuple[BaseProcess, Worker]]) -> list[Connection]:
    """Wait until workers have said something or have ended; which ones."""
    # A worker's end is watched too: processes that it has started may keep its side of the connection open.
    events = set(wait([*serving, *(process.sentinel for process, _ in serving.values())]))
    return [connection for connection, (process, _) in serving.items() if {connection, process.sentinel} & events]


def _said(connection: Connection, process: BaseProcess) -> object:
    with suppress(EOFError, ConnectionResetError):
        if connection.poll():
            return pickle.loads(connection.recv_bytes())
    process.join()
    code = process.exitcode or 0
    how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with exit code {code}"
    raise UserError(
        f"a worker process {how}; if the memory was full, use fewer workers. What is done is kept: run again to go on"
    )


def _answer(connection: Connection, content: object) -> None:
    with suppress(BrokenPipeError):  # a worker that has ended is noticed when its words are awaited
        connection.send_bytes(pickle.dumps(content))


def _serve(connection: Connection, ahead: int) -> None:
    """What a worker's process does."""
    os.setpgid(0, 0)
    _leave_stops_to_parent()
    _end_with_parent()
    keep_freed_memory()

    def say(what: object) -> None:
        connection.send_bytes(pickle.dumps(what))

    try:
        say(_Says.WANTS_WORKER)
        worker: Worker = pickle.loads(connection.recv_bytes())
        worker(_items(connection, say, ahead), lambda value: say(_Emitted(value)))
        say(_Says.ENDS)
    except Exception as error:
        say(_Failure(_that_pickles(error), f"\n{traceback.format_exc()}"))


def _items(connection: Connection, say: Emit, ahead: int) -> Iterator[Any]:
    for _ in range(ahead):
        say(_Says.WANTS_ITEM)
    while True:
        say(_Says.WANTS_ITEM)
        item: list[Any] = pickle.loads(connection.recv_bytes())
        if not item:
            return
        yield item[0]


def _that_pickles(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(repr(error))
    return error


def _apply(function: Callable[[Any], Any], items: Iterator[tuple[int, Any]], emit: Emit) -> None:
    for index, item in items:
        emit((index, function(item)))


def _leave_stops_to_parent() -> None:
    """Do nothing on SIGTERM. It may not stay blocked, as Ctrl-C does: what this process starts must be able to end."""
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _end_with_parent() -> None:
    """Watch the parent process from a thread: one that was killed cannot tell its workers to stop."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """What processes started in the block find in their environment: libraries read it when they are loaded."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _stops_blocked() -> Iterator[None]:
    """Processes started in the block see neither Ctrl-C nor SIGTERM: this one does, and stops them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
