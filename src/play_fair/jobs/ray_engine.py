"""Write shards on the machines of a Ray cluster, which share a file system."""

import math
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from play_fair.errors import UserError, shown
from play_fair.jobs.job import Job, OnItems
from play_fair.jobs.local_engine import THREADS
from play_fair.jobs.records import is_finished, write_shards
from play_fair.memory import keep_freed_memory

_RETRIES = 5
"""Retries of a group of shards whose machine died."""

_GROUPS_PER_WORKER, _MAX_SHARDS_IN_GROUP = 8, 16
"""Size of groups of shards: a group loads the model once, and progress counts whole groups."""

_MAX_SUBMITTED = 1000
"""Most groups submitted to Ray at a time."""


@dataclass(frozen=True)
class RayEngine:
    """Workers on a Ray cluster (https://ray.io). All its machines and this one see the same files at the same paths.

    A group of shards is one Ray task. If its machine dies, the group is retried on another, without its finished
    shards. Usage statistics are disabled in clusters started here.

    Attributes:
        address: of the cluster: host:port, ray://host:port or auto. None: RAY_ADDRESS or, without it, a cluster of this
            machine alone, for the duration of the job. A program that is connected to Ray already stays connected.
        gpu: give each worker a GPU.
        workers: most groups running at the same time; 0: as many as the cluster has resources for.

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

    def run(self, job: Job[Any], indices: Sequence[int], on_items: OnItems) -> None:
        """Write these shards of `job`. See `Engine`.

        Raises:
            UserError: the cluster cannot be reached, lacks the resources for a worker, or loses too many
                machines.
        """
        if not indices:
            return
        ray = _import_ray()
        with _connected(ray, self.address):
            n_workers = self._n_workers(ray.cluster_resources(), job)
            group_size = min(_MAX_SHARDS_IN_GROUP, math.ceil(len(indices) / (_GROUPS_PER_WORKER * n_workers)))
            waiting = [indices[start : start + group_size] for start in range(0, len(indices), group_size)]
            write = ray.remote(_write_group).options(
                num_cpus=job.n_cores,
                num_gpus=int(self.gpu),
                max_retries=_RETRIES,
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
            while waiting or running:  # tasks are not cancelled on errors: Ray aborts if one ends meanwhile
                while waiting and len(running) < (self.workers or _MAX_SUBMITTED):
                    group = waiting.pop(0)
                    running[write.remote(shared_job, group, device, here)] = group
                (done,), _ = ray.wait(list(running))
                _raise_error_of(ray, done)
                on_items(sum(job.sizes[index] for index in running.pop(done)))

    def _n_workers(self, resources: dict[str, float], job: Job[Any]) -> int:
        """Workers that the cluster has resources for, `self.workers` at most."""
        cpus, gpus = int(resources.get("CPU", 0)), int(resources.get("GPU", 0))
        n_workers = min(cpus // job.n_cores, gpus) if self.gpu else cpus // job.n_cores
        if n_workers < 1:
            required = f"{job.n_cores} CPU cores" + (" and a GPU" if self.gpu else "")
            raise UserError(
                f"expected a Ray cluster with {required} for a worker, got {cpus} cores and {gpus} GPUs in all; start "
                "nodes with more, or choose other --devices"
            )
        return min(n_workers, self.workers or n_workers)


def _write_group(job: Job[Any], indices: Sequence[int], device: str, folder: str) -> Exception | None:
    """Write shards on any machine; return errors meant for users, so that they arrive without a traceback of Ray."""
    keep_freed_memory()
    try:
        if not Path(folder).is_dir():
            raise UserError(
                f"the folder {folder} does not exist on {socket.gethostname()}: all machines of the cluster must see "
                "the same files at the same paths"
            )
        os.chdir(folder)  # paths may be relative
        missing = (index for index in indices if not is_finished(job, index))
        write_shards(job, missing, device, lambda n_items: None)
    except (UserError, OSError) as error:
        return error
    return None


def _own_paths() -> list[str]:
    """Entries of sys.path outside the Python installation, where a user's own models are."""
    installed = (sys.prefix, sys.base_prefix)
    return [str(Path(path).resolve()) for path in sys.path if not path.startswith(installed)]


def _raise_error_of(ray: ModuleType, task: Any) -> None:
    try:
        error = ray.get(task)
    except ray.exceptions.RayTaskError:
        raise  # a bug: keep its traceback
    except ray.exceptions.RayError as lost:
        raise UserError(
            f"the Ray cluster lost the machines or workers of a group of shards {_RETRIES + 1} times: {lost}. What is "
            "done is kept: run again to go on"
        ) from lost
    if error is not None:
        raise error


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
    except Exception as error:  # a bare one, where a cluster does not start in time on a busy machine
        raise UserError(
            f"cannot connect to a Ray cluster at {address}: {shown(error)}; run again to try again"
        ) from error
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, on_sigterm)  # Ray has replaced it
    try:
        yield
    finally:
        ray.shutdown()


def _require_listening(address: str) -> None:
    """Fail early where nothing listens: Ray itself waits for minutes.

    Raises:
        UserError: there is no connection to host:port.
    """
    if match := re.fullmatch(r"(?:ray://)?([^:/]+):(\d+)", address):
        try:
            socket.create_connection((match[1], int(match[2])), timeout=10).close()
        except (OSError, OverflowError, ValueError) as error:  # ValueError: no name of a host, or no number of a port
            raise UserError(
                f"cannot connect to a Ray cluster at {address[:100]}: {error}; is its head started?"
            ) from None


def _import_ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise UserError(
            "expected the package ray for --engine ray, but it is not installed: pip install 'play-fair[ray]'"
        ) from None
    return ray
