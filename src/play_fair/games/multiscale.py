"""The game of a multi-scale model, for which there is one network for each number of frames (TRN)."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from play_fair.errors import UserError
from play_fair.games.game import prior_scores
from play_fair.games.lattice import Lattice, Level
from play_fair.games.single_scale import mix_logits
from play_fair.tensors import LevelValues, VideoBatch


class MultiscaleGame:
    """v(X) = softmax(f(X)) with f(X) = mean over s = 1..min(|X|, m) of E[F_s(X') : X' subset of X, |X'| = s].

    Price & Damen, "Play Fair: Frame Attributions in Video Models", ACCV 2020, section 3.3. v(empty) = the class
    priors. The expectations are never taken anew: f(X) follows from F_|X|(X) and the mean of f over the children,
    the subsets of X that have one frame less:

        f(X) = (F_|X|(X) + (|X| - 1) * mean over children) / |X|   if |X| <= m,   else the mean over children.

    On a sampled lattice the mean is over the children that it holds: f is estimated, as in section 3.4 of the paper.

    Args:
        single_scale_models: F_1, ..., F_m; F_s takes (N, s, D) and gives logits (N, C). Put in evaluation mode.
        priors: (C,) array or tensor.
    """

    def __init__(self, single_scale_models: Sequence[nn.Module] | nn.ModuleList, priors: Any) -> None:
        self.single_scale_models = list(single_scale_models)
        if not self.single_scale_models:
            raise UserError("expected at least one single-scale model, got none")
        self.priors = prior_scores(priors)

    def levels(self, videos: VideoBatch, lattice: Lattice) -> Iterator[LevelValues]:
        """See `Game.levels`.

        Raises:
            UserError: a model does not take the features or gives another number of classes than there are priors, or
                the lattice holds a subset without any of its children.
        """
        for model in self.single_scale_models:
            model.eval()
        n_videos, n_classes = len(videos), len(self.priors)
        frames = videos.transpose(0, 1).contiguous()
        logits = frames.new_zeros(1, n_videos * n_classes)  # of the empty set: never used, its weight is 0
        scores = frames.new_empty(lattice.widest, n_videos, n_classes)
        for level in lattice:
            if level.size == 0:
                yield self.priors.to(videos.device).expand(1, n_videos, -1)
                continue
            logits = mean_over_children(logits, level)
            of_subsets = logits.view(-1, n_videos, n_classes)
            if level.size <= len(self.single_scale_models):
                model = self.single_scale_models[level.size - 1]
                mix_logits(model, frames, level.subsets, of_subsets, share=1 / level.size)
            yield torch.softmax(of_subsets, dim=-1, out=scores[: len(level)])


def mean_over_children(below: Float[Tensor, "M K"], level: Level) -> Float[Tensor, "N K"]:
    """For each subset of the level, the mean of the rows of its children.

    Raises:
        UserError: the level below holds none of the children of some subset.
    """
    if level.child_weights is None:
        return F.embedding_bag(level.children, below, mode="mean")
    if (level.child_weights.sum(dim=1) == 0).any():
        raise UserError(
            f"expected each sampled subset of {level.size} frames to contain one of the sampled subsets of "
            f"{level.size - 1}, from which its score is estimated; use a sampler such as ConstructiveRandomSampler"
        )
    return F.embedding_bag(level.children, below, mode="sum", per_sample_weights=level.child_weights)
