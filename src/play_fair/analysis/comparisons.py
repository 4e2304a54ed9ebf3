"""What a study says: of each model, of two predictions, of two models, of growing numbers of frames, of positions."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool

from play_fair.analysis.bootstrap import Interval
from play_fair.analysis.study import Study
from play_fair.analysis.tables import predictions_there
from play_fair.analysis.tidy import CORRECT, WRONG
from play_fair.formatting import interval


def cells(study: Study, table: pd.DataFrame, by: str) -> Iterator[tuple[str, int, dict[Any, pd.Series]]]:
    """For each model: its name, the number of frames at which models are compared, and the rows there by a column."""
    for model, n_frames in study.n_frames.items():
        rows = table[_at(table, model, n_frames)]
        if len(rows):
            yield model, n_frames, {row[by]: row for _, row in rows.iterrows()}


def compare_predictions(study: Study, table: pd.DataFrame, value: str) -> dict[str, Interval]:
    """For each model that has both: the mean over correct predictions, less that over wrong ones."""
    found = {}
    for model, n_frames in study.n_frames.items():
        own = table[_at(table, model, n_frames)]
        difference = _difference(study, own, value, own["prediction"] == CORRECT, own["prediction"] == WRONG)
        if not np.isnan(difference.mean):
            found[model] = difference
    return found


def compare_models(study: Study, table: pd.DataFrame, value: str) -> Iterator[tuple[str, str, dict[str, Interval]]]:
    """For the first and each further model: the mean of the latter less that of the former, by prediction."""
    (first, n_first), *others = study.n_frames.items()
    for other, n_frames in others:
        found = {}
        for prediction in predictions_there(table):
            own = table[table["prediction"] == prediction]
            difference = _difference(study, own, value, _at(own, other, n_frames), _at(own, first, n_first))
            if not np.isnan(difference.mean):
                found[prediction] = difference
        if found:
            yield first, other, found


def changes(
    study: Study, table: pd.DataFrame, value: str, at_least: int = 1
) -> Iterator[tuple[str, int, int, Interval]]:
    """For each model the change of a mean from the smallest number of frames (`at_least`) to the largest.

    Yields the model, both numbers of frames, and the change.
    """
    for model in study.model_names:
        own = table[table["model"] == model]
        n_frames = sorted(int(n) for n in own["n_frames"].unique() if n >= at_least)
        if len(n_frames) > 1:
            first, last = n_frames[0], n_frames[-1]
            yield model, first, last, _difference(study, own, value, own["n_frames"] == last, own["n_frames"] == first)


def tell_positions(study: Study, value: str, noun: str) -> list[str]:
    """Two contrasts that are fixed beforehand: the ends against the middle, the second half against the first."""
    compared = study.compared_frames
    said = []
    for model in study.model_names:
        for prediction in predictions_there(compared):
            own = compared[(compared["model"] == model) & (compared["prediction"] == prediction)]
            off_centre = own["position"] - 0.5
            ends = _difference(study, own, value, off_centre.abs() > 0.25, off_centre.abs() <= 0.25)
            halves = _difference(study, own, value, off_centre > 0, off_centre < 0)
            if not np.isnan(ends.mean + halves.mean):
                said.append(
                    f"{model}, {prediction} predictions: {noun} at both ends (first and last quarter) are "
                    f"{_compared(ends)} those between, {interval(*ends, sign=True)}; in the second half "
                    f"{_compared(halves)} those in the first, {interval(*halves, sign=True)}."
                )
    return said


def _at(table: pd.DataFrame, model: str, n_frames: int) -> pd.Series:
    return (table["model"] == model) & (table["n_frames"] == n_frames)


def _difference(study: Study, table: pd.DataFrame, value: str, first: pd.Series, second: pd.Series) -> Interval:
    chosen: list[Bool[np.ndarray, " R"]] = [rows.to_numpy(dtype=bool) for rows in (first, second)]
    return study.bootstrap.difference(table, value, chosen[0], chosen[1])


def _compared(difference: Interval) -> str:
    if difference.low > 0:
        return "larger than"
    return "smaller than" if difference.high < 0 else "not clearly different from"
