"""The game of a model that averages the logits of single frames (TSN)."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from play_fair.errors import UserError
from play_fair.games.activation import Activation, activate, require_activation
from play_fair.games.game import CoalitionScorer, call_model, prior_scores
from play_fair.games.lattice import Lattice
from play_fair.tensors import Coalitions, LevelValues, SubsetFeatures, SubsetScores, VideoBatch


class MeanConsensusGame:
    """v(X) = activation(mean over the frames of X of their logits); v(empty) = the class priors.

    Wang et al., "Temporal Segment Networks", ECCV 2016. The logits of each frame are computed once.

    Args:
        frame_logits: (..., D) -> (..., C), frame by frame.
        priors: (C,) array or tensor.
        activation: of the scores; see `Activation`.

    Raises:
        UserError: the priors are no scores of this activation.
    """

    def __init__(
        self, frame_logits: Callable[[Tensor], Tensor], priors: Any, activation: Activation = "softmax"
    ) -> None:
        self.frame_logits = frame_logits
        self.activation = require_activation(activation)
        self.priors = prior_scores(priors, activation=activation)

    def __call__(self, subsets: SubsetFeatures) -> SubsetScores:
        """v of N subsets, as a characteristic function."""
        if subsets.shape[1] == 0:
            return self.priors.to(subsets.device).expand(len(subsets), -1)
        return activate(self._logits(subsets).mean(dim=1), self.activation)

    def levels(self, videos: VideoBatch, lattice: Lattice) -> Iterator[LevelValues]:
        """See `Game.levels`."""
        logits = self._logits_of_frames(videos)
        memory = logits.new_empty(lattice.most_rows, *logits.shape[1:])
        for level in lattice:
            out = memory[: len(level)]
            if level.size == 0:
                yield out.copy_(self.priors)
            else:
                shares = level.membership.to(logits.dtype).div_(level.size)
                yield self._scores(logits, shares, out)

    def scorer(self, videos: VideoBatch) -> CoalitionScorer:
        """See `ScoresCoalitions.scorer`."""
        logits = self._logits_of_frames(videos)

        def score(coalitions: Coalitions) -> LevelValues:
            sizes = coalitions.sum(dim=1, keepdim=True)
            shares = coalitions.to(logits.dtype) / sizes.clamp(min=1)
            scores = self._scores(logits, shares, logits.new_empty(len(coalitions), *logits.shape[1:]))
            scores[sizes[:, 0] == 0] = self.priors.to(scores)
            return scores

        return score

    def _scores(self, logits: Float[Tensor, "n B C"], shares: Float[Tensor, "N n"], out: LevelValues) -> LevelValues:
        """Scores of weighted means of the logits of all frames."""
        torch.mm(shares, logits.flatten(start_dim=1), out=out.flatten(start_dim=1))
        return activate(out, self.activation, out=out)

    @torch.no_grad()  # scores are written in place
    def _logits_of_frames(self, videos: VideoBatch) -> Float[Tensor, "n B C"]:
        return self._logits(videos.transpose(0, 1))

    def _logits(self, features: Tensor) -> Tensor:
        logits = call_model(self.frame_logits, features, "the model of single frames")
        wanted = (*features.shape[:-1], len(self.priors))
        if logits.shape != wanted:
            raise UserError(f"expected frame logits of shape {wanted}, one for each prior, got {tuple(logits.shape)}")
        return logits
