"""A job whose shards are lines of text, which notes what it does."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from play_fair.errors import UserError
from play_fair.files import atomic_path
from play_fair.shards import Job, OnItems


@dataclass(frozen=True)
class ToyJob(Job[int]):
    """Shard i is the line "i", and its size i + 1; it says i of it. The output is all lines.

    Attributes:
        log: each shard that is begun adds a line to it, with the process, the device and the threads.
        seconds: that a shard takes.
        broken: a shard that cannot be written.
        deadly: a shard that kills its process, with no word.
    """

    log: Path = field(kw_only=True)
    seconds: float = 0.0
    broken: int | None = None
    deadly: int | None = None

    suffix = ".txt"
    rounded_by = ("device",)

    def is_made(self) -> bool:
        return self.output.exists()

    def write(self, indices: Iterator[int], device: str, on_items: OnItems) -> Iterator[int]:
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
            on_items(self.sizes[index])
            yield index

    def merge(self) -> None:
        with atomic_path(self.output) as path:
            path.write_text("".join(self.path(index).read_text() for index in range(len(self.sizes))))

    def begun(self) -> list[int]:
        """The shards that were begun, in their order."""
        return [int(line[0]) for line in self.said()]

    def said(self) -> list[list[str]]:
        """The words of the log."""
        return [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def expected(self) -> str:
        return "".join(f"{index}\n" for index in range(len(self.sizes)))


def toy_job(folder: Path, n_shards: int = 4, settings: dict | None = None, **more: object) -> ToyJob:
    return ToyJob(folder / "out", settings or {"seed": 1}, range(1, n_shards + 1), log=folder / "log", **more)


def leftovers(folder: Path) -> list[str]:
    """What is in a folder besides the output, the log and the lock."""
    return sorted({path.name for path in folder.iterdir()} - {"out", "log", ".out.lock"})
