"""Features of many videos of different lengths in one tensor, and frames sampled from all of them at once."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from play_fair.errors import UserError
from play_fair.tensors import VideoBatch


@dataclass(frozen=True)
class LabelledFeatures:
    """Features of N videos of any lengths, one after the other, with their classes."""

    frames: Float[Tensor, "frames D"]
    lengths: Int64[Tensor, " N"]
    labels: Int64[Tensor, " N"]

    @classmethod
    def of(cls, videos: Iterable[tuple[np.ndarray, int]]) -> "LabelledFeatures":
        """From pairs of features (T, D) and class id.

        Raises:
            UserError: there are no videos.
        """
        features, labels = zip(*videos, strict=True) if (videos := list(videos)) else ((), ())
        if not features:
            raise UserError("expected features of at least one video, got none")
        lengths = torch.tensor([len(video) for video in features])
        return cls(torch.from_numpy(np.concatenate(features)), lengths, torch.tensor(labels))

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "LabelledFeatures":
        return LabelledFeatures(self.frames.to(device), self.lengths.to(device), self.labels.to(device))

    def sample(self, videos: Int64[Tensor, " B"], positions: Float64[Tensor, "B n"]) -> VideoBatch:
        """One frame from each of n equal segments of each video, at `positions` in [0, 1) of the segment.

        Frame floor((i + position) * L / n) of a video of L frames: position 0.5 everywhere gives the uniform frames of
        `play_fair.frame_sampling`. A video shorter than n repeats frames.
        """
        n = positions.shape[1]
        length = self.lengths[videos][:, None]
        segment = length.double() / n
        # In this order and in float64 it rounds as uniform_frame_indices does.
        indices = (torch.arange(n, device=length.device) * segment + positions * segment).long()
        first_frame = self.lengths.cumsum(0) - self.lengths
        return self.frames[first_frame[videos][:, None] + indices.minimum(length - 1)]

    def uniform(self, n_frames: int) -> VideoBatch:
        """The centre frames of n equal segments of every video."""
        device = self.frames.device
        centres = torch.full((len(self), n_frames), 0.5, dtype=torch.float64, device=device)
        return self.sample(torch.arange(len(self), device=device), centres)
