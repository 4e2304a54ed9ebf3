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

from play_fair.attribution.batch import BatchExplanation
from play_fair.attribution.interactions import InteractionSums
from play_fair.attribution.row_sums import weighted_row_sums
from play_fair.games import Game, Lattice, Level
from play_fair.tensors import LevelValues, ScoreBatch, Videos


def shapley_values(
    game: Game, videos: Videos, lattices: Sequence[Lattice], with_interactions: bool = False
) -> BatchExplanation:
    """ESVs and scores of B videos of n frames, float32; `with_interactions`, on the complete lattice, of pairs too.

    On the complete lattice they are exact. On sampled ones the two means of D_k are over the sampled subsets of all
    lattices together (Price & Damen, ACCV 2020). Either way the ESVs of all frames and v(empty) sum to the score, for
    the estimated D_k too are made to sum to zero.
    """
    n_holding = torch.stack([lattice.n_holding for lattice in lattices]).sum(dim=0)
    of_frames: ContrastSums | None = None
    of_pairs: InteractionSums | None = None
    scores = []
    for lattice in lattices:
        levels = zip(lattice, game.levels(videos, lattice), strict=True)
        _, values = next(levels)
        empty = values[0].to(torch.float64, copy=True)
        of_frames = of_frames or ContrastSums(n_holding, empty)
        if with_interactions:
            of_pairs = InteractionSums(lattice.n_frames, empty)
        for level, values in levels:
            of_frames.add(level, values)
            if of_pairs is not None:
                of_pairs.add(level, values)
        scores.append(values[0].to(torch.float64, copy=True))  # of the last level, the whole video
    assert of_frames is not None
    score = torch.stack(scores).mean(dim=0)
    esvs = (score - empty + of_frames.contrasts()) / lattice.n_frames
    return BatchExplanation(
        esvs=esvs.transpose(0, 1).float().contiguous(),
        scores=score.float(),
        prior=empty.float(),
        interactions=None if of_pairs is None else of_pairs.interactions().float(),
    )


class ContrastSums:
    """For each frame the sum of its D_k over all sizes k, added up level by level in float64.

    Where no subset of a size holds the frame, or all do, D_k is not identified and counts as 0.

    Args:
        n_holding: at [k - 1, i] how many of the subsets of size k have frame i.
        empty: v(empty), gives the shape of the values.
    """

    def __init__(self, n_holding: Float64[Tensor, "n n"], empty: ScoreBatch) -> None:
        self.shape = empty.shape
        self.sums = empty.new_zeros(len(n_holding), empty.numel(), dtype=torch.float64)
        # Each subset of size k is counted for each of its k frames.
        size = torch.arange(1, len(n_holding) + 1, device=n_holding.device)[:, None]
        n_lacking = n_holding.sum(dim=1, keepdim=True) / size - n_holding
        known = (n_holding > 0) & (n_lacking > 0)
        self._weights = torch.stack([known / n_holding.clamp(min=1), known / -n_lacking.clamp(min=1)])

    def add(self, level: Level, values: LevelValues) -> None:
        """Count in the values of some subsets of one size."""
        holding, lacking = self._weights[:, level.size - 1].to(values.dtype)
        weights = torch.lerp(lacking, holding, level.membership.to(values.dtype))
        self.sums += weighted_row_sums(weights, values.flatten(start_dim=1))

    def contrasts(self) -> Float64[Tensor, "n B C"]:
        """They sum to zero over the frames."""
        return (self.sums - self.sums.mean(dim=0)).unflatten(1, self.shape)
