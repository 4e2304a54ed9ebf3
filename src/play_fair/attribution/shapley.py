"""Element Shapley Values from the scores of subsets.

With v_k the scores of the subsets of size k, the Shapley value of frame i among n is

    phi_i = (v(all) - v(empty)) / n + 1/n * sum over k = 1..n-1 of D_k(i),
    D_k(i) = mean of v_k over the subsets with i - mean of v_k over the subsets without i,

the definition with its marginal contributions grouped by size. D_k is linear in v_k, and sums to zero over the frames.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float64
from torch import Tensor

from play_fair.attribution.attributor import Explanation
from play_fair.attribution.interactions import InteractionSums
from play_fair.attribution.row_sums import weighted_row_sums
from play_fair.games import Game, Lattice, Level
from play_fair.tensors import LevelValues, ScoreBatch, VideoBatch


def shapley_values(
    game: Game, videos: VideoBatch, lattices: Sequence[Lattice], with_interactions: bool = False
) -> Explanation:
    """ESVs and scores of B videos of n frames, float32; `with_interactions`, on the complete lattice, of pairs too.

    On the complete lattice they are exact. On sampled ones the two means of D_k are over the sampled subsets of all
    lattices together (Price & Damen, ACCV 2020). Either way the ESVs of all frames and v(empty) sum to the score, for
    the estimated D_k too are made to sum to zero.
    """
    sums: LevelSums | None = None
    of_pairs: InteractionSums | None = None
    for lattice in lattices:
        levels = zip(lattice, game.levels(videos, lattice), strict=True)
        _, (empty,) = next(levels)
        sums = sums or LevelSums(lattice.n_frames, empty)
        if with_interactions:
            of_pairs = InteractionSums(lattice.n_frames, empty)
        for level, values in levels:
            sums.add(level, values)
            if of_pairs is not None:
                of_pairs.add(level, values)
    assert sums is not None
    return Explanation(
        esvs=sums.esvs().transpose(0, 1).float().contiguous(),
        scores=sums.scores().float(),
        interactions=None if of_pairs is None else of_pairs.interactions().float(),
    )


class LevelSums:
    """For each size k = 1..n and each frame, the sum of v over the subsets of that size that have the frame.

    All that ESVs depend on; in float64, for it is small.

    Args:
        n_frames: n.
        empty: v(empty).
    """

    def __init__(self, n_frames: int, empty: ScoreBatch) -> None:
        self.empty = empty.double()
        self.sums = self.empty.new_zeros(n_frames, n_frames, empty.numel())
        self.n_holding = self.empty.new_zeros(n_frames, n_frames)
        """At [k - 1, i] the number of subsets summed in sums[k - 1, i]."""

    def add(self, level: Level, values: LevelValues) -> None:
        """Count in the values of the subsets of one level; of the same level again, if there are several lattices."""
        self.n_holding[level.size - 1] += level.membership.sum(dim=0)
        self.sums[level.size - 1] += weighted_row_sums(level.membership, values.flatten(start_dim=1))

    def scores(self) -> Float64[Tensor, "B C"]:
        """v of the whole video."""
        return (self.sums[-1, 0] / self.n_holding[-1, 0]).view_as(self.empty)

    def esvs(self) -> Float64[Tensor, "n B C"]:
        """The Shapley value of every frame."""
        contrasts = summed_contrasts(self.sums, self.n_holding).unflatten(1, self.empty.shape)
        return (self.scores() - self.empty + contrasts) / len(self.sums)


def summed_contrasts(sums: Float64[Tensor, "K n M"], n_holding: Float64[Tensor, "K n"]) -> Float64[Tensor, "n M"]:
    """For each frame the sum of its D_k over all sizes k; they sum to zero over the frames.

    Where no subset of a size has the frame, or all have it, that size tells nothing of it and its D_k counts as 0.

    Args:
        sums: at [k - 1, i] the sum of v_k over the subsets that have frame i.
        n_holding: at [k - 1, i] how many of the subsets of size k have frame i.
    """
    # Each subset of size k is in the sums of its k frames; so is each score.
    size = torch.arange(1, len(sums) + 1, device=sums.device)[:, None]
    n_lacking = n_holding.sum(dim=1, keepdim=True) / size - n_holding
    known = (n_holding > 0) & (n_lacking > 0)
    of_holding = known / n_holding.clamp(min=1)
    of_lacking = known / n_lacking.clamp(min=1)
    own = ((of_holding + of_lacking)[..., None] * sums).sum(dim=0)
    contrasts = own - of_lacking.T @ (sums.sum(dim=1) / size)
    return contrasts - contrasts.mean(dim=0)
