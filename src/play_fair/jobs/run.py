"""Run a job: write the shards that are missing, merge all, and clean up."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from play_fair.errors import UserError, shown
from play_fair.files import locked, remove, remove_temporaries, temporary_beside
from play_fair.jobs.job import Bar, Engine, Job, Result, no_bar, shards_folder
from play_fair.jobs.records import claim, has_records, is_finished, result_of, unfinished_settings


@dataclass(frozen=True)
class Partition:
    """Part `index` of `n` parts of a job's shards, for runs on machines without a common scheduler.

    Raises:
        UserError: `index` is not in 0..n-1.
    """

    index: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.n:
            raise UserError(f"expected a partition i/N with i from 0 to N - 1, got {self}")

    def __str__(self) -> str:
        return f"{self.index}/{self.n}"

    @classmethod
    def parse(cls, text: str) -> "Partition":
        """Partition "i/N"."""
        if not (match := re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)):
            raise UserError(f"expected a partition i/N such as 0/4, got {shown(text, 40)}")
        return cls(int(match[1]), int(match[2]))


@dataclass(frozen=True)
class Run(Generic[Result]):
    """What one run did."""

    n_there: int
    """Items finished before this run."""
    n_new: int
    """Items finished by this run."""
    there: list[Result]
    """Results of the shards written by earlier runs of the unfinished job."""
    new: list[Result]
    """Results of the shards written by this run."""
    seconds: float
    """Time of the writing, without the merge."""


def run_job(job: Job[Result], engine: Engine, partition: Partition | None = None, bar: Bar = no_bar) -> Run[Result]:
    """Write the missing shards of `job`, merge all, and remove them.

    With a `partition`, only its shards are written, nothing is merged, and runs of other partitions may go on at the
    same time. A last run without one writes what is still missing and merges.

    Raises:
        UserError: another run holds the output, the unfinished job has other settings, or what the job raises.
    """
    with locked(job.output, shared=partition is not None):
        return run_locked_job(job, engine, partition, bar)


def run_locked_job(job: Job[Result], engine: Engine, partition: Partition | None, bar: Bar) -> Run[Result]:
    """Do as `run_job`, for a caller that holds the lock of `job.output`."""
    alone = partition is None
    settings = {**job.settings, **{key: engine.arithmetic.get(key) for key in job.rounded_by}}
    n_items = sum(job.sizes)
    if job.is_made():
        if alone and unfinished_settings(job.output) in (None, settings):
            _remove_leftovers(job.output)
        with bar(n_items, n_items):
            return Run(n_items, 0, [], [], 0.0)
    claim(job.output, settings, alone)
    with _partition_locked(job.output, partition):
        try:
            mine = range(len(job.sizes)) if partition is None else range(len(job.sizes))[partition.index :: partition.n]
            missing = [index for index in mine if not is_finished(job, index)]
            n_items, n_missing = (sum(job.sizes[index] for index in indices) for indices in (mine, missing))
            with bar(n_items, n_items - n_missing) as on_items:
                started = time.perf_counter()
                engine.run(job, missing, on_items)
                seconds = time.perf_counter() - started
        finally:
            if alone:
                _remove_temporaries(job)
                if not has_records(job.output):
                    remove(shards_folder(job.output))
    results = {index: result_of(job, index) for index in mine}
    if alone:
        job.merge([result for index in mine for result in results[index]])
        _remove_leftovers(job.output)
    new = set(missing)
    return Run(
        n_items - n_missing,
        n_missing,
        [result for index in mine if index not in new for result in results[index]],
        [result for index in missing for result in results[index]],
        seconds,
    )


@contextmanager
def _partition_locked(output: Path, partition: Partition | None) -> Iterator[None]:
    """Hold the lock of a partition, so that no two runs write the same one."""
    if partition is None:
        yield
    else:
        with locked(shards_folder(output) / f"partition {partition.index} of {partition.n}"):
            yield


def _remove_temporaries(job: Job[Any]) -> None:
    """Remove temporary files of this and of interrupted runs."""
    remove_temporaries(file for index in range(len(job.sizes)) for file in job.files(index))
    for folder in (job.output, shards_folder(job.output)):  # only this job writes there
        for part in folder.glob(".part-*"):
            remove(part)


def _remove_leftovers(output: Path) -> None:
    """Remove the shards, and temporary files of interrupted runs."""
    folder = shards_folder(output)
    if folder.exists():
        # Renamed first: a run killed during the removal must not leave shards without their settings.
        folder.rename(temporary_beside(folder))
    remove_temporaries([output, folder])
