"""ESVs estimated stratum by stratum: a regression of v on membership within the subsets of each size.

With v_k the scores of the subsets of size k, the Shapley value is

    phi_i = (v(all) - v(empty)) / n + 1/n * sum over k = 1..n-1 of D_k(i),

as in `shapley.py`. Within a stratum the least-squares fit v(S) ~ sum over i in S of b_i has

    D_k = n / (n - 1) * (b - mean b):

exact when all subsets of the stratum are seen, and nearly unbiased on a random part of them, with an error that comes
from what is not additive within the stratum alone. The D_k of a stratum sum to zero, so efficiency is exact.
"""

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from jaxtyping import Float64
from torch import Tensor

from play_fair.attribution.batch import BatchExplanation
from play_fair.attribution.bound_game import BoundGame
from play_fair.attribution.estimator import Estimator
from play_fair.errors import UserError
from play_fair.games import CoalitionScorer, Game, ScoresCoalitions, n_players
from play_fair.games.game import rows_at_once
from play_fair.games.lattice import membership_of
from play_fair.games.subset_stream import SubsetStream
from play_fair.tensors import Coalitions, EsvBatch, ScoreBatch

_VALUES_AT_ONCE = 1 << 22
_ENUMERATED_UP_TO = 1.5
"""A stratum is enumerated if it has at most so many times its share of the evaluations."""

_PILOT_SHARE = 0.3
_DEGENERATE = 1e-8
_LEAST_PER_PLAYER = 1.5
"""Samples of a stratum for each frame, below which its regression has no skill."""


class LayeredEstimator(Estimator):
    """See `layered_estimate`. The videos of a batch share their coalitions."""

    name: ClassVar[str] = "layered"
    summary: ClassVar[str] = "regression within the coalitions of each size: for budgets of many evaluations"

    def least_budget(self, game: Game | ScoresCoalitions, n_frames: int) -> int:
        """See `least_evaluations`."""
        return least_evaluations(n_players(game, n_frames))

    def estimate(
        self, bound: BoundGame, budget: int, generator: torch.Generator, interactions: bool = False
    ) -> BatchExplanation:
        """See `Estimator.estimate`."""
        if interactions:
            raise UserError("the layered estimator has no interactions of pairs; use the set_kernel estimator")
        return layered_estimate(bound.score, bound.n, budget, generator, bound.device)


def least_evaluations(n: int) -> int:
    """How many coalitions of n players must be scored at least, that of all included."""
    return 1 + sum(_least_samples(n, size) for size in range(1, n))


def layered_estimate(
    score: CoalitionScorer,
    n: int,
    n_evaluations: int,
    generator: torch.Generator,
    device: torch.device | str = "cpu",
) -> BatchExplanation:
    """ESVs of B videos of n players from about `n_evaluations` coalitions, the same for all the videos.

    Strata (coalitions of one size) that are cheap enough are enumerated. A pilot sample of each of the others estimates
    its residual variance, and the rest of the evaluations is allocated by it (Neyman allocation).

    Args:
        score: v of coalitions of the videos.
        n_evaluations: coalitions to score in all. Never more, unless (rare) the first ones of a stratum leave some
            players undecided.
        generator: on the CPU.
        device: of the coalitions passed to `score`.

    Raises:
        UserError: too few evaluations for so many players.
    """
    if n_evaluations < least_evaluations(n):
        raise UserError(
            f"expected at least {least_evaluations(n)} evaluations for the layered estimate of {n} players, got "
            f"{n_evaluations}: allow more, or use another estimator"
        )
    ends = torch.tensor([[False] * n, [True] * n], device=device)
    empty, whole = score(ends).double()
    strata = [Stratum(score, SubsetStream(n, k, generator), whole, device) for k in range(1, n)]
    sampled = _sample_pilots(strata, n_evaluations - 1)
    _sample_more(sampled, n_evaluations - 1 - _n_scored(strata))
    contrasts = sum((stratum.contrasts() for stratum in strata), start=whole.new_zeros(n, *whole.shape))
    return BatchExplanation(
        esvs=_by_video((whole - empty + contrasts) / n),
        scores=whole.float(),
        prior=empty.float(),
        standard_errors=_by_video(_standard_errors(strata, whole)),
        n_evaluations=1 + _n_scored(strata),
        method=LayeredEstimator.name,
    )


