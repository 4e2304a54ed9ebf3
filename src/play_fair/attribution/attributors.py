"""Exact ESVs, and the published estimate of them: two attributors, for the two families of models."""

from collections.abc import Sequence
from copy import copy
from typing import Any

import torch
from torch import Tensor, nn

from play_fair.attribution.attributor import Attributor, Explanation, joined
from play_fair.attribution.shapley import shapley_values
from play_fair.errors import UserError
from play_fair.games import (
    CallableGame,
    CharacteristicFunction,
    CompleteLattice,
    ExhaustiveSubsetSampler,
    Game,
    MultiscaleGame,
    SubsetSampler,
)
from play_fair.games.game import prior_scores
from play_fair.games.samplers import draw_lattice

_DEFAULT_MEMORY = 4 << 30
_TABLES_PER_LEVEL = 4
"""Tables as large as the widest level that exist at once: logits of two levels, scores, and a copy to spare."""


class ShapleyAttributor(Attributor):
    """ESVs of any game: exact, or estimated on the subsets that a sampler chooses.

    Args:
        game: v.
        n_classes: C.
        device: where the computation runs; None: where the video is.
        subset_sampler: None or an `ExhaustiveSubsetSampler`: exact, all 2^T subsets. Else only the subsets it gives.
        max_memory: bytes that the scores of subsets may take at once; more videos than fit are explained in turn.
    """

    def __init__(
        self,
        game: Game,
        n_classes: int,
        device: torch.device | str | None = None,
        subset_sampler: SubsetSampler | None = None,
        max_memory: int = _DEFAULT_MEMORY,
    ) -> None:
        super().__init__(n_classes, device)
        self.game = game
        self.subset_sampler = subset_sampler or ExhaustiveSubsetSampler()
        self.max_memory = max_memory
        self.interactions = False

    def _explain(self, videos: Tensor, n_iters: int) -> Explanation:
        if isinstance(self.subset_sampler, ExhaustiveSubsetSampler):
            return joined(self._exact(videos))
        if self.interactions:
            raise UserError("interactions of frames are exact only: explain without sampling")
        # Each video gets sampled subsets of its own, so that the errors of different videos are independent.
        return joined([self._estimate(video[None], n_iters) for video in videos])

    def _exact(self, videos: Tensor) -> list[Explanation]:
        lattice = CompleteLattice(videos.shape[1], videos.device)
        bytes_per_video = _TABLES_PER_LEVEL * lattice.widest * self.n_classes * torch.float32.itemsize
        if bytes_per_video > self.max_memory:
            raise UserError(
                f"exact ESVs of {lattice.n_frames} frames need the scores of 2^{lattice.n_frames} = "
                f"{2**lattice.n_frames:,} subsets, {bytes_per_video / 2**30:.1f} GiB at once, more than the "
                f"{self.max_memory / 2**30:.1f} GiB of max_memory: sample fewer frames of the video, or give a "
                "subset_sampler (ConstructiveRandomSampler)"
            )
        chunks = videos.split(self.max_memory // bytes_per_video)
        return [shapley_values(self.game, chunk, [lattice], self.interactions) for chunk in chunks]

    def _estimate(self, video: Tensor, n_iters: int) -> Explanation:
        n_frames = video.shape[1]
        lattices = [draw_lattice(self.subset_sampler, n_frames, video.device) for _ in range(n_iters)]
        return shapley_values(self.game, video, lattices)

    def with_sampler(self, subset_sampler: SubsetSampler) -> "ShapleyAttributor":
        """The same attributor with another sampler."""
        other = copy(self)
        other.subset_sampler = subset_sampler
        return other

    def with_interactions(self) -> "ShapleyAttributor":
        """The same attributor, whose explanations also have the interactions of pairs of frames."""
        other = copy(self)
        other.interactions = True
        return other

    def count_n_evaluations(self, n_video_frames: int, n_iters: int = 1) -> int:
        """How many subsets of a video the model is evaluated on, at most."""
        sizes = range(1, n_video_frames + 1)
        return n_iters * sum(self.subset_sampler.n_samples(n_video_frames, size) for size in sizes)


class OnlineShapleyAttributor(ShapleyAttributor):
    """ESVs of a multi-scale model, computed together with the model's scores of all subsets.

    Price & Damen, "Play Fair: Frame Attributions in Video Models", ACCV 2020, sections 3.3 and 3.4.

    Args:
        single_scale_models: F_1, ..., F_m; F_s takes (N, s, D) and gives logits (N, C). Put in evaluation mode.
        priors: (C,) array or tensor: v(empty).
        n_classes: C.
        device, subset_sampler, max_memory: see `ShapleyAttributor`; the models are moved to the device.
    """

    def __init__(
        self,
        single_scale_models: Sequence[nn.Module] | nn.ModuleList,
        priors: Any,
        n_classes: int,
        device: torch.device | str | None = None,
        subset_sampler: SubsetSampler | None = None,
        max_memory: int = _DEFAULT_MEMORY,
    ) -> None:
        self.n_scales = len(single_scale_models)
        game = MultiscaleGame(single_scale_models, prior_scores(priors, n_classes))
        if device is not None:
            for model in game.single_scale_models:
                model.to(device)
        super().__init__(game, n_classes, device, subset_sampler, max_memory)

    def count_n_evaluations(self, n_video_frames: int, n_iters: int = 1) -> int:
        """How many subsets of a video the single-scale models are evaluated on, at most."""
        sizes = range(1, min(n_video_frames, self.n_scales) + 1)
        return n_iters * sum(self.subset_sampler.n_samples(n_video_frames, size) for size in sizes)


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
        max_memory: int = _DEFAULT_MEMORY,
    ) -> None:
        game = characteristic_fn if isinstance(characteristic_fn, Game) else CallableGame(characteristic_fn)
        super().__init__(game, n_classes, device, subset_sampler, max_memory)
