"""Results files: a pickled dict of arrays, ours or a published one. No code in a file is run."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from play_fair.array_checks import as_numbers, as_uids
from play_fair.errors import UserError, shown, some
from play_fair.files import atomic_path
from play_fair.pickled_arrays import load_arrays
from play_fair.results.scale import KEYS, PER_SCALE, Scale

if TYPE_CHECKING:
    from play_fair.results.results import EsvResults

Made = TypeVar("Made")


def read_pickle(path: Path | str, make: Callable[..., Made]) -> Made:
    """Read the fields of results, collated or not, and return what `make` makes of them.

    Raises:
        UserError: the file is missing, damaged, hostile, or its arrays do not fit together.
    """
    content = load_arrays(path)
    if not isinstance(content, dict):
        raise UserError(f"expected a dict of results in {path}, got {type(content).__name__}")
    if missing := [key for key in KEYS if key not in content]:
        raise UserError(f"expected the key {missing[0]} in {path}, found {some(content)}")
    try:
        return make(**_from_dict(content))
    except UserError as error:
        raise UserError(f"{path} is not a valid results file: {error}") from error


def write_pickle(path: Path | str, results: "EsvResults") -> None:
    """Write results as a plain dict of arrays, atomically."""
    with atomic_path(path) as part, part.open("wb") as file:
        pickle.dump(to_dict(results), file, protocol=4)


def to_dict(results: "EsvResults") -> dict[str, Any]:
    """The content of a results file."""
    shared = {
        "uids": results.uids,
        "labels": results.labels,
        "sequence_lengths": results.sequence_lengths,
        "priors": results.priors,
        "attrs": dict(results.attrs),
    }
    if not results.collated:
        scale = results.scales[0]
        return {**shared, **{name: getattr(scale, name) for name in PER_SCALE}, **scale.extras}
    names = sorted({name for scale in results.scales for name in scale.extras})
    return {
        **shared,
        "sequence_idxs": [scale.sequence_idxs for scale in results.scales],
        "scores": np.stack([scale.scores for scale in results.scales]),
        "shapley_values": [scale.shapley_values for scale in results.scales],
        **{name: [scale.extras.get(name) for scale in results.scales] for name in names},
    }


def _from_dict(content: dict[str, Any]) -> dict[str, Any]:
    """The fields of `EsvResults`."""
    esvs = content["shapley_values"]
    # Published files stack the arrays of a collation where their shapes allow it: (S, N, n, C).
    collated = isinstance(esvs, list) or (isinstance(esvs, np.ndarray) and esvs.ndim == 4)
    columns = {name: _listed(content[name]) if collated else [content[name]] for name in PER_SCALE}
    n_scales = len(columns["shapley_values"])
    if any(len(column) != n_scales for column in columns.values()):
        raise UserError("expected as many scores and sequence_idxs as shapley_values in collated results")
    uids = as_uids(content["uids"])
    if not len(uids):
        raise UserError("it holds no videos: all were skipped")
    scales = tuple(
        Scale(
            sequence_idxs=as_numbers("sequence_idxs", columns["sequence_idxs"][i], np.int64, n_axes=2),
            scores=as_numbers("scores", columns["scores"][i], np.float32, n_axes=2),
            shapley_values=as_numbers("shapley_values", columns["shapley_values"][i], np.float32, n_axes=3),
            extras=_extras(content, i if collated else None, len(uids)),
        )
        for i in range(n_scales)
    )
    attrs = _plain("attrs", content.get("attrs") or {})
    if not isinstance(attrs, dict):
        raise UserError(f"expected a dict of attrs, got {type(attrs).__name__}")
    return {
        "uids": uids,
        "labels": as_numbers("labels", content["labels"], np.int64, n_axes=1),
        "sequence_lengths": as_numbers("sequence_lengths", content["sequence_lengths"], np.int64, n_axes=1),
        "priors": as_numbers("priors", content["priors"], np.float64, n_axes=1),
        "scales": scales,
        "attrs": attrs,
        "collated": collated,
    }


def _listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | tuple) or (isinstance(values, np.ndarray) and values.ndim) else []


def _extras(content: dict[str, Any], scale: int | None, n_videos: int) -> dict[str, np.ndarray]:
    """Further arrays that have an entry for each video; collated, those in a list are of one scale."""
    extras = {}
    for name, values in content.items():
        if name in KEYS or name == "attrs":
            continue
        if scale is not None and isinstance(values, list):
            values = values[scale] if scale < len(values) else None
        if isinstance(values, np.ndarray) and values.shape[:1] == (n_videos,):
            extras[str(name)] = values
    return extras


def _plain(name: str, value: Any) -> Any:
    """Check that `value` is text, a number, or a container of such, and convert numpy scalars.

    Raises:
        UserError: it is something else; the message gives its `name`.
    """
    if isinstance(value, dict):
        if unnamed := [key for key in value if not isinstance(key, str)]:
            raise UserError(f"expected text as the keys of {name}, got {shown(unnamed[0], 40)}")
        return {key: _plain(f"{name}[{shown(key, 40)}]", item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(name, item) for item in value)
    plain = value.item() if isinstance(value, np.generic) else value
    if not isinstance(plain, str | bool | int | float | None):
        raise UserError(f"expected text and numbers in {name}, got {type(value).__name__}")
    return plain
