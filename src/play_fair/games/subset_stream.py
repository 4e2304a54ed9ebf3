"""Random subsets of one size, some at a time."""

import sys
from math import comb

import torch
from jaxtyping import Int64
from torch import Tensor

from play_fair.games.lattice import all_subsets, subset_keys
from play_fair.tensors import Subsets

_MOST_LISTED = 1 << 14


class SubsetStream:
    """Random subsets of `size` of n frames, rows ascending.

    Each is uniform; but those smaller than half the frames come in disjoint groups, cut from one shuffle, and those
    that are larger in groups whose complements are disjoint: so all frames are held about equally often. Up to 16,384
    subsets none comes twice, and in the end all have come. Of more, repetitions are possible, but rare.

    Args:
        generator: on the CPU, so that the draws are the same for every device.
    """

    def __init__(self, n_frames: int, size: int, generator: torch.Generator) -> None:
        self.n_frames = n_frames
        self.size = size
        self.n_taken = 0
        self.n_distinct = comb(n_frames, size)
        self._generator = generator
        self._listed: Subsets | None = None

    @property
    def n_left(self) -> int:
        """Number of subsets left; `sys.maxsize` if the stream does not end."""
        return self.n_distinct - self.n_taken if self.n_distinct <= _MOST_LISTED else sys.maxsize

    def take(self, count: int) -> Subsets:
        """The next `count` subsets, or those that are left."""
        count = min(count, self.n_left)
        start, self.n_taken = self.n_taken, self.n_taken + count
        if self.n_distinct > _MOST_LISTED:
            return self._draw(count)
        if count == self.n_distinct:
            return all_subsets(self.n_frames, self.size)
        if self._listed is None:
            self._listed = self._draw_all()
        return self._listed[start : self.n_taken]

    def _draw(self, count: int) -> Subsets:
        """`count` subsets; the same may come twice."""
        cut = min(self.size, self.n_frames - self.size)
        # One piece fewer than fit: pieces that partition all frames are linearly dependent, so less informative.
        at_once = max(1, (self.n_frames - 1) // cut) if cut else 1
        shuffles = torch.rand(-(-count // at_once), self.n_frames, generator=self._generator).argsort(dim=1)
        pieces = shuffles[:, : at_once * cut].reshape(len(shuffles) * at_once, cut)[:count]
        if cut != self.size:
            absent = torch.ones(count, self.n_frames, dtype=torch.bool).scatter_(1, pieces, False)
            return absent.nonzero()[:, 1].view(count, self.size)
        return pieces.sort(dim=1).values

    def _draw_all(self) -> Subsets:
        """All subsets: the distinct ones of some shuffles, then the rest."""
        drawn = self._draw(self.n_distinct // 2)
        listed = all_subsets(self.n_frames, self.size)
        rest = listed[torch.randperm(len(listed), generator=self._generator)]
        return _without_repetition(torch.cat([drawn, rest]), self.n_frames)


def _without_repetition(subsets: Subsets, n_frames: int) -> Int64[Tensor, "M s"]:
    """The first of each, in their order."""
    distinct, group = torch.unique(subset_keys(subsets, n_frames), return_inverse=True)
    places = torch.arange(len(subsets))
    first = torch.full((len(distinct),), len(subsets)).scatter_reduce_(0, group, places, "amin")
    return subsets[first.sort().values]
