"""What a game is: a score for every subset of a video's frames."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from play_fair.errors import UserError
from play_fair.games.lattice import CompleteLattice, Lattice
from play_fair.tensors import LevelValues, Scores, SubsetFeatures, Subsets, SubsetScores, VideoBatch

CharacteristicFunction = Callable[[SubsetFeatures], SubsetScores]
"""v on N subsets of s frames each, (N, s, D) to (N, C). With s = 0 and N = 1 it gives v(empty), the class priors."""

_GATHERED_AT_ONCE = 1 << 22
"""Gathered feature values in memory at once on the CPU: 16 MiB of float32."""

_AT_ONCE_ON_GPU = 1 << 27


@runtime_checkable
class Game(Protocol):
    """v(X)_c for subsets X of a video's frames: what the model says of class c when it sees only X."""

    def levels(self, videos: VideoBatch, lattice: Lattice) -> Iterator[LevelValues]:
        """v of the subsets of the lattice, level by level, from the empty set to all frames, for B videos at once.

        One tensor for each (part of a) level that the lattice gives. It may be overwritten when the next one is asked
        for.
        """
        ...


@runtime_checkable
class KeepsLevels(Protocol):
    """A game that takes memory for whole levels at once; of some classes at a time, if there is too little of it."""

    def n_kept(self, lattice: CompleteLattice) -> int:
        """Most numbers in memory at a time, for each video and class."""
        ...

    def by_classes(self, videos: VideoBatch, lattice: CompleteLattice, at_once: int) -> Iterator[Game]:
        """The game as games of at most `at_once` classes each, in their order."""
        ...


SubsetScorer = Callable[[Subsets], LevelValues]
"""v of N subsets of the frames of B videos, all of one size: (N, s) to (N, B, C)."""


@runtime_checkable
class ScoresSubsets(Protocol):
    """A game that scores any subset by itself, so that it can be sampled freely."""

    def scorer(self, videos: VideoBatch) -> SubsetScorer:
        """What scores subsets of these videos. What all subsets share is computed here, once."""
        ...


def prior_scores(priors: Any, n_classes: int | None = None) -> Scores:
    """The class priors, array or tensor, as a float32 tensor.

    Raises:
        UserError: they are not one finite number for each of the `n_classes` classes.
    """
    scores = torch.as_tensor(priors).detach().to(dtype=torch.float32)
    wanted = "(C,)" if n_classes is None else f"({n_classes},), one for each class"
    if scores.ndim != 1 or (n_classes is not None and len(scores) != n_classes):
        raise UserError(f"expected class priors of shape {wanted}, got {tuple(scores.shape)}")
    if not scores.isfinite().all():
        raise UserError("expected finite class priors, got NaN or infinity among them")
    return scores


def rows_at_once(device: torch.device, values_at_once: int, values_of_row: int) -> int:
    """How many rows to compute together: on the CPU of so many values, which its cache keeps; on a GPU of far more, 512
    MiB of them, which keep it busy."""
    at_once = values_at_once if device.type == "cpu" else _AT_ONCE_ON_GPU
    return max(1, at_once // values_of_row)


def evaluate_on_subsets(
    function: CharacteristicFunction, frames: Float[Tensor, "n B D"], subsets: Int[Tensor, "N s"], what: str
) -> Iterator[tuple[slice, Float[Tensor, "rows B C"]]]:
    """What `function` gives for every subset of every video, some rows of `subsets` at a time, in bounded memory.

    Args:
        function: (M, s, D) -> (M, C).
        frames: the videos, frame by frame.
        what: name of the function in messages.

    Raises:
        UserError: its result is not one row of numbers for each subset.
    """
    n_videos, feature_dim = frames.shape[1:]
    n_subsets, size = subsets.shape
    at_once = rows_at_once(frames.device, _GATHERED_AT_ONCE, max(1, n_videos * size * feature_dim))
    for start in range(0, n_subsets, at_once):
        rows = slice(start, min(start + at_once, n_subsets))
        gathered = frames[subsets[rows].long()]  # (rows, s, B, D)
        inputs = gathered.transpose(1, 2).flatten(0, 1)
        result = function(inputs)
        if not isinstance(result, Tensor) or result.ndim != 2 or len(result) != len(inputs):
            got = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
            raise UserError(
                f"expected {what} to map {tuple(inputs.shape)} to one row of class scores each, "
                f"a tensor ({len(inputs)}, C); got {got}"
            )
        yield rows, result.unflatten(0, (-1, n_videos))
