"""Element Shapley Values from the scores of subsets.

With v_k the scores of the subsets of size k, the Shapley value of frame i among n is

    phi_i = (v(all) - v(empty)) / n + 1/n * sum over k = 1..n-1 of D_k(i),
    D_k(i) = mean of v_k over the subsets with i - mean of v_k over the subsets without i,

the definition with its marginal contributions grouped by size. D_k is linear in v_k, and sums to zero over the frames.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from play_fair.games import Game, Lattice, Level
from play_fair.tensors import EsvBatch, ScoreBatch, VideoBatch

_ROWS_AT_ONCE = 256


def shapley_values(game: Game, videos: VideoBatch, lattices: Sequence[Lattice]) -> tuple[EsvBatch, ScoreBatch]:
    """ESVs and scores of B videos of n frames, float32.

    On the complete lattice they are exact. On sampled ones the two means of D_k are over the sampled subsets, all
    lattices together (Price & Damen, ACCV 2020, section 3.4); where no sampled subset of a size has the frame, or all
    have it, that size tells nothing of the frame and its D_k counts as 0. Either way the ESVs of all frames and
    v(empty) sum to the score: the D_k(i) are centred over the frames.
    """
    n_videos, n_frames, _ = videos.shape
    holding = [sum(level.membership.sum(dim=0) for level in same_size) for same_size in zip(*lattices, strict=True)]
    n_subsets = [sum(map(len, same_size)) for same_size in zip(*lattices, strict=True)]
    contrasts = torch.zeros((), dtype=torch.float64, device=videos.device)  # becomes (n, B * C): sum of D_k over sizes
    gain = scores = torch.zeros((), device=videos.device)
    for lattice in lattices:
        for level, values in zip(lattice, game.levels(videos, lattice), strict=True):
            if level.size == 0:
                empty = values[0]
            elif level.size == n_frames:
                gain = gain + (values[0] - empty) / len(lattices)
                scores = scores + values[0] / len(lattices)
            else:
                weights = contrast_weights(level, holding[level.size], n_subsets[level.size]).to(values.dtype)
                flat = values.reshape(len(level), -1)
                # float32 sums of thousands of rows would err by more than 1e-6: float64 from one piece to the next.
                for rows in range(0, len(level), _ROWS_AT_ONCE):
                    piece = slice(rows, rows + _ROWS_AT_ONCE)
                    contrasts = contrasts + weights[piece].T @ flat[piece]
    esvs = gain.expand(n_frames, -1, -1)
    if n_frames > 1:
        contrasts = contrasts.unflatten(1, (n_videos, -1))
        esvs = esvs + contrasts - contrasts.mean(dim=0)
    return (esvs / n_frames).transpose(0, 1).float().contiguous(), scores.float()


def contrast_weights(level: Level, n_holding: Float[Tensor, " n"], n_subsets: int) -> Float[Tensor, "N n"]:
    """The weight of each subset in D_k(i): 1 / (number with i) if it has frame i, else -1 / (number without i).

    Args:
        n_holding: how many subsets of this size have each frame; of this level, or of several that are pooled.
        n_subsets: how many there are.
    """
    n_lacking = n_subsets - n_holding
    known = (n_holding > 0) & (n_lacking > 0)
    of_holding = known / n_holding.clamp(min=1)
    of_lacking = known / n_lacking.clamp(min=1)
    return torch.addcmul(-of_lacking, level.membership, of_holding + of_lacking)
