"""Jobs on videos whose shards stay in the output folder, with a report of the videos that failed."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from play_fair.errors import UserError
from play_fair.files import locked, make_folder, remove
from play_fair.jobs import Bar, Engine, Job, OnItems, Partition, Run, require_same_settings, run_locked_job

SETTINGS = ".settings.json"
"""Name of the file with the settings of a folder of outputs."""

Failures = Mapping[str, str]
"""uid -> reason."""


@dataclass(frozen=True)
class VideoTask(ABC):
    """Work on one or more videos. It is pickled, so keep it small."""

    name: str
    """Unique in the output folder."""
    outputs: Sequence[Path]
    """Files or folders in the output folder, each made atomically."""

    def is_done(self) -> bool:
        """Whether an earlier, finished job has made the outputs."""
        return False

    @abstractmethod
    def do(self, on_items: OnItems) -> Failures:
        """Make the outputs; call `on_items(1)` after each video. Return the videos that failed."""


@dataclass(frozen=True)
class VideosJob(Job[Failures]):
    """One shard for each task; its result is the failures of the task."""

    tasks: Sequence[VideoTask]

    def name(self, index: int) -> str:
        """The name of the task."""
        return self.tasks[index].name

    def files(self, index: int) -> Sequence[Path]:
        """The outputs of the task."""
        return self.tasks[index].outputs

    def is_there(self, index: int) -> bool:
        """Whether an earlier job has done the task."""
        return self.tasks[index].is_done()

    def write(self, indices: Iterator[int], device: str, on_items: OnItems) -> Iterator[tuple[int, Failures]]:
        """See `Job.write`."""
        for index in indices:
            yield index, self.tasks[index].do(on_items)


@dataclass(frozen=True)
class BatchReport:
    """Counts and failures of one run."""

    requested: int
    already_there: int
    added: int
    failed: Failures

    @classmethod
    def of(cls, run: Run[Failures], n_skipped: int = 0) -> "BatchReport":
        """The report of a run.

        Args:
            n_skipped: videos that earlier jobs had finished.
        """
        before, new = (
            {uid: why for failures in each for uid, why in failures.items()} for each in (run.there, run.new)
        )
        return cls(
            requested=n_skipped + run.n_there + run.n_new,
            already_there=n_skipped + run.n_there - len(before),
            added=run.n_new - len(new),
            failed={**before, **new},
        )

    def show(self, output: Path) -> None:
        """Print the counts, each failure and, in the last line, the path of the output."""
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
    engine: Engine,
    partition: Partition | None,
    bar: Bar,
) -> BatchReport:
    """Do the tasks, of one video each, whose outputs are not in `folder` yet.

    The settings are kept in folder/`SETTINGS`.

    Raises:
        UserError: `folder` has videos made with other settings, or another run writes into it.
    """
    make_folder(folder)
    with locked(folder, shared=partition is not None):
        noted = folder / SETTINGS
        if partition is None and not any(folder.glob("[!.]*")):
            remove(noted)
        require_same_settings(noted, settings)
        return BatchReport.of(
            run_locked_job(VideosJob(folder, settings, [1] * len(tasks), tasks), engine, partition, bar)
        )
