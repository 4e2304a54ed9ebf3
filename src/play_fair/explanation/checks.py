"""Convert and check the fields of an `Explanation`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from play_fair.errors import UserError, shown
from play_fair.formatting import plural

SYMMETRY = 1e-5
"""Largest asymmetry of interactions that is rounding, up to interactions of 1; relative to larger ones."""

_INT64_MAX = 2**63 - 1
_MAX_DEPTH = 32
"""Of lists and dicts in `info`."""


def as_arrays(values: Any, scores: Any, prior: Any, standard_errors: Any, interactions: Any) -> dict[str, np.ndarray]:
    """Convert and check the arrays of an explanation; they cannot be written to.

    Raises:
        UserError: they are not numbers, their shapes do not fit together, or values are out of range.
    """
    values = _as_array("values", values, np.float32)
    if values.ndim != 2 or 0 in values.shape:
        raise UserError(f"expected values of shape (T, C), at least one frame and one class, got {values.shape}")
    n_frames, n_classes = values.shape
    arrays: dict[str, np.ndarray] = {"values": values}
    optional = ("standard_errors", "interactions")
    for name, given, dtype, shape in (
        ("scores", scores, np.float32, (n_classes,)),
        ("prior", prior, np.float64, (n_classes,)),
        ("standard_errors", standard_errors, np.float32, values.shape),
        ("interactions", interactions, np.float32, (n_frames, *values.shape)),
    ):
        if given is None and name in optional:
            continue
        arrays[name] = _as_array(name, given, dtype)
        if arrays[name].shape != shape:
            raise UserError(f"expected {name} of shape {shape}, for values of {values.shape}, got {arrays[name].shape}")
    for name, array in arrays.items():
        if np.isinf(array).any() or (name not in optional and np.isnan(array).any()):
            raise UserError(f"expected finite {name}, got {'infinity' if name in optional else 'NaN or infinity'}")
        array.setflags(write=False)
    if "standard_errors" in arrays and (arrays["standard_errors"] < 0).any():
        raise UserError(f"expected standard_errors of 0 or more, got {np.nanmin(arrays['standard_errors']):.3g}")
    if "interactions" in arrays:
        _require_interactions(arrays["interactions"])
    return arrays


def _as_array(name: str, values: Any, dtype: type[np.floating]) -> np.ndarray:
    """Copy to an array of this type.

    Raises:
        UserError: they are not real numbers, or do not form an array.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"got {type(values).__name__} {shown(values, 60)}")
        with np.errstate(over="ignore"):  # becomes infinite, which is refused
            return np.array(array, dtype=dtype, order="C")
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(f"expected {name} to be an array of numbers: {shown(error)}") from error


def as_count(value: Any) -> int:
    """Convert a number of evaluations."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer) or not 0 <= value <= _INT64_MAX:
        raise UserError(f"expected n_evaluations to be a whole number of 0 or more, got {shown(value)}")
    return int(value)


def as_class_names(names: Any, n_classes: int) -> tuple[str, ...]:
    """Convert names of all classes."""
    names = names.tolist() if isinstance(names, np.ndarray) else names
    if isinstance(names, str) or not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise UserError(f"expected class_names to be a sequence of names, got {shown(names)}")
    if len(names) != n_classes:
        raise UserError(f"expected {plural(n_classes, 'class name')}, one for each column of values, got {len(names)}")
    if wrong := [name for name in names if "\0" in name]:
        raise UserError(f"expected class names without null characters, got {shown(wrong[0])}")
    return tuple(map(str, names))


def as_info(info: Any) -> dict[str, Any]:
    """Copy further values; None gives an empty dict."""
    if not isinstance(info, Mapping | None):
        raise UserError(f"expected info to be a dict of plain values, got {type(info).__name__}")
    return _as_plain("info", info or {})


def _as_plain(where: str, value: Any, depth: int = 0) -> Any:
    """Copy plain values; numpy scalars and arrays become numbers and lists, tuples become lists."""
    if depth > _MAX_DEPTH:
        raise UserError(f"expected at most {_MAX_DEPTH} levels of lists and dicts in info")
    if isinstance(value, np.generic | np.ndarray):
        return _as_plain(where, value.tolist(), depth)
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, Mapping):
        if wrong := [key for key in value if not isinstance(key, str)]:
            raise UserError(f"expected {where} to have strings as keys, got {shown(wrong[0])}")
        return {key: _as_plain(f"{where}[{key!r}]", item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_plain(f"{where}[{index}]", item, depth + 1) for index, item in enumerate(value)]
    raise UserError(f"expected a plain value (str, int, float, bool, None, list, dict) in {where}, got {shown(value)}")


def _require_interactions(interactions: np.ndarray) -> None:
    """Refuse interactions that are not symmetric, or not 0 on the diagonal, up to rounding."""
    unknown = np.isnan(interactions)
    if not np.array_equal(unknown, unknown.swapaxes(0, 1)):
        raise UserError("expected symmetric interactions, but some are NaN in one order of two frames only")
    known = np.where(unknown, 0, interactions)
    allowed = SYMMETRY * max(1.0, float(np.abs(known).max()))
    if (asymmetry := float(np.abs(known - known.swapaxes(0, 1)).max())) > allowed:
        raise UserError(f"expected symmetric interactions, but those of two frames differ by up to {asymmetry:.3g}")
    if (diagonal := float(np.abs(np.einsum("iic->ic", known)).max())) > allowed:
        raise UserError(f"expected interactions of 0 for a frame with itself, got up to {diagonal:.3g}")
