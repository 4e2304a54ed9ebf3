"""How stable a frame's ESV is when the number of frames fed to the model changes.

Sequences of different lengths hold different frames, so their ESVs are compared as functions of time: those of the
shorter sequence are interpolated (linearly, constant before the first and after the last frame) at the times of the
longer sequence's frames. The measures are Spearman's rank correlation over the frames of a video, and the share of
frames with the same sign. The control is the shorter sequence of an unrelated video: agreement due to the position in
the sequence alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int64

from play_fair.analysis.bootstrap import GroupBootstrap
from play_fair.analysis.two_classes import ModelEsvs, TwoClassEsvs

MOST_PAIRS = 1 << 24
"""Videos are compared in blocks of this many pairs of frames, to bound the memory."""

MEASURES = ("rank correlation", "same sign")


@dataclass(frozen=True)
class Pair:
    """Two numbers of frames of one model."""

    shorter: TwoClassEsvs
    longer: TwoClassEsvs
    against: str
    """"next" or "largest"."""


def stability(models: Sequence[ModelEsvs], videos: pd.DataFrame, bootstrap: GroupBootstrap) -> pd.DataFrame:
    """Agreement of the ESVs of the true class on n frames with those on the next larger number, and on the largest.

    Columns: model, n_frames, other_n_frames, against ("next" or "largest"), measure ("rank correlation", -1..1, or
    "same sign", 0..1), compared_with ("same video", or "other video": the control), videos, mean, low, high. A rank
    correlation is left out where either side has the same ESV everywhere, as it has on one frame.

    Args:
        videos: `video_table` of the models, for uids and groups.
    """
    parts = []
    for model in models:
        of_model = videos[videos["model"] == model.name].drop_duplicates("uid")
        other = unrelated_videos(of_model["group"].cat.codes.to_numpy().astype(np.int64))
        for pair in _pairs(model):
            for compared_with, rows in (("same video", np.arange(len(other))), ("other video", other)):
                agreement = _agreement(pair.shorter, pair.longer, rows)
                for measure, values in zip(MEASURES, agreement, strict=True):
                    parts.append(
                        of_model[["model", "uid", "group"]].assign(
                            n_frames=pair.shorter.n_frames,
                            other_n_frames=pair.longer.n_frames,
                            against=pair.against,
                            measure=measure,
                            compared_with=compared_with,
                            value=values,
                        )
                    )
    by = ["model", "n_frames", "other_n_frames", "against", "measure", "compared_with"]
    columns = [*by, "videos", "mean", "low", "high"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return bootstrap.means(pd.concat(parts, ignore_index=True), by, "value")[columns]


def unrelated_videos(groups: Int64[np.ndarray, " N"]) -> Int64[np.ndarray, " N"]:
    """For each video one of another group, at random; -1 where all are of one group."""
    order = np.random.default_rng(0).permutation(len(groups))
    partner = np.full(len(groups), -1)
    alone = np.ones(len(groups), dtype=bool)
    for shift in range(1, len(groups)):
        candidate = np.empty_like(partner)
        candidate[order] = np.roll(order, shift)
        taken = alone & (groups[candidate] != groups)
        partner[taken] = candidate[taken]
        alone &= ~taken
        if not alone.any():
            break
    return partner


def interpolate(
    times: Float[np.ndarray, "N n"], values: Float[np.ndarray, "N n"], at: Float[np.ndarray, "N m"]
) -> Float[np.ndarray, "N m"]:
    """Each row of `values` at other times: linear, constant outside. NaN times, all at the end, are padding."""
    last = np.maximum((~np.isnan(times)).sum(axis=1) - 1, 0)[:, None]
    # How many times are at or before each queried one.
    before = (times[:, None, :] <= at[:, :, None]).sum(axis=2)
    left, right = np.clip(before - 1, 0, last), np.clip(before, 0, last)
    (t0, t1), (v0, v1) = (
        [np.take_along_axis(array, side, axis=1) for side in (left, right)] for array in (times, values)
    )
    weight = np.where(t1 > t0, (at - t0) / np.where(t1 > t0, t1 - t0, 1), 0)
    return v0 + weight * (v1 - v0)


def rank_correlation(
    first: Float[np.ndarray, "N n"], second: Float[np.ndarray, "N n"], is_frame: Bool[np.ndarray, "N n"]
) -> Float[np.ndarray, " N"]:
    """Spearman's, row by row, ties sharing their mean rank; NaN where a row has one value only."""
    a, b = (_centred_ranks(values, is_frame) for values in (first, second))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))


def _pairs(model: ModelEsvs) -> list[Pair]:
    scales = model.scales
    following = [Pair(a, b, "next") for a, b in pairwise(scales)]
    return following + [Pair(scale, scales[-1], "largest") for scale in scales[:-1]]


def _agreement(
    shorter: TwoClassEsvs, longer: TwoClassEsvs, rows: Int64[np.ndarray, " N"]
) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """Rank correlation and share of the same sign for each video, with video rows[i] of `shorter`; NaN if it is -1."""
    n_videos = len(rows)
    correlation, same_sign = np.full(n_videos, np.nan), np.full(n_videos, np.nan)
    size = max(1, MOST_PAIRS // longer.n_frames**2)
    found = np.flatnonzero(rows >= 0)
    for start in range(0, len(found), size):
        block = found[start : start + size]
        is_frame, esvs = longer.is_frame[block], longer.true[block].astype(np.float64)
        times = np.where(is_frame, longer.times[block], 0)
        values = shorter.true[rows[block]].astype(np.float64)
        expected = interpolate(shorter.times[rows[block]], values, times)
        correlation[block] = rank_correlation(expected, esvs, is_frame)
        equal = (np.sign(expected) == np.sign(esvs)) & is_frame
        with np.errstate(invalid="ignore"):
            same_sign[block] = equal.sum(axis=1) / is_frame.sum(axis=1)
    return correlation, same_sign


def _centred_ranks(values: Float[np.ndarray, "N n"], is_frame: Bool[np.ndarray, "N n"]) -> Float[np.ndarray, "N n"]:
    """Ranks minus their mean; 0 for padding."""
    known = np.where(is_frame, values, np.nan)
    less = (known[:, None, :] < known[:, :, None]).sum(axis=2)
    equal = (known[:, None, :] == known[:, :, None]).sum(axis=2)
    ranks = less + (equal - 1) / 2
    return np.where(is_frame, ranks - (is_frame.sum(axis=1, keepdims=True) - 1) / 2, 0)
