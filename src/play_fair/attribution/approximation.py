"""How ESVs are estimated, as plain settings, and the attributor that does it."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from play_fair.attribution.attributor import Attributor, Explanation, n_players
from play_fair.attribution.attributors import ShapleyAttributor
from play_fair.attribution.estimators import MOST_ENUMERATED_FRAMES, LayeredAttributor, SurrogateAttributor
from play_fair.errors import UserError
from play_fair.games import ConstructiveRandomSampler, MultiscaleGame, ScoresSubsets, Segments

BEST = "best"
"""Exact where all subsets can be looked at; else the surrogate for a multi-scale model, and layers for all others."""

ESTIMATORS = ("constructive", "layered", "surrogate")

DEFAULT_MAX_SAMPLES = {"constructive": 1024, "layered": 1024, "surrogate": 256}


@dataclass(frozen=True)
class Approximation:
    """How ESVs are estimated; see `ConstructiveRandomSampler`, `LayeredAttributor` and `SurrogateAttributor`.

    Attributes:
        max_samples_per_scale: None: what suits the estimator, `DEFAULT_MAX_SAMPLES`.
        estimator: one of `ESTIMATORS`, or `BEST`.
        target_stderr: of the layered estimator.

    Raises:
        UserError: a number is too small, or there is no such estimator.
    """

    max_samples_per_scale: int | None = None
    n_iters: int = 1
    seed: int = 0
    estimator: str = BEST
    target_stderr: float | None = None

    def __post_init__(self) -> None:
        for name, least in (("max_samples_per_scale", 1), ("n_iters", 1), ("seed", 0)):
            if (value := getattr(self, name)) is not None and value < least:
                raise UserError(f"expected {name} of at least {least} for the approximation, got {value}")
        if self.estimator not in (BEST, *ESTIMATORS):
            raise UserError(f"expected an estimator among {', '.join((BEST, *ESTIMATORS))}, got {self.estimator!r}")
        if self.target_stderr is not None and not self.target_stderr > 0:
            raise UserError(f"expected a positive target_stderr, got {self.target_stderr}")

    def attributor(self, exact: ShapleyAttributor, shard: int = 0) -> Attributor:
        """What estimates the ESVs of the game of `exact`.

        Each shard has random numbers of its own, so that a resumed run gives what an undisturbed one gives.

        Raises:
            UserError: the estimator is not for this game, or knows no standard errors to aim at.
        """
        name = self._name_for(exact)
        if self.target_stderr is not None and name != "layered":
            raise UserError(
                f"target_stderr is for the layered estimator, but this model is explained by the {name} one"
            )
        (seed,) = np.random.SeedSequence((self.seed, shard)).generate_state(1).tolist()
        estimating = self._estimating(name, exact, self._max_samples(name), seed)
        return BestAttributor(exact, estimating) if self.estimator == BEST else estimating

    def settings(self, exact: ShapleyAttributor) -> dict[str, Any]:
        """All that the ESVs depend on, with what was left open decided."""
        name = self._name_for(exact)
        exact_up_to = MOST_ENUMERATED_FRAMES if self.estimator == BEST else 0
        decided = replace(self, estimator=name, max_samples_per_scale=self._max_samples(name))
        return {**asdict(decided), "exact_up_to_n_frames": exact_up_to}

    def _name_for(self, exact: ShapleyAttributor) -> str:
        if self.estimator != BEST:
            return self.estimator
        if isinstance(exact.game, MultiscaleGame):
            return "surrogate"
        return "layered" if isinstance(exact.game, ScoresSubsets) else "constructive"

    def _max_samples(self, name: str) -> int:
        return self.max_samples_per_scale or DEFAULT_MAX_SAMPLES[name]

    def _estimating(self, name: str, exact: ShapleyAttributor, max_samples: int, seed: int) -> Attributor:
        game = exact.game
        if name == "constructive":
            return exact.with_sampler(ConstructiveRandomSampler(max_samples, seed))
        if name == "surrogate":
            if not isinstance(game, MultiscaleGame):
                raise UserError("the surrogate estimator is for multi-scale models; use the layered one")
            return SurrogateAttributor(game, exact.n_classes, max_samples, seed, exact.device)
        if not isinstance(game, ScoresSubsets):
            raise UserError(
                "the layered estimator needs scores of single subsets, which a multi-scale model has only together "
                "with those of all their sub-subsets; use the surrogate one"
            )
        return LayeredAttributor(game, exact.n_classes, max_samples, seed, self.target_stderr, exact.device)


class BestAttributor(Attributor):
    """Exact ESVs of videos of up to `MOST_ENUMERATED_FRAMES` frames, and estimated ones of longer videos."""

    def __init__(self, exact: ShapleyAttributor, estimating: Attributor) -> None:
        super().__init__(exact.n_classes, exact.device)
        self.exact = exact
        self.estimating = estimating

    def count_n_evaluations(self, n_video_frames: int, n_iters: int = 1) -> int:
        """How many subsets of a video the model is evaluated on, at most."""
        if n_video_frames <= MOST_ENUMERATED_FRAMES:
            return self.exact.count_n_evaluations(n_video_frames)
        return self.estimating.count_n_evaluations(n_video_frames, n_iters)

    def with_segments(self, segments: Segments) -> "BestAttributor":
        """See `Attributor.with_segments`; exact for up to so many segments."""
        return BestAttributor(self.exact.with_segments(segments), self.estimating.with_segments(segments))

    def _explain(self, videos: Tensor, n_iters: int) -> Explanation:
        if n_players(self.exact.game, videos) > MOST_ENUMERATED_FRAMES:
            return self.estimating.explanation(videos, n_iters)
        exact = self.exact.explanation(videos)
        # The same fields as for longer videos, for they go into one file.
        if isinstance(self.estimating, ShapleyAttributor):
            return exact
        held_out = torch.zeros_like(exact.scores[:, 0]) if isinstance(self.estimating, SurrogateAttributor) else None
        return replace(exact, standard_errors=torch.zeros_like(exact.esvs), held_out=held_out)
