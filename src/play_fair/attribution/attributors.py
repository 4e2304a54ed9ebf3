"""Exact ESVs, and the published estimate of them: two attributors, for the two families of models."""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from play_fair.attribution.attributor import Attributor, Explanation, joined, joined_classes, n_players, segmented
from play_fair.attribution.shapley import shapley_values
from play_fair.errors import UserError
from play_fair.games import (
    CallableGame,
    CharacteristicFunction,
    CompleteLattice,
    ExhaustiveSubsetSampler,
    Game,
    KeepsLevels,
    MultiscaleGame,
    Segments,
    SubsetSampler,
)
from play_fair.games.game import prior_scores, rows_at_once
from play_fair.games.samplers import draw_lattice

DEFAULT_MAX_MEMORY = 4 << 30
"""4 GiB."""

_SCORES_AT_ONCE = 1 << 19
"""Scores of subsets that are looked at together on each thread of a CPU: 2 MiB, which are in its cache when summed."""

_SCORES_OF_LEVELS = 1 << 22
"""Scores of two levels of all videos that are explained together on a CPU: 16 MiB. More videos take longer each."""


class ShapleyAttributor(Attributor):
    """ESVs of any game: exact, or estimated on the subsets that a sampler chooses.

    Args:
        game: v.
        n_classes: C.
        device: where the computation runs; None: where the video is.
        subset_sampler: None or an `ExhaustiveSubsetSampler`: exact, all 2^T subsets. Else only the subsets it gives.
        max_memory: bytes that the subsets and their scores may take at once, by default 4 GiB. More videos than fit
            are explained in turn; if not even one fits, its classes are, which takes longer.
    """

    def __init__(
        self,
        game: Game,
        n_classes: int,
        device: torch.device | str | None = None,
        subset_sampler: SubsetSampler | None = None,
        max_memory: int = DEFAULT_MAX_MEMORY,
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
        n_frames = n_players(self.game, videos)
        lattice = CompleteLattice(n_frames, videos.device)
        # Sums in float64, of pairs of frames at most, and copies of them; and what the game itself keeps.
        of_class = 3 * n_frames**2 * torch.float64.itemsize
        if isinstance(self.game, KeepsLevels):
            of_class += self.game.n_kept(lattice) * torch.float32.itemsize
        fitting = (self.max_memory - lattice.n_bytes) // (of_class * self.n_classes)
        if fitting >= 1:
            fast = rows_at_once(videos.device, _SCORES_OF_LEVELS, lattice.two_widest * self.n_classes)
            return [
                shapley_values(self.game, chunk, [self._in_parts(lattice, len(chunk))], self.interactions)
                for chunk in videos.split(min(fitting, fast))
            ]
        of_log_sums = 2**n_frames * torch.float32.itemsize
        classes_at_once = (self.max_memory - lattice.n_bytes - of_log_sums) // of_class
        if classes_at_once < 1 or not isinstance(self.game, KeepsLevels):
            least = lattice.n_bytes + of_log_sums + of_class
            raise UserError(
                f"exact ESVs of {n_frames} frames need the scores of 2^{n_frames} = {2**n_frames:,} subsets, and at "
                f"least {least / 2**30:,.1f} GiB at once, more than the {self.max_memory / 2**30:.1f} GiB of "
                "max_memory: explain fewer frames, or estimate (--approximate in script 05, Approximation in Python)"
            )
        parts = self._in_parts(lattice, n_videos=1)
        return [
            joined_classes(
                [
                    shapley_values(some_classes, video, [parts], self.interactions)
                    for some_classes in self.game.by_classes(video, parts, classes_at_once)
                ]
            )
            for video in videos.split(1)
        ]

    def _in_parts(self, lattice: CompleteLattice, n_videos: int) -> CompleteLattice:
        at_once = rows_at_once(lattice.device, _SCORES_AT_ONCE * torch.get_num_threads(), n_videos * self.n_classes)
        return replace(lattice, rows_at_once=at_once)

    def _estimate(self, video: Tensor, n_iters: int) -> Explanation:
        n_frames = n_players(self.game, video)
        lattices = [draw_lattice(self.subset_sampler, n_frames, video.device) for _ in range(n_iters)]
        return shapley_values(self.game, video, lattices)

    def with_sampler(self, subset_sampler: SubsetSampler) -> "ShapleyAttributor":
        """The same attributor with another sampler."""
        other = copy(self)
        other.subset_sampler = subset_sampler
        return other

    def with_segments(self, segments: Segments) -> "ShapleyAttributor":
        """See `Attributor.with_segments`."""
        other = copy(self)
        other.game = segmented(self.game, segments)
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

    Price & Damen, "Play Fair: Frame Attributions in Video Models", ACCV 2020.

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
        max_memory: int = DEFAULT_MAX_MEMORY,
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
        max_memory: int = DEFAULT_MAX_MEMORY,
    ) -> None:
        game = characteristic_fn if isinstance(characteristic_fn, Game) else CallableGame(characteristic_fn)
        super().__init__(game, n_classes, device, subset_sampler, max_memory)
