"""The attributor of any estimator."""

from copy import copy
from itertools import count

import torch
from torch import Tensor

from play_fair.attribution.attributor import Attributor
from play_fair.attribution.batch import BatchExplanation
from play_fair.attribution.bound_game import BoundGame
from play_fair.attribution.estimator import Estimator, estimated_explanation
from play_fair.attribution.exact import count_exact_evaluations, exact_explanation, is_cheap_to_enumerate
from play_fair.attribution.registry import BEST, best_estimator, estimator_of, require_estimator
from play_fair.errors import UserError
from play_fair.games import Game, ScoresCoalitions, Segments, segmented


class EstimatedAttributor(Attributor):
    """ESVs of any game, estimated; by the "best" estimator exact, where the budget is enough for all coalitions.

    Args:
        game: v.
        n_classes: C.
        estimator: a name of `play_fair.attribution.ESTIMATORS`, or "best".
        max_samples: coalitions of each size, on average; the budget, where none is given. None: the default of the
            estimator; the best one is then exact for up to 16 players whatever they cost.
        budget: evaluations of the model for each video.
        n_iters: factor of the budget.
        seed: of the sampling. Batches that are explained in turn have random numbers of their own.
        target_stderr: the budget grows until no ESV has a larger standard error.
        interactions: whether to explain pairs, too.
        device: see `Attributor`.

    Raises:
        UserError: there is no such estimator, it is not for this game, or a number is too small.
    """

    def __init__(
        self,
        game: Game | ScoresCoalitions,
        n_classes: int,
        estimator: str = BEST,
        max_samples: int | None = None,
        budget: int | None = None,
        n_iters: int = 1,
        seed: int = 0,
        target_stderr: float | None = None,
        interactions: bool = False,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__(game, n_classes, device, n_iters)
        require_estimator(estimator)
        if target_stderr is not None and not target_stderr > 0:
            raise UserError(f"expected a positive target_stderr, got {target_stderr}")
        for name, value in (("max_samples", max_samples), ("budget", budget), ("n_iters", n_iters)):
            if value is not None and value < 1:
                raise UserError(f"expected {name} of at least 1, got {value}")
        self.estimator = estimator
        self.max_samples = max_samples
        self.budget = budget
        self.target_stderr = target_stderr
        self.interactions = interactions
        self._generator = torch.Generator().manual_seed(seed)
        if estimator != BEST:
            estimator_of(estimator, game, 1, 1)

    def budget_for(self, n_frames: int, n_iters: int | None = None) -> int:
        """Evaluations of the model for a video of `n_frames` frames."""
        n_iters = n_iters or self.n_iters
        if self.budget is not None:
            return n_iters * self.budget
        # Of the best: the one that would have this many samples of each size.
        name = self.estimator if self.estimator != BEST else best_estimator(self.game, n_frames, 2**62).name
        estimator = estimator_of(name, self.game, n_frames, 2**62)
        max_samples = n_iters * (self.max_samples or estimator.default_samples)
        return estimator.budget_of_samples(self.game, n_frames, max_samples)

    def estimator_for(self, n_frames: int, n_iters: int | None = None) -> Estimator:
        """The estimator of a video of `n_frames` frames; a `target_stderr` may replace the best one by another."""
        budget = self.budget_for(n_frames, n_iters)
        return estimator_of(self.estimator, self.game, n_frames, budget, self.interactions)

    def is_exact(self, n_frames: int, n_iters: int | None = None) -> bool:
        """Whether the ESVs of a video of `n_frames` frames are exact."""
        if self.estimator != BEST or not is_cheap_to_enumerate(self.game, n_frames):
            return False
        free = self.budget is None and self.max_samples is None
        return free or self.budget_for(n_frames, n_iters) >= count_exact_evaluations(self.game, n_frames)

    def count_n_evaluations(self, n_video_frames: int, n_iters: int | None = None) -> int:
        """How many coalitions of a video the model is evaluated on, at most, if there is no `target_stderr`."""
        exact = count_exact_evaluations(self.game, n_video_frames)
        if self.is_exact(n_video_frames, n_iters):
            return exact
        return min(exact, self.budget_for(n_video_frames, n_iters))

    def with_segments(self, segments: Segments) -> "EstimatedAttributor":
        """See `Attributor.with_segments`."""
        other = copy(self)
        other.game = segmented(self.game, segments)
        return other

    def with_interactions(self) -> "EstimatedAttributor":
        """The same attributor, whose explanations also have the interactions of pairs of players."""
        other = copy(self)
        other.interactions = True
        return other

    def _explain(self, videos: Tensor, n_iters: int) -> BatchExplanation:
        n_frames = videos.shape[1]
        if self.is_exact(n_frames, n_iters):
            assert isinstance(self.game, Game)
            return exact_explanation(self.game, videos, self.n_classes, self.interactions)
        budget = self.budget_for(n_frames, n_iters)
        if self.budget is None:
            self._require_samples(n_frames, n_iters)
        seed = int(torch.randint(2**62, (), generator=self._generator))
        bound = BoundGame(self.game, videos, memoize=self.target_stderr is not None)

        def choose(budget: int) -> Estimator:
            return estimator_of(self.estimator, self.game, n_frames, budget, self.interactions)

        return estimated_explanation(choose, bound, budget, seed, self.interactions, self.target_stderr)

    def _require_samples(self, n_frames: int, n_iters: int) -> None:
        """Refuse a `max_samples` that gives too small a budget.

        Raises:
            UserError: it does; the message has one that works.
        """
        estimator = self.estimator_for(n_frames, n_iters)
        least = estimator.least_budget(self.game, n_frames)
        if self.budget_for(n_frames, n_iters) >= least:
            return
        enough = next(m for m in count(1) if estimator.budget_of_samples(self.game, n_frames, n_iters * m) >= least)
        raise UserError(
            f"expected max_samples_per_scale of at least {enough} for the {estimator.name} estimator of a video of "
            f"{n_frames} frames, got {self.max_samples or estimator.default_samples}: allow more, or use another "
            "estimator"
        )
