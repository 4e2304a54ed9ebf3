"""Gulping: decode videos once and store their frames as JPEGs in chunks, several processes at a time.

Nothing is skipped silently: what cannot be gulped is told with its reason, in report.json of the gulp folder.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from play_fair.cli import progress
from play_fair.errors import UserError
from play_fair.files import locked, make_folder, read_json, write_json
from play_fair.labels import write_classes_csv
from play_fair.shards import map_in_processes
from play_fair.videos.batch import BatchReport
from play_fair.videos.ffmpeg import BrokenVideoError, find_executable, iter_frames
from play_fair.videos.gulp import (
    EncodedVideo,
    chunk_number,
    encode_frame,
    read_folder,
    remove_unfinished,
    write_chunk,
)
from play_fair.videos.resize import resize_short_side
from play_fair.videos.split import LabelledVideo, Split


@dataclass(frozen=True)
class GulpSettings:
    """How frames are made; one gulp folder has one way."""

    frame_rate: float | None = 8.0
    """Frames per second; None: every frame of the video."""
    shorter_edge: int | None = None
    """Pixels to resize the shorter edge to; None: as the video has it."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and not 0 < value < math.inf:
                raise UserError(f"expected a {name} of more than 0, got {value}")


@dataclass(frozen=True)
class _Job:
    """What one process needs to gulp one video."""

    index: int
    video: LabelledVideo
    path: Path
    settings: GulpSettings


def gulp_videos(
    videos: Sequence[LabelledVideo],
    videos_dir: Path,
    gulp_dir: Path,
    settings: GulpSettings = GulpSettings(),
    *,
    videos_per_chunk: int = 100,
    n_workers: int = 0,
) -> BatchReport:
    """Gulp those of `videos` that `gulp_dir` does not have yet; `n_workers` 0: one a core.

    Chunks follow the order of `videos` and appear one by one: a run killed at any moment loses at most the chunks in
    work, and the next one goes on. What went wrong is in the report, which is also written to gulp_dir/report.json.

    Raises:
        UserError: the videos folder is missing, another run writes to `gulp_dir`, or it was made with other settings.
    """
    if videos_per_chunk < 1:
        raise UserError(f"expected at least one video per chunk, got {videos_per_chunk}")
    if n_workers < 0:
        raise UserError(f"expected 0 or more worker processes, got {n_workers}")
    if not videos_dir.is_dir():
        raise UserError(f"expected a folder of videos at {videos_dir}, but there is none")
    for name in ("ffmpeg", "ffprobe"):
        find_executable(name)  # fail now, not in each process
    make_folder(gulp_dir)
    with locked(gulp_dir):
        _claim(gulp_dir, settings)
        remove_unfinished(gulp_dir)
        there = read_folder(gulp_dir)
        wanted = [video for video in videos if video.uid not in there]
        jobs = [_Job(index, video, videos_dir / video.file, settings) for index, video in enumerate(wanted)]
        failed = _encode_all(jobs, gulp_dir, videos_per_chunk, n_workers, n_there=len(videos) - len(wanted))
        report = BatchReport(
            requested=len(videos),
            already_there=len(videos) - len(wanted),
            added=len(wanted) - len(failed),
            failed=failed,
        )
        write_json(gulp_dir / "report.json", asdict(report))
    return report


def gulp_split(
    split: Split,
    videos_dir: Path,
    gulp_dir: Path,
    settings: GulpSettings = GulpSettings(),
    *,
    videos_per_chunk: int = 100,
    n_workers: int = 0,
) -> BatchReport:
    """Gulp a split (see `gulp_videos`), and write its class names: classes.csv beside `gulp_dir`, label2idx.json in it.

    Raises:
        UserError: as `gulp_videos`; or classes.csv was made from other class names.
    """
    classes = gulp_dir.parent / "classes.csv"
    _check_classes(classes, split.class_ids)
    report = gulp_videos(
        split.videos, videos_dir, gulp_dir, settings, videos_per_chunk=videos_per_chunk, n_workers=n_workers
    )
    if not classes.exists():
        write_classes_csv(classes, split.class_ids)
    write_json(gulp_dir / "label2idx.json", dict(split.class_ids))
    return report


def _check_classes(path: Path, class_ids: Mapping[str, int]) -> None:
    """Check that classes.csv, if it is there (from another split), has the same classes, in any order."""
    if not path.exists():
        return
    with path.open(newline="", encoding="utf-8") as file:
        rows = {tuple(row) for row in csv.reader(file)}
    if rows != {("name", "id"), *((name, str(class_id)) for name, class_id in class_ids.items())}:
        raise UserError(f"{path} has other classes than the labels now given; gulp into another dataset's folder")


def _claim(gulp_dir: Path, settings: GulpSettings) -> None:
    """Note the settings of a new gulp folder; refuse to mix others into an old one."""
    path = gulp_dir / "settings.json"
    if not path.exists():
        write_json(path, asdict(settings))
    elif (before := read_json(path)) != asdict(settings):
        raise UserError(f"{gulp_dir} was gulped with {before}, now {asdict(settings)} is asked for; use another folder")


def _encode_all(
    jobs: Sequence[_Job], gulp_dir: Path, videos_per_chunk: int, n_workers: int, n_there: int
) -> dict[str, str]:
    """Encode in processes, write each chunk when its videos are ready; uid -> reason of those that failed."""
    first_chunk = max((chunk_number(path) + 1 for path in gulp_dir.glob("meta*.gmeta")), default=0)
    chunks = [jobs[start : start + videos_per_chunk] for start in range(0, len(jobs), videos_per_chunk)]
    encoded: list[dict[int, EncodedVideo]] = [{} for _ in chunks]
    n_waiting = [len(chunk) for chunk in chunks]
    failed: dict[str, str] = {}
    results = map_in_processes(_encode, jobs, n_workers)
    for job, outcome in progress(results, "gulping", total=n_there + len(jobs), initial=n_there):
        chunk = job.index // videos_per_chunk
        if isinstance(outcome, EncodedVideo):
            encoded[chunk][job.index] = outcome
        else:
            failed[job.video.uid] = outcome
        n_waiting[chunk] -= 1
        if not n_waiting[chunk] and encoded[chunk]:
            write_chunk(gulp_dir, first_chunk + chunk, [video for _, video in sorted(encoded[chunk].items())])
            encoded[chunk].clear()
    return failed


def _encode(job: _Job) -> EncodedVideo | str:
    """The video as JPEGs, or the reason why not."""
    if not job.path.is_file():
        return f"missing: there is no {job.path}"
    edge = job.settings.shorter_edge
    try:
        jpegs = [
            encode_frame(frame if edge is None else resize_short_side(frame, edge))
            for frame in iter_frames(job.path, job.settings.frame_rate)
        ]
    except BrokenVideoError as error:
        return error.reason
    meta: dict[str, str | int] = {"id": job.video.uid, "label": job.video.template, "idx": job.video.class_id}
    return EncodedVideo(job.video.uid, meta, jpegs)
