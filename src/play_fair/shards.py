"""Run a long job in shards: each appears whole or not at all, so a job killed at any moment goes on where it was."""

import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from play_fair.errors import UserError
from play_fair.files import atomic_path, locked, read_json, write_json

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Shards:
    """The shards of one job, as files 0..n-1 of a folder beside its output."""

    folder: Path
    n: int
    suffix: str

    def path(self, index: int) -> Path:
        """Where shard `index` is, or will be."""
        return self.folder / f"{index:06d}{self.suffix}"

    def paths(self) -> list[Path]:
        """All shards in order, for merging."""
        return [self.path(index) for index in range(self.n)]

    def missing(self) -> list[int]:
        """The shards still to write."""
        return [index for index in range(self.n) if not self.path(index).exists()]

    def writing(self, index: int) -> AbstractContextManager[Path]:
        """A temporary path to write shard `index` to; it becomes the shard when the block ends well."""
        return atomic_path(self.path(index))


@contextmanager
def sharded(output: Path | str, n_shards: int, settings: Mapping[str, Any], suffix: str) -> Iterator[Shards]:
    """The shards of the job that makes `output`; in the block, write the missing ones and merge them into it.

        with sharded(output, n_shards=3, settings={"seed": 1}, suffix=".npz") as shards:
            for index in shards.missing():
                with shards.writing(index) as path:
                    ...
            with atomic_path(output) as path:
                ...  # merge shards.paths()

    When the block ends well the shards are removed; when it does not they stay, and the next run goes on with them.
    `settings` (json values) is all that the shards' content depends on.

    Raises:
        UserError: another run holds `output`, or the shards that are there were made with other settings.
    """
    output = Path(output)
    folder = shards_folder(output)
    with locked(output):
        _claim(folder, output, {**settings, "n_shards": n_shards})
        yield Shards(folder, n_shards, suffix)
        shutil.rmtree(folder)


def shards_folder(output: Path) -> Path:
    """Where the shards of an unfinished `output` are."""
    return output.with_name(output.name + ".shards")


def _claim(folder: Path, output: Path, settings: Mapping[str, Any]) -> None:
    """Make `folder` for `settings`, or check that what is there was made with them."""
    stamp = folder / "settings.json"
    if not stamp.exists():
        write_json(stamp, dict(settings))
        return
    before = read_json(stamp)
    different = [
        f"{key} was {before.get(key)!r} and is now {settings.get(key)!r}"
        for key in sorted({*before, *settings})
        if before.get(key) != settings.get(key)
    ]
    if different:
        raise UserError(
            f"an unfinished run for {output} had other settings: {'; '.join(different)}. "
            f"Run it with those to finish it, or delete {folder} to start anew"
        )


def map_in_processes(
    function: Callable[[Item], Result], items: Iterable[Item], n_workers: int = 0
) -> Iterator[tuple[Item, Result]]:
    """Yield (item, function(item)) in the order they are ready, computed in `n_workers` fresh processes.

    With `n_workers` 0: one for each core. `function` and the items are pickled; an exception in `function` is
    raised here and the items not yet begun are dropped. The processes end when this one does, even if it is killed.

    Raises:
        UserError: `n_workers` is negative.
    """
    if n_workers < 0:
        raise UserError(f"expected 0 or more worker processes, got {n_workers}")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_workers or n_cores(), mp_context=context, initializer=_end_with_parent) as pool:
        futures = {pool.submit(function, item): item for item in items}
        try:
            for future in as_completed(futures):
                # Let go of the future: a result kept until the end would fill the memory.
                yield futures.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _end_with_parent() -> None:
    """Watch the parent process from a thread: one that was killed cannot tell its workers to stop."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def n_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
