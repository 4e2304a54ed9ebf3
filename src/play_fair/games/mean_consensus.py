"""The game of a model that averages over frames what it says of each (TSN)."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from jaxtyping import Bool
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
        score = self._scorer_by_membership(videos)
        for level in lattice:
            yield score(level.membership, level.size)

    def scorer(self, videos: VideoBatch) -> SubsetScorer:
        """See `ScoresSubsets.scorer`."""
        score, n_frames = self._scorer_by_membership(videos), videos.shape[1]

        def score_subsets(subsets: Subsets) -> LevelValues:
            return score(membership_of(subsets, n_frames), subsets.shape[1])

        return score_subsets

    def _scorer_by_membership(self, videos: VideoBatch) -> Callable[[Bool[Tensor, "N n"], int], LevelValues]:
        """v of N subsets of one size, each given as which frames it has, and of that size."""
        n_videos, n_frames, _ = videos.shape
        logits = self._logits(videos.transpose(0, 1)).reshape(n_frames, -1)  # (n, B * C)
        priors = self.priors.to(videos.device)

        def score(membership: Bool[Tensor, "N n"], size: int) -> LevelValues:
            if size == 0:
                return priors.expand(len(membership), n_videos, -1)
            means = (membership.to(logits.dtype) @ (logits / size)).unflatten(1, (n_videos, -1))
            return torch.softmax(means, dim=-1, out=means)

        return score

    def _logits(self, features: Tensor) -> Tensor:
        if isinstance(self.frame_logits, nn.Module):
            self.frame_logits.eval()
        logits = self.frame_logits(features)
        wanted = (*features.shape[:-1], len(self.priors))
        if logits.shape != wanted:
            raise UserError(f"expected frame logits of shape {wanted}, one for each prior, got {tuple(logits.shape)}")
        return logits
