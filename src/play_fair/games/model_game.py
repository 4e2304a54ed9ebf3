"""The game of any model: the score of a video after frames are removed."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from play_fair.errors import UserError
from play_fair.games.activation import Activation, activate, require_activation, score_of_no_evidence
from play_fair.games.game import CoalitionScorer, call_model, prior_scores
from play_fair.games.lattice import Lattice
from play_fair.removal import Removal, RemovalFunction, Video, removal_of
from play_fair.tensors import Coalitions, LevelValues, Videos

_INPUT_VALUES_AT_ONCE = 1 << 22
"""Numbers in one batch of inputs on the CPU, by default: 16 MiB of float32, two clips of 16 frames of 224 x 224."""

_INPUT_VALUES_ON_GPU = 1 << 25
_MAX_BATCH_SIZE = 4096


@runtime_checkable
class HasLogits(Protocol):
    """An output with a field `logits`, as those of Hugging Face's models."""

    logits: Tensor


class ModelGame:
    """v(X) = activation(model(what is left of the video when only the frames X are kept)).

    v(empty) is the prior; without one, the score of the all-filler video where the removal has a filler, else the
    activation of outputs that are all 0. The model is never given zero frames.

    Args:
        model: (N, T', ...) -> outputs (N, C) or (N,), or an object or mapping with such `logits`. Called with
            `kept=` (N, T) bool, which frames of the video are kept, if it has a parameter of that name.
        activation: see `Activation`.
        removal: see `play_fair.removal`.
        prior: (C,).
        batch_size: inputs in a call of the model; None: so many that they hold 2^22 numbers (on a GPU 2^25), and fewer
            where the GPU's memory is not enough.

    Attributes:
        on_evaluated: called with the number of inputs after each call of the model; None: nothing is.
        n_evaluated: inputs that the model was evaluated on so far.

    Raises:
        UserError: there is no such activation or removal, or the prior is no score of this activation.
    """

    def __init__(
        self,
        model: Callable[..., Any],
        activation: Activation = "softmax",
        removal: str | Removal | RemovalFunction = "drop",
        prior: Any = None,
        batch_size: int | None = None,
    ) -> None:
        if batch_size is not None and batch_size < 1:
            raise UserError(f"expected a batch_size of at least 1, got {batch_size}")
        self.model = model
        self.activation = require_activation(activation)
        self.removal = removal_of(removal)
        self.prior = None if prior is None else prior_scores(prior, activation=activation)
        self.batch_size = batch_size
        self.on_evaluated: Callable[[int], object] | None = None
        self.n_evaluated = 0
        self._takes_kept = takes_kept(model)
        self._most_at_once = _MAX_BATCH_SIZE

    @property
    def evaluates_empty(self) -> bool:
        """Whether v(empty) takes an evaluation of the model: of the all-filler video."""
        return self.prior is None and self.removal.has_filler

    def levels(self, videos: Videos, lattice: Lattice) -> Iterator[LevelValues]:
        """See `Game.levels`; raises as `scorer`."""
        score = self.scorer(videos)
        return (score(level.membership) for level in lattice)

    def scorer(self, videos: Videos) -> CoalitionScorer:
        """See `ScoresCoalitions.scorer`. Evaluates the whole videos.

        Raises:
            UserError: the model fails on an input, gives another number of rows or classes, or NaN or infinity.
        """
        scorers = [_VideoScorer(self, video) for video in videos]

        def score(coalitions: Coalitions) -> LevelValues:
            return torch.stack([score_video(coalitions) for score_video in scorers], dim=1)

        return score

    def evaluate(self, video: Video, kept: Bool[Tensor, "N T"], n_classes: int | None = None) -> Float[Tensor, "N C"]:
        """Scores of N coalitions of the frames of one video, each evaluated; raises as `scorer`.

        Args:
            n_classes: C, if it is known.
        """
        kept = kept.to(video.device)
        sizes = kept.sum(dim=1)
        # Removals that shorten the video put coalitions of one size in a batch.
        order = torch.arange(len(kept), device=kept.device) if self.removal.any_sizes else sizes.argsort(stable=True)
        blocks = []
        for rows in self._batches(sizes[order], video):
            blocks.append(self._evaluate_what_fits(video, kept[order[rows]]))
            self.n_evaluated += len(blocks[-1])
            if self.on_evaluated is not None:
                self.on_evaluated(len(blocks[-1]))
            n_classes = n_classes or blocks[0].shape[1]
            if blocks[-1].shape[1] != n_classes:
                raise UserError(
                    f"expected the model to give {n_classes} classes for every coalition, got {blocks[-1].shape[1]}"
                )
        return torch.cat(blocks)[order.argsort()]

    def _batches(self, sizes: Tensor, video: Video) -> Iterator[slice]:
        """Consecutive rows that are evaluated together."""
        values_at_once = _INPUT_VALUES_AT_ONCE if video.device.type == "cpu" else _INPUT_VALUES_ON_GPU
        batch_size = self.batch_size or min(_MAX_BATCH_SIZE, max(1, values_at_once // max(1, video.numel())))
        counts = [len(sizes)] if self.removal.any_sizes else sizes.unique_consecutive(return_counts=True)[1].tolist()
        start = 0
        for count in counts:
            for first in range(start, start + count, batch_size):
                yield slice(first, min(first + batch_size, start + count))
            start += count

    def _evaluate_what_fits(self, video: Video, kept: Bool[Tensor, "N T"]) -> Float[Tensor, "N C"]:
        """Evaluate a batch; in halves where GPU memory is too small for it and the batch size was not given."""
        at_once = min(len(kept), self._most_at_once)
        try:
            return torch.cat([self._evaluate_batch(video, part) for part in kept.split(at_once)])
        except (UserError, torch.OutOfMemoryError) as error:
            out_of_memory = isinstance(error, torch.OutOfMemoryError) or isinstance(
                error.__cause__, torch.OutOfMemoryError
            )
            if not out_of_memory or self.batch_size is not None or at_once == 1:
                raise
        # Outside of the handler: the error's traceback holds the tensors.
        self._most_at_once = at_once // 2
        return self._evaluate_what_fits(video, kept)

    def _evaluate_batch(self, video: Video, kept: Bool[Tensor, "N T"]) -> Float[Tensor, "N C"]:
        inputs = self.removal.apply(video, kept)
        if not isinstance(inputs, Tensor) or len(inputs) != len(kept):
            got = tuple(inputs.shape) if isinstance(inputs, Tensor) else type(inputs).__name__
            raise UserError(
                f"expected the removal {self.removal.name} to give a tensor of {len(kept)} inputs, one for each row of "
                f"kept frames, got {got}"
            )
        keywords = {"kept": kept} if self._takes_kept else {}
        outputs = logits_of(call_model(self.model, inputs, "the model", **keywords), len(inputs))
        scores = activate(outputs, self.activation)
        if not scores.isfinite().all():
            size = int(kept[int((~scores.isfinite()).any(dim=1).nonzero()[0, 0])].sum())
            raise UserError(
                f"expected finite scores, but the model gives NaN or infinity for an input with {size} of "
                f"{kept.shape[1]} frames kept (removal: {self.removal.name}); check its weights, and whether it takes "
                "such inputs"
            )
        return scores


class _VideoScorer:
    """Scores of coalitions of one video's frames; those of no frame and of all frames are computed once."""

    def __init__(self, game: ModelGame, video: Video) -> None:
        self.game = game
        self.video = video
        n_frames = len(video)
        self.whole = game.evaluate(video, torch.ones(1, n_frames, dtype=torch.bool))
        n_classes = self.whole.shape[1]
        if game.prior is not None:
            self.empty = prior_scores(game.prior, n_classes, game.activation).to(self.whole)
        elif game.removal.has_filler:
            self.empty = game.evaluate(video, torch.zeros(1, n_frames, dtype=torch.bool))[0]
        else:
            self.empty = score_of_no_evidence(n_classes, game.activation).to(self.whole)

    def __call__(self, coalitions: Coalitions) -> Float[Tensor, "N C"]:
        sizes = coalitions.sum(dim=1).to(self.whole.device)
        scores = self.whole.repeat(len(coalitions), 1)
        scores[sizes == 0] = self.empty
        partial = (sizes > 0) & (sizes < coalitions.shape[1])
        if partial.any():
            kept = coalitions[partial.to(coalitions.device)]
            scores[partial] = self.game.evaluate(self.video, kept, self.whole.shape[1])
        return scores


def logits_of(output: Any, n_inputs: int) -> Float[Tensor, "N C"]:
    """The outputs of a model as (N, C), in float32 at least.

    Raises:
        UserError: they are no tensor (N, C) or (N,), nor have one as `logits`.
    """
    if isinstance(output, Mapping) and "logits" in output:
        output = output["logits"]
    elif not isinstance(output, Tensor) and isinstance(output, HasLogits):
        output = output.logits
    if not isinstance(output, Tensor) or output.ndim not in (1, 2) or len(output) != n_inputs:
        got = f"shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__
        raise UserError(
            f"expected the model to give a tensor of shape ({n_inputs}, C) or ({n_inputs},), or an object with such "
            f"logits, got {got}; wrap the model in a function that returns the scores of its classes"
        )
    logits = output[:, None] if output.ndim == 1 else output
    return logits if logits.dtype == torch.float64 else logits.float()


def takes_kept(model: Callable[..., Any]) -> bool:
    """Whether a model has a parameter named `kept`."""
    try:
        parameters = inspect.signature(model.forward if isinstance(model, nn.Module) else model).parameters
    except (ValueError, TypeError):  # of builtins
        return False
    return "kept" in parameters
