"""Where the shards of a job are written: in this process, or in several on this machine."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from typing import Any, NamedTuple, TypeVar

from play_fair.errors import UserError
from play_fair.shards.job import Job, OnItems
from play_fair.shards.processes import THREADS, Emit, in_processes, threads_of_each

Written = TypeVar("Written")


@dataclass(frozen=True)
class LocalEngine:
    """Workers on this machine: each a process of its own, or this process if there shall be but one.

    Attributes:
        devices: that compute, as torch names them; each has its worker.
        workers: how many in all; 0: one for each device.

    Raises:
        UserError: there are not enough workers for the devices.
    """

    devices: tuple[str, ...] = ("cpu",)
    workers: int = 0

    def __post_init__(self) -> None:
        if self.workers < 0 or 0 < self.workers < len(self.devices):
            raise UserError(
                f"expected at least {len(self.devices)} workers, as there are devices, or 0 for the default, "
                f"got {self.workers}"
            )

    @property
    def n_workers(self) -> int:
        """How many there are, at most."""
        return self.workers or len(self.devices)

    @property
    def arithmetic(self) -> Mapping[str, str]:
        """See `Engine`. The cores are divided among the workers."""
        if self.devices[0].startswith("cuda"):
            return {"device": "cuda"}
        return {"device": "cpu", THREADS: threads_of_each(self.n_workers)}

    def run(
        self, job: Job[Written], indices: Sequence[int], on_written: Callable[[Written], object], on_items: OnItems
    ) -> None:
        """Write these shards of `job`. See `Engine`."""
        if self.n_workers == 1 and indices:
            for written in job.write(iter(indices), self.devices[0], on_items):
                on_written(written)
            return
        # As many threads each, however few shards are missing: a stopped run ends with the bytes of an undisturbed one.
        threads = threads_of_each(self.n_workers)
        devices = islice(cycle(self.devices), min(self.n_workers, len(indices)))
        with closing(
            in_processes([partial(_write, job, device) for device in devices], indices, threads=threads)
        ) as said:
            for message in said:
                if isinstance(message, _Written):
                    on_written(message.what)
                else:
                    on_items(message)


THIS_PROCESS = LocalEngine()


class _Written(NamedTuple):
    what: Any


def _write(job: Job[Any], device: str, indices: Iterator[int], emit: Emit) -> None:
    """Write shards in a worker: emits numbers of items, and what there is to say of each shard."""
    for written in job.write(indices, device, emit):
        emit(_Written(written))
