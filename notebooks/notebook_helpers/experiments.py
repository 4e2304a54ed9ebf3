"""Experiments on estimated ESVs of one class: how far they are from the exact ones, and why."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from play_fair.attribution import Approximation, ShapleyAttributor
from play_fair.games import (
    CoalitionScorer,
    ConstructiveRandomSampler,
    Game,
    Lattice,
    SampledLattice,
    SegmentedGame,
    TabulatedGame,
)
from play_fair.games.kernel_fit import ScaleFit, pair_membership
from play_fair.games.lattice import membership_of
from play_fair.games.samplers import draw_lattice
from play_fair.tensors import EsvBatch, FrameFeatures, Subsets, VideoBatch

FrameEsvs = Float[np.ndarray, " n"]
"""ESVs of one class, of the n frames of one video."""

Runs = Float[np.ndarray, "R n"]
"""The same, estimated R times."""


@dataclass(frozen=True)
class Estimates:
    """ESVs of one class, estimated several times with other random numbers.

    Attributes:
        runs: (R, n).
        scores: (R,), the estimated score of the whole video.
        n_evaluations: subsets that the networks see in one run.
        seconds: of one run.
    """

    runs: Runs
    scores: Float[np.ndarray, " R"]
    n_evaluations: int
    seconds: float


def estimate(
    exact: ShapleyAttributor, approximation: Approximation, video: FrameFeatures, class_id: int, n_repeats: int
) -> Estimates:
    """Estimate the ESVs of one class `n_repeats` times."""
    start = time.perf_counter()
    runs, scores = [], []
    for repeat in range(n_repeats):
        attributor = approximation.attributor(exact, shard=repeat)
        esvs, score = attributor.explain(video)
        runs.append(esvs[:, class_id].numpy())
        scores.append(float(score[class_id]))
    seconds = (time.perf_counter() - start) / n_repeats
    n_evaluations = attributor.count_n_evaluations(len(video))
    return Estimates(np.stack(runs), np.array(scores, np.float32), n_evaluations, seconds)


def relative_mse(runs: Runs, exact: FrameEsvs) -> float:
    """Squared errors, as a share of the squared deviations of the exact ESVs from their mean.

    At 1 an estimate says no more of the frames than that all are alike.
    """
    return float(np.square(runs - exact).mean() / np.square(exact - exact.mean()).mean())


def error_against_cost(
    exact: ShapleyAttributor,
    videos: VideoBatch,
    class_ids: Sequence[int],
    approximations: Sequence[Approximation],
    n_repeats: int = 2,
) -> pd.DataFrame:
    """How far estimates are from the exact ESVs of one class of each of B videos: relMSE over all of them.

    Columns: estimator; samples, most subsets of one size; evaluations, of a video; relMSE; ms, of a video in a batch.
    """

    def of_class(esvs: EsvBatch) -> Float[np.ndarray, "B n"]:
        return np.stack([own[:, class_id].numpy() for own, class_id in zip(esvs, class_ids, strict=True)])

    truth = of_class(exact.explain_batch(videos)[0])
    spread = np.square(truth - truth.mean(axis=1, keepdims=True)).mean()
    rows = []
    for approximation in approximations:
        start = time.perf_counter()
        attributors = [approximation.attributor(exact, shard=repeat) for repeat in range(n_repeats)]
        runs = [of_class(attributor.explain_batch(videos)[0]) for attributor in attributors]
        milliseconds = 1e3 * (time.perf_counter() - start) / n_repeats / len(videos)
        error = float(np.mean([np.square(run - truth).mean() for run in runs]) / spread)
        n_evaluations = attributors[0].count_n_evaluations(videos.shape[1])
        samples = approximation.max_samples_per_scale
        rows.append((approximation.estimator, samples, n_evaluations, error, milliseconds))
    return pd.DataFrame(rows, columns=["estimator", "samples", "evaluations", "relMSE", "ms"])


class ScoreTable:
    """The exact scores of all coalitions of one video's frames: a black box that looks them up.

    Args:
        game: v.
        video: (n, D); 2^n scores are kept.
    """

    def __init__(self, game: Game, video: FrameFeatures) -> None:
        with torch.no_grad():
            self._score = TabulatedGame(game).scorer(video[None])

    def scorer(self, videos: VideoBatch) -> CoalitionScorer:
        """See `ScoresCoalitions.scorer`; of the table's own video."""
        return self._score


def table_of(game: Game, video: FrameFeatures) -> SegmentedGame:
    """The exact scores of all coalitions of one video's frames, as a game."""
    return SegmentedGame(ScoreTable(game, video), len(video))


