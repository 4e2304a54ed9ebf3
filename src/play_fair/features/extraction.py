"""Frames of videos -> features: a backbone that never waits for the next picture.

Worker processes decode, resize and crop. A device of its own then normalises and embeds full batches of frames,
whichever videos they come from; on a CPU the workers do that themselves.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import UInt8
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from play_fair.arrays import Frames, Labels
from play_fair.errors import UserError
from play_fair.shards import n_cores
from play_fair.tensors import FrameEmbeddings, FrameFeatures, Images, Pictures

Clip = UInt8[Tensor, "_T _H _W 3"]
"""Frames of one video as the backbone shall see them, but for normalisation."""


@runtime_checkable
class Videos(Protocol):
    """Videos with their class ids, in the order of uids."""

    @property
    def uids(self) -> list[str]: ...

    @property
    def labels(self) -> Labels: ...

    def frames(self, uid: str) -> Frames: ...


@runtime_checkable
class Preprocess(Protocol):
    """What a backbone wants done to frames: the geometry once on the CPU, the arithmetic on the device."""

    def resize_and_crop(self, frames: Frames) -> Frames: ...

    def normalise(self, pictures: Pictures) -> Images: ...


@dataclass(frozen=True)
class FeatureExtractor:
    """A backbone with all that is needed to run it on videos.

    Attributes:
        batch_size: frames the backbone sees at once.
        num_workers: processes that decode; 0 decodes in this one.
        workers_embed: the workers run the backbone too, each on one core and its own videos. The best use of a CPU:
            threads that share a small picture mostly wait for each other.
        amp: float16 where that is safe, on CUDA: faster, with features good to about three digits.

    Raises:
        UserError: a number is out of range, or the device cannot do what is asked.
    """

    backbone: nn.Module
    preprocess: Preprocess
    device: torch.device
    batch_size: int = 64
    num_workers: int = 0
    workers_embed: bool = False
    amp: bool = False

    def __post_init__(self) -> None:
        if self.batch_size < 1 or self.num_workers < 0:
            raise UserError(
                "expected a batch size of 1 or more and 0 or more workers, "
                f"got {self.batch_size} and {self.num_workers}"
            )
        if self.workers_embed and self.device.type != "cpu":
            raise UserError(f"expected the CPU for a backbone in the worker processes, got {self.device}")
        if self.amp and self.device.type != "cuda":
            raise UserError(f"expected a CUDA device for mixed precision, got {self.device}; leave out --amp")

    def features(
        self, videos: Videos, groups: Sequence[Sequence[str]], on_video: Callable[[], object] = lambda: None
    ) -> Iterator[list[FrameFeatures]]:
        """Features (T, D) float32 on the device of the videos with these uids, one list for each group of them.

        No batch has frames of two groups: the features of a group are the same to the bit, whatever came before it.

        Args:
            on_video: called for each video on its way, for progress.

        Raises:
            UserError: a video cannot be decoded or has no frames.
        """
        # Pictures come with their channels last, and convolutions are fastest when weights do too.
        self.backbone.to(self.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        uids = [uid for group in groups for uid in group]
        if self.workers_embed:
            features = _announced(self._loaded(videos, uids, self._embed_clip), on_video)
            yield from (list(islice(features, len(group))) for group in groups)
        else:
            clips = _announced(self._loaded(videos, uids, _unchanged), on_video)
            yield from (self._embed_packed(islice(clips, len(group))) for group in groups)

    @torch.no_grad()
    def embed(self, pictures: Pictures) -> FrameEmbeddings:
        """Features of one batch of pictures, all on the device; the backbone must be there too, in evaluation mode."""
        with torch.autocast(self.device.type, torch.float16, enabled=self.amp):
            return self.backbone(self.preprocess.normalise(pictures)).float()

    def _embed_clip(self, clip: Clip) -> FrameFeatures:
        return torch.cat([self.embed(batch) for batch in clip.split(self.batch_size)])

    def _embed_packed(self, clips: Iterable[Clip]) -> list[FrameFeatures]:
        lengths: list[int] = []

        def arriving() -> Iterator[Clip]:
            for clip in clips:
                lengths.append(len(clip))
                yield clip.to(self.device, non_blocking=True)

        embedded = [self.embed(batch) for batch in packed(arriving(), self.batch_size)]
        return list(torch.cat(embedded).split(lengths))

    def _loaded(self, videos: Videos, uids: Sequence[str], finish: Callable[[Clip], Tensor]) -> Iterator[Tensor]:
        """finish(clip) of each video, made by the workers, which start with the first and end with the last."""
        loader = DataLoader(
            _Clips(videos, uids, self.preprocess, finish),
            batch_size=None,
            num_workers=self.num_workers,
            pin_memory=self.device.type == "cuda",
        )
        for item in loader:
            if isinstance(item, UserError):
                raise item
            yield item


def default_num_workers() -> int:
    """A process for each core, but no more than one device can use."""
    return min(n_cores(), 8)


def packed(clips: Iterable[Clip], batch_size: int) -> Iterator[Pictures]:
    """The frames of all clips end to end, cut into batches of `batch_size`; the last may be smaller.

    A clip whose pictures have another size begins a new batch.
    """
    waiting: list[Tensor] = []
    n_waiting = 0
    for clip in clips:
        if waiting and waiting[0].shape[1:] != clip.shape[1:]:
            yield torch.cat(waiting)
            waiting, n_waiting = [], 0
        waiting.append(clip)
        n_waiting += len(clip)
        if n_waiting >= batch_size:
            *full, rest = torch.cat(waiting).tensor_split(list(range(batch_size, n_waiting + 1, batch_size)))
            yield from full
            waiting, n_waiting = ([rest] if len(rest) else []), len(rest)
    if waiting:
        yield torch.cat(waiting)


class _Clips(Dataset[Any]):
    """What the workers make; errors for people are handed over as they are, without a worker's traceback."""

    def __init__(
        self, videos: Videos, uids: Sequence[str], preprocess: Preprocess, finish: Callable[[Clip], Tensor]
    ) -> None:
        self.videos, self.uids, self.preprocess, self.finish = videos, uids, preprocess, finish

    def __len__(self) -> int:
        return len(self.uids)

    def __getitem__(self, index: int) -> Tensor | UserError:
        uid = self.uids[index]
        try:
            frames = self.videos.frames(uid)
            if len(frames) == 0:
                raise UserError(f"expected at least one frame in video {uid}, got none")
            return self.finish(torch.from_numpy(self.preprocess.resize_and_crop(frames)))
        except UserError as error:
            return error


def _unchanged(clip: Clip) -> Clip:
    return clip


def _announced(items: Iterator[Tensor], on_item: Callable[[], object]) -> Iterator[Tensor]:
    for item in items:
        on_item()
        yield item
