"""The interface of a job and of an engine."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

Result = TypeVar("Result")
"""What a job returns for each shard: a JSON value."""

OnItems = Callable[[int], object]
"""Called with the number of items (mostly videos) finished since the last call."""

Bar = Callable[[int, int], AbstractContextManager[OnItems]]
"""bar(total, already done) shows progress during its block; see `cli.counting`."""


@dataclass(frozen=True)
class Job(ABC, Generic[Result]):
    """Work cut into numbered shards. It is pickled to other processes and machines.

    The content of a shard depends on `settings` and its number only: not on where, when and by how many workers it is
    written.

    Attributes:
        output: the file or folder to make.
        settings: everything the shards depend on, as JSON values, except for `rounded_by`.
        sizes: items (mostly videos) of each shard, for progress.
    """

    output: Path
    settings: Mapping[str, Any]
    sizes: Sequence[int]

    suffix: ClassVar[str] = ""
    """Suffix of the shards' files."""

    rounded_by: ClassVar[tuple[str, ...]] = ()
    """Keys of `Engine.arithmetic` that the last bits of the shards depend on."""

    @property
    def n_cores(self) -> int:
        """Cores that one worker keeps busy."""
        return 1

    def is_made(self) -> bool:
        """Whether `output` is complete and was made with these settings."""
        return False

    def name(self, index: int) -> str:
        """Name of shard `index`, unique in the job and the same in each resumed run."""
        return f"{index:06d}"

    def files(self, index: int) -> Sequence[Path]:
        """Files and folders of shard `index`; those in `shards_folder(output)` are removed with it after the merge."""
        return [shards_folder(self.output) / f"{self.name(index)}{self.suffix}"]

    def is_there(self, index: int) -> bool:
        """Whether shard `index` was complete before the job began, for jobs whose shards are their output."""
        return False

    @abstractmethod
    def write(self, indices: Iterator[int], device: str, on_items: OnItems) -> Iterator[tuple[int, Result]]:
        """Write shards, each file atomically; yield (index, result) after each.

        Args:
            indices: shared with other workers; take the next one when it is needed.
            device: to compute on, as torch names it.
            on_items: to be called with `sizes[index]` items in all for each shard.
        """

    def merge(self, results: Sequence[Result]) -> None:
        """Make `output` from all shards, atomically, given the results of those this job wrote, in their order."""


@runtime_checkable
class Engine(Protocol):
    """Where shards are written."""

    @property
    def arithmetic(self) -> Mapping[str, str]:
        """What roundings depend on: the type of `device` and, on a CPU, the threads of each worker."""

    def run(self, job: Job[Any], indices: Sequence[int], on_items: OnItems) -> None:
        """Write these shards of `job` and their records."""


def shards_folder(output: Path) -> Path:
    """Where an unfinished job keeps settings, records and shards of `output`."""
    return output.with_name(output.name + ".shards")


@contextmanager
def no_bar(total: int, initial: int) -> Iterator[OnItems]:
    """Show nothing."""
    yield lambda n_items: None
