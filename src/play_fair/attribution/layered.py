"""ESVs estimated layer by layer: a regression of v on the frames within the subsets of each size.

With v_k the scores of the subsets of size k, the Shapley value is

    phi_i = (v(all) - v(empty)) / n + 1/n * sum over k = 1..n-1 of D_k(i),

as in `shapley.py`. Within a layer the least-squares fit v(S) ~ sum over i in S of b_i has

    D_k = n / (n - 1) * (b - mean b):

exact when all subsets of the layer are seen, and nearly unbiased on a random part of them, with an error that comes
from what is not additive within the layer alone. The D_k of a layer sum to zero, so efficiency is exact.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from play_fair.errors import UserError
from play_fair.games.game import SubsetScorer, rows_at_once
from play_fair.games.lattice import membership_of
from play_fair.games.subset_stream import SubsetStream
from play_fair.tensors import EsvBatch, LevelValues, ScoreBatch, Subsets

_VALUES_AT_ONCE = 1 << 22
_ENUMERATED_UP_TO = 1.5
"""A layer is enumerated if it has at most so many times its share of the evaluations."""

_PILOT_SHARE = 0.3
_DEGENERATE = 1e-8
_LEAST_PER_FRAME = 1.5
"""Samples of a layer for each frame, below which its regression has no skill."""

MOST_EVALUATIONS = 1 << 22
"""Where sampling for a target standard error gives up."""


@dataclass(frozen=True)
class LayeredEstimate:
    """ESVs of B videos, and how sure they are."""

    esvs: EsvBatch
    scores: ScoreBatch
    standard_errors: EsvBatch
    n_evaluations: int
    """Subsets scored, the same for each of the videos."""


def least_evaluations(n_frames: int) -> int:
    """How many subsets of n frames must be scored at least, the whole video included."""
    return 1 + sum(_least_samples(n_frames, size) for size in range(1, n_frames))


def layered_estimate(
    score: SubsetScorer,
    n_frames: int,
    n_evaluations: int,
    generator: torch.Generator,
    device: torch.device | str = "cpu",
    target_stderr: float | None = None,
) -> LayeredEstimate:
    """ESVs of B videos of n frames from about `n_evaluations` subsets, the same subsets for all the videos.

    Layers that are cheap enough are enumerated. Of the others a pilot tells how much of v is not additive, and the rest
    of the evaluations goes where that matters.

    Args:
        score: v of subsets of the videos.
        n_frames: n.
        n_evaluations: subsets to score in all. Never more, unless `target_stderr` is given, or (rare) the first ones of
            a layer leave some frames undecided.
        generator: on the CPU.
        device: where the subsets are wanted.
        target_stderr: go on until no ESV has a larger standard error.

    Raises:
        UserError: too few evaluations for this many frames, or more than `MOST_EVALUATIONS` would be needed.
    """
    if n_evaluations < least_evaluations(n_frames):
        raise UserError(
            f"expected at least {least_evaluations(n_frames)} evaluations for the layered estimate of {n_frames} "
            f"frames, got {n_evaluations}: allow more samples, or use the constructive estimator"
        )
    empty, whole = (score(_first_frames(size).to(device))[0].double() for size in (0, n_frames))
    layers = [Layer(score, SubsetStream(n_frames, k, generator), whole, device) for k in range(1, n_frames)]
    sampled = _sample_pilots(layers, n_evaluations - 1)
    _sample_more(sampled, n_evaluations - 1 - _n_scored(layers))
    while target_stderr is not None:
        largest, n_scored = float(_standard_errors(layers, whole).max()), _n_scored(layers)
        if largest <= target_stderr:
            break
        if n_scored >= MOST_EVALUATIONS:
            raise UserError(
                f"the largest standard error is {largest:.1e} after {n_scored:,} evaluations, not yet the "
                f"{target_stderr:.1e} of target_stderr: ask for less"
            )
        wanted = n_scored * min(8.0, max(1.3, 1.1 * (largest / target_stderr) ** 2))
        _sample_more(sampled, math.ceil(min(wanted, 2 * MOST_EVALUATIONS)) - n_scored)
    contrasts = sum((layer.contrasts() for layer in layers), start=whole.new_zeros(n_frames, *whole.shape))
    esvs = (whole - empty + contrasts) / n_frames
    errors = _standard_errors(layers, whole)
    return LayeredEstimate(_by_video(esvs), whole.float(), _by_video(errors), 1 + _n_scored(layers))


class Layer:
    """The regression of v on the frames, within the subsets of one size.

    Args:
        score: v.
        stream: where subsets come from.
        whole: (B, C), gives the shape of the values.
    """

    def __init__(
        self, score: SubsetScorer, stream: SubsetStream, whole: ScoreBatch, device: torch.device | str
    ) -> None:
        self.score = score
        self.stream = stream
        self.device = device
        self.shape = whole.shape
        n_frames = stream.n_frames
        self.gram = whole.new_zeros(n_frames, n_frames)
        self.cross = whole.new_zeros(n_frames, whole.numel())
        self.squares = whole.new_zeros(whole.numel())

    @property
    def n_scored(self) -> int:
        """Subsets seen so far."""
        return self.stream.n_taken

    @property
    def is_complete(self) -> bool:
        """Whether all subsets of the size were seen."""
        return self.stream.n_left == 0

    @property
    def is_degenerate(self) -> bool:
        """Whether the subsets seen leave some frames undecided; rare."""
        eigenvalues = torch.linalg.eigvalsh(self.gram)
        return not self.is_complete and bool(eigenvalues[0] < _DEGENERATE * eigenvalues.mean())

    def sample(self, count: int) -> None:
        """Score `count` more subsets, or those that are left."""
        at_once = rows_at_once(self.squares.device, _VALUES_AT_ONCE, self.squares.numel())
        taken = self.stream.take(count).to(self.device)
        for start in range(0, len(taken), at_once):
            subsets = taken[start : start + at_once]
            self._add(subsets, self.score(subsets))

    def _add(self, subsets: Subsets, values: LevelValues) -> None:
        membership = membership_of(subsets, self.stream.n_frames).double()
        rows = values.flatten(start_dim=1).double()
        self.gram += membership.T @ membership
        self.cross += membership.T @ rows
        self.squares += rows.square().sum(dim=0)

    def contrasts(self) -> Float64[Tensor, "n B C"]:
        """D_k of every frame; they sum to zero."""
        return (self._contrasts_of_sums() @ self.cross).unflatten(1, self.shape)

    def contrast_variances(self) -> Float64[Tensor, "n B C"]:
        """How much each D_k would vary if other subsets were drawn: 0 once all are seen."""
        map_ = self._contrasts_of_sums()
        of_frames = (map_ @ self.gram * map_).sum(dim=1).clamp(min=0)
        unseen = 1 - min(1.0, self.n_scored / self.stream.n_distinct)
        return (unseen * of_frames[:, None] * self._residual_variances()).unflatten(1, self.shape)

    def spread(self) -> float:
        """n / sqrt(k (n - k)): how much the errors of single scores tell on D_k."""
        n_frames, size = self.stream.n_frames, self.stream.size
        return n_frames / math.sqrt(size * (n_frames - size))

    def roughness(self) -> float:
        """The standard deviation of what is not additive in v within the layer: over all videos and classes."""
        return float(self._residual_variances().mean().sqrt())

    def _contrasts_of_sums(self) -> Float64[Tensor, "n n"]:
        """D_k from sum over the subsets that hold frame i of v: n / (n - 1) * centring * inverse Gram matrix."""
        inverse = self._inverse()
        n_frames = len(inverse)
        return n_frames / (n_frames - 1) * (inverse - inverse.mean(dim=0))

    def _inverse(self) -> Float64[Tensor, "n n"]:
        return torch.linalg.inv(self.gram)

    def _residual_variances(self) -> Float64[Tensor, " BC"]:
        explained = (self.cross * (self._inverse() @ self.cross)).sum(dim=0)
        return (self.squares - explained).clamp(min=0) / max(1, self.n_scored - len(self.gram))


def _sample_pilots(layers: Sequence[Layer], n_evaluations: int) -> list[Layer]:
    """Enumerate the layers that are cheap, and look at a part of each of the others, which are returned."""
    by_size = sorted(layers, key=lambda layer: layer.stream.n_distinct)
    left = n_evaluations
    for place, layer in enumerate(by_size):
        rest = by_size[place:]
        share = left / len(rest)
        n_distinct = layer.stream.n_distinct
        least_of_others = sum(_least(other) for other in rest[1:])
        if n_distinct > _ENUMERATED_UP_TO * share or n_distinct + least_of_others > left:
            for other in rest:
                other.sample(max(_least(other), int(_PILOT_SHARE * share)))
                while other.is_degenerate:
                    other.sample(other.stream.n_frames)
            return rest
        layer.sample(n_distinct)
        left -= n_distinct
    return []


def _sample_more(layers: Sequence[Layer], n_evaluations: int) -> None:
    """Spend the evaluations where they lower the errors most: as many on a layer as roughness * n / sqrt(k (n - k))."""
    layers = [layer for layer in layers if not layer.is_complete]
    if not layers or n_evaluations <= 0:
        return
    wishes = [layer.roughness() * layer.spread() for layer in layers]
    n_scored = sum(layer.n_scored for layer in layers)
    if not sum(wishes):
        wishes = [1.0] * len(layers)
    total = (n_scored + n_evaluations) / sum(wishes)
    # A layer that its pilot served too well gives nothing back, so the others share what there is.
    lacking = [max(0.0, total * wish - layer.n_scored) for layer, wish in zip(layers, wishes, strict=True)]
    for layer, lack in zip(layers, lacking, strict=True):
        layer.sample(int(n_evaluations * lack / sum(lacking)))


def _standard_errors(layers: Sequence[Layer], whole: ScoreBatch) -> Float64[Tensor, "n B C"]:
    n_frames = len(layers) + 1
    variances = whole.new_zeros(n_frames, *whole.shape)
    for layer in layers:
        variances += layer.contrast_variances()
    return variances.sqrt() / n_frames


def _n_scored(layers: Sequence[Layer]) -> int:
    return sum(layer.n_scored for layer in layers)


def _least(layer: Layer) -> int:
    """How many samples of the layer there must be at least."""
    return _least_samples(layer.stream.n_frames, layer.stream.size)


def _least_samples(n_frames: int, size: int) -> int:
    n_distinct = math.comb(n_frames, size)
    return n_distinct if n_distinct <= 4 * n_frames else math.ceil(_LEAST_PER_FRAME * n_frames) + 1


def _first_frames(size: int) -> Int64[Tensor, "1 s"]:
    return torch.arange(size)[None]


def _by_video(values: Float64[Tensor, "n B C"]) -> EsvBatch:
    return values.transpose(0, 1).float().contiguous()
