"""The interface of estimators of ESVs."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import torch

from play_fair.attribution.batch import BatchExplanation
from play_fair.attribution.bound_game import BoundGame
from play_fair.attribution.exact import count_exact_evaluations, exact_explanation
from play_fair.errors import UserError
from play_fair.games import Game, ScoresCoalitions, multiscale_of, n_players

MAX_EVALUATIONS = 1 << 22
"""Most evaluations for a target standard error."""


class Estimator(ABC):
    """Estimates ESVs from a limited number of evaluations of a model.

    Attributes:
        name: by which it is chosen.
        summary: one line for help texts.
        has_standard_errors: whether its explanations have standard errors; `target_stderr` needs them.
        default_samples: coalitions of each size, by default.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    has_standard_errors: ClassVar[bool] = True
    default_samples: ClassVar[int] = 1024

    def require(self, game: Game | ScoresCoalitions) -> None:
        """Check that the estimator is for this game.

        Raises:
            UserError: it is not.
        """
        if multiscale_of(game) is not None or not isinstance(game, ScoresCoalitions):
            raise UserError(
                f"the {self.name} estimator needs scores of single coalitions, which a multi-scale model has only "
                "together with those of all their sub-coalitions; use the surrogate estimator"
            )

    def least_budget(self, game: Game | ScoresCoalitions, n_frames: int) -> int:
        """The fewest evaluations that the estimator can work with, for a video of `n_frames` frames."""
        return 1

    def budget_of_samples(self, game: Game | ScoresCoalitions, n_frames: int, max_samples: int) -> int:
        """The budget of `max_samples` coalitions of each size."""
        return max_samples * max(1, n_players(game, n_frames) - 1)

    @abstractmethod
    def estimate(
        self, bound: BoundGame, budget: int, generator: torch.Generator, interactions: bool = False
    ) -> BatchExplanation:
        """ESVs of B videos, each from at most `budget` evaluations of the model; v(empty) is not counted.

        Args:
            bound: a game that `require` accepts, and the videos.
            budget: at least `least_budget`.
            generator: on the CPU, so that the draws are the same for every device.
            interactions: whether to estimate the interactions of pairs of players, too.

        Raises:
            UserError: the estimator has no interactions.
        """


def estimated_explanation(
    choose: Callable[[int], Estimator],
    bound: BoundGame,
    budget: int,
    seed: int,
    interactions: bool = False,
    target_stderr: float | None = None,
) -> BatchExplanation:
    """See `Estimator.estimate`.

    Args:
        choose: the estimator for a budget.
        seed: of the generator.
        target_stderr: the budget grows until no ESV has a larger standard error, or to exact ESVs; coalitions of a
            `bound` game that memoizes are not evaluated again.

    Raises:
        UserError: the game is not for this estimator, the budget is too small, or more than `MAX_EVALUATIONS` would be
            needed for the target.
    """
    n_frames = bound.videos.shape[1]
    n_evaluations = 0
    while True:
        estimator = choose(budget)
        estimator.require(bound.game)
        require_budget(estimator, bound.game, n_frames, budget)
        if target_stderr is not None and not estimator.has_standard_errors:
            raise UserError(f"target_stderr needs standard errors, which the {estimator.name} estimator has not")
        explanation = estimator.estimate(bound, budget, torch.Generator().manual_seed(seed), interactions)
        if target_stderr is None:
            return explanation
        errors = explanation.standard_errors
        largest = float("inf") if errors is None or errors.isnan().any() else float(errors.max())
        if largest <= target_stderr:
            return explanation
        if isinstance(bound.game, Game) and budget >= count_exact_evaluations(bound.game, n_frames):
            return exact_explanation(bound.game, bound.videos, interactions=interactions)
        if budget >= MAX_EVALUATIONS or explanation.n_evaluations == n_evaluations:
            raise UserError(
                f"the largest standard error is {largest:.1e} after {explanation.n_evaluations:,} evaluations, not yet "
                f"the {target_stderr:.1e} of target_stderr: ask for a larger one, or for another estimator"
            )
        n_evaluations = explanation.n_evaluations
        budget = int(budget * min(8.0, max(1.3, 1.1 * (largest / target_stderr) ** 2))) + 1


def require_budget(estimator: Estimator, game: Game | ScoresCoalitions, n_frames: int, budget: int) -> None:
    """Refuse a budget that is too small.

    Raises:
        UserError: it is; the message has one that works.
    """
    least = estimator.least_budget(game, n_frames)
    if budget < least:
        raise UserError(
            f"expected a budget of at least {least:,} evaluations for the {estimator.name} estimator of "
            f"{n_players(game, n_frames)} players, got {budget:,}: give budget={least}, fewer players (segments), or "
            "another estimator"
        )
