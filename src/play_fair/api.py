"""The front door: explain any sequence model in one call."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np
import torch
from torch import Tensor, nn

from play_fair.attribution.bound_game import BoundGame
from play_fair.attribution.estimator import estimated_explanation
from play_fair.attribution.exact import count_exact_evaluations, exact_explanation, is_cheap_to_enumerate
from play_fair.attribution.registry import BEST, best_estimator, estimator_of, require_estimator
from play_fair.errors import UserError, shown
from play_fair.explanation import Explanation
from play_fair.games import (
    Activation,
    Game,
    ModelGame,
    MultiscaleGame,
    ScoresCoalitions,
    SegmentedGame,
    Segments,
    evaluation_mode,
    n_players,
    segmented,
)
from play_fair.games.activation import require_activation, score_of_no_evidence
from play_fair.games.evaluation_mode import find_modules
from play_fair.games.game import call_model
from play_fair.games.model_game import logits_of
from play_fair.games.segments import segment_lengths
from play_fair.removal import Removal, RemovalFunction, removal_of

Model = Callable[..., Any] | Sequence[nn.Module] | nn.ModuleList | Game | ScoresCoalitions
"""See `explain`."""

_CHEAP_INPUT_VALUES = 1 << 28
"""Exact ESVs are the default where the inputs of all evaluations together have at most so many numbers."""

_LEAST_DEFAULT_EVALUATIONS = 16
_MOST_DEFAULT_EVALUATIONS = 128
"""For each player, by default, where ESVs are estimated."""


@overload
def explain(
    model: Model,
    video: Tensor | np.ndarray,
    *,
    prior: Any = None,
    activation: Activation = "softmax",
    removal: str | Removal | RemovalFunction = "drop",
    segments: Segments | None = None,
    budget: int | None = None,
    interactions: bool = False,
    batch_size: int | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
    class_names: Sequence[str] | None = None,
    progress: bool = False,
    estimator: str = BEST,
) -> Explanation: ...


@overload
def explain(
    model: Model,
    video: Sequence[Tensor] | Sequence[np.ndarray],
    *,
    prior: Any = None,
    activation: Activation = "softmax",
    removal: str | Removal | RemovalFunction = "drop",
    segments: Segments | None = None,
    budget: int | None = None,
    interactions: bool = False,
    batch_size: int | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
    class_names: Sequence[str] | None = None,
    progress: bool = False,
    estimator: str = BEST,
) -> list[Explanation]: ...


def explain(
    model: Model,
    video: Any,
    *,
    prior: Any = None,
    activation: Activation = "softmax",
    removal: str | Removal | RemovalFunction = "drop",
    segments: Segments | None = None,
    budget: int | None = None,
    interactions: bool = False,
    batch_size: int | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
    class_names: Sequence[str] | None = None,
    progress: bool = False,
    estimator: str = BEST,
) -> Any:
    """Element Shapley Values of the frames of a video, for every class of a model.

    Price & Damen, "Play Fair: Frame Attributions in Video Models", ACCV 2020. The model is evaluated on what `removal`
    leaves of the video when only some of its frames are kept; a frame's value is its mean contribution to the score
    over all orders in which frames can come in. The values and the prior sum to the score.

    Args:
        model: one of
            - a module or function from a batch of videos (N, T', ...) to outputs (N, C) or (N,), or to an object or
              mapping with such `logits`. If it has a parameter `kept`, it is called with `kept=` (N, T) bool: which
              frames of the video are kept. Modules, and those a function refers to, run in evaluation mode without
              gradients, and are left in the mode they were in.
            - a list of modules F_1, ..., F_m, F_s from (N, s, D) to logits (N, C): a multi-scale model.
            - a `Game` of `play_fair.games`, used as such.
        video: (T, ...) tensor or array, in time order: features (T, D), pixels (T, C, H, W), tokens (T,). Floating
            point numbers are converted to the dtype of the module's parameters. Or a list of videos, of the same or of
            different lengths.
        prior: (C,), the score without any frame. None: with the removals mean, black and blur, the score of the
            all-filler video; else the activation of outputs that are all 0: 1/C with softmax, 1/2 with sigmoid, 0
            without activation. The model is never given zero frames.
        activation: from outputs to scores: "softmax", "sigmoid", "none", or a function (N, C) -> (N, C).
        removal: "drop", "hold", "resample", "mean", "black", "blur", or a function of (video (T, ...), kept (N, T)
            bool) -> inputs (N, T', ...), called with rows of one number of kept frames. See `play_fair.removal`.
        segments: of consecutive frames that are one player each: a number of them, or the length of each.
        budget: evaluations of the model for each video, 1 or more. Exact where it is enough for all 2^n - 1 coalitions
            of n players. Else an estimate with standard errors. None: exact where that is cheap, up to 16 players and
            2^28 numbers in the inputs of all evaluations together (features of 16 frames; not clips); else an estimate
            from 16 to 128 evaluations for each player, as many as stay as cheap.
        interactions: whether to give the Shapley interaction index of every two players, too.
        batch_size: inputs in a call of the model; None: so many that they hold 2^22 numbers, on a GPU 2^25.
        device: where the model and the video go; None: the video goes where the model is. Modules are moved back.
        seed: of the sampling; the same gives the same values.
        class_names: C names.
        progress: whether to show a bar of the evaluations; needs tqdm.
        estimator: "best", or a name of `play_fair.attribution.ESTIMATORS`.

    Returns:
        An `Explanation` with values (T, C), or (S, C) of S segments; a list of them for a list of videos.

    Raises:
        UserError: an argument is not as above, the model fails on an input, or gives NaN or another number of rows.
    """
    require_estimator(estimator)
    if budget is not None and (isinstance(budget, bool) or not isinstance(budget, int | np.integer) or budget < 1):
        raise UserError(f"expected a budget of at least 1 evaluation, got {shown(budget)}")
    settings = _Settings(
        prior,
        require_activation(activation),
        removal_of(removal),
        segments,
        None if budget is None else int(budget),
        interactions,
        batch_size,
        seed,
        None if class_names is None else tuple(class_names),
        estimator,
    )
    videos = _as_videos(video)
    with _model_on(model, device) as (model_device, dtype), evaluation_mode(model, activation, removal):
        prepared = [_prepared(one, model_device, dtype) for one in videos]
        plans = [_plan(model, one, settings) for one in prepared]
        with _bar(progress, sum(plan.n_evaluations for plan in plans)) as advance:
            explanations = [plan.explain(advance) for plan in plans]
    return explanations if isinstance(video, list | tuple) and not _is_one_video(video) else explanations[0]


class FrameShapley:
    """Frame attributions by the interface of captum's attribution methods.

    Args:
        model: and all other arguments, see `explain`.
    """

    def __init__(self, model: Model, **arguments: Any) -> None:
        self.model = model
        self.arguments = arguments

    def attribute(self, inputs: Tensor, target: int | Sequence[int] | Tensor | None = None) -> Tensor:
        """ESVs of one class of each video.

        Args:
            inputs: (B, T, ...), B videos.
            target: class id, of all videos or of each, (B,). None: the only output of a model with one.

        Returns:
            (B, T) float32, on the device of the inputs; (B, S) of S segments.

        Raises:
            UserError: there is no such class, not one target for each video, or see `explain`.
        """
        if not isinstance(inputs, Tensor) or inputs.ndim < 2:
            got = tuple(inputs.shape) if isinstance(inputs, Tensor) else type(inputs).__name__
            raise UserError(f"expected inputs as a tensor (B, T, ...) of B videos, got {got}")
        explanations = explain(self.model, list(inputs), **self.arguments)
        targets = _targets(target, len(inputs), len(explanations[0].scores) if explanations else 1)
        rows = [explanation.values[:, c] for explanation, c in zip(explanations, targets, strict=True)]
        return torch.from_numpy(np.stack(rows)).to(inputs.device)


@dataclass(frozen=True)
class _Settings:
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
class _Plan:
    """How one video is explained."""

    game: Game | ScoresCoalitions
    video: Tensor
    settings: _Settings
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
            estimator = estimator_of(settings.estimator, self.game, len(self.video), self.budget)
            bound = BoundGame(self.game, videos, memoize=model_game is not None)
            batch = estimated_explanation(
                estimator, bound, self.budget - of_empty, settings.seed, settings.interactions
            )
        if model_game is None:
            advance(batch.n_evaluations)
        else:
            batch = replace(batch, n_evaluations=model_game.n_evaluated)
        return batch.explanations(settings.class_names, self.info)[0]


def _plan(model: Model, video: Tensor, settings: _Settings) -> _Plan:
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
    return _Plan(game, video, settings, _budget_of(game, video, settings), info)


def _budget_of(game: Game | ScoresCoalitions, video: Tensor, settings: _Settings) -> int | None:
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


def _multiscale_game(models: Sequence[nn.Module] | nn.ModuleList, video: Tensor, settings: _Settings) -> MultiscaleGame:
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


def _require_defaults(settings: _Settings) -> None:
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


def _is_one_video(video: list[Any] | tuple[Any, ...]) -> bool:
    """Whether a list holds the numbers of one video rather than videos."""
    return len(video) > 0 and not all(isinstance(part, Tensor | np.ndarray) for part in video)


def _as_videos(video: Any) -> list[Tensor]:
    """One or more videos (T, ...), as tensors.

    Raises:
        UserError: one is no array of numbers, has no frame, or has NaN or infinity.
    """
    parts = list(video) if isinstance(video, list | tuple) and not _is_one_video(video) else [video]
    videos = []
    for place, part in enumerate(parts):
        which = f" (number {place} of the list)" if len(parts) > 1 else ""
        try:
            one = part.detach() if isinstance(part, Tensor) else torch.as_tensor(np.asarray(part))
        except (TypeError, ValueError, RuntimeError) as error:
            raise UserError(
                f"expected a video as a tensor or array of numbers{which}, got {type(part).__name__}: {error}"
            ) from error
        if one.ndim < 1 or 0 in one.shape:
            raise UserError(f"expected a video (T, ...) of at least one frame{which}, got shape {tuple(one.shape)}")
        if one.is_floating_point() and not one.isfinite().all():
            raise UserError(f"expected a video of finite numbers{which}, got NaN or infinity among them")
        videos.append(one)
    return videos


def _prepared(video: Tensor, device: torch.device | None, dtype: torch.dtype | None) -> Tensor:
    """The video where the model is, and in its dtype if both are floating point."""
    return video.to(device, dtype if video.is_floating_point() else None)


@contextmanager
def _model_on(
    model: Model, device: torch.device | str | None
) -> Iterator[tuple[torch.device | None, torch.dtype | None]]:
    """The device and the floating point dtype of a model; on `device` for a block, if it is given."""
    modules = find_modules(model)
    parameters = [parameter for module in modules for parameter in module.parameters()]
    dtype = next((parameter.dtype for parameter in parameters if parameter.is_floating_point()), None)
    if device is None:
        yield (parameters[0].device if parameters else None), dtype
        return
    homes = [next((parameter.device for parameter in module.parameters()), None) for module in modules]
    try:
        for module in modules:
            module.to(device)
        yield torch.device(device), dtype
    finally:
        for module, home in zip(modules, homes, strict=True):
            if home is not None:
                module.to(home)


@contextmanager
def _bar(progress: bool, total: int) -> Iterator[Callable[[int], object]]:
    """A function that advances a bar, if there is to be one."""
    if not progress:
        yield lambda n: None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise UserError("progress=True needs the package tqdm: pip install tqdm") from error
    with tqdm(total=total, desc="Explaining", unit="evaluation") as bar:
        yield bar.update


def _targets(target: int | Sequence[int] | Tensor | None, n_videos: int, n_classes: int) -> list[int]:
    """The class id of each video."""
    if target is None:
        if n_classes != 1:
            raise UserError(f"expected a target class, 0 to {n_classes - 1}, for a model of {n_classes} outputs")
        return [0] * n_videos
    ids = np.asarray(target.cpu() if isinstance(target, Tensor) else target)
    if ids.ndim == 0:
        ids = ids[None].repeat(n_videos)
    if ids.shape != (n_videos,) or ids.dtype.kind not in "iu":
        raise UserError(f"expected one class id, or one for each of {n_videos} videos, got {shown(target)}")
    if ids.size and not (ids.min() >= 0 and ids.max() < n_classes):
        raise UserError(f"expected class ids in 0..{n_classes - 1}, got {shown(target)}")
    return ids.tolist()
