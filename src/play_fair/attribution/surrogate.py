"""ESVs of a multi-scale model from surrogates of its networks, fitted on few subsets of frames."""

from collections.abc import Sequence
from dataclasses import replace
from math import comb
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from play_fair.attribution.batch import BatchExplanation
from play_fair.attribution.bound_game import BoundGame
from play_fair.attribution.constructive import samples_of_budget
from play_fair.attribution.estimator import Estimator
from play_fair.attribution.exact import MAX_EXACT_PLAYERS
from play_fair.attribution.layered import layered_estimate, least_evaluations
from play_fair.attribution.set_kernel.interactions import pair_interactions
from play_fair.attribution.set_kernel.targets import targets_of
from play_fair.errors import UserError
from play_fair.games import (
    CoalitionScorer,
    Game,
    MultiscaleGame,
    ScoresCoalitions,
    SegmentedGame,
    SurrogateGame,
    multiscale_of,
)
from play_fair.games.kernel_fit import ScaleFit
from play_fair.games.segments import score_segments, segment_lengths

_PREDICTED_SAMPLES = 256
_PREDICTED_SAMPLES_PER_PLAYER = 4
"""Coalitions of each size scored by the surrogate: at least in all, and for each player. No network is called."""


class SurrogateEstimator(Estimator):
    """See `SurrogateGame`. Biased, less with more samples; the videos of a batch share their subsets.

    Up to `MAX_EXACT_PLAYERS` players the ESVs of the learnt game are exact, beyond they are estimated by the layered
    estimator; no network is called for that. The standard error of an ESV is half the difference between the estimates
    from either half of the samples (pooled over the players of the video), together with that of the layered estimate:
    cautious, for all samples give better ESVs than halves do.
    """

    name: ClassVar[str] = "surrogate"
    summary: ClassVar[str] = "learns the networks of a multi-scale model from few subsets"
    default_samples: ClassVar[int] = 256

    def require(self, game: Game | ScoresCoalitions) -> None:
        """See `Estimator.require`."""
        if multiscale_of(game) is None:
            raise UserError("the surrogate estimator is for multi-scale models; use another one")

    def least_budget(self, game: Game | ScoresCoalitions, n_frames: int) -> int:
        """One subset of each scale."""
        return self.budget_of_samples(game, n_frames, 1)

    def budget_of_samples(self, game: Game | ScoresCoalitions, n_frames: int, max_samples: int) -> int:
        """See `Estimator.budget_of_samples`: at most `max_samples` subsets for each network."""
        return sum(min(max_samples, count) for count in self._counts(game, n_frames))

    def estimate(
        self, bound: BoundGame, budget: int, generator: torch.Generator, interactions: bool = False
    ) -> BatchExplanation:
        """See `Estimator.estimate`."""
        n_videos, n_frames, _ = bound.videos.shape
        max_samples = samples_of_budget(self._counts(bound.game, n_frames), budget)
        surrogate = SurrogateGame(self._multiscale(bound.game), max_samples, generator)
        fits = surrogate.fit(bound.videos)
        lengths = None
        if isinstance(bound.game, SegmentedGame):
            lengths = segment_lengths(bound.game.segments, n_frames)

        def scorer_of(fits: Sequence[Sequence[ScaleFit]]) -> CoalitionScorer:
            score = surrogate.scorer_of(fits)
            return score if lengths is None else score_segments(score, lengths)

        def estimate_with(fits: Sequence[Sequence[ScaleFit]], n_predicted: int) -> BatchExplanation:
            return layered_estimate(scorer_of(fits), bound.n, n_predicted, generator, bound.device)

        n_predicted = count_predicted(bound.n)
        learnt = [[fitted.whole for fitted in fits]]
        estimate = estimate_with(learnt, n_predicted)
        # The difference of the halves needs fewer coalitions.
        of_halves = estimate_with(
            [[fitted.halves[half] for fitted in fits] for half in (0, 1)],
            max(least_evaluations(bound.n), min(n_predicted, _PREDICTED_SAMPLES * bound.n) // 2),
        )
        of_one_half, of_other_half = of_halves.esvs.split(n_videos)
        of_learning = (of_one_half - of_other_half).square().mean(dim=1, keepdim=True) / 4
        assert estimate.standard_errors is not None
        residuals = torch.stack([fitted.loo_residual.view(n_videos, -1).mean(dim=1) for fitted in fits])
        return replace(
            estimate,
            standard_errors=(of_learning + estimate.standard_errors.square()).sqrt(),
            loo_residual=residuals.amax(dim=0).float(),
            n_evaluations=self.budget_of_samples(bound.game, n_frames, max_samples),
            method=self.name,
            biased=True,
            interactions=_interactions(scorer_of(learnt), estimate, bound) if interactions else None,
        )

    def _multiscale(self, game: Game | ScoresCoalitions) -> MultiscaleGame:
        multiscale = multiscale_of(game)
        assert multiscale is not None
        return multiscale

    def _counts(self, game: Game | ScoresCoalitions, n_frames: int) -> list[int]:
        """Number of subsets of each network's size."""
        n_scales = min(n_frames, len(self._multiscale(game).single_scale_models))
        return [comb(n_frames, size) for size in range(1, n_scales + 1)]


def _interactions(score: CoalitionScorer, estimate: BatchExplanation, bound: BoundGame) -> Float[Tensor, "B n n C"]:
    """Interactions of pairs in the surrogate game."""
    targets = targets_of(bound.n)
    tables = score(targets.masks.to(bound.device)).double().cpu()
    ends = (estimate.scores.double().cpu(), estimate.prior.double().cpu())
    pairs = [
        pair_interactions(targets, table, whole, empty)
        for table, whole, empty in zip(tables.unbind(dim=1), *ends, strict=True)
    ]
    return torch.stack(pairs).float().to(bound.device)


def count_predicted(n: int) -> int:
    """Most coalitions of n players that the surrogate scores."""
    if n <= MAX_EXACT_PLAYERS:
        return 2**n
    return max(_PREDICTED_SAMPLES, _PREDICTED_SAMPLES_PER_PLAYER * n) * (n - 1)
