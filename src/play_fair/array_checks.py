"""Validate and convert arrays of untrusted files: lossless conversions are made, others refused."""

from typing import Any

import numpy as np

from play_fair.errors import UserError, shown

MAX_UID_LENGTH = 255
"""Characters: as long as the name of a file may be."""


def as_numbers(name: str, values: Any, kind: type[np.generic], n_axes: int) -> np.ndarray:
    """Convert `values` to dtype `kind`; integers are not made of fractions.

    Raises:
        UserError: they are not an array of numbers, or do not have `n_axes` axes.
    """
    if not isinstance(values, np.ndarray) or values.ndim != n_axes or values.dtype.kind not in "biufO":
        raise UserError(f"expected {name} to be an array of numbers with {n_axes} axes, got {_described(values)}")
    try:
        with np.errstate(all="ignore"):  # what overflows becomes infinite, and differs
            converted = values.astype(kind, copy=False)
    except (ValueError, TypeError, OverflowError) as error:
        raise UserError(f"expected numbers in {name}, but {shown(error)}") from error
    if issubclass(kind, np.integer) and not (converted == values).all():
        raise UserError(f"expected whole numbers in {name}, got others")
    return converted


def as_uids(uids: Any) -> np.ndarray:
    """Convert ids of videos, which files store as str, bytes, objects or integers, to an array of str (N,).

    Raises:
        UserError: they are something else, or one is empty or too long.
    """
    listed = uids.tolist() if isinstance(uids, np.ndarray) and uids.ndim == 1 else uids
    if not isinstance(listed, list | tuple) or not all(isinstance(uid, str | bytes | int) for uid in listed):
        raise UserError(f"expected a list or array of uids, each a string, got {_described(uids)}")
    try:
        text = [uid.decode() if isinstance(uid, bytes) else str(uid) for uid in listed]
    except UnicodeDecodeError as error:
        raise UserError(f"expected uids in UTF-8, but {error}") from error
    # numpy pads every string of an array to the length of the longest.
    if wrong := [uid for uid in text if not 0 < len(uid) <= MAX_UID_LENGTH]:
        raise UserError(
            f"expected uids of 1 to {MAX_UID_LENGTH} characters, got {len(wrong[0])}: {shown(wrong[0], 60)}"
        )
    return np.array(text, dtype=np.str_)


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} of shape {value.shape}"
    return (
        f"{type(value).__name__} {shown(value, 60)}" if isinstance(value, str | int | float) else type(value).__name__
    )
