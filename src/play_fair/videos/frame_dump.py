"""Gulp folder -> one folder of JPEGs for each video."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from play_fair.files import atomic_path
from play_fair.shards import THIS_PROCESS, Engine, Share
from play_fair.videos.batch import BatchReport, VideoTask, run_tasks
from play_fair.videos.gulp import GulpedVideo, decode_frame, encode_frame
from play_fair.videos.gulp_dataset import GulpVideoDataset
from play_fair.videos.uids import require_plain_uid


@dataclass(frozen=True)
class _Dump(VideoTask):
    video: GulpedVideo
    quality: int | None

    def is_done(self) -> bool:
        return sum(1 for _ in self.output.glob("frame_*.jpg")) == len(self.video.frame_info)

    def do(self) -> str | None:
        if self.output.exists():
            return (
                f"{self.output} has other files than the video's {len(self.video.frame_info)} frames; delete it first"
            )
        jpegs = self.video.jpegs()
        for index, jpeg in enumerate(jpegs):
            try:
                frame = decode_frame(jpeg)  # even when the JPEG itself is copied: it may be broken
            except ValueError as error:
                return f"frame {index} does not decode: {error}"
            if self.quality is not None:
                jpegs[index] = encode_frame(frame, self.quality)
        with atomic_path(self.output) as part:
            part.mkdir()
            for index, jpeg in enumerate(jpegs):
                (part / f"frame_{index:06d}.jpg").write_bytes(jpeg)
        return None


def dump_frames(
    gulp_dir: Path,
    frames_dir: Path,
    *,
    quality: int | None = None,
    uids: Sequence[str] | None = None,
    engine: Engine = THIS_PROCESS,
    share: Share | None = None,
) -> BatchReport:
    """Write the frames of gulped videos as frames_dir/{uid}/frame_{index:06d}.jpg, index 0 first as in the results.

    Without `quality` the JPEGs are copied as they are stored; with it they are encoded anew. Of `uids` (default: all)
    those whose folder has all frames are left as they are. A folder appears when it is complete.

    Args:
        engine: where the work is done.
        share: do this part of it only, see `run_job`.

    Raises:
        UserError: `gulp_dir` is no gulp folder, the id of a video in it is no plain file name, another run writes into
            `frames_dir`, or what is there was made with another quality.
    """
    dataset = GulpVideoDataset(gulp_dir)
    there = set(dataset.uids)
    wanted = list(dict.fromkeys(dataset.uids if uids is None else uids))
    tasks = [
        _Dump(uid, frames_dir / require_plain_uid(uid, gulp_dir), dataset.video(uid), quality)
        for uid in wanted
        if uid in there
    ]
    report = run_tasks(tasks, frames_dir, {"quality": quality}, "dumping frames", engine, share)
    unknown = {uid: f"not in {gulp_dir}" for uid in wanted if uid not in there}
    return replace(report, requested=report.requested + len(unknown), failed={**unknown, **report.failed})
