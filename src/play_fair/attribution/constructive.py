"""The sampler of Price & Damen (ACCV 2020) as an estimator: model and ESVs are estimated together, size by size."""

from math import comb
from typing import ClassVar

import torch

from play_fair.attribution.batch import BatchExplanation, joined
from play_fair.attribution.bound_game import BoundGame
from play_fair.attribution.estimator import Estimator
from play_fair.attribution.shapley import shapley_values
from play_fair.errors import UserError
from play_fair.games import (
    ConstructiveRandomSampler,
    Game,
    ScoresCoalitions,
    SegmentedGame,
    SubsetSampler,
    multiscale_of,
    n_players,
)
from play_fair.games.samplers import draw_lattice
from play_fair.tensors import Videos


def sampled_explanation(
    game: Game, videos: Videos, sampler: SubsetSampler, n_iters: int = 1, interactions: bool = False
) -> BatchExplanation:
    """ESVs estimated on the subsets that a sampler chooses; each video has subsets of its own.

    Raises:
        UserError: interactions are asked for, which need all subsets.
    """
    if interactions:
        raise UserError(
            "interactions of pairs of frames need all subsets, or an estimator that fits a model to the sampled ones: "
            "explain exactly, or by another estimator than the constructive one"
        )
    n = n_players(game, videos.shape[1])
    parts = []
    for video in videos.split(1):
        lattices = [draw_lattice(sampler, n, video.device) for _ in range(n_iters)]
        parts.append(shapley_values(game, video, lattices))
    n_evaluations = n_iters * count_sampled_evaluations(game, videos.shape[1], sampler)
    together = joined(parts)
    return BatchExplanation(
        together.esvs,
        together.scores,
        together.prior,
        n_evaluations=n_evaluations,
        method=ConstructiveEstimator.name,
        biased=True,
    )


def count_sampled_evaluations(game: Game | ScoresCoalitions, n_frames: int, sampler: SubsetSampler) -> int:
    """Most evaluations for a video: of the model, or of the networks of a multi-scale one."""
    n = n_players(game, n_frames)
    return sum(sampler.n_samples(n, size) for size in range(1, _n_evaluated_sizes(game, n) + 1))


def _n_evaluated_sizes(game: Game | ScoresCoalitions, n: int) -> int:
    multiscale = None if isinstance(game, SegmentedGame) else multiscale_of(game)
    return n if multiscale is None else min(n, len(multiscale.single_scale_models))


class ConstructiveEstimator(Estimator):
    """The published sampler; see `ConstructiveRandomSampler`. No standard errors."""

    name: ClassVar[str] = "constructive"
    summary: ClassVar[str] = "the sampler of the paper"
    has_standard_errors: ClassVar[bool] = False

    def require(self, game: Game | ScoresCoalitions) -> None:
        """See `Estimator.require`; any `Game`."""
        if not isinstance(game, Game):
            raise UserError("the constructive estimator needs a game with `levels`; use another estimator")

    def least_budget(self, game: Game | ScoresCoalitions, n_frames: int) -> int:
        """One subset of each size."""
        return self.budget_of_samples(game, n_frames, 1)

    def budget_of_samples(self, game: Game | ScoresCoalitions, n_frames: int, max_samples: int) -> int:
        """See `Estimator.budget_of_samples`."""
        return count_sampled_evaluations(game, n_frames, ConstructiveRandomSampler(max_samples, 0))

    def estimate(
        self, bound: BoundGame, budget: int, generator: torch.Generator, interactions: bool = False
    ) -> BatchExplanation:
        """See `Estimator.estimate`."""
        game = bound.game
        assert isinstance(game, Game)
        counts = [comb(bound.n, size) for size in range(1, _n_evaluated_sizes(game, bound.n) + 1)]
        seed = int(torch.randint(2**62, (), generator=generator))
        sampler = ConstructiveRandomSampler(samples_of_budget(counts, budget), seed)
        return sampled_explanation(game, bound.videos, sampler, interactions=interactions)


def samples_of_budget(counts: list[int], budget: int) -> int:
    """The largest m for which min(m, count) of each count are together no more than the budget; at least 1."""
    left, m = budget, 1
    for place, count in enumerate(sorted(counts)):
        n_left = len(counts) - place
        if count * n_left > left:
            return max(1, left // n_left)
        left -= count
        m = count
    return max(m, 1)
