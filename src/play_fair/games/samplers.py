"""Samplers of subsets of frames, size by size."""

from math import comb
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Int64
from torch import Tensor

from play_fair.errors import UserError
from play_fair.games.lattice import SampledLattice, all_subsets, keys_of_frames, sampled_lattice, subset_keys
from play_fair.tensors import Subsets


@runtime_checkable
class SubsetSampler(Protocol):
    """Chooses subsets of a video's frames."""

    def sample(self, n_video_frames: int, n_frames: int) -> Subsets:
        """Distinct subsets of `n_frames` of the indices 0..n_video_frames-1, rows ascending."""
        ...

    def n_samples(self, n_video_frames: int, n_frames: int) -> int:
        """Upper bound of the number of subsets that `sample` returns."""
        ...


class ExhaustiveSubsetSampler:
    """Every subset, in lexicographic order."""

    def sample(self, n_video_frames: int, n_frames: int) -> Subsets:
        """All comb(n_video_frames, n_frames) subsets, rows ascending."""
        _check_sizes(n_video_frames, n_frames)
        return all_subsets(n_video_frames, n_frames)

    def n_samples(self, n_video_frames: int, n_frames: int) -> int:
        """Number of subsets that `sample` returns."""
        return comb(n_video_frames, n_frames)


class ConstructiveRandomSampler:
    """Random subsets, each a sampled subset of the size below with one more frame.

    So the score of a subset can be estimated from those of its sampled sub-subsets (Price & Damen, "Play Fair: Frame
    Attributions in Video Models", ACCV 2020). Of all distinct one-frame extensions of the subsets sampled at the size
    below, `max_samples` are drawn uniformly without replacement, or all if there are fewer. Asking for sizes 1, 2, 3,
    ... of one video gives one growing chain; size 1, or any size out of turn, starts a new one.

    Args:
        max_samples: most subsets of each size.
        seed: of the sampler's own random numbers; None draws one.
        device: of the sampled tensors. The draws are made on the CPU, so they are the same for every device.
    """

    def __init__(self, max_samples: int, seed: int | None = None, device: torch.device | str | None = None) -> None:
        if max_samples < 1:
            raise UserError(f"expected max_samples of at least 1, got {max_samples}")
        self.max_samples = max_samples
        self.device = torch.device(device or "cpu")
        self._generator = torch.Generator()
        if seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(seed)
        self._n_video_frames = 0
        self._grown = _empty_set()

    def sample(self, n_video_frames: int, n_frames: int) -> Subsets:
        """At most `max_samples` distinct subsets, rows ascending."""
        _check_sizes(n_video_frames, n_frames)
        continues = n_video_frames == self._n_video_frames and n_frames == self._grown.shape[1] + 1
        if not continues:
            self._n_video_frames, self._grown = n_video_frames, _empty_set()
        while self._grown.shape[1] < n_frames:
            self._grown = self._extend(self._grown)
        return self._grown.to(self.device)

    def n_samples(self, n_video_frames: int, n_frames: int) -> int:
        """Upper bound of the number of subsets that `sample` returns."""
        return min(self.max_samples, comb(n_video_frames, n_frames))

    def _extend(self, subsets: Int64[Tensor, "N s"]) -> Int64[Tensor, "M s+1"]:
        """Some of the distinct subsets that have one frame more than one of the given."""
        n_frames = self._n_video_frames
        absent = torch.ones(len(subsets), n_frames, dtype=torch.bool).scatter_(1, subsets, False)
        parents, frames = absent.nonzero(as_tuple=True)
        keys = subset_keys(subsets, n_frames)[parents] + keys_of_frames(n_frames)[frames]
        ordered, order = keys.sort()
        # Keep the first of equal subsets, which several parents have in common.
        distinct = order[torch.cat([torch.ones(1, dtype=torch.bool), ordered[1:] != ordered[:-1]])]
        chosen = distinct[torch.randperm(len(distinct), generator=self._generator)[: self.max_samples]]
        return torch.cat([subsets[parents[chosen]], frames[chosen, None]], dim=1).sort(dim=1).values


def _empty_set() -> Int64[Tensor, "1 0"]:
    return torch.empty(1, 0, dtype=torch.int64)


def _check_sizes(n_video_frames: int, n_frames: int) -> None:
    if not 0 <= n_frames <= n_video_frames:
        raise UserError(f"expected subsets of 0 to {n_video_frames} frames (all that the video has), got {n_frames}")


def draw_lattice(sampler: SubsetSampler, n_frames: int, device: torch.device) -> SampledLattice:
    """All the subsets of n frames that the sampler chooses, from the single frames to the whole video.

    Raises:
        UserError: a sampler of our caller's gave subsets of the wrong shape, not distinct or not ascending.
    """
    samples = []
    for size in range(1, n_frames + 1):
        subsets = sampler.sample(n_frames, size)
        _check_subsets(subsets, n_frames, size)
        samples.append(subsets.cpu())
    return sampled_lattice(samples, n_frames, device)


def _check_subsets(subsets: Tensor, n_frames: int, size: int) -> None:
    if subsets.ndim != 2 or subsets.shape[1] != size or not len(subsets) or subsets.dtype != torch.int64:
        raise UserError(
            f"expected the sampler to give int64 subsets (N, {size}), got {subsets.dtype} {tuple(subsets.shape)}"
        )
    ascending = (subsets.diff(dim=1) > 0).all() and subsets.min() >= 0 and subsets.max() < n_frames
    if not ascending:
        raise UserError(f"expected the sampler to give ascending frame indices below {n_frames}, got others")
    if len(subset_keys(subsets, n_frames).unique()) < len(subsets):
        raise UserError(f"expected the sampler to give distinct subsets of {size} frames, got some twice")
