"""Where the shards of a job are written: on the machines of a Ray cluster, which share a file system."""

import math
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from play_fair.errors import UserError
from play_fair.memory import keep_freed_memory
from play_fair.shards.job import Job, OnItems
from play_fair.shards.processes import THREADS

Written = TypeVar("Written")

RETRIES = 5
"""How often a group of shards is begun anew because the machine that writes it died."""

GROUPS_PER_WORKER, MOST_SHARDS_IN_GROUP = 8, 16
"""How shards are grouped: a group loads the model once, and is what progress is counted in."""

MOST_WAITING = 1000
"""Groups handed to Ray at a time."""


@dataclass(frozen=True)
class RayEngine:
    """Workers on a Ray cluster (https://ray.io). All its machines and this one see the same files at the same paths.

    A group of shards is one Ray task. If its machine dies it is begun anew on another, and leaves the shards that are
    there. Ray's usage statistics are off in the clusters that are started here.

    Attributes:
        address: of the cluster: host:port, ray://host:port or auto. None: RAY_ADDRESS or, without it, a cluster of this
            machine alone, for the time of the job. A program that has connected itself to Ray stays connected.
        gpu: whether each worker gets a GPU.
        workers: most groups in work at once; 0: as many as the cluster has room for.

    Raises:
        UserError: Ray is not installed, or the number of workers is negative.
    """

    address: str | None = None
    gpu: bool = False
    workers: int = 0

    def __post_init__(self) -> None:
        _import_ray()
        if self.workers < 0:
            raise UserError(f"expected 0 or more workers, got {self.workers}")

    @property
    def arithmetic(self) -> Mapping[str, str]:
        """See `Engine`."""
        return {"device": "cuda"} if self.gpu else {"device": "cpu", THREADS: os.environ.get(THREADS) or "1"}

    def run(
        self, job: Job[Written], indices: Sequence[int], on_written: Callable[[Written], object], on_items: OnItems
    ) -> None:
        """Write these shards of `job`. See `Engine`.

        Raises:
            UserError: the cluster cannot be reached, has no room for a worker, or loses too many machines.
        """
        if not indices:
            return
        ray = _import_ray()
        with _connected(ray, self.address):
            room = self._room(ray.cluster_resources(), job)
            in_group = min(MOST_SHARDS_IN_GROUP, math.ceil(len(indices) / (GROUPS_PER_WORKER * room)))
            waiting = [indices[start : start + in_group] for start in range(0, len(indices), in_group)]
            write = ray.remote(_write_group).options(
                num_cpus=job.n_cores,
                num_gpus=int(self.gpu),
                max_retries=RETRIES,
                name=f"shards of {job.output.name}",
                runtime_env={
                    "env_vars": {
                        "PYTHONPATH": os.pathsep.join(_own_paths()),
                        THREADS: self.arithmetic.get(THREADS, str(job.n_cores)),
                    }
                },
            )
            shared_job, device, here = ray.put(job), "cuda" if self.gpu else "cpu", str(Path.cwd())
            running: dict[Any, Sequence[int]] = {}
            while waiting or running:  # nothing is cancelled on errors: Ray aborts if a task ends meanwhile
                while waiting and len(running) < (self.workers or MOST_WAITING):
                    group = waiting.pop(0)
                    running[write.remote(shared_job, group, device, here)] = group
                (done,), _ = ray.wait(list(running))
                for written in _result(ray, done):
                    on_written(written)
                on_items(sum(job.sizes[index] for index in running.pop(done)))

    def _room(self, resources: dict[str, float], job: Job[Any]) -> int:
        """How many workers the cluster has room for."""
        cpus, gpus = int(resources.get("CPU", 0)), int(resources.get("GPU", 0))
        room = min(cpus // job.n_cores, gpus) if self.gpu else cpus // job.n_cores
        if room < 1:
            wanted = f"{job.n_cores} CPU cores" + (" and a GPU" if self.gpu else "")
            raise UserError(
                f"expected a Ray cluster with {wanted} for a worker, got {cpus} cores and {gpus} GPUs in all; start "
                "nodes with more, or choose other --devices"
            )
        return min(room, self.workers or room)


def _write_group(job: Job[Written], indices: Sequence[int], device: str, folder: str) -> list[Written] | Exception:
    """Write shards on whichever machine this is; errors for people are returned, so that they come without traces."""
    keep_freed_memory()
    try:
        if not Path(folder).is_dir():
            raise UserError(
                f"the folder {folder} does not exist on {socket.gethostname()}: all machines of the cluster must see "
                "the same files at the same paths"
            )
        os.chdir(folder)  # paths may be relative
        missing = (index for index in indices if not job.is_there(index))
        return list(job.write(missing, device, lambda n_items: None))
    except (UserError, OSError) as error:
        return error


def _own_paths() -> list[str]:
    """Where this process finds modules that are not installed: a user's own models."""
    installed = (sys.prefix, sys.base_prefix)
    return [str(Path(path).resolve()) for path in sys.path if not path.startswith(installed)]


def _result(ray: ModuleType, task: Any) -> list[Any]:
    try:
        result = ray.get(task)
    except ray.exceptions.RayTaskError:
        raise  # a defect, with its trace
    except ray.exceptions.RayError as error:
        raise UserError(
            f"the Ray cluster lost the machines or workers of a group of shards {RETRIES + 1} times: {error}. What is "
            "done is kept: run again to go on"
        ) from error
    if isinstance(result, Exception):
        raise result
    return result


@contextmanager
def _connected(ray: ModuleType, address: str | None) -> Iterator[None]:
    if ray.is_initialized():
        yield
        return
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    _require_listening(address)
    only_local = {"include_dashboard": False} if address == "local" else {}
    on_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **only_local)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UserError(f"cannot connect to a Ray cluster at {address}: {error}") from error
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, on_sigterm)  # Ray has set one of its own
    try:
        yield
    finally:
        ray.shutdown()


def _require_listening(address: str) -> None:
    """Ray itself waits for minutes where nothing is.

    Raises:
        UserError: nothing listens at host:port.
    """
    if match := re.fullmatch(r"(?:ray://)?([^:/]+):(\d+)", address):
        try:
            socket.create_connection((match[1], int(match[2])), timeout=10).close()
        except OSError as error:
            raise UserError(f"cannot connect to a Ray cluster at {address}: {error}; is its head started?") from None


def _import_ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise UserError(
            "expected the package ray for --engine ray, but it is not installed: pip install 'play-fair[ray]'"
        ) from None
    return ray
