"""Frames of videos -> features: a backbone that never waits for the next picture.

Frames are decoded, resized and cropped, then normalised and embedded in full batches, whichever videos they come from.
Where a device of its own does the latter, processes that decode run ahead of it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import UInt8
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from play_fair.arrays import Frames, Labels
from play_fair.errors import UserError
from play_fair.jobs import n_cores
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

    @property
    def fingerprint(self) -> str:
        """Differs where the frames of a video differ."""

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
        decoders: processes that decode; 0 decodes in this one, best where the cores are the device.
        amp: float16 where that is safe, on CUDA: faster, with features good to about three digits.

    Raises:
        UserError: a number is out of range, or the device cannot do what is asked.
    """

    backbone: nn.Module
    preprocess: Preprocess
    device: torch.device
    batch_size: int = 64
    decoders: int = 0
    amp: bool = False

    def __post_init__(self) -> None:
        if self.batch_size < 1 or self.decoders < 0:
            raise UserError(
                f"expected a batch size of 1 or more and 0 or more decoders, got {self.batch_size} and {self.decoders}"
            )
        if self.amp and self.device.type != "cuda":
            raise UserError(f"expected a CUDA device for mixed precision, got {self.device}; leave out --amp")

    def features(
        self, videos: Videos, groups: Iterable[Sequence[str]], on_video: Callable[[], object] = lambda: None
    ) -> Iterator[list[FrameFeatures]]:
        """Features (T, D) float32 on the device of the videos with these uids, one list for each group of them.

        No batch has frames of two groups: the features of a group are the same to the bit, whatever came before it.

        Args:
            groups: none empty; asked for as the decoders get to them.
            on_video: called for each video on its way, for progress.

        Raises:
            UserError: a video cannot be decoded or has no frames.
        """
        # Pictures come with their channels last, and convolutions are fastest when weights do too.
        self.backbone.to(self.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        sizes: deque[int] = deque()  # of the groups whose first video has been asked for

        def uids() -> Iterator[str]:
            for group in groups:
                sizes.append(len(group))
                yield from group

        clips = _announced(self._decoded(videos, uids()), on_video)
        for first in clips:
            yield self._embed(chain([first], islice(clips, sizes.popleft() - 1)))

    @torch.no_grad()
    def embed(self, pictures: Pictures) -> FrameEmbeddings:
        """Features of one batch of pictures, all on the device; the backbone must be there too, in evaluation mode."""
        with torch.autocast(self.device.type, torch.float16, enabled=self.amp):
            return self.backbone(self.preprocess.normalise(pictures)).float()

    def _embed(self, clips: Iterable[Clip]) -> list[FrameFeatures]:
        lengths: list[int] = []

        def arriving() -> Iterator[Clip]:
            for clip in clips:
                lengths.append(len(clip))
                yield clip.to(self.device, non_blocking=True)

        embedded = [self.embed(batch) for batch in packed(arriving(), self.batch_size)]
        return list(torch.cat(embedded).split(lengths))

    def _decoded(self, videos: Videos, uids: Iterator[str]) -> Iterator[Clip]:
        """The videos, decoded ahead of their use; the decoders start with the first and end with the last."""
        loader = DataLoader(
            _Clips(videos, self.preprocess),
            batch_size=None,
            sampler=_Once(uids),
            num_workers=self.decoders,
            pin_memory=self.device.type == "cuda",
        )
        for item in loader:
            if isinstance(item, UserError):
                raise item
            yield item


def default_decoders(n_devices: int) -> int:
    """Decoding processes for each of `n_devices`: the cores, divided, but no more than one device can use."""
    return max(1, min(n_cores() // n_devices, 8))


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


class _Once(Iterable[str]):
    """The uids to load, as they are asked for: a sampler for the loader, which looks no further ahead than it must."""

    def __init__(self, uids: Iterator[str]) -> None:
        self._uids = uids

    def __iter__(self) -> Iterator[str]:
        return self._uids


class _Clips(Dataset[Any]):
    """What is decoded; errors for people are handed over as they are, without a decoder's traceback."""

    def __init__(self, videos: Videos, preprocess: Preprocess) -> None:
        self.videos, self.preprocess = videos, preprocess

    def __getitem__(self, uid: str) -> Clip | UserError:
        try:
            frames = self.videos.frames(uid)
            if len(frames) == 0:
                raise UserError(f"expected at least one frame in video {uid}, got none")
            return torch.from_numpy(self.preprocess.resize_and_crop(frames))
        except UserError as error:
            return error


def _announced(items: Iterator[Clip], on_item: Callable[[], object]) -> Iterator[Clip]:
    for item in items:
        on_item()
        yield item
