"""The same work on each of many videos, with a report at the end: nothing is skipped silently."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from play_fair.cli import counting
from play_fair.errors import UserError
from play_fair.files import make_folder
from play_fair.shards import Engine, Job, OnItems, Share, run_job


@dataclass(frozen=True)
class VideoTask(ABC):
    """What is to be done for one video. Keep it small, for it is pickled."""

    uid: str
    output: Path
    """File or folder that it makes, atomically."""

    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.output.exists()

    @abstractmethod
    def do(self) -> str | None:
        """Do it; returns the reason why it cannot be done, if so."""


@dataclass(frozen=True)
class VideosJob(Job[tuple[str, str | None]]):
    """A task for each video: the shards are the videos, and stay, as do the settings they were made with.

    It says of each why it could not be done, or None.
    """

    tasks: Sequence[VideoTask]

    def path(self, index: int) -> Path:
        """The output of the video's task."""
        return self.tasks[index].output

    def is_there(self, index: int) -> bool:
        """Whether the video's task is done."""
        return self.tasks[index].is_done()

    @property
    def kept_in(self) -> Path:
        """The output. Other runs may have put other videos there."""
        return self.output

    def write(self, indices: Iterator[int], device: str, on_items: OnItems) -> Iterator[tuple[str, str | None]]:
        """See `Job.write`."""
        for index in indices:
            reason = self.tasks[index].do()
            on_items(1)
            yield self.tasks[index].uid, reason


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


def run_tasks(
    tasks: Sequence[VideoTask],
    folder: Path,
    settings: Mapping[str, Any],
    description: str,
    engine: Engine,
    share: Share | None = None,
) -> BatchReport:
    """Do the tasks that are not done yet, whose outputs are all in `folder`, and show how far it is.

    Raises:
        UserError: what is in the folder was made with other settings, or another run writes into it.
    """
    make_folder(folder)
    job = VideosJob(folder, settings, [1] * len(tasks), tasks)
    done = run_job(job, engine, share, counting(description))
    failed = {uid: reason for uid, reason in done.written if reason is not None}
    return BatchReport(done.n_there + done.n_new, done.n_there, done.n_new - len(failed), failed)
