"""Multi-scale model: any number of frames, from models of 1, 2, ..., m frames."""

from collections.abc import Iterator, Sequence
from itertools import chain, combinations, islice
from math import comb
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from play_fair.tensors import FrameFeatures, LogitBatch, Logits, Subsets, VideoBatch

_GATHERED_VALUES = 1 << 22
"""Feature values of subsets in memory at once: 16 MiB of float32, about the size of a CPU cache."""


class MultiscaleModel(nn.Module):
    """Logits of a video of T frames: the mean over scales s = 1..min(T, m) of E[F_s(X)], X over all ordered s-subsets.

    Price & Damen, "Play Fair: Frame Attributions in Video Models", ACCV 2020. Exact: every subset is evaluated,
    comb(T, s) of them at scale s, in bounded memory.

    Args:
        single_scale_models: F_1, ..., F_m; F_s takes (N, s, D) and gives logits (N, C).
    """

    def __init__(self, single_scale_models: Sequence[nn.Module]) -> None:
        super().__init__()
        if not single_scale_models:
            raise ValueError("expected at least one single-scale model, got none")
        self.single_scale_models = nn.ModuleList(single_scale_models)

    def forward(self, video: FrameFeatures) -> Logits:
        return self.forward_batch(video[None])[0]

    def forward_batch(self, videos: VideoBatch) -> LogitBatch:
        """Logits of B videos of the same number of frames."""
        scales = min(videos.shape[1], len(self.single_scale_models))
        return torch.stack([self.expected_logits(videos, s) for s in range(1, scales + 1)]).mean(dim=0)

    def expected_logits(self, videos: VideoBatch, scale: int) -> LogitBatch:
        """E[F_s(X)] over the ordered subsets X of `scale` frames of each video."""
        n_videos, n_frames, feature_dim = videos.shape
        chunk = max(1, _GATHERED_VALUES // (n_videos * scale * feature_dim))
        model = self.single_scale_models[scale - 1]
        total: Tensor | None = None
        for subsets in ordered_subsets(n_frames, scale, chunk):
            subset_features = videos[:, subsets.to(videos.device)].flatten(0, 1)  # (B * N, s, D)
            logits = model(subset_features).unflatten(0, (n_videos, len(subsets)))
            # float64: millions of subsets are summed
            summed = logits.sum(dim=1, dtype=torch.float64)
            total = summed if total is None else total + summed
        return (cast(Tensor, total) / comb(n_frames, scale)).to(videos.dtype)


def ordered_subsets(n_frames: int, size: int, chunk: int) -> Iterator[Subsets]:
    """All subsets of `size` of the indices 0..n_frames-1 in lexicographic order, at most `chunk` at a time."""
    subsets = combinations(range(n_frames), size)
    while True:
        flat = np.fromiter(chain.from_iterable(islice(subsets, chunk)), dtype=np.int64)
        if not len(flat):
            return
        yield torch.from_numpy(flat).view(-1, size)
