"""The subsets of a video's frames, ordered by size: which ones there are, and which are one frame smaller.

Everything here depends on the number of frames alone, so it is computed once and shared by all videos.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import comb

import torch
from jaxtyping import Float, Int
from torch import Tensor

_MOST_CACHED_FRAMES = 20
"""The tables of 20 frames take 170 MiB; those of more are built again for each use."""


@dataclass(frozen=True, eq=False)
class Level:
    """The subsets of one size in a lattice.

    Attributes:
        n_frames: frames of the video.
        subsets: frame indices, rows ascending.
        children: at [x, j] the row, in the level below, of subset x without its j-th frame.
        child_weights: None if the level below holds every child; else 0 for children that it lacks (their row is then
            arbitrary) and 1 / (number of children it holds) for the others.
    """

    n_frames: int
    subsets: Int[Tensor, "N k"]
    children: Int[Tensor, "N k"]
    child_weights: Float[Tensor, "N k"] | None = None

    def __len__(self) -> int:
        return self.subsets.shape[0]

    @property
    def size(self) -> int:
        """Number of frames in each subset."""
        return self.subsets.shape[1]

    @cached_property
    def membership(self) -> Float[Tensor, "N n"]:
        """1 where the frame is in the subset, else 0."""
        return membership_of(self.subsets, self.n_frames)


@dataclass(frozen=True)
class CompleteLattice:
    """Every subset of n frames: level k holds all comb(n, k) of size k in lexicographic order, for k = 0..n."""

    n_frames: int
    device: torch.device

    def __iter__(self) -> Iterator[Level]:
        build = _cached_complete_level if self.n_frames <= _MOST_CACHED_FRAMES else complete_level
        return (build(self.n_frames, size, self.device) for size in range(self.n_frames + 1))

    @property
    def widest(self) -> int:
        """Number of subsets in the largest level."""
        return comb(self.n_frames, self.n_frames // 2)


@dataclass(frozen=True, eq=False)
class SampledLattice:
    """Some subsets of n frames; level 0 is the empty set and level n the whole video."""

    n_frames: int
    levels: tuple[Level, ...]

    def __iter__(self) -> Iterator[Level]:
        return iter(self.levels)

    @property
    def widest(self) -> int:
        """Number of subsets in the largest level."""
        return max(map(len, self.levels))


Lattice = CompleteLattice | SampledLattice


def complete_level(n_frames: int, size: int, device: torch.device) -> Level:
    """All subsets of `size` out of n frames, in lexicographic order, with their children."""
    subsets = all_subsets(n_frames, size)
    return Level(n_frames, subsets.int().to(device), _child_ranks(subsets, n_frames).int().to(device))


_cached_complete_level = lru_cache(maxsize=128)(complete_level)


def all_subsets(n_frames: int, size: int) -> Int[Tensor, "N k"]:
    """All subsets of `size` of the indices 0..n_frames-1: int64, rows ascending and in lexicographic order."""
    subsets = torch.empty(1, 0, dtype=torch.int64)
    last = torch.tensor([-1])
    for place in range(size):
        # Extending each prefix by every later frame that leaves enough behind it keeps the order lexicographic.
        counts = n_frames - size + place - last
        prefixes = subsets.repeat_interleave(counts, dim=0)
        starts = (counts.cumsum(0) - counts).repeat_interleave(counts)
        last = last.repeat_interleave(counts) + 1 + torch.arange(len(prefixes)) - starts
        subsets = torch.cat([prefixes, last[:, None]], dim=1)
    return subsets


def _child_ranks(subsets: Int[Tensor, "N k"], n_frames: int) -> Int[Tensor, "N k"]:
    """Lexicographic rank of each subset without its j-th frame, among all subsets of k - 1 of the n frames.

    The rank of a_0 < ... < a_{s-1} is comb(n, s) - 1 - sum_p comb(n - 1 - a_p, s - p): the combinatorial number system
    (Knuth, The Art of Computer Programming 4A, section 7.2.1.3), counted from the end.
    """
    size = subsets.shape[1]
    if size == 0:
        return subsets
    binomials = torch.tensor([[comb(a, b) for b in range(size + 1)] for a in range(n_frames)])
    positions = torch.arange(size)
    # Frames before the dropped one keep their position in the child; those behind it move up by one.
    before = binomials[n_frames - 1 - subsets, size - 1 - positions]
    behind = binomials[n_frames - 1 - subsets, size - positions]
    terms_before = before.cumsum(1) - before
    terms_behind = behind.sum(1, keepdim=True) - behind.cumsum(1)
    return comb(n_frames, size - 1) - 1 - terms_before - terms_behind


def sampled_lattice(samples: list[Int[Tensor, "_ _"]], n_frames: int) -> SampledLattice:
    """The lattice of the given subsets.

    Args:
        samples: for sizes 1..n, distinct subsets (N, size) with ascending rows; samples[-1] is the whole video.
        n_frames: n.
    """
    device = samples[0].device
    frame_keys = _frame_keys(n_frames).to(device)
    empty = torch.empty(1, 0, dtype=torch.int64, device=device)
    levels = [Level(n_frames, empty, empty)]
    keys_below = torch.zeros(1, dtype=torch.int64, device=device)
    for subsets in samples:
        keys_of_frames = frame_keys[subsets]
        keys = keys_of_frames.sum(1)
        children, held = _find(keys[:, None] - keys_of_frames, keys_below)
        weights = held / held.sum(1, keepdim=True).clamp(min=1)
        levels.append(Level(n_frames, subsets, children, weights))
        keys_below = keys
    return SampledLattice(n_frames, tuple(levels))


def membership_of(subsets: Int[Tensor, "N k"], n_frames: int) -> Float[Tensor, "N n"]:
    """1 where the frame is in the subset, else 0."""
    return torch.zeros(len(subsets), n_frames, device=subsets.device).scatter_(1, subsets.long(), 1.0)


def subset_keys(subsets: Int[Tensor, "N k"], n_frames: int) -> Int[Tensor, " N"]:
    """One int64 for each subset, equal only for equal subsets; the key of a union of disjoint sets is their sum."""
    return _frame_keys(n_frames).to(subsets.device)[subsets].sum(1)


@lru_cache(maxsize=32)
def _frame_keys(n_frames: int) -> Int[Tensor, " n"]:
    """Up to 62 frames a subset is its bit mask. Beyond, frames get fixed random keys (Zobrist hashing, wrapping sums):
    two of a million subsets coincide with a chance of 3e-8."""
    if n_frames <= 62:
        return 2 ** torch.arange(n_frames)
    generator = torch.Generator().manual_seed(0)
    return torch.randint(-(2**63), 2**63 - 1, (n_frames,), generator=generator)


def _find(wanted: Int[Tensor, "N k"], keys: Int[Tensor, " M"]) -> tuple[Int[Tensor, "N k"], Tensor]:
    """Where each wanted key stands in `keys` (0 if nowhere), and whether it is there."""
    ordered, order = keys.sort()
    place = torch.searchsorted(ordered, wanted).clamp(max=len(keys) - 1)
    found = ordered[place] == wanted
    return order[place] * found, found
