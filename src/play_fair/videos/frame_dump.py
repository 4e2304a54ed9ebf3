"""Write the frames of gulped videos as JPEG files, one folder for each video."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from play_fair.errors import UserError
from play_fair.files import atomic_path
from play_fair.jobs import THIS_PROCESS, Bar, Engine, OnItems, Partition, no_bar
from play_fair.videos.batch import BatchReport, Failures, VideoTask, run_tasks
from play_fair.videos.gulp import GulpedVideo, decode_frame, encode_frame
from play_fair.videos.gulp_dataset import GulpVideoDataset
from play_fair.videos.uids import require_plain_uid


@dataclass(frozen=True)
class _Dump(VideoTask):
    video: GulpedVideo
    quality: int | None

    def is_done(self) -> bool:
        (folder,) = self.outputs
        return sum(1 for _ in folder.glob("frame_*.jpg")) == len(self.video.frame_info)

    def do(self, on_items: OnItems) -> Failures:
        reason = self._failure()
        on_items(1)
        return {} if reason is None else {self.name: reason}

    def _failure(self) -> str | None:
        """Write the frames; return the reason of a failure."""
        (folder,) = self.outputs
        if folder.exists():
            return f"{folder} has other files than the video's {len(self.video.frame_info)} frames; delete it first"
        try:
            jpegs = self.video.jpegs()
        except UserError as error:
            return str(error)
        for index, jpeg in enumerate(jpegs):
            try:
                frame = decode_frame(jpeg)  # even when the JPEG itself is copied: it may be broken
            except ValueError as error:
                return f"frame {index} does not decode: {error}"
            if self.quality is not None:
                jpegs[index] = encode_frame(frame, self.quality)
        with atomic_path(folder) as part:
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
    partition: Partition | None = None,
    bar: Bar = no_bar,
) -> BatchReport:
    """Write the frames of gulped videos as frames_dir/{uid}/frame_{index:06d}.jpg; index 0 is the first.

    A folder appears when it is complete. Folders that have all frames are kept.

    Args:
        quality: of the JPEGs, encoded again; None: copy them as they are stored.
        uids: videos to write; default: all.
        engine: where the videos are written.
        partition: write only this partition; see `run_job`.
        bar: shows the number of finished videos.

    Raises:
        UserError: `gulp_dir` is no gulp folder, a uid in it is no plain file name, another run writes into
            `frames_dir`, or `frames_dir` was made with another quality.
    """
    dataset = GulpVideoDataset(gulp_dir)
    gulped = set(dataset.uids)
    wanted = list(dict.fromkeys(dataset.uids if uids is None else uids))
    tasks = [
        _Dump(uid, [frames_dir / require_plain_uid(uid, gulp_dir)], dataset.video(uid), quality)
        for uid in wanted
        if uid in gulped
    ]
    report = run_tasks(tasks, frames_dir, {"quality": quality}, engine, partition, bar)
    unknown = {uid: f"not in {gulp_dir}" for uid in wanted if uid not in gulped}
    return replace(report, requested=report.requested + len(unknown), failed={**unknown, **report.failed})
