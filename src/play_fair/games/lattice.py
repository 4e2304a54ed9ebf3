"""The subsets of a video's frames, ordered by size: which ones there are, and which are one frame smaller.

Everything here depends on the number of frames alone, so it is computed once and shared by all videos.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from math import comb
from typing import Any

import torch
from jaxtyping import Bool, Float64, Int, Int64
from torch import Tensor

_MOST_CACHED_FRAMES = 20
"""The tables of 20 frames take 110 MiB; those of more are built again for each use."""

_RANKED_AT_ONCE = 1 << 16
"""Subsets whose children are looked up at once."""


@dataclass(frozen=True, eq=False)
class Level:
    """The subsets of one size in a lattice, or consecutive ones of them.

    Attributes:
        subsets: frame indices, rows ascending.
        membership: whether the frame is in the subset.
        children: at [x, j] the row, in the level below, of subset x without its j-th frame. If the level below lacks
            some of them: the rows of those that it holds, one subset after the other.
        n_children: how many children of each subset the level below holds.
        bags: where the children of each subset begin, if the level below lacks some; else None.
        has_orphans: whether the level below holds no child at all of some subset.
        first: which of the subsets of their size these begin with.
        n_of_size: how many subsets of their size the lattice holds.
    """

    subsets: Int[Tensor, "N k"]
    membership: Bool[Tensor, "N n"]
    children: Int[Tensor, "N k"] | Int[Tensor, " held"]
    n_children: int | Int64[Tensor, "N 1"]
    bags: Int[Tensor, " N"] | None = None
    has_orphans: bool = False
    first: int = 0
    n_of_size: int = 0

    def __len__(self) -> int:
        return self.subsets.shape[0]

    @property
    def size(self) -> int:
        """Number of frames in each subset."""
        return self.subsets.shape[1]

    @property
    def n_frames(self) -> int:
        """Frames of the video."""
        return self.membership.shape[1]


@dataclass(frozen=True)
class CompleteLattice:
    """Every subset of n frames: level k holds all comb(n, k) of size k in lexicographic order, for k = 0..n.

    Attributes:
        rows_at_once: levels of more subsets come in parts of so many.
    """

    n_frames: int
    device: torch.device
    rows_at_once: int = sys.maxsize

    def __iter__(self) -> Iterator[Level]:
        build = _cached_complete_level if self.n_frames <= _MOST_CACHED_FRAMES else complete_level
        for size in range(self.n_frames + 1):
            yield from _parts(build(self.n_frames, size, self.device), self.rows_at_once)

    @property
    def most_rows(self) -> int:
        """Size of the largest level."""
        return min(self.rows_at_once, comb(self.n_frames, self.n_frames // 2))

    @property
    def two_widest(self) -> int:
        """Number of subsets in the two largest levels that follow each other."""
        return comb(self.n_frames + 1, (self.n_frames + 1) // 2)

    @property
    def n_holding(self) -> Float64[Tensor, "n n"]:
        """Number of subsets of size k that hold frame i, at [k - 1, i]."""
        of_size = [comb(self.n_frames - 1, below) for below in range(self.n_frames)]
        return torch.tensor(of_size, dtype=torch.float64, device=self.device)[:, None].expand(-1, self.n_frames)

    @property
    def n_bytes(self) -> int:
        """Bytes that an iteration over the lattice takes."""
        # Subsets and children in int32, and membership in bytes; and of levels that are not cached, two at once.
        of_subset = self.n_frames // 2 * 8 + self.n_frames
        return of_subset * (2**self.n_frames if self.n_frames <= _MOST_CACHED_FRAMES else self.two_widest)


@dataclass(frozen=True, eq=False)
class SampledLattice:
    """Some subsets of n frames; level 0 is the empty set and level n the whole video."""

    levels: tuple[Level, ...]

    def __iter__(self) -> Iterator[Level]:
        return iter(self.levels)

    @property
    def n_frames(self) -> int:
        """n."""
        return self.levels[0].n_frames

    @property
    def most_rows(self) -> int:
        """Size of the largest level."""
        return max(map(len, self.levels))

    @property
    def two_widest(self) -> int:
        """Number of subsets in the two largest levels that follow each other."""
        return max(len(below) + len(level) for below, level in pairwise(self.levels))

    @property
    def n_holding(self) -> Float64[Tensor, "n n"]:
        """Number of subsets of size k that hold frame i, at [k - 1, i]."""
        return torch.stack([level.membership.sum(dim=0) for level in self.levels[1:]]).double()


Lattice = CompleteLattice | SampledLattice


def complete_level(n_frames: int, size: int, device: torch.device) -> Level:
    """All subsets of `size` out of n frames, in lexicographic order, with their children."""
    subsets = all_subsets(n_frames, size, torch.int16)
    children = torch.empty(subsets.shape, dtype=torch.int32)
    for start in range(0, len(subsets), _RANKED_AT_ONCE):
        rows = slice(start, start + _RANKED_AT_ONCE)
        children[rows] = _child_ranks(subsets[rows].long(), n_frames)
    on_device = subsets.to(device).int()
    has_frame = membership_of(on_device, n_frames)
    return Level(on_device, has_frame, children.to(device), n_children=size, n_of_size=len(subsets))


_cached_complete_level = lru_cache(maxsize=128)(complete_level)


def _parts(level: Level, rows_at_once: int) -> Iterator[Level]:
    """Split the level into views of so many subsets."""
    for first in range(0, len(level), rows_at_once):
        rows = slice(first, first + rows_at_once)
        yield replace(
            level,
            subsets=level.subsets[rows],
            membership=level.membership[rows],
            children=level.children[rows],
            first=first,
        )


def all_subsets(n_frames: int, size: int, dtype: torch.dtype = torch.int64) -> Int[Tensor, "N k"]:
    """All subsets of `size` of the indices 0..n_frames-1: rows ascending and in lexicographic order."""
    subsets = torch.empty(1, 0, dtype=dtype)
    last = torch.tensor([-1])
    for place in range(size):
        # Extending each prefix by every later frame that leaves enough behind it keeps the order lexicographic.
        counts = n_frames - size + place - last
        prefixes = subsets.repeat_interleave(counts, dim=0)
        starts = (counts.cumsum(0) - counts).repeat_interleave(counts)
        last = last.repeat_interleave(counts) + 1 + torch.arange(len(prefixes)) - starts
        subsets = torch.cat([prefixes, last[:, None].to(dtype)], dim=1)
    return subsets


def _child_ranks(subsets: Int64[Tensor, "N k"], n_frames: int) -> Int64[Tensor, "N k"]:
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


def sampled_lattice(
    samples: list[Int64[Tensor, "_ _"]], n_frames: int, device: torch.device | str = "cpu"
) -> SampledLattice:
    """The lattice of the given subsets.

    Args:
        samples: on the CPU, for sizes 1..n: distinct subsets (N, size), rows ascending; samples[-1] is the whole video.
        n_frames: n.
        device: of the lattice.
    """
    frame_keys = keys_of_frames(n_frames)
    below, keys_below = torch.empty(1, 0, dtype=torch.int64), torch.zeros(1, dtype=torch.int64)
    levels = [Level(below, membership_of(below, n_frames), below, n_children=0, n_of_size=1)]
    for subsets in samples:
        of_frames = frame_keys[subsets]
        keys = of_frames.sum(1)
        rows, held = _find(keys[:, None] - of_frames, keys_below)
        n_held = held.sum(1)
        level = Level(
            subsets,
            membership_of(subsets, n_frames),
            rows[held],
            n_held[:, None],
            bags=n_held.cumsum(0) - n_held,
            has_orphans=bool((n_held == 0).any()),
            n_of_size=len(subsets),
        )
        levels.append(level)
        keys_below = keys
    return SampledLattice(tuple(_moved(level, torch.device(device)) for level in levels))


def _moved(level: Level, device: torch.device) -> Level:
    moved: dict[str, Any] = {name: part.to(device) for name, part in vars(level).items() if isinstance(part, Tensor)}
    return replace(level, **moved)


def membership_of(subsets: Int[Tensor, "N k"], n_frames: int) -> Bool[Tensor, "N n"]:
    """Whether the frame is in the subset."""
    lacking = torch.zeros(len(subsets), n_frames, dtype=torch.bool, device=subsets.device)
    return lacking.scatter_(1, subsets.long(), True)


def subset_keys(subsets: Int[Tensor, "N k"], n_frames: int) -> Int64[Tensor, " N"]:
    """One int64 for each subset, equal only for equal subsets; the key of a union of disjoint sets is their sum."""
    return keys_of_frames(n_frames).to(subsets.device)[subsets].sum(1)


def subset_keys_of(coalitions: Bool[Tensor, "N n"]) -> Int64[Tensor, " N"]:
    """As `subset_keys`, of coalitions."""
    return (coalitions * keys_of_frames(coalitions.shape[1]).to(coalitions.device)).sum(dim=1)


@lru_cache(maxsize=32)
def keys_of_frames(n_frames: int) -> Int64[Tensor, " n"]:
    """An int64 for each frame; see `subset_keys`.

    Up to 64 frames a subset is its bit mask. Beyond, frames get fixed random keys (Zobrist hashing, wrapping sums):
    two of a million subsets coincide with a chance of 3e-8.
    """
    if n_frames <= 64:
        return 1 << torch.arange(n_frames)
    generator = torch.Generator().manual_seed(0)
    return torch.randint(-(2**63), 2**63 - 1, (n_frames,), generator=generator)


def _find(wanted: Int64[Tensor, "N k"], keys: Int64[Tensor, " M"]) -> tuple[Int64[Tensor, "N k"], Bool[Tensor, "N k"]]:
    """Index of each wanted key in `keys` (0 if missing), and whether it is found."""
    ordered, order = keys.sort()
    place = torch.searchsorted(ordered, wanted).clamp_(max=len(keys) - 1)
    found = ordered[place] == wanted
    return order[place] * found, found
