"""Gulp folder -> one folder of JPEGs for each video."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from play_fair.files import atomic_path
from play_fair.videos.batch import BatchReport, VideoJob, run_batch
from play_fair.videos.gulp import GulpedVideo, decode_frame, encode_frame
from play_fair.videos.gulp_dataset import GulpVideoDataset
from play_fair.videos.uids import require_plain_uid


@dataclass(frozen=True)
class _Job(VideoJob):
    video: GulpedVideo
    folder: Path
    quality: int | None


def dump_frames(
    gulp_dir: Path,
    frames_dir: Path,
    *,
    quality: int | None = None,
    uids: Sequence[str] | None = None,
    n_workers: int = 0,
) -> BatchReport:
    """Write the frames of gulped videos as frames_dir/{uid}/frame_{index:06d}.jpg, index 0 first as in the results.

    Without `quality` the JPEGs are copied as they are stored; with it they are encoded anew. Of `uids` (default: all)
    those whose folder has all frames are left as they are. A folder appears when it is complete.

    Raises:
        UserError: `gulp_dir` is no gulp folder, or the id of a video in it is no plain file name.
    """
    dataset = GulpVideoDataset(gulp_dir)
    counts = dict(zip(dataset.uids, dataset.frame_counts.tolist(), strict=True))
    wanted = list(dict.fromkeys(dataset.uids if uids is None else uids))
    jobs = []
    for uid in wanted:
        folder = frames_dir / require_plain_uid(uid, gulp_dir)
        if uid in counts and sum(1 for _ in folder.glob("frame_*.jpg")) != counts[uid]:
            jobs.append(_Job(uid, dataset.video(uid), folder, quality))
    unknown = {uid: f"not in {gulp_dir}" for uid in wanted if uid not in counts}
    n_there = len(wanted) - len(unknown) - len(jobs)
    report = run_batch(_dump, jobs, "dumping frames", n_there=n_there, n_workers=n_workers)
    return replace(report, requested=len(wanted), failed={**unknown, **report.failed})


def _dump(job: _Job) -> str | None:
    if job.folder.exists():
        return f"{job.folder} has other files than the video's {len(job.video.frame_info)} frames; delete it first"
    jpegs = job.video.jpegs()
    for index, jpeg in enumerate(jpegs):
        try:
            frame = decode_frame(jpeg)  # even when the JPEG itself is copied: it may be broken
        except ValueError as error:
            return f"frame {index} does not decode: {error}"
        if job.quality is not None:
            jpegs[index] = encode_frame(frame, job.quality)
    with atomic_path(job.folder) as part:
        part.mkdir()
        for index, jpeg in enumerate(jpegs):
            (part / f"frame_{index:06d}.jpg").write_bytes(jpeg)
    return None
