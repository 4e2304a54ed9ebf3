"""What a job in shards is, and how it is run."""

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

from play_fair.errors import UserError
from play_fair.files import locked, read_json, remove, temporaries_of, temporary_beside, write_json

SETTINGS = ".settings.json"
"""In a folder of shards: what they were made with."""

Written = TypeVar("Written")

OnItems = Callable[[int], object]
"""Called with how many more items (videos, mostly) are done."""

Bar = Callable[[int, int], AbstractContextManager[OnItems]]
"""bar(total, already done) shows progress for as long as its block lasts; see `cli.counting`."""


@dataclass(frozen=True)
class Job(ABC, Generic[Written]):
    """Work that is cut into numbered shards; it can be pickled, so that other processes and machines can do it.

    What a shard holds depends on `settings` and its number only: not on where, when and by how many it is written.

    Attributes:
        output: the file or folder that the job makes.
        settings: all that the shards depend on, as json values; and see `rounded_by`.
        sizes: items (videos, mostly) of each shard, for progress.
    """

    output: Path
    settings: Mapping[str, Any]
    sizes: Sequence[int]

    suffix: ClassVar[str] = ""
    """Of the shards' files."""

    rounded_by: ClassVar[tuple[str, ...]] = ()
    """Of what the engine's `arithmetic` says, that which the last bits of the shards depend on."""

    @property
    def n_cores(self) -> int:
        """Cores that one worker keeps busy."""
        return 1

    def is_made(self) -> bool:
        """Whether `output` is there, made with these settings: then there is nothing to do."""
        return False

    @property
    def kept_in(self) -> Path:
        """The folder of the shards; what begins with a dot in it is none."""
        return shards_folder(self.output)

    def path(self, index: int) -> Path:
        """Where shard `index` is, or will be."""
        return self.kept_in / f"{index:06d}{self.suffix}"

    def is_there(self, index: int) -> bool:
        """Whether shard `index` is written."""
        return self.path(index).exists()

    @abstractmethod
    def write(self, indices: Iterator[int], device: str, on_items: OnItems) -> Iterator[Written]:
        """Write shards, each atomically; yield what there is to say about each, in their order.

        Indices are given out as they are asked for. `on_items` is to be told of as many items as `sizes` says.
        """

    def merge(self) -> None:
        """Make `output` of all shards, atomically. Here: nothing, for jobs whose shards are their output."""


@runtime_checkable
class Engine(Protocol):
    """Where shards are written."""

    @property
    def arithmetic(self) -> Mapping[str, str]:
        """What roundings depend on: the kind of `device`, and how many threads each worker computes with on a CPU."""

    def run(
        self, job: Job[Written], indices: Sequence[int], on_written: Callable[[Written], object], on_items: OnItems
    ) -> None:
        """Write these shards of `job`; tell what it yields, and of items as they are done."""


@dataclass(frozen=True)
class Share:
    """One of `of` equal parts of a job's shards, for runs on machines that know nothing of each other.

    Raises:
        UserError: there is no such part.
    """

    index: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.of:
            raise UserError(f"expected a share i/N with i from 0 to N - 1, got {self.index}/{self.of}")

    @classmethod
    def parse(cls, text: str) -> "Share":
        """The share "i/N"."""
        if not (match := re.fullmatch(r"(\d+)/(\d+)", text)):
            raise UserError(f"expected a share i/N such as 0/4, got {text!r}")
        return cls(int(match[1]), int(match[2]))


@dataclass(frozen=True)
class Run(Generic[Written]):
    """What one run did."""

    n_there: int
    """Items that were done before."""
    n_new: int
    """Items that are done since."""
    written: list[Written]
    """What there is to say of each shard that was written, but for those whose machine died before it could say it."""
    seconds: float
    """How long that took, without the merging."""


@contextmanager
def no_bar(total: int, initial: int) -> Iterator[OnItems]:
    """Shows nothing."""
    yield lambda n_items: None


def run_job(job: Job[Written], engine: Engine, share: Share | None = None, bar: Bar = no_bar) -> Run[Written]:
    """Write the shards that are missing, merge all, and remove them.

    With a `share`, its shards are written and nothing is merged: runs of other shares may go on at the same time, and
    the last one, without a share, merges (and writes what is still missing).

    Raises:
        UserError: another run holds the output, the shards that are there were made with other settings, or what the
            job raises.
    """
    folder = shards_folder(job.output)
    n_items = sum(job.sizes)
    settings = {**job.settings, **{key: engine.arithmetic.get(key) for key in job.rounded_by}}
    with locked(job.output, shared=share is not None):
        if job.is_made():
            if share is None and not _differences(job.kept_in / SETTINGS, settings):
                _remove_leftovers(job.output)
            with bar(n_items, n_items):
                return Run(n_items, 0, [], 0.0)
        _claim(job, settings, alone=share is None)
        with _held(share, folder):
            mine = range(len(job.sizes)) if share is None else range(share.index, len(job.sizes), share.of)
            missing = [index for index in mine if not job.is_there(index)]
            n_items, n_missing = (sum(job.sizes[index] for index in indices) for indices in (mine, missing))
            written: list[Written] = []
            with bar(n_items, n_items - n_missing) as on_items:
                started = time.perf_counter()
                try:
                    engine.run(job, missing, written.append, on_items)
                finally:
                    if share is None:  # runs of other shares may be writing
                        _remove_unfinished(job.kept_in)
                seconds = time.perf_counter() - started
        if share is None and all(job.is_there(index) for index in missing):
            job.merge()
            _remove_leftovers(job.output)
    return Run(n_items - n_missing, n_missing, written, seconds)


def shards_folder(output: Path) -> Path:
    """Where the shards of an unfinished `output` are."""
    return output.with_name(output.name + ".shards")


@contextmanager
def _held(share: Share | None, folder: Path) -> Iterator[None]:
    """Two runs of one share would do everything twice."""
    if share is None:
        yield
    else:
        with locked(folder / f"share {share.index}/{share.of}".replace("/", " of ")):
            yield


def _claim(job: Job[Any], settings: Mapping[str, Any], alone: bool) -> None:
    """Note the settings where nothing is made yet, or check that what is there was made with them.

    A run that stopped before its first shard leaves nothing that other settings could spoil, if no other run goes on.
    """
    path = job.kept_in / SETTINGS
    with locked(shards_folder(job.output) / SETTINGS, wait=True):
        if not path.exists() or (alone and not any(job.kept_in.glob("[!.]*"))):
            write_json(path, dict(settings))
    if different := _differences(path, settings):
        raise UserError(
            f"what is in {job.kept_in} was made with other settings: {'; '.join(different)}. Go on with those, choose "
            f"another output, or delete {job.kept_in} to start anew"
        )


def _differences(path: Path, settings: Mapping[str, Any]) -> list[str]:
    """In what `settings` differ from those noted in `path`, if there are any, in words."""
    if not path.exists():
        return []
    before = read_json(path)
    return [
        f"{key} was {before.get(key)!r} and is now {settings.get(key)!r}"
        for key in sorted({*before, *settings})
        if before.get(key) != settings.get(key)
    ]


def _remove_unfinished(folder: Path) -> None:
    """Remove what this run, stopped amid its work, or killed ones left half written."""
    for part in folder.glob(".part-*"):
        remove(part)


def _remove_leftovers(output: Path) -> None:
    """Remove the shards, and what killed runs left half written."""
    folder = shards_folder(output)
    if folder.exists():
        # Renamed first: a run killed amid the removal must not leave shards without their settings.
        folder.rename(temporary_beside(folder))
    for path in (output, folder):
        for part in temporaries_of(path):
            remove(part)
