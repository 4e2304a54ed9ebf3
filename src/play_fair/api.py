"""The front door: explain any sequence model in one call."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, overload

import numpy as np
import torch
from torch import Tensor

from play_fair.attribution.registry import BEST, require_estimator
from play_fair.errors import UserError, shown
from play_fair.explanation import Explanation
from play_fair.games import Activation, Segments, evaluation_mode
from play_fair.games.activation import require_activation
from play_fair.model_inputs import as_videos, is_one_video, model_on, prepared
from play_fair.plan import Model, Settings, plan_of
from play_fair.removal import Removal, RemovalFunction, removal_of

Progress = Callable[[int, int], object]
"""Called with the number of evaluations done, and that of all."""


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
    progress: bool | Progress = False,
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
    progress: bool | Progress = False,
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
    progress: bool | Progress = False,
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
            2^28 numbers in the inputs of all evaluations together (16 frames of 256 features, 13 of 2,048; not clips);
            else an estimate from 16 to 128 evaluations for each player, as many as stay as cheap.
        interactions: whether to give the Shapley interaction index of every two players, too.
        batch_size: inputs in a call of the model; None: so many that they hold 2^22 numbers, on a GPU 2^25,
            or fewer where its memory is not enough.
        device: where the model and the video go; None: the video goes where the model is. Modules are moved back.
        seed: of the sampling; the same gives the same values.
        class_names: C names.
        progress: whether to show a bar of the evaluations; needs tqdm. Or a function of (evaluations done, of how many
            at most), called after each batch.
        estimator: "best", or a name of `play_fair.attribution.ESTIMATORS`.

    Returns:
        An `Explanation` with values (T, C), or (S, C) of S segments; a list of them for a list of videos.

    Raises:
        UserError: an argument is not as above, the model fails on an input, or gives NaN or another number of rows.
    """
    require_estimator(estimator)
    if budget is not None and (isinstance(budget, bool) or not isinstance(budget, int | np.integer) or budget < 1):
        raise UserError(f"expected a budget of at least 1 evaluation, got {shown(budget)}")
    settings = Settings(
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
    videos = as_videos(video)
    with model_on(model, device) as (model_device, dtype), evaluation_mode(model, activation, removal):
        plans = [plan_of(model, prepared(one, model_device, dtype), settings) for one in videos]
        with _bar(progress, sum(plan.n_evaluations for plan in plans)) as advance:
            explanations = [plan.explain(advance) for plan in plans]
    return explanations if isinstance(video, list | tuple) and not is_one_video(video) else explanations[0]


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


@contextmanager
def _bar(progress: bool | Progress, total: int) -> Iterator[Callable[[int], object]]:
    """A function that advances a bar or the caller's count, if there is to be one."""
    if callable(progress):
        show, done = progress, 0

        def advance(n: int) -> None:
            nonlocal done
            done += n
            show(done, total)

        yield advance
        return
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
