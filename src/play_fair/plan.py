"""How `explain` explains a video: the game, exact values or an estimate, and from how many evaluations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from play_fair.attribution.bound_game import BoundGame
from play_fair.attribution.estimator import Estimator, estimated_explanation
from play_fair.attribution.exact import count_exact_evaluations, exact_explanation, is_cheap_to_enumerate
from play_fair.attribution.registry import BEST, best_estimator, estimator_of
from play_fair.errors import UserError
from play_fair.explanation import Explanation
from play_fair.games import (
    Activation,
    Game,
    ModelGame,
    MultiscaleGame,
    ScoresCoalitions,
    SegmentedGame,
    Segments,
    n_players,
    segmented,
)
from play_fair.games.activation import score_of_no_evidence
from play_fair.games.game import call_model
from play_fair.games.model_game import logits_of
from play_fair.games.segments import segment_lengths
from play_fair.removal import Removal

Model = Callable[..., Any] | Sequence[nn.Module] | nn.ModuleList | Game | ScoresCoalitions
"""See `play_fair.explain`."""

_CHEAP_INPUT_VALUES = 1 << 28
"""Exact ESVs are the default where the inputs of all evaluations together have at most so many numbers."""

_LEAST_DEFAULT_EVALUATIONS = 16
_MOST_DEFAULT_EVALUATIONS = 128
"""For each player, by default, where ESVs are estimated."""


@dataclass(frozen=True)
class Settings:
    """The arguments of `explain` that are the same for all videos."""

    prior: Any
    activation: Activation
    removal: Removal
    segments: Segments | None
    budget: int | None
    interactions: bool
    batch_size: int | None
    seed: int
    class_names: tuple[str, ...] | None
    estimator: str


@dataclass(frozen=True)
class Plan:
    """How one video is explained."""

    game: Game | ScoresCoalitions
    video: Tensor
    settings: Settings
    budget: int | None
    """None: exact."""
    info: Mapping[str, Any]

    @property
    def n_evaluations(self) -> int:
        """Evaluations of the model, at most."""
        return count_exact_evaluations(self.game, len(self.video)) if self.budget is None else self.budget

    def explain(self, advance: Callable[[int], object]) -> Explanation:
        """Explain the video; `advance` is called with each number of evaluations that are done."""
        model_game = _model_game_of(self.game)
        if model_game is not None:
            model_game.on_evaluated = advance
        settings, videos = self.settings, self.video[None]
        if self.budget is None:
            assert isinstance(self.game, Game)
            batch = exact_explanation(self.game, videos, interactions=settings.interactions)
        else:
            # The all-filler video is one evaluation of the budget, where its score is v(empty).
            of_empty = int(model_game is not None and model_game.evaluates_empty and self.budget > 1)
            bound = BoundGame(self.game, videos, memoize=model_game is not None)

            def choose(budget: int) -> Estimator:
                return estimator_of(settings.estimator, self.game, len(self.video), budget, settings.interactions)

            batch = estimated_explanation(choose, bound, self.budget - of_empty, settings.seed, settings.interactions)
        if model_game is None:
            advance(batch.n_evaluations)
        else:
            batch = replace(batch, n_evaluations=model_game.n_evaluated)
        return batch.explanations(settings.class_names, self.info)[0]


def plan_of(model: Model, video: Tensor, settings: Settings) -> Plan:
    """Choose the game of a video, and whether its values are exact."""
    game: Game | ScoresCoalitions
    info: dict[str, Any] = {"seed": settings.seed, "budget": settings.budget}
    if isinstance(model, list | tuple | nn.ModuleList):
        game = _multiscale_game(model, video, settings)
        info["prior"] = "no evidence" if settings.prior is None else "given"
    elif isinstance(model, Game | ScoresCoalitions):
        _require_defaults(settings)
        game = model
    elif callable(model):
        game = ModelGame(model, settings.activation, settings.removal, settings.prior, settings.batch_size)
        info["prior"] = _source_of_prior(game)
        info["removal"] = settings.removal.name
    else:
        raise UserError(
            "expected a model as a module or function of a batch of videos, a list of modules, or a Game, got "
            f"{type(model).__name__}"
        )
    if not isinstance(game, Game) or settings.segments is not None:
        lengths = segment_lengths(len(video) if settings.segments is None else settings.segments, len(video))
        game = segmented(game, lengths)
        if settings.segments is not None:
            info["segments"] = lengths
    return Plan(game, video, settings, _budget_of(game, video, settings), info)


def _budget_of(game: Game | ScoresCoalitions, video: Tensor, settings: Settings) -> int | None:
    """Evaluations to estimate the values from; None: they are exact."""
    n_frames = len(video)
    n, cheap = n_players(game, n_frames), is_cheap_to_enumerate(game, n_frames)
    budget = settings.budget
    if settings.estimator != BEST:
        estimator = estimator_of(settings.estimator, game, n_frames, 1)
        return budget or estimator.budget_of_samples(game, n_frames, estimator.default_samples)
    if budget is None and _model_game_of(game) is None:
        if cheap:
            return None
        estimator = best_estimator(game, n_frames, 2**62)
        return estimator.budget_of_samples(game, n_frames, estimator.default_samples)
    if budget is None:
        affordable = _CHEAP_INPUT_VALUES // max(1, video.numel())
        if cheap and 2**n - 1 <= affordable:
            return None
        budget = min(_MOST_DEFAULT_EVALUATIONS * n, max(_LEAST_DEFAULT_EVALUATIONS * n, affordable))
    enough = 2**n - 1 <= budget or (cheap and count_exact_evaluations(game, n_frames) <= budget)
    return None if enough else budget


def _multiscale_game(models: Sequence[nn.Module] | nn.ModuleList, video: Tensor, settings: Settings) -> MultiscaleGame:
    if not models or not all(isinstance(model, nn.Module) for model in models):
        kinds = sorted({type(model).__name__ for model in models})
        raise UserError(
            f"expected a list of modules, for 1, 2, ... frames, as a multi-scale model, got one of {kinds or 'none'}; "
            "a model of any number of frames is given by itself"
        )
    if settings.removal.name != "drop":
        raise UserError(
            f"a multi-scale model is evaluated on the kept frames alone, removal='drop'; got {settings.removal.name!r}"
        )
    if video.ndim != 2 or not video.is_floating_point():
        raise UserError(
            f"expected a video of features (T, D) for a multi-scale model, got {video.dtype} {tuple(video.shape)}"
        )
    prior = settings.prior
    if prior is None:
        one_frame = video[None, :1]
        outputs = logits_of(call_model(models[0], one_frame, "the single-scale model for 1 frame"), 1)
        prior = score_of_no_evidence(outputs.shape[1], settings.activation)
    return MultiscaleGame(models, prior, settings.activation)


def _require_defaults(settings: Settings) -> None:
    """A Game has its own prior, activation and removal.

    Raises:
        UserError: others are given.
    """
    given = {
        "prior": settings.prior is not None,
        "activation": settings.activation != "softmax",
        "removal": settings.removal.name != "drop",
        "batch_size": settings.batch_size is not None,
    }
    if names := [name for name, is_given in given.items() if is_given]:
        raise UserError(f"a Game scores coalitions by itself, so that {names[0]} would have no effect; leave it out")


def _model_game_of(game: Game | ScoresCoalitions) -> ModelGame | None:
    inner = game.game if isinstance(game, SegmentedGame) else game
    return inner if isinstance(inner, ModelGame) else None


def _source_of_prior(game: ModelGame) -> str:
    if game.prior is not None:
        return "given"
    return "all-filler video" if game.evaluates_empty else "no evidence"
