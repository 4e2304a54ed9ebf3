"""Means with bootstrap confidence intervals over groups of videos."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, UInt16

DRAWS_AT_ONCE = 100
"""Draws are evaluated in blocks of this many, to bound the memory."""


class Interval(NamedTuple):
    """A mean, and the 95 % confidence interval around it."""

    mean: float
    low: float
    high: float


class GroupBootstrap:
    """The percentile bootstrap over groups of videos.

    Frames of a video are dependent, and so are videos of a group (such as a clip and its reversal): whole groups are
    drawn, with replacement, `n_draws` times, and every mean is computed on each draw. All means use the same draws, so
    that differences between models on the same videos are paired.

    Tables need a categorical column `group` with `n_groups` categories.
    """

    def __init__(self, n_groups: int, n_draws: int = 1000, seed: int = 0) -> None:
        self.n_groups, self.n_draws, self.seed = n_groups, n_draws, seed

    @cached_property
    def weights(self) -> UInt16[np.ndarray, "draws groups"]:
        """How often each group is in each draw."""
        rng = np.random.default_rng(self.seed)
        weights = np.empty((self.n_draws, self.n_groups), np.uint16)
        for draw in range(self.n_draws):
            weights[draw] = np.bincount(rng.integers(self.n_groups, size=self.n_groups), minlength=self.n_groups)
        return weights

    def means(self, table: pd.DataFrame, by: Sequence[str], value: str) -> pd.DataFrame:
        """The mean of a column in each cell, with its 95 % interval, over the rows that have a value.

        Columns: those of `by`; videos, the number of videos in the cell; rows; mean; low and high, which are NaN where
        the cell has fewer than two groups.
        """
        rows = table[[*by, "uid", "group", value]].dropna(subset=value)
        cells = rows.groupby(list(by), sort=True, observed=True)
        found = cells.agg(videos=("uid", "nunique"), rows=(value, "size")).reset_index()
        means, draws = self._replicate(
            rows[value].to_numpy(np.float64), cells.ngroup().to_numpy(), _codes(rows), len(found)
        )
        low, high = _interval(draws)
        several = cells["group"].nunique().to_numpy() >= 2
        return found.assign(mean=means, low=np.where(several, low, np.nan), high=np.where(several, high, np.nan))

    def difference(
        self, table: pd.DataFrame, value: str, first: Bool[np.ndarray, " R"], second: Bool[np.ndarray, " R"]
    ) -> Interval:
        """The mean over the rows `first` minus that over the rows `second`; NaN where either has none."""
        parts = [table.loc[chosen, ["group", value]].dropna(subset=value) for chosen in (first, second)]
        if any(part.empty for part in parts):
            return Interval(np.nan, np.nan, np.nan)
        cell = np.repeat([0, 1], [len(part) for part in parts])
        rows = pd.concat(parts)
        means, draws = self._replicate(rows[value].to_numpy(np.float64), cell, _codes(rows), 2)
        low, high = _interval(draws[:, :1] - draws[:, 1:])
        return Interval(float(means[0] - means[1]), float(low[0]), float(high[0]))

    def _replicate(
        self,
        values: Float[np.ndarray, " R"],
        cell: Int[np.ndarray, " R"],
        group: Int[np.ndarray, " R"],
        n_cells: int,
    ) -> tuple[Float[np.ndarray, " cells"], Float[np.ndarray, "draws cells"]]:
        """The mean of each cell, and on each draw (NaN where a draw has nothing in the cell)."""
        shape = (self.n_groups, n_cells)
        index = group.astype(np.int64) * n_cells + cell
        sums = np.bincount(index, weights=values, minlength=shape[0] * shape[1]).reshape(shape)
        counts = np.bincount(index, minlength=shape[0] * shape[1]).reshape(shape)
        means = sums.sum(axis=0) / counts.sum(axis=0)
        # Deviations from the mean instead of values: then single precision is enough.
        deviations = (sums - counts * means).astype(np.float32)
        counts = counts.astype(np.float32)
        draws = np.empty((self.n_draws, n_cells))
        for start in range(0, self.n_draws, DRAWS_AT_ONCE):
            block = slice(start, start + DRAWS_AT_ONCE)
            weights = self.weights[block].astype(np.float32)
            with np.errstate(invalid="ignore"):
                draws[block] = means + (weights @ deviations) / (weights @ counts)
        return means, draws


def _codes(rows: pd.DataFrame) -> Int[np.ndarray, " R"]:
    return rows["group"].cat.codes.to_numpy()


def _interval(draws: Float[np.ndarray, "draws cells"]) -> Float[np.ndarray, "2 cells"]:
    """The 2.5 and 97.5 % quantiles of each column, over the draws that have a value."""
    if not draws.shape[1]:
        return np.empty((2, 0))
    return np.nanquantile(draws, [0.025, 0.975], axis=0)
