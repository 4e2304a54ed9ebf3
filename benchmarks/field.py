"""Estimators from elsewhere, of Shapley values and of interactions: shapiq's, and LeverageSHAP from its paper.

Each takes a table of the scores (2^n,) of one class and a budget of evaluations, without that of the empty coalition,
and returns the ESVs (n,), or the Shapley interaction index of all pairs (n, n). ProxySPEX needs the package lightgbm.
"""

import math
import warnings
from collections.abc import Callable
from itertools import combinations

import numpy as np
import shapiq
from shapiq.approximator import ProxySPEX


class Table:
    """The scores of coalitions, less that of the empty one. Counts the distinct ones that are looked up."""

    def __init__(self, values: np.ndarray) -> None:
        self.n = int(math.log2(len(values)))
        self._values = values - values[0]
        self._bits = 1 << np.arange(self.n)
        self._evaluated: set[int] = set()

    def __call__(self, masks: np.ndarray) -> np.ndarray:
        """(N, n) bool -> (N,)."""
        codes = np.atleast_2d(masks).astype(np.int64) @ self._bits
        self._evaluated.update(codes.tolist())
        return self._values[codes]

    @property
    def n_evaluations(self) -> int:
        """Distinct coalitions, without the empty one."""
        return len(self._evaluated - {0})


FieldEstimator = Callable[[Table, int, int], np.ndarray]
"""ESVs or interactions from a table, a budget and a seed."""


def leverage_shap(table: Table, budget: int, seed: int) -> np.ndarray:
    """LeverageSHAP: Musco & Witter, "Provably accurate Shapley value estimation via leverage score sampling", 2025.

    Pairs of a coalition and its complement, drawn without replacement, uniformly over sizes; least squares weighted by
    the Shapley kernel over the probability of being drawn, under the efficiency constraint.
    """
    n = table.n
    masks, probabilities = _leverage_sample(n, (budget - 1) // 2, np.random.default_rng(seed))
    sizes = masks.sum(axis=1)
    kernel = np.array([1 / (math.comb(n, size) * size * (n - size)) for size in sizes])
    root = np.sqrt(kernel / probabilities)
    total = float(table(np.ones(n, dtype=bool))[0])
    # The part of the ESVs that sums to zero, by projection; the rest is total / n for each player.
    centred = masks - sizes[:, None] / n
    target = table(masks) - sizes / n * total
    esvs = np.linalg.lstsq(centred * root[:, None], target * root, rcond=None)[0]
    return esvs - esvs.mean() + total / n


def _leverage_sample(n: int, n_pairs: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Coalitions (2 * pairs, n), and their probabilities of being drawn."""
    sizes = np.arange(1, n // 2 + 1)
    share = np.where(2 * sizes == n, 0.5, 1.0)
    n_distinct = np.array([math.comb(n, size) for size in sizes]) * share
    expected = np.minimum(n_distinct, _share_factor(n_distinct, share, n_pairs) * share)
    counts = np.floor(expected + 1e-9).astype(int)
    if (left := n_pairs - counts.sum()) > 0:
        room = np.flatnonzero(counts < n_distinct)
        rest = (expected - counts)[room] + 1e-12
        counts[rng.choice(room, min(left, len(room)), replace=False, p=rest / rest.sum())] += 1
    masks, probabilities = [], []
    for size, count, of_size, mean in zip(sizes.tolist(), counts, n_distinct, expected, strict=True):
        drawn = _draw_coalitions(n, size, int(count), count >= of_size, rng)
        for coalition in drawn:
            mask = np.zeros(n, dtype=bool)
            mask[list(coalition)] = True
            masks += [mask, ~mask]
            probabilities += [mean / of_size] * 2
    return np.array(masks), np.array(probabilities)


def _share_factor(n_distinct: np.ndarray, share: np.ndarray, n_pairs: int) -> float:
    """c such that min(n_distinct, c * share) sum to `n_pairs`, by bisection."""
    low, high = 0.0, float(n_pairs + n_distinct.max())
    for _ in range(100):
        middle = (low + high) / 2
        if np.minimum(n_distinct, middle * share).sum() < n_pairs:
            low = middle
        else:
            high = middle
    return high


def _draw_coalitions(n: int, size: int, count: int, every: bool, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Distinct coalitions of one size; of two complements of the same size, the one with player 0."""
    halves = 2 * size == n
    if every:
        return [players for players in combinations(range(n), size) if not halves or 0 in players]
    drawn: set[tuple[int, ...]] = set()
    while len(drawn) < count:
        players = set(rng.choice(n, size, replace=False).tolist())
        if halves and 0 not in players:
            players = set(range(n)) - players
        drawn.add(tuple(sorted(players)))
    return sorted(drawn)


Make = Callable[[int, int], shapiq.approximator.Approximator]
"""An estimator of shapiq for n players, with a seed."""


def _of_shapiq(make: Make) -> FieldEstimator:
    def estimate(table: Table, budget: int, seed: int) -> np.ndarray:
        result = _approximate(make, table, budget, seed)
        return np.array([result[(player,)] for player in range(table.n)])

    return estimate


def _pairs_of_shapiq(make: Make) -> FieldEstimator:
    def estimate(table: Table, budget: int, seed: int) -> np.ndarray:
        result = _approximate(make, table, budget, seed)
        pairs = np.zeros((table.n, table.n))
        for i, j in combinations(range(table.n), 2):
            pairs[i, j] = pairs[j, i] = result[(i, j)]
        return pairs

    return estimate


def _approximate(make: Make, table: Table, budget: int, seed: int) -> shapiq.InteractionValues:
    # shapiq counts the evaluation of the empty coalition.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make(table.n, seed).approximate(min(budget + 1, 2**table.n), table)


FIELD: dict[str, FieldEstimator] = {
    "PermutationSamplingSV": _of_shapiq(lambda n, seed: shapiq.PermutationSamplingSV(n, random_state=seed)),
    "KernelSHAP": _of_shapiq(lambda n, seed: shapiq.KernelSHAP(n, pairing_trick=True, random_state=seed)),
    "SVARM": _of_shapiq(lambda n, seed: shapiq.SVARM(n, random_state=seed)),
    "ProxySPEX": _of_shapiq(lambda n, seed: ProxySPEX(n=n, index="SV", max_order=1, random_state=seed)),
    "LeverageSHAP": leverage_shap,
}

FIELD_OF_PAIRS: dict[str, FieldEstimator] = {
    "KernelSHAPIQ": _pairs_of_shapiq(
        lambda n, seed: shapiq.KernelSHAPIQ(n, index="SII", pairing_trick=True, random_state=seed)
    ),
    "SVARMIQ": _pairs_of_shapiq(lambda n, seed: shapiq.SVARMIQ(n, index="SII", pairing_trick=True, random_state=seed)),
    "SHAPIQ": _pairs_of_shapiq(lambda n, seed: shapiq.SHAPIQ(n, index="SII", pairing_trick=True, random_state=seed)),
    "PermutationSamplingSII": _pairs_of_shapiq(
        lambda n, seed: shapiq.PermutationSamplingSII(n, index="SII", random_state=seed)
    ),
}
