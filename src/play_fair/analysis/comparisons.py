"""What a study says, in clauses: of each model, of two models, of growing numbers of frames, of positions."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from play_fair.analysis.bootstrap import Interval
from play_fair.analysis.study import Study
from play_fair.analysis.tables import predictions_there
from play_fair.analysis.wording import joined, plural, signed


def rows_of(table: pd.DataFrame, model: str, n_frames: int) -> pd.DataFrame:
    return table[(table["model"] == model) & (table["n_frames"] == n_frames)]


def at_compared(study: Study, table: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Each model's rows at the number of frames at which models are compared."""
    for model in study.model_names:
        for _, row in rows_of(table, model, study.n_frames[model]).iterrows():
            yield model, row


def tell_by_prediction(study: Study, table: pd.DataFrame, tell: Callable[[pd.Series], str]) -> str:
    """What a table says of each model, for correct and for wrong predictions."""
    clauses: dict[str, list[str]] = {}
    for model, row in at_compared(study, table):
        start = f"{model} on {plural(row['n_frames'], 'frame')}"
        clauses.setdefault(start, []).append(f"{row['prediction']} {tell(row)}")
    return joined(f"{start}, {', '.join(told)}" for start, told in clauses.items())


def between_values(
    study: Study, table: pd.DataFrame, value: str, column: str, first: object, second: object
) -> Iterator[tuple[str, Interval]]:
    """For each model: the mean where column == first, less that where it is `second`."""
    for model, n_frames in study.n_frames.items():
        own = ((table["model"] == model) & (table["n_frames"] == n_frames)).to_numpy()
        chosen = [own & (table[column] == one).to_numpy() for one in (first, second)]
        difference = study.bootstrap.difference(table, value, *chosen)
        if not np.isnan(difference.mean):
            yield model, difference


def between_models(study: Study, table: pd.DataFrame, value: str) -> Iterator[tuple[str, str, Interval]]:
    """Each further model less the first one."""
    chosen = [
        ((table["model"] == model) & (table["n_frames"] == n_frames)).to_numpy()
        for model, n_frames in study.n_frames.items()
    ]
    first, *others = study.model_names
    for index, other in enumerate(others, start=1):
        difference = study.bootstrap.difference(table, value, chosen[index], chosen[0])
        if not np.isnan(difference.mean):
            yield first, other, difference


def growth(study: Study, table: pd.DataFrame, value: str, at_least: int) -> Iterator[tuple[str, int, int, Interval]]:
    """For each model the change of a mean from the smallest number of frames (`at_least`) to the largest."""
    for model in study.model_names:
        own = table[table["model"] == model]
        n_frames = sorted(int(n) for n in own["n_frames"].unique() if n >= at_least)
        if len(n_frames) > 1:
            last, first = ((own["n_frames"] == n).to_numpy() for n in (n_frames[-1], n_frames[0]))
            yield model, n_frames[0], n_frames[-1], study.bootstrap.difference(own, value, last, first)


def tell_positions(study: Study, value: str) -> list[str]:
    """Two contrasts that are fixed beforehand: the ends against the middle, the second half against the first."""
    frames = study.compared_frames
    frames = frames.assign(
        ends=(frames["position"] - 0.5).abs() > 0.25, late=np.sign(frames["position"] - 0.5).astype(np.int64)
    )
    said = []
    for prediction in predictions_there(frames):
        own = frames[frames["prediction"] == prediction]
        clauses = [
            f"{model} {signed(difference)}"
            for model, difference in between_values(study, own, value, "ends", True, False)
        ]
        halves = [
            f"{model} {signed(difference)}" for model, difference in between_values(study, own, value, "late", 1, -1)
        ]
        if clauses:
            said.append(
                f"{prediction.capitalize()} predictions, frames of the first and last quarter less those between: "
                f"{', '.join(clauses)}."
            )
        if halves:
            said.append(f"{prediction.capitalize()} predictions, second half less first half: {', '.join(halves)}.")
    return said
