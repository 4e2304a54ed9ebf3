"""Exact ESVs, and the published estimate of them: two attributors, for the two families of models."""

from collections.abc import Sequence
from copy import copy
from typing import Any

import torch
from torch import Tensor, nn

from play_fair.attribution.attributor import Attributor
from play_fair.attribution.batch import BatchExplanation
from play_fair.attribution.constructive import count_sampled_evaluations, sampled_explanation
from play_fair.attribution.exact import DEFAULT_MAX_MEMORY, count_exact_evaluations, exact_explanation
from play_fair.games import (
    Activation,
    CallableGame,
    CharacteristicFunction,
    ExhaustiveSubsetSampler,
    Game,
    MultiscaleGame,
    Segments,
    SubsetSampler,
    segmented,
)
from play_fair.games.game import prior_scores


class ShapleyAttributor(Attributor):
    """ESVs of any game: exact, or estimated on the subsets that a sampler chooses.

    Args:
        game: v.
        n_classes: C.
        device: where the computation runs; None: where the video is.
        subset_sampler: None or an `ExhaustiveSubsetSampler`: exact, all 2^T subsets. Else only the subsets it gives.
        max_memory: bytes that the subsets and their scores may take at once, by default 4 GiB. More videos than fit
            are explained in turn.
    """

    game: Game

    def __init__(
        self,
        game: Game,
        n_classes: int,
        device: torch.device | str | None = None,
        subset_sampler: SubsetSampler | None = None,
        max_memory: int = DEFAULT_MAX_MEMORY,
    ) -> None:
        super().__init__(game, n_classes, device)
        self.subset_sampler = subset_sampler or ExhaustiveSubsetSampler()
        self.max_memory = max_memory
        self.interactions = False

    @property
    def is_exact(self) -> bool:
        """Whether all subsets are evaluated."""
        return isinstance(self.subset_sampler, ExhaustiveSubsetSampler)

    def _explain(self, videos: Tensor, n_iters: int) -> BatchExplanation:
        if self.is_exact:
            return exact_explanation(self.game, videos, self.n_classes, self.interactions, self.max_memory)
        return sampled_explanation(self.game, videos, self.subset_sampler, n_iters, self.interactions)

    def with_sampler(self, subset_sampler: SubsetSampler, n_iters: int = 1) -> "ShapleyAttributor":
        """The same attributor with another sampler."""
        other = copy(self)
        other.subset_sampler, other.n_iters = subset_sampler, n_iters
        return other

    def with_segments(self, segments: Segments) -> "ShapleyAttributor":
        """See `Attributor.with_segments`. Those of a multi-scale model are exact for up to 16 frames."""
        other = copy(self)
        other.game = segmented(self.game, segments)
        return other

    def with_interactions(self) -> "ShapleyAttributor":
        """The same attributor, whose explanations also have the interactions of pairs of frames."""
        other = copy(self)
        other.interactions = True
        return other

    def count_n_evaluations(self, n_video_frames: int, n_iters: int | None = None) -> int:
        """How many subsets of a video the model is evaluated on, at most; a multi-scale one: its networks."""
        if self.is_exact:
            return count_exact_evaluations(self.game, n_video_frames)
        return (n_iters or self.n_iters) * count_sampled_evaluations(self.game, n_video_frames, self.subset_sampler)


class OnlineShapleyAttributor(ShapleyAttributor):
    """ESVs of a multi-scale model, computed together with the model's scores of all subsets.

    Price & Damen, "Play Fair: Frame Attributions in Video Models", ACCV 2020.

    Args:
        single_scale_models: F_1, ..., F_m; F_s takes (N, s, D) and gives logits (N, C).
        priors: (C,) array or tensor: v(empty).
        n_classes: C.
        device, subset_sampler, max_memory: see `ShapleyAttributor`; the models are moved to the device.
        activation: of the scores: "softmax", "sigmoid" (several labels), "none", or a function.

    Raises:
        UserError: the priors are not C finite numbers, or no scores of the activation.
    """

    def __init__(
        self,
        single_scale_models: Sequence[nn.Module] | nn.ModuleList,
        priors: Any,
        n_classes: int,
        device: torch.device | str | None = None,
        subset_sampler: SubsetSampler | None = None,
        max_memory: int = DEFAULT_MAX_MEMORY,
        activation: Activation = "softmax",
    ) -> None:
        game = MultiscaleGame(single_scale_models, prior_scores(priors, n_classes), activation)
        if device is not None:
            for model in game.single_scale_models:
                model.to(device)
        super().__init__(game, n_classes, device, subset_sampler, max_memory)


class CharacteristicFunctionShapleyAttributor(ShapleyAttributor):
    """ESVs of any model of any number of frames, given as a function of subsets.

    Args:
        characteristic_fn: (N, s, D) -> (N, C), the scores of N subsets of s frames; (1, 0, D) gives v(empty). A `Game`
            such as `MeanConsensusGame` is used as such, which is faster.
        n_classes: C.
        subset_sampler, device, max_memory: see `ShapleyAttributor`.
    """

    def __init__(
        self,
        characteristic_fn: CharacteristicFunction | Game,
        n_classes: int,
        subset_sampler: SubsetSampler | None = None,
        device: torch.device | str | None = None,
        max_memory: int = DEFAULT_MAX_MEMORY,
    ) -> None:
        game = characteristic_fn if isinstance(characteristic_fn, Game) else CallableGame(characteristic_fn)
        super().__init__(game, n_classes, device, subset_sampler, max_memory)
