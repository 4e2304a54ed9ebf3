"""The game of a multi-scale model, for which there is one network for each number of frames (TRN)."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from play_fair.errors import UserError
from play_fair.games.activation import Activation, activate, require_activation
from play_fair.games.game import prior_scores
from play_fair.games.lattice import Lattice, Level
from play_fair.games.single_scale import SingleScale
from play_fair.tensors import LevelValues, VideoBatch


class MultiscaleGame:
    """v(X) = activation(f(X)) with f(X) = mean over s = 1..min(|X|, m) of E[F_s(X') : X' subset of X, |X'| = s].

    Price & Damen, "Play Fair: Frame Attributions in Video Models", ACCV 2020. v(empty) = the class priors. The
    expectations are computed recursively: f(X) follows from F_|X|(X) and the mean of f over the children, the subsets
    of X that have one frame less:

        f(X) = (F_|X|(X) + (|X| - 1) * mean over children) / |X|   if |X| <= m,   else the mean over children.

    On a sampled lattice the mean is over the children that it holds: f is estimated, as in the paper.

    Args:
        single_scale_models: F_1, ..., F_m; F_s takes (N, s, D) and gives logits (N, C).
        priors: (C,) array or tensor.
        activation: of the scores; see `Activation`.

    Raises:
        UserError: there is no model, or the priors are no scores of this activation.
    """

    def __init__(
        self,
        single_scale_models: Sequence[nn.Module] | nn.ModuleList,
        priors: Any,
        activation: Activation = "softmax",
    ) -> None:
        self.single_scale_models = list(single_scale_models)
        if not self.single_scale_models:
            raise UserError("expected at least one single-scale model, got none")
        self.activation = require_activation(activation)
        self.priors = prior_scores(priors, activation=activation)

    def levels(self, videos: VideoBatch, lattice: Lattice) -> Iterator[LevelValues]:
        """See `Game.levels`.

        Raises:
            UserError: a model does not take the features or gives another number of classes than there are priors, or
                the lattice holds a subset without any of its children.
        """
        yield self.priors.to(videos.device).expand(1, len(videos), -1)
        for logits, spare in self._logits(videos, lattice):
            yield activate(logits, self.activation, out=spare)

    def _logits(self, videos: VideoBatch, lattice: Lattice) -> Iterator[tuple[LevelValues, LevelValues]]:
        """f of the subsets from size 1 on, and as much memory to work in.

        The logits are not to be overwritten: the next level needs them.
        """
        n_videos, n_classes = len(videos), len(self.priors)
        frames = videos.transpose(0, 1).contiguous()
        # In one block: then the C library keeps what is freed for the next videos, in place of returning it to the
        # system, which would have to clear every page again.
        memory = frames.new_empty(lattice.two_widest + lattice.most_rows, n_videos * n_classes)
        tables, spare = memory[: lattice.two_widest], memory[lattice.two_widest :]
        table = tables[:1].zero_()  # of the empty set: never used, its weight is 0
        for level in lattice:
            if level.size == 0:
                continue
            if level.first == 0:
                # Sizes in turn stand at either end, so that a level and the one below it never overlap.
                below, table = table, tables[-level.n_of_size :] if level.size % 2 else tables[: level.n_of_size]
                single_scale = self._single_scale(level.size, frames)
            rows = table[level.first : level.first + len(level)]
            mean_over_children(below, level, out=rows)
            logits, free = (part.view(-1, n_videos, n_classes) for part in (rows, spare[: len(rows)]))
            if single_scale is not None:
                single_scale.mix(level.subsets, logits, 1 / level.size)
            yield logits, free

    def _single_scale(self, size: int, frames: Float[Tensor, "n B D"]) -> SingleScale | None:
        models = self.single_scale_models
        return SingleScale(models[size - 1], frames, size, len(self.priors)) if size <= len(models) else None


def mean_over_children(below: Float[Tensor, "M K"], level: Level, out: Float[Tensor, "N K"]) -> None:
    """For each subset of the level, the mean of the rows of its children.

    Raises:
        UserError: the level below holds none of the children of some subset.
    """
    if level.has_orphans:
        raise UserError(
            f"expected each sampled subset of {level.size} frames to contain one of the sampled subsets of "
            f"{level.size - 1}, from which its score is estimated; use a sampler such as ConstructiveRandomSampler"
        )
    torch.div(F.embedding_bag(level.children, below, level.bags, mode="sum"), level.n_children, out=out)