@torch.no_grad()
def errors_of_scores(
    game: Game, surrogate: CoalitionScorer, video: FrameFeatures, lattices: Sequence[SampledLattice], class_id: int
) -> pd.DataFrame:
    """How far the scores of subsets are off, root mean square, when estimated on a sampled lattice or learnt.

    Index: size, of the subsets; columns: sampled, surrogate.
    """
    exact = table_of(game, video).scorer(video[None])
    rows = []
    for lattice in lattices:
        for level, sampled in zip(lattice, game.levels(video[None], lattice), strict=True):
            if level.size:
                truth = exact(level.membership)
                learnt = surrogate(level.membership)
                errors = [float((of[..., class_id] - truth[..., class_id]).square().mean()) for of in (sampled, learnt)]
                rows.append((level.size, *errors))
    squares = pd.DataFrame(rows, columns=["size", "sampled", "surrogate"])
    return squares.groupby("size").mean() ** 0.5


def constructive_errors(
    exact: ShapleyAttributor, video: FrameFeatures, class_id: int, samples: Sequence[int], n_repeats: int = 8
) -> pd.DataFrame:
    """Where the errors of constructive sampling come from, for several numbers of samples of each size.

    Index: samples. Columns: relMSE; "relMSE, exact v(X)", of the same subsets with exact scores; and as means
    over the runs, how far prior + ESVs is from the estimated score, that from the real one, and prior + ESVs from it.
    """
    esvs, scores = exact.explain(video)
    truth, score = esvs[:, class_id].numpy(), float(scores[class_id])
    table = table_of(exact.game, video)
    prior = float(exact.explanation(video[None]).prior[0, class_id])
    rows = []
    for most in samples:
        samplers = [ConstructiveRandomSampler(most, seed) for seed in range(n_repeats)]
        lattices = [draw_lattice(sampler, len(video), video.device) for sampler in samplers]
        published = [contrasts_of_means(exact.game, video, lattice) for lattice in lattices]
        runs, of_exact_scores = (
            torch.stack([own[:, class_id] for own in esvs]).float().numpy()
            for esvs in (
                [esvs for esvs, _ in published],
                [contrasts_of_means(table, video, lattice)[0] for lattice in lattices],
            )
        )
        estimated = np.array([float(scores[class_id]) for _, scores in published])
        sums = prior + runs.sum(axis=1)
        rows.append(
            {
                "samples": most,
                "relMSE": relative_mse(runs, truth),
                "relMSE, exact v(X)": relative_mse(of_exact_scores, truth),
                "|prior + ESVs − estimated score|": np.abs(sums - estimated).mean(),
                "|estimated score − score|": np.abs(estimated - score).mean(),
                "|prior + ESVs − score|": np.abs(sums - score).mean(),
            }
        )
    return pd.DataFrame(rows).set_index("samples")


@torch.no_grad()
def contrasts_of_means(game: Game, video: FrameFeatures, lattice: Lattice) -> tuple[Tensor, Tensor]:
    """ESVs (n, C) as the difference of two means at each size, and the estimated score (C,).

        phi_i = 1/n * sum over k = 0..n-1 of
                (mean of v over the subsets of size k + 1 with i) - (mean of v over those of size k without i)

    This is what the definition says once its terms are grouped by size (Price & Damen, ACCV 2020). On sampled subsets
    the means of different sizes are over unrelated subsets, so that the ESVs need not add up: nothing is mended here.
    """
    n_frames = len(video)
    esvs, of_lacking = torch.zeros(()), None
    for level, values in zip(lattice, game.levels(video[None], lattice), strict=True):
        scores, has = values[:, 0].double(), level.membership.double()
        if of_lacking is not None:
            # No subset sampled on one side: this size says nothing of the frame.
            esvs = esvs + (_means(has, scores) - of_lacking).nan_to_num(0.0)
        of_lacking = _means(1 - has, scores)
    return esvs / n_frames, scores[0]


def _means(chosen: Float[Tensor, "N n"], scores: Float[Tensor, "N C"]) -> Float[Tensor, "n C"]:
    """For each frame the mean score of the subsets chosen for it; NaN if there are none."""
    return (chosen.T @ scores) / chosen.sum(dim=0)[:, None]


def learnt_logits(fit: ScaleFit, subsets: Subsets) -> Float[Tensor, "N K"]:
    """What was learnt of a network says of N subsets of its size; K as in the fit."""
    of_frames = torch.stack([of_place[frames] for of_place, frames in zip(fit.positions, subsets.T, strict=True)])
    of_pairs = pair_membership(membership_of(subsets, fit.positions.shape[1])).to(fit.pairs.dtype) @ fit.pairs
    return fit.mean + of_frames.sum(dim=0) + of_pairs
