"""Dataset of the videos in a gulp folder: uids, class ids, frames."""

from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from play_fair.arrays import FrameIndices, Frames, Labels, SequenceLengths
from play_fair.errors import UserError, shown
from play_fair.videos.gulp import GulpedVideo, decode_frame, read_folder

MAX_CLASS_ID = 10**9
"""Classes are numbered from 0."""


class GulpVideoDataset:
    """The videos of a gulp folder. No file is kept open: it can be pickled, forked and shared between threads.

    Raises:
        UserError: the folder is missing, has no video, or a chunk in it is broken.
    """

    def __init__(self, gulp_dir: Path | str) -> None:
        self.gulp_dir = Path(gulp_dir)
        self._videos = read_folder(gulp_dir)
        if not self._videos:
            raise UserError(f"expected gulped videos in {gulp_dir}, but it has none; gulp some with 01_gulp_ssv2.py")

    def __len__(self) -> int:
        return len(self._videos)

    @cached_property
    def uids(self) -> list[str]:
        """Ids of the videos, in the order of the chunks."""
        return list(self._videos)

    @cached_property
    def frame_counts(self) -> SequenceLengths:
        """Frames of each video, in the order of `uids`."""
        return np.array([len(video.frame_info) for video in self._videos.values()], dtype=np.int64)

    @cached_property
    def labels(self) -> Labels:
        """Class id of each video, in the order of `uids`; -1 in a split without labels.

        Raises:
            UserError: a video was gulped without its class id `idx`.
        """
        for uid, video in self._videos.items():
            idx = video.meta.get("idx")
            if not isinstance(idx, int) or abs(idx) > MAX_CLASS_ID:
                raise UserError(
                    f"expected the class id 'idx' of video {uid} in {self.gulp_dir}, got {shown(video.meta)}"
                )
        return np.array([video.meta["idx"] for video in self._videos.values()], dtype=np.int64)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the uids and of position and size of every frame."""
        digest = sha256()
        for uid, video in self._videos.items():
            digest.update(f"{uid} {video.data.name}\n".encode())
            digest.update(video.frame_info.astype("<i8").tobytes())
        return digest.hexdigest()

    def frames(self, uid: str, indices: FrameIndices | None = None) -> Frames:
        """Frames of a video, uint8 (T, H, W, 3) RGB: all of them, or only those at `indices`.

        Raises:
            UserError: there is no such video, or a frame of it is broken.
            IndexError: it has fewer frames.
        """
        video = self.video(uid)
        jpegs = video.jpegs()
        try:
            return np.stack(
                [decode_frame(jpegs[index]) for index in (range(len(jpegs)) if indices is None else indices)]
            )
        except ValueError as error:
            raise UserError(f"cannot decode video {uid} of {video.data}: {error}; gulp it again") from error

    def video(self, uid: str) -> GulpedVideo:
        """Location of a video's frames.

        Raises:
            UserError: there is no such video.
        """
        if uid not in self._videos:
            raise UserError(f"expected a video of {self.gulp_dir}, which has {len(self)}, got the id {uid!r}")
        return self._videos[uid]
