"""Features of many videos of different lengths in one tensor, sampled in batches."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from play_fair.arrays import Features
from play_fair.errors import UserError
from play_fair.tensors import VideoBatch


@dataclass(frozen=True)
class LabelledFeatures:
    """Features of N videos of any lengths, concatenated, with their class ids."""

    frames: Float[Tensor, "frames D"]
    lengths: Int64[Tensor, " N"]
    labels: Int64[Tensor, " N"]

    @classmethod
    def of(cls, videos: Iterable[tuple[Features, int]], n_classes: int) -> "LabelledFeatures":
        """From pairs of features and class id.

        Raises:
            UserError: there are no videos, or a class id is not in 0..n_classes-1.
        """
        pairs = list(videos)
        if not pairs:
            raise UserError("expected features of at least one video, got none")
        labels = torch.tensor([label for _, label in pairs])
        if labels.min() < 0 or labels.max() >= n_classes:
            raise UserError(
                f"expected class ids in 0..{n_classes - 1}, got {labels.min()}..{labels.max()}; "
                "set the n_classes of these features in the config"
            )
        frames = torch.from_numpy(np.concatenate([features for features, _ in pairs]))
        return cls(frames, torch.tensor([len(features) for features, _ in pairs]), labels)

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
        # This order of operations in float64 rounds as uniform_frame_indices does.
        indices = (torch.arange(n, device=length.device) * segment + positions * segment).long()
        first_frame = self.lengths.cumsum(0) - self.lengths
        return self.frames[first_frame[videos][:, None] + indices.minimum(length - 1)]

    def uniform(self, n_frames: int) -> VideoBatch:
        """The centre frames of n equal segments of every video."""
        device = self.frames.device
        centres = torch.full((len(self), n_frames), 0.5, dtype=torch.float64, device=device)
        return self.sample(torch.arange(len(self), device=device), centres)
