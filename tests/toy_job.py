"""A job whose shards are lines of text; it logs what it does."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from play_fair.errors import UserError
from play_fair.files import atomic_path
from play_fair.jobs import Job, OnItems


@dataclass(frozen=True)
class ToyJob(Job[int]):
    """Shard i is the line "i", its size is i + 1 and its result i. The output is all lines.

    Attributes:
        log: each shard that is begun adds a line to it, with the process, the device and the threads.
        seconds: that a shard takes.
        broken: a shard that raises a UserError.
        deadly: a shard that kills its process.
    """

    log: Path = field(kw_only=True)
    seconds: float = 0.0
    broken: int | None = None
    deadly: int | None = None

    suffix = ".txt"
    rounded_by = ("device",)

    def is_made(self) -> bool:
        return self.output.exists()

    def path(self, index: int) -> Path:
        (path,) = self.files(index)
        return path

    def write(self, indices: Iterator[int], device: str, on_items: OnItems) -> Iterator[tuple[int, int]]:
        for index in indices:
            with self.log.open("a") as log:
                log.write(f"{index} {os.getpid()} {device} {os.environ.get('OMP_NUM_THREADS')}\n")
            if index == self.broken:
                raise UserError(f"shard {index} is broken")
            if index == self.deadly:
                os.kill(os.getpid(), 9)
            with atomic_path(self.path(index)) as path:
                path.write_text(f"{index}\n")
                time.sleep(self.seconds)
            yield index, index
            on_items(self.sizes[index])

    def merge(self, results: Sequence[int]) -> None:
        assert list(results) == list(range(len(self.sizes)))
        with atomic_path(self.output) as path:
            path.write_text("".join(self.path(index).read_text() for index in results))

    def begun(self) -> list[int]:
        """The shards that were begun, in their order."""
        return [int(line[0]) for line in self.logged()]

    def logged(self) -> list[list[str]]:
        """The words of the log."""
        return [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def expected(self) -> str:
        return "".join(f"{index}\n" for index in range(len(self.sizes)))


def toy_job(folder: Path, n_shards: int = 4, settings: dict | None = None, **more: object) -> ToyJob:
    return ToyJob(folder / "out", settings or {"seed": 1}, range(1, n_shards + 1), log=folder / "log", **more)


def leftovers(folder: Path) -> list[str]:
    """Names in a folder besides the output and the log."""
    return sorted({path.name for path in folder.iterdir()} - {"out", "log"})
