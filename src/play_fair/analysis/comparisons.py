"""Differences within a study: between predictions, models, numbers of frames, and positions."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool

from play_fair.analysis.bootstrap import Interval
from play_fair.analysis.study import Study
from play_fair.analysis.tables import predictions_there
from play_fair.analysis.tidy import CORRECT, WRONG


class Change(NamedTuple):
    """The change of a mean from the smallest to the largest number of frames."""

    first: int
    last: int
    difference: Interval


class PositionContrasts(NamedTuple):
    """Differences of means between parts of the sequence."""

    ends: Interval
    """First and last quarter, minus the two quarters between."""
    halves: Interval
    """Second half, minus the first."""


ComparedPositions = Mapping[tuple[str, str], PositionContrasts]
"""By model and prediction."""


def rows_at_compared(study: Study, table: pd.DataFrame, by: str) -> dict[str, dict[Any, pd.Series]]:
    """For each model the rows of a table at the number of frames at which models are compared, by a column."""
    rows = {
        model: {row[by]: row for _, row in table[_at(table, model, n_frames)].iterrows()}
        for model, n_frames in study.n_frames.items()
    }
    return {model: by_value for model, by_value in rows.items() if by_value}


def compare_predictions(study: Study, table: pd.DataFrame, value: str) -> dict[str, Interval]:
    """For each model that has both: the mean over correct predictions, minus that over wrong ones."""
    differences = {}
    for model, n_frames in study.n_frames.items():
        rows = table[_at(table, model, n_frames)]
        differences[model] = _difference(study, rows, value, rows["prediction"] == CORRECT, rows["prediction"] == WRONG)
    return _known(differences)


def compare_models(study: Study, table: pd.DataFrame, value: str) -> dict[tuple[str, str], dict[str, Interval]]:
    """For the first and each other model: the mean of the other minus that of the first, by prediction."""
    (first, n_first), *others = study.n_frames.items()
    found = {}
    for other, n_frames in others:
        differences = {}
        for prediction in predictions_there(table):
            rows = table[table["prediction"] == prediction]
            differences[prediction] = _difference(
                study, rows, value, _at(rows, other, n_frames), _at(rows, first, n_first)
            )
        if known := _known(differences):
            found[first, other] = known
    return found


def change_with_frames(study: Study, table: pd.DataFrame, value: str, at_least: int = 1) -> dict[str, Change]:
    """For each model the change of a mean from the smallest number of frames (`at_least`) to the largest."""
    changes = {}
    for model in study.model_names:
        rows = table[table["model"] == model]
        n_frames = sorted(int(n) for n in rows["n_frames"].unique() if n >= at_least)
        if len(n_frames) > 1:
            first, last = n_frames[0], n_frames[-1]
            difference = _difference(study, rows, value, rows["n_frames"] == last, rows["n_frames"] == first)
            changes[model] = Change(first, last, difference)
    return changes


def compare_positions(study: Study, value: str) -> ComparedPositions:
    """Two contrasts that were fixed before seeing data."""
    frames = study.compared_frames
    contrasts = {}
    for model in study.model_names:
        for prediction in predictions_there(frames):
            rows = frames[(frames["model"] == model) & (frames["prediction"] == prediction)]
            off_centre = rows["position"] - 0.5
            ends = _difference(study, rows, value, off_centre.abs() > 0.25, off_centre.abs() <= 0.25)
            halves = _difference(study, rows, value, off_centre > 0, off_centre < 0)
            if not np.isnan(ends.mean + halves.mean):
                contrasts[model, prediction] = PositionContrasts(ends, halves)
    return contrasts


def _at(table: pd.DataFrame, model: str, n_frames: int) -> pd.Series:
    return (table["model"] == model) & (table["n_frames"] == n_frames)


def _difference(study: Study, table: pd.DataFrame, value: str, first: pd.Series, second: pd.Series) -> Interval:
    masks: list[Bool[np.ndarray, " R"]] = [rows.to_numpy(dtype=bool) for rows in (first, second)]
    return study.bootstrap.difference(table, value, masks[0], masks[1])


def _known(differences: Mapping[str, Interval]) -> dict[str, Interval]:
    return {name: difference for name, difference in differences.items() if not np.isnan(difference.mean)}
