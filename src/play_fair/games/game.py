"""The interface of games: a score for every subset (coalition) of a video's frames."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from play_fair.errors import UserError
from play_fair.games.activation import Activation
from play_fair.games.lattice import Lattice
from play_fair.tensors import Coalitions, LevelValues, Scores, SubsetFeatures, Subsets, SubsetScores, Videos

CharacteristicFunction = Callable[[SubsetFeatures], SubsetScores]
"""v on N subsets of s frames each, (N, s, D) to (N, C). With s = 0 and N = 1 it gives v(empty), the class priors."""

_GATHERED_AT_ONCE = 1 << 22
"""Gathered feature values in memory at once on the CPU: 16 MiB of float32."""

_AT_ONCE_ON_GPU = 1 << 27

PRIOR_TOLERANCE = 1e-3
"""By how much the sum of class priors may differ from 1."""


@runtime_checkable
class Game(Protocol):
    """v(X)_c for subsets X of a video's frames: the model's score of class c given X alone."""

    def levels(self, videos: Videos, lattice: Lattice) -> Iterator[LevelValues]:
        """v of the subsets of the lattice, level by level, from the empty set to all frames, for B videos at once.

        One tensor for each (part of a) level that the lattice gives. It may be overwritten when the next one is asked
        for.
        """
        ...


CoalitionScorer = Callable[[Coalitions], LevelValues]
"""v of N coalitions of any sizes, for B videos: (N, n) to (N, B, C)."""


@runtime_checkable
class ScoresCoalitions(Protocol):
    """A game that scores each coalition by itself, so that it can be sampled freely."""

    def scorer(self, videos: Videos) -> CoalitionScorer:
        """The characteristic function of these videos. What all coalitions share is computed here, once."""
        ...


def prior_scores(priors: Any, n_classes: int | None = None, activation: Activation = "none") -> Scores:
    """The class priors, array or tensor, as a float32 tensor.

    Args:
        activation: of the scores. "softmax": priors are probabilities that sum to 1; "sigmoid": probabilities.

    Raises:
        UserError: they are not one finite number for each of the `n_classes` classes, or no scores of this activation.
    """
    try:
        scores = torch.as_tensor(priors).detach().to(dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            f"expected class priors as an array of numbers, got {type(priors).__name__}: {error}"
        ) from error
    wanted = "(C,)" if n_classes is None else f"({n_classes},), one for each class"
    if scores.ndim != 1 or (n_classes is not None and len(scores) != n_classes):
        raise UserError(f"expected class priors of shape {wanted}, got {tuple(scores.shape)}")
    if not scores.isfinite().all():
        raise UserError("expected finite class priors, got NaN or infinity among them")
    if activation in ("softmax", "sigmoid") and not ((scores >= 0) & (scores <= 1)).all():
        raise UserError(
            f"expected class priors from 0 to 1, as scores after {activation} are, got "
            f"{float(scores.min()):.3g} to {float(scores.max()):.3g}"
        )
    if activation == "softmax" and abs(float(scores.double().sum()) - 1) > PRIOR_TOLERANCE:
        raise UserError(
            f"expected class priors that sum to 1, as scores after softmax do, got a sum of {float(scores.sum()):.4g}; "
            "for a model of several labels, or of values, give another activation"
        )
    return scores


def rows_at_once(device: torch.device, values_at_once: int, values_of_row: int) -> int:
    """How many rows to compute together: on the CPU of so many values, which its cache keeps; on a GPU of far more, 512
    MiB of them, which keep it busy."""
    at_once = values_at_once if device.type == "cpu" else _AT_ONCE_ON_GPU
    return max(1, at_once // max(1, values_of_row))


def subsets_of(coalitions: Coalitions, size: int) -> Subsets:
    """The indices of the players in each coalition, all of them of `size`; rows ascending."""
    return coalitions.nonzero()[:, 1].view(len(coalitions), size)


def score_by_size(score: Callable[[Subsets], LevelValues]) -> CoalitionScorer:
    """A scorer of coalitions of any sizes, from one of subsets (N, s) of a single size."""

    def score_any(coalitions: Coalitions) -> LevelValues:
        sizes = coalitions.sum(dim=1)
        parts, rows = [], []
        for size in sizes.unique().tolist():
            of_size = (sizes == size).nonzero()[:, 0]
            parts.append(score(subsets_of(coalitions[of_size], size)))
            rows.append(of_size)
        return parts[0] if len(parts) == 1 else torch.cat(parts)[torch.cat(rows).argsort()]

    return score_any


def evaluate_on_subsets(
    function: CharacteristicFunction, frames: Float[Tensor, "n B D"], subsets: Int[Tensor, "N s"], what: str
) -> Iterator[tuple[slice, Float[Tensor, "rows B C"]]]:
    """Evaluate `function` on every subset of every video, some rows of `subsets` at a time, in bounded memory.

    Args:
        function: (M, s, D) -> (M, C).
        frames: the videos, frame by frame.
        what: name of the function in messages.

    Raises:
        UserError: the function fails, or its result is not one row of numbers for each subset.
    """
    n_videos, feature_dim = frames.shape[1:]
    n_subsets, size = subsets.shape
    at_once = rows_at_once(frames.device, _GATHERED_AT_ONCE, max(1, n_videos * size * feature_dim))
    for start in range(0, n_subsets, at_once):
        rows = slice(start, min(start + at_once, n_subsets))
        gathered = frames[subsets[rows].long()]  # (rows, s, B, D)
        inputs = gathered.transpose(1, 2).flatten(0, 1)
        result = call_model(function, inputs, what)
        if not isinstance(result, Tensor) or result.ndim != 2 or len(result) != len(inputs):
            got = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
            raise UserError(
                f"expected {what} to map {tuple(inputs.shape)} to one row of class scores each, "
                f"a tensor ({len(inputs)}, C); got {got}"
            )
        yield rows, result.unflatten(0, (-1, n_videos))


def call_model(function: Callable[..., Any], inputs: Tensor, what: str, **keywords: Tensor) -> Any:
    """function(inputs, **keywords), with its failure as an error that names the input.

    Raises:
        UserError: the function raises an error about its input; the original one is its cause.
    """
    try:
        return function(inputs, **keywords)
    except torch.OutOfMemoryError as error:
        raise UserError(
            f"{what} ran out of GPU memory on an input of shape {tuple(inputs.shape)}; give a smaller batch_size"
        ) from error
    except (RuntimeError, ValueError, TypeError, IndexError, KeyError, AttributeError, AssertionError) as error:
        hint = (
            "; it was asked for v(empty), the score without any frame, and must return the prior, (1, C), there: "
            "play_fair.explain(model, video, prior=...) never asks a model for it"
            if inputs.ndim > 1 and inputs.shape[1] == 0
            else ""
        )
        raise UserError(
            f"{what} failed on an input of shape {tuple(inputs.shape)} and {inputs.dtype}{hint}: "
            f"{type(error).__name__}: {error}"
        ) from error
