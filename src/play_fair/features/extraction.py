"""Compute features of the frames of videos in full batches, across the borders of videos.

Frames are decoded, resized and cropped on the CPU, optionally by decoder processes that run ahead, then normalised and
embedded on the device of the backbone.
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

VideoPictures = UInt8[Tensor, "_T _H _W 3"]
"""Frames of one video, resized and cropped but not normalised."""


@runtime_checkable
class FrameSource(Protocol):
    """The frames and class ids of videos, in the order of uids."""

    @property
    def uids(self) -> list[str]: ...

    @property
    def labels(self) -> Labels: ...

    @property
    def fingerprint(self) -> str:
        """A hash that changes with any frame of any video."""

    def frames(self, uid: str) -> Frames: ...


@runtime_checkable
class Preprocessing(Protocol):
    """Preprocessing of a backbone: resizing on the CPU, normalisation on the device."""

    def resize_and_crop(self, frames: Frames) -> Frames: ...

    def normalise(self, pictures: Pictures) -> Images: ...


@dataclass(frozen=True)
class FeatureExtractor:
    """A backbone with its preprocessing and device.

    Attributes:
        batch_size: frames in one batch.
        decoders: number of decoder processes; 0: decode in this process, best on a CPU.
        amp: automatic mixed precision (float16) on CUDA: faster; features have about three digits.

    Raises:
        UserError: a number is out of range, or `amp` without CUDA.
    """

    backbone: nn.Module
    preprocess: Preprocessing
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
        self, videos: FrameSource, groups: Iterable[Sequence[str]], on_video: Callable[[], object] = lambda: None
    ) -> Iterator[list[FrameFeatures]]:
        """Yield a list of features (T, D) float32, on the device, for each group of uids.

        No batch has frames of two groups: the features of a group do not depend on other groups, to the bit.

        Args:
            groups: not empty; consumed as the decoders need them.
            on_video: called when a video is decoded, for progress.

        Raises:
            UserError: a video cannot be decoded or has no frames.
        """
        # Pictures are in channels-last layout, and convolutions are fastest when the weights are, too.
        self.backbone.to(self.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        sizes: deque[int] = deque()  # of the groups whose decoding has started

        def uids() -> Iterator[str]:
            for group in groups:
                sizes.append(len(group))
                yield from group

        decoded = _counted(self._decoded(videos, uids()), on_video)
        for first in decoded:
            yield self._embed(chain([first], islice(decoded, sizes.popleft() - 1)))

    @torch.no_grad()
    def embed(self, pictures: Pictures) -> FrameEmbeddings:
        """Features of one batch of pictures on the device. The backbone must be there, in evaluation mode."""
        with torch.autocast(self.device.type, torch.float16, enabled=self.amp):
            return self.backbone(self.preprocess.normalise(pictures)).float()

    def _embed(self, videos: Iterable[VideoPictures]) -> list[FrameFeatures]:
        lengths: list[int] = []

        def arriving() -> Iterator[VideoPictures]:
            for pictures in videos:
                lengths.append(len(pictures))
                yield pictures.to(self.device, non_blocking=True)

        embedded = [self.embed(batch) for batch in packed(arriving(), self.batch_size)]
        return list(torch.cat(embedded).split(lengths))

    def _decoded(self, videos: FrameSource, uids: Iterator[str]) -> Iterator[VideoPictures]:
        """Decode videos ahead of their use; the decoder processes live as long as the iterator."""
        loader = DataLoader(
            _DecodedVideos(videos, self.preprocess),
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
    """Decoder processes for each of `n_devices`: the cores divided by the devices, at most 8."""
    return max(1, min(n_cores() // n_devices, 8))


def packed(videos: Iterable[VideoPictures], batch_size: int) -> Iterator[Pictures]:
    """Concatenate the frames of all videos and yield batches of `batch_size`; the last may be smaller.

    A video with another picture size starts a new batch.
    """
    waiting: list[Tensor] = []
    n_waiting = 0
    for pictures in videos:
        if waiting and waiting[0].shape[1:] != pictures.shape[1:]:
            yield torch.cat(waiting)
            waiting, n_waiting = [], 0
        waiting.append(pictures)
        n_waiting += len(pictures)
        if n_waiting >= batch_size:
            *full, rest = torch.cat(waiting).tensor_split(list(range(batch_size, n_waiting + 1, batch_size)))
            yield from full
            waiting, n_waiting = ([rest] if len(rest) else []), len(rest)
    if waiting:
        yield torch.cat(waiting)


class _Once(Iterable[str]):
    """A sampler of uids that consumes its iterator lazily."""

    def __init__(self, uids: Iterator[str]) -> None:
        self._uids = uids

    def __iter__(self) -> Iterator[str]:
        return self._uids


class _DecodedVideos(Dataset[Any]):
    """Decoded videos. UserErrors are returned, since the loader would wrap raised ones in a traceback."""

    def __init__(self, videos: FrameSource, preprocess: Preprocessing) -> None:
        self.videos, self.preprocess = videos, preprocess

    def __getitem__(self, uid: str) -> VideoPictures | UserError:
        try:
            frames = self.videos.frames(uid)
        except UserError as error:
            return error
        if len(frames) == 0:
            return UserError(f"expected at least one frame in video {uid}, got none")
        try:
            return torch.from_numpy(self.preprocess.resize_and_crop(frames))
        except UserError as error:
            return UserError(f"cannot use video {uid}: {error}")


def _counted(items: Iterator[VideoPictures], on_item: Callable[[], object]) -> Iterator[VideoPictures]:
    for item in items:
        on_item()
        yield item
