"""Gulp videos: decode each once and store its frames as JPEGs in chunks, as a job that can be stopped and resumed."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from play_fair.errors import UserError
from play_fair.files import locked, make_folder, write_json
from play_fair.jobs import (
    THIS_PROCESS,
    Bar,
    Engine,
    OnItems,
    Partition,
    no_bar,
    require_same_settings,
    run_locked_job,
    unfinished_settings,
)
from play_fair.labels import read_rows, write_classes_csv
from play_fair.videos.batch import BatchReport, Failures, VideosJob, VideoTask
from play_fair.videos.ffmpeg import BrokenVideoError, find_executable, iter_frames
from play_fair.videos.gulp import EncodedVideo, chunk_files, encode_frame, next_chunk, read_folder, write_chunk
from play_fair.videos.resize import resize_short_side
from play_fair.videos.split import LabelledVideo, Split


@dataclass(frozen=True)
class GulpSettings:
    """How frames are made; the same for all videos of a gulp folder."""

    frame_rate: float | None = 8.0
    """Frames per second; None: every frame of the video."""
    shorter_edge: int | None = None
    """Pixels to resize the shorter edge to; None: keep the size."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and not 0 < value < math.inf:
                raise UserError(f"expected a {name} of more than 0, got {value}")


@dataclass(frozen=True)
class _Chunk(VideoTask):
    """Videos to be written as one chunk, in this order."""

    number: int
    videos: Sequence[LabelledVideo]
    videos_dir: Path
    settings: GulpSettings

    def do(self, on_items: OnItems) -> Failures:
        failures: dict[str, str] = {}

        def encoded() -> Iterator[EncodedVideo]:
            for video in self.videos:
                try:
                    yield _encode(video, self.videos_dir / video.file, self.settings)
                except UserError as error:
                    failures[video.uid] = error.reason if isinstance(error, BrokenVideoError) else str(error)
                on_items(1)

        write_chunk(self.outputs[0].parent, self.number, encoded())
        return failures


def gulp_videos(
    videos: Sequence[LabelledVideo],
    videos_dir: Path,
    gulp_dir: Path,
    settings: GulpSettings = GulpSettings(),
    *,
    videos_per_chunk: int = 100,
    engine: Engine = THIS_PROCESS,
    partition: Partition | None = None,
    bar: Bar = no_bar,
) -> BatchReport:
    """Gulp those of `videos` that `gulp_dir` does not have yet, in their order, into new chunks.

    Chunks appear one by one, in any order; the finished folder is the same however often the job was stopped. Videos
    that fail are left out, and tried again by the next job.

    Args:
        engine: where the chunks are written.
        partition: write only this partition; see `run_job`.
        bar: shows the number of finished videos.

    Returns:
        The report, which is also written to gulp_dir/report.json.

    Raises:
        UserError: the videos folder is missing, another run writes to `gulp_dir`, it was made with other settings, or
            its unfinished job has other videos.
    """
    if videos_per_chunk < 1:
        raise UserError(f"expected at least one video per chunk, got {videos_per_chunk}")
    if not videos_dir.is_dir():
        raise UserError(f"expected a folder of videos at {videos_dir}, but there is none")
    for name in ("ffmpeg", "ffprobe"):
        find_executable(name)  # fail now, not in each process
    make_folder(gulp_dir)
    with locked(gulp_dir, shared=partition is not None):
        require_same_settings(gulp_dir / "settings.json", asdict(settings))
        job, n_skipped = _plan(videos, videos_dir, gulp_dir, settings, videos_per_chunk)
        report = BatchReport.of(run_locked_job(job, engine, partition, bar), n_skipped)
        if partition is None:
            write_json(gulp_dir / "report.json", asdict(report))
    return report


def gulp_split(
    split: Split,
    videos_dir: Path,
    gulp_dir: Path,
    settings: GulpSettings = GulpSettings(),
    *,
    videos_per_chunk: int = 100,
    engine: Engine = THIS_PROCESS,
    partition: Partition | None = None,
    bar: Bar = no_bar,
) -> BatchReport:
    """Gulp a split (see `gulp_videos`), and write its class names: classes.csv beside `gulp_dir`, label2idx.json in it.

    Raises:
        UserError: as `gulp_videos`; or classes.csv was made from other class names.
    """
    classes = gulp_dir.parent / "classes.csv"
    _check_classes(classes, split.class_ids)
    report = gulp_videos(
        split.videos,
        videos_dir,
        gulp_dir,
        settings,
        videos_per_chunk=videos_per_chunk,
        engine=engine,
        partition=partition,
        bar=bar,
    )
    if not classes.exists():
        write_classes_csv(classes, split.class_ids)
    write_json(gulp_dir / "label2idx.json", dict(split.class_ids))
    return report


def _check_classes(path: Path, class_ids: Mapping[str, int]) -> None:
    """Check that classes.csv, if it is there (from another split), has the same classes, in any order."""
    if not path.exists():
        return
    rows = {tuple(row) for _, row in read_rows(path)}
    if rows != {("name", "id"), *((name, str(class_id)) for name, class_id in class_ids.items())}:
        raise UserError(f"{path} has other classes than the labels now given; gulp into another dataset's folder")


def _plan(
    videos: Sequence[LabelledVideo], videos_dir: Path, gulp_dir: Path, settings: GulpSettings, videos_per_chunk: int
) -> tuple[VideosJob, int]:
    """The job that adds the missing videos to `gulp_dir`, and the number of videos that are there.

    Chunks are numbered after those of finished jobs. An unfinished job keeps the number of its first chunk.
    """
    candidate = next_chunk(gulp_dir)  # before reading the settings: a partition may start the job in between
    first_chunk = (unfinished_settings(gulp_dir) or {}).get("first_chunk", candidate)
    gulped = read_folder(gulp_dir, end=first_chunk)
    missing = [video for video in videos if video.uid not in gulped]
    chunks = [missing[start : start + videos_per_chunk] for start in range(0, len(missing), videos_per_chunk)]
    tasks = [
        _Chunk(f"{number:06d}", chunk_files(gulp_dir, number), number, chunk, videos_dir, settings)
        for number, chunk in enumerate(chunks, start=first_chunk)
    ]
    job_settings = {
        **asdict(settings),
        "videos_per_chunk": videos_per_chunk,
        "first_chunk": first_chunk,
        "videos": f"{len(missing)} ({sha256(repr(missing).encode()).hexdigest()[:16]})",
    }
    return VideosJob(gulp_dir, job_settings, [len(chunk) for chunk in chunks], tasks), len(videos) - len(missing)


def _encode(video: LabelledVideo, path: Path, settings: GulpSettings) -> EncodedVideo:
    """Decode a video and encode its frames as JPEGs.

    Raises:
        BrokenVideoError: it is missing, empty, cut short or does not decode.
        UserError: its frames are too narrow to be resized.
    """
    if not path.is_file():
        raise BrokenVideoError(path, f"missing: there is no {path}")
    edge = settings.shorter_edge
    jpegs = [
        encode_frame(frame if edge is None else resize_short_side(frame, edge))
        for frame in iter_frames(path, settings.frame_rate)
    ]
    return EncodedVideo(video.uid, {"id": video.uid, "label": video.template, "idx": video.class_id}, jpegs)
