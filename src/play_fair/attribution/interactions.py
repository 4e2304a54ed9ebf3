"""The Shapley interaction index of every pair of frames, from the scores of all subsets.

    I_ij = mean over s = 0..n-2 of the mean over subsets S of s of the other frames of
           v(S + i + j) - v(S + i) - v(S + j) + v(S)

(Grabisch & Roubens, "An axiomatic approach to the concept of interaction among players in cooperative games", 1999).
Positive: the two frames add more together than apart; negative: they are redundant.
"""

from math import comb

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from play_fair.attribution.row_sums import weighted_row_sums
from play_fair.games import Level
from play_fair.tensors import LevelValues, ScoreBatch


class InteractionSums:
    """The index of every pair of frames, summed level by level over the complete lattice.

    Args:
        n_frames: n.
        empty: v(empty).
    """

    def __init__(self, n_frames: int, empty: ScoreBatch) -> None:
        self.shape = empty.shape
        self.first, self.second = torch.triu_indices(n_frames, n_frames, offset=1, device=empty.device)
        self.n_frames = n_frames
        # Of the empty set, which lacks both frames of each pair.
        self.sums = empty.double().flatten().expand(len(self.first), -1) / max(1, n_frames - 1)

    def add(self, level: Level, values: LevelValues) -> None:
        """Count in the values of subsets of one size, 1..n."""
        if self.n_frames > 1:
            self.sums = self.sums + weighted_row_sums(self._weights(level), values.flatten(start_dim=1))

    def _weights(self, level: Level) -> Float[Tensor, "N pairs"]:
        """With which each subset counts for each pair: it has both of its frames, or one, or none."""
        members = level.membership.float()
        has_first, has_second = members[:, self.first], members[:, self.second]
        n_others = self.n_frames - 2

        def share(n_members: int) -> float:
            """Of one subset among those that have so many frames besides the pair's, for each of the n - 1 sizes."""
            return 1 / ((n_others + 1) * comb(n_others, n_members)) if 0 <= n_members <= n_others else 0.0

        both, one, none = (share(level.size - n_of_pair) for n_of_pair in (2, 1, 0))
        has_both = has_first * has_second
        has_any = has_first + has_second - has_both
        return both * has_both - one * (has_any - has_both) + none * (1 - has_any)

    def interactions(self) -> Float64[Tensor, "B n n C"]:
        """Symmetric; 0 for a frame with itself."""
        table = self.sums.new_zeros(self.n_frames, self.n_frames, *self.shape)
        table[self.first, self.second] = self.sums.unflatten(1, self.shape)
        return (table + table.transpose(0, 1)).permute(2, 0, 1, 3)