class Stratum:
    """The regression of v on the frames, within the subsets of one size.

    Args:
        score: v.
        stream: where subsets come from.
        whole: (B, C), gives the shape of the values.
    """

    def __init__(
        self, score: CoalitionScorer, stream: SubsetStream, whole: ScoreBatch, device: torch.device | str
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
        """Number of subsets evaluated."""
        return self.stream.n_taken

    @property
    def is_complete(self) -> bool:
        """Whether all subsets of the size are evaluated."""
        return self.stream.n_left == 0

    @property
    def is_degenerate(self) -> bool:
        """Whether the Gram matrix is singular; rare."""
        eigenvalues = torch.linalg.eigvalsh(self.gram)
        return not self.is_complete and bool(eigenvalues[0] < _DEGENERATE * eigenvalues.mean())

    def sample(self, count: int) -> None:
        """Score `count` more subsets, or those that are left."""
        at_once = rows_at_once(self.squares.device, _VALUES_AT_ONCE, self.squares.numel())
        taken = self.stream.take(count).to(self.device)
        for start in range(0, len(taken), at_once):
            subsets = taken[start : start + at_once]
            self._add(membership_of(subsets, self.stream.n_frames))

    def _add(self, coalitions: Coalitions) -> None:
        values, membership = self.score(coalitions), coalitions.double()
        rows = values.flatten(start_dim=1).double()
        self.gram += membership.T @ membership
        self.cross += membership.T @ rows
        self.squares += rows.square().sum(dim=0)

    def contrasts(self) -> Float64[Tensor, "n B C"]:
        """D_k of every frame; they sum to zero."""
        return (self._contrasts_of_sums() @ self.cross).unflatten(1, self.shape)

    def contrast_variances(self) -> Float64[Tensor, "n B C"]:
        """Sampling variance of each D_k: 0 once all subsets are evaluated."""
        map_ = self._contrasts_of_sums()
        of_frames = (map_ @ self.gram * map_).sum(dim=1).clamp(min=0)
        unseen = 1 - min(1.0, self.n_scored / self.stream.n_distinct)
        return (unseen * of_frames[:, None] * self._residual_variances()).unflatten(1, self.shape)

    def spread(self) -> float:
        """n / sqrt(k (n - k)): factor from the standard deviation of residuals to that of D_k."""
        n_frames, size = self.stream.n_frames, self.stream.size
        return n_frames / math.sqrt(size * (n_frames - size))

    def roughness(self) -> float:
        """Residual standard deviation of the regression, pooled over videos and classes."""
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


def _sample_pilots(strata: Sequence[Stratum], n_evaluations: int) -> list[Stratum]:
    """Enumerate small strata, draw pilot samples of the others, and return those."""
    by_size = sorted(strata, key=lambda stratum: stratum.stream.n_distinct)
    left = n_evaluations
    for place, stratum in enumerate(by_size):
        rest = by_size[place:]
        share = left / len(rest)
        n_distinct = stratum.stream.n_distinct
        least_of_others = sum(_least(other) for other in rest[1:])
        if n_distinct > _ENUMERATED_UP_TO * share or n_distinct + least_of_others > left:
            for other in rest:
                other.sample(max(_least(other), int(_PILOT_SHARE * share)))
                while other.is_degenerate:
                    other.sample(other.stream.n_frames)
            return rest
        stratum.sample(n_distinct)
        left -= n_distinct
    return []


def _sample_more(strata: Sequence[Stratum], n_evaluations: int) -> None:
    """Allocate evaluations in proportion to roughness * n / sqrt(k (n - k)) of each stratum, which minimises errors."""
    strata = [stratum for stratum in strata if not stratum.is_complete]
    if not strata or n_evaluations <= 0:
        return
    wishes = [stratum.roughness() * stratum.spread() for stratum in strata]
    n_scored = sum(stratum.n_scored for stratum in strata)
    if not sum(wishes):
        wishes = [1.0] * len(strata)
    total = (n_scored + n_evaluations) / sum(wishes)
    # A stratum whose pilot exceeds its allocation keeps it; the others share the rest.
    lacking = [max(0.0, total * wish - stratum.n_scored) for stratum, wish in zip(strata, wishes, strict=True)]
    for stratum, lack in zip(strata, lacking, strict=True):
        stratum.sample(int(n_evaluations * lack / sum(lacking)))


def _standard_errors(strata: Sequence[Stratum], whole: ScoreBatch) -> Float64[Tensor, "n B C"]:
    n_frames = len(strata) + 1
    variances = whole.new_zeros(n_frames, *whole.shape)
    for stratum in strata:
        variances += stratum.contrast_variances()
    return variances.sqrt() / n_frames


def _n_scored(strata: Sequence[Stratum]) -> int:
    return sum(stratum.n_scored for stratum in strata)


def _least(stratum: Stratum) -> int:
    """Smallest sample of the stratum."""
    return _least_samples(stratum.stream.n_frames, stratum.stream.size)


def _least_samples(n_frames: int, size: int) -> int:
    n_distinct = math.comb(n_frames, size)
    return n_distinct if n_distinct <= 4 * n_frames else math.ceil(_LEAST_PER_PLAYER * n_frames) + 1


def _by_video(values: Float64[Tensor, "n B C"]) -> EsvBatch:
    return values.transpose(0, 1).float().contiguous()
