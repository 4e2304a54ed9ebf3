"""One job for each of many videos, in processes, with a report at the end: nothing is skipped silently."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from play_fair.cli import progress
from play_fair.errors import UserError
from play_fair.shards import map_in_processes


@dataclass(frozen=True)
class VideoJob:
    """What one process needs to treat one video: derive from it, and keep it small, for it is pickled."""

    uid: str


Job = TypeVar("Job", bound=VideoJob)


@dataclass(frozen=True)
class BatchReport:
    """What one run did."""

    requested: int
    already_there: int
    added: int
    failed: Mapping[str, str]
    """uid -> reason."""

    def show(self, output: Path) -> None:
        """Tell it on stdout: the counts, each failure, and in the last line where the output is."""
        done = f"{self.already_there} already there, {self.added} added, {len(self.failed)} failed"
        print(f"{self.requested} videos: {done}")
        for uid, reason in self.failed.items():
            print(f"  {uid}: {reason}")
        print(f"output: {output}")

    def require_success(self) -> None:
        """Raise a UserError unless every video is done."""
        if self.failed:
            raise UserError(
                f"{len(self.failed)} of {self.requested} videos failed, for the reasons above; the others are done"
            )


def run_batch(
    work: Callable[[Job], str | None], jobs: Sequence[Job], description: str, *, n_there: int, n_workers: int
) -> BatchReport:
    """Do `work` on each job; it returns the reason why it could not, or None. `n_there` videos were done before."""
    total = n_there + len(jobs)
    results = progress(map_in_processes(work, jobs, n_workers), description, total=total, initial=n_there)
    failed = {job.uid: reason for job, reason in results if reason is not None}
    return BatchReport(total, n_there, len(jobs) - len(failed), failed)
