"""The game of a model that averages over frames what it says of each (TSN)."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from play_fair.errors import UserError
from play_fair.games.game import SubsetScorer, prior_scores
from play_fair.games.lattice import Lattice, membership_of
from play_fair.tensors import LevelValues, SubsetFeatures, Subsets, SubsetScores, VideoBatch


class MeanConsensusGame:
    """v(X) = softmax(mean over the frames of X of their logits); v(empty) = the class priors.

    Wang et al., "Temporal Segment Networks", ECCV 2016. The logits of each frame are computed once.

    Args:
        frame_logits: (..., D) -> (..., C), frame by frame. A module is put in evaluation mode.
        priors: (C,) array or tensor.
    """

    def __init__(self, frame_logits: Callable[[Tensor], Tensor], priors: Any) -> None:
        self.frame_logits = frame_logits
        self.priors = prior_scores(priors)

    def __call__(self, subsets: SubsetFeatures) -> SubsetScores:
        """v of N subsets, as a characteristic function."""
        if subsets.shape[1] == 0:
            return self.priors.to(subsets.device).expand(len(subsets), -1)
        return torch.softmax(self._logits(subsets).mean(dim=1), dim=-1)

    def levels(self, videos: VideoBatch, lattice: Lattice) -> Iterator[LevelValues]:
        """See `Game.levels`."""
        logits = self._logits_of_frames(videos)
        memory = logits.new_empty(lattice.most_rows, *logits.shape[1:])
        for level in lattice:
            yield self._scores(logits, level.membership, level.size, out=memory[: len(level)])

    def scorer(self, videos: VideoBatch) -> SubsetScorer:
        """See `ScoresSubsets.scorer`."""
        logits = self._logits_of_frames(videos)

        def score(subsets: Subsets) -> LevelValues:
            n_subsets, size = subsets.shape
            out = logits.new_empty(n_subsets, *logits.shape[1:])
            return self._scores(logits, membership_of(subsets, len(logits)), size, out)

        return score

    def _scores(
        self, logits: Float[Tensor, "n B C"], membership: Bool[Tensor, "N n"], size: int, out: LevelValues
    ) -> LevelValues:
        """v of N subsets of one size, given as which frames each has; of the logits of all frames."""
        if size == 0:
            return out.copy_(self.priors)
        torch.mm(membership.to(logits.dtype).div_(size), logits.flatten(start_dim=1), out=out.flatten(start_dim=1))
        return torch.softmax(out, dim=-1, out=out)

    @torch.no_grad()  # scores are written in place
    def _logits_of_frames(self, videos: VideoBatch) -> Float[Tensor, "n B C"]:
        return self._logits(videos.transpose(0, 1))

    def _logits(self, features: Tensor) -> Tensor:
        if isinstance(self.frame_logits, nn.Module):
            self.frame_logits.eval()
        logits = self.frame_logits(features)
        wanted = (*features.shape[:-1], len(self.priors))
        if logits.shape != wanted:
            raise UserError(f"expected frame logits of shape {wanted}, one for each prior, got {tuple(logits.shape)}")
        return logits
