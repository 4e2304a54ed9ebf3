"""A video file, decoded once through, and the frames that a model is to see of it."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64
from PIL import Image

from play_fair.arrays import Frame, FrameIndices
from play_fair.errors import UserError
from play_fair.explanation import Explanation
from play_fair.frame_sampling import ALL_FRAMES, uniform_frame_indices
from play_fair.videos.ffmpeg import iter_frames, probe
from play_fair.videos.gulp import decode_frame, encode_frame
from play_fair.videos.preview import make_preview

MOST_FRAMES = 512
"""More are not explained one by one: it would take a multi-scale model many minutes."""

_THUMBNAIL_SIZE = (240, 160)


@dataclass(frozen=True)
class Clip:
    """A video that can be explained."""

    uid: str
    """Its name in the results: a plain file name."""
    source: Path
    preview: Path
    """A small webm of all its frames at one rate, for pages."""
    n_video_frames: int
    """Frames that decode: T."""
    frame_rate: float
    """Frames per second, in the mean."""
    steady: bool
    """Whether that rate is the same throughout."""
    damage: str | None
    """What its decoder complains of."""
    frame_idxs: FrameIndices
    """Frames the model sees: n of T."""

    @property
    def seconds(self) -> Float64[np.ndarray, " n"]:
        """When the model's frames begin, at an even rate."""
        return self.frame_idxs / self.frame_rate

    def frames(self) -> Iterator[Frame]:
        """Yield the model's frames in time order at full size: shrink each before the next, for 8K has 100 MB a frame.

        They have passed through a gulp folder's JPEGs, as the frames of a dataset have: the same file gives the same
        features here and there.

        Raises:
            BrokenVideoError: the file has changed since it was opened.
        """
        everything = len(self.frame_idxs) == self.n_video_frames
        frames = iter_frames(self.source, only=None if everything else self.frame_idxs.tolist())
        return (decode_frame(encode_frame(frame)) for frame in frames)


def open_clip(
    source: Path,
    preview: Path,
    uid: str,
    n_frames: int,
    on_frame: Callable[[int, int], object] = lambda done, total: None,
) -> Clip:
    """Decode a video into its preview, and choose the frames that the model is to see, spread evenly.

    Args:
        n_frames: how many; a shorter video gives all it has. Or `ALL_FRAMES`.
        on_frame: see `make_preview`.

    Raises:
        UserError: there is no such file, or every frame is asked of a video with more than `MOST_FRAMES`.
        BrokenVideoError: it does not decode.
    """
    if n_frames == ALL_FRAMES and (there := probe(source).n_frames) > MOST_FRAMES:
        raise UserError(f"expected at most {MOST_FRAMES} frames to explain, but it has {there:,}; sample fewer of them")
    made = make_preview(source, preview, on_frame)
    wanted = made.n_frames if n_frames == ALL_FRAMES else min(n_frames, made.n_frames)
    return Clip(
        uid=uid,
        source=source,
        preview=preview,
        n_video_frames=made.n_frames,
        frame_rate=made.frame_rate,
        steady=made.steady,
        damage=made.damage,
        frame_idxs=uniform_frame_indices(made.n_frames, wanted),
    )


def clip_of_results(explanation: Explanation, video: Path, uid: str, frame_rate: float) -> Clip:
    """Return the clip of a webm whose frames are those that the results count.

    Args:
        explanation: from a results file, with `n_video_frames` in its info.
        frame_rate: of the webm, in frames per second.
    """
    return Clip(
        uid=uid,
        source=video,
        preview=video,
        n_video_frames=explanation.info["n_video_frames"],
        frame_rate=frame_rate,
        steady=True,
        damage=None,
        frame_idxs=np.array(explanation.frame_idxs),
    )


def thumbnail(frame: Frame) -> bytes:
    """The frame as a small JPEG."""
    image = Image.fromarray(frame)
    image.thumbnail(_THUMBNAIL_SIZE)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=80, optimize=True)
    return content.getvalue()
