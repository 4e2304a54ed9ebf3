"""The settings of an estimate of ESVs."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from play_fair.attribution.attributor import Attributor
from play_fair.attribution.attributors import ShapleyAttributor
from play_fair.attribution.constructive import ConstructiveEstimator
from play_fair.attribution.estimated import EstimatedAttributor
from play_fair.attribution.exact import MAX_EXACT_PLAYERS
from play_fair.attribution.registry import BEST, ESTIMATORS, best_estimator, require_estimator
from play_fair.errors import UserError
from play_fair.games import ConstructiveRandomSampler


@dataclass(frozen=True)
class Approximation:
    """Settings of an estimate of ESVs; see `EstimatedAttributor`.

    Attributes:
        max_samples_per_scale: coalitions of each size, as the published sampler has them; of other estimators, on
            average. None: what suits the estimator.
        n_iters: how often; a factor of the evaluations.
        estimator: a name of `ESTIMATORS`, or `BEST`.
        target_stderr: the evaluations grow until no ESV has a larger standard error.
        budget: evaluations of the model for each video, in place of `max_samples_per_scale`.

    Raises:
        UserError: a number is too small, or there is no such estimator.
    """

    max_samples_per_scale: int | None = None
    n_iters: int = 1
    seed: int = 0
    estimator: str = BEST
    target_stderr: float | None = None
    budget: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("max_samples_per_scale", 1), ("n_iters", 1), ("seed", 0), ("budget", 1)):
            if (value := getattr(self, name)) is not None and value < least:
                raise UserError(f"expected {name} of at least {least} for the approximation, got {value}")
        if self.budget is not None and self.max_samples_per_scale is not None:
            raise UserError("expected either a budget or max_samples_per_scale, got both")
        require_estimator(self.estimator)
        if self.target_stderr is not None and not self.target_stderr > 0:
            raise UserError(f"expected a positive target_stderr, got {self.target_stderr}")

    def attributor(self, exact: ShapleyAttributor, shard: int = 0) -> Attributor:
        """The attributor that estimates ESVs of the game of `exact`, and its interactions if `exact` has those.

        Each shard has random numbers of its own, so that a resumed run gives what an undisturbed one gives.

        Raises:
            UserError: the estimator is not for this game, or has no standard errors to aim at.
        """
        (seed,) = np.random.SeedSequence((self.seed, shard)).generate_state(1).tolist()
        if self.estimator == ConstructiveEstimator.name and self.budget is None:
            if self.target_stderr is not None:
                raise UserError("target_stderr needs standard errors, which the constructive estimator has not")
            max_samples = self.max_samples_per_scale or ConstructiveEstimator.default_samples
            return exact.with_sampler(ConstructiveRandomSampler(max_samples, seed), self.n_iters)
        return EstimatedAttributor(
            exact.game,
            exact.n_classes,
            self.estimator,
            self.max_samples_per_scale,
            self.budget,
            self.n_iters,
            seed,
            self.target_stderr,
            exact.interactions,
            exact.device,
        )

    def settings(self, exact: ShapleyAttributor, n_frames: int | None = None) -> dict[str, Any] | None:
        """All settings that the ESVs depend on, with defaults resolved; None where they are exact.

        Args:
            n_frames: of every video; None: videos of different lengths, those of few frames are exact.
        """
        attributor = self.attributor(exact)
        unlimited = best_estimator(exact.game, 1, 2**62)
        name = unlimited.name if self.estimator == BEST else self.estimator
        settings = {**asdict(self), "estimator": name, "exact_up_to_n_frames": 0}
        if self.budget is None:
            settings["max_samples_per_scale"] = self.max_samples_per_scale or ESTIMATORS[name].default_samples
        if not isinstance(attributor, EstimatedAttributor):
            return settings
        if n_frames is not None:
            if attributor.is_exact(n_frames):
                return None
            settings["estimator"] = attributor.estimator_for(n_frames).name
        exact_up_to = max((n for n in range(1, MAX_EXACT_PLAYERS + 1) if attributor.is_exact(n)), default=0)
        return {**settings, "exact_up_to_n_frames": exact_up_to}
