"""Where the shards of a job are written: in this process, or in several on this machine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from typing import Any, NamedTuple, TypeVar

from play_fair.errors import UserError
from play_fair.shards.job import Job, OnItems
from play_fair.shards.processes import Emit, in_processes

Written = TypeVar("Written")


@dataclass(frozen=True)
class LocalEngine:
    """Workers on this machine: each a process of its own, or this process if there is but one.

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

    def run(
        self, job: Job[Written], indices: Sequence[int], on_written: Callable[[Written], object], on_items: OnItems
    ) -> None:
        """Write these shards of `job`. See `Engine`."""
        n_workers = min(self.workers or len(self.devices), len(indices))
        devices = list(islice(cycle(self.devices), n_workers))
        if n_workers <= 1:
            for device in devices:
                for written in job.write(iter(indices), device, on_items):
                    on_written(written)
            return
        with closing(in_processes([partial(_write, job, device) for device in devices], indices)) as said:
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
