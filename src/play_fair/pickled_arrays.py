"""Read pickles of arrays and plain containers, written by numpy 1 or 2 and pandas 2 or 3, without running their code.

Arrays are made of their bytes, every argument checked, without numpy's own unpickling.
"""

import math
import mmap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from play_fair.errors import UserError, shown
from play_fair.files import require_file
from play_fair.safe_pickle import Call, Global, InertDict, InertUnpickler

MAX_VALUES = 1_000_000
"""Values in a file, counted each time a container holds them; an array is one, but an array of objects is not."""

MAX_DEPTH = 50
"""Containers in containers."""

MAX_INT_BITS = 1024
"""Size of an integer; those of more than 4300 digits cannot be printed."""

_SCALARS = (str, bytes, bool, int, float, type(None))


def load_arrays(path: Path | str) -> Any:
    """Load a pickle made of dicts, lists, tuples, strings, numbers and ndarrays (numpy 1 or 2).

    Arrays of strings of pandas are returned as ndarrays, ordered dicts as dicts, sets as lists, bytearrays as bytes.
    Arrays may be read-only.

    Raises:
        UserError: it is missing, damaged, or holds anything else; nothing it names is imported or called.
    """
    path = require_file(path, "a results pickle")
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as program:
            content = InertUnpickler(program).load()
            return _Converter(room=2 * len(program)).plain(content)  # old protocols store the bytes as text
    except Exception as error:  # a malformed pickle can raise any
        raise UserError(f"cannot read {path} as a results pickle: {shown(error)}") from error


class _Converter:
    """Converts calls to the arrays they make.

    Args:
        room: bytes that all arrays may have together: one string of bytes can be the content of many arrays.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.n_values = 0
        self.converted: dict[int, Any] = {}

    def plain(self, value: Any, depth: int = 0) -> Any:
        """Convert a tree of containers; an array that is in several places is converted once.

        Raises:
            ValueError: it holds something else, is too large, too deep, or a container holds itself.
        """
        self.n_values += 1
        if self.n_values > MAX_VALUES:
            raise ValueError(f"it has more than {MAX_VALUES:,} values")
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
        kind = type(value)
        if kind in (list, tuple):
            return kind([self.plain(item, depth + 1) for item in value])
        if kind is InertDict or (kind is Call and value.function == "collections.OrderedDict"):
            if not all(isinstance(key, str | int) for key in value):
                raise ValueError("it has a key that is neither text nor a small integer")
            return {self.plain(key): self.plain(item, depth + 1) for key, item in value.items()}
        value = self.convert(value)
        if type(value) is str:
            value.encode()  # half a surrogate pair could not be printed
        elif type(value) is int and value.bit_length() > MAX_INT_BITS:
            raise ValueError(f"it holds an integer of more than {MAX_INT_BITS} bits")
        elif not isinstance(value, (*_SCALARS, np.ndarray, np.generic)):
            raise ValueError(f"it holds a {kind.__name__} where an array, a container or a plain value belongs")
        return value

    def convert(self, value: Any) -> Any:
        """Convert `value` if it is a call, once."""
        name = value.function if type(value) is Call else value if type(value) is Global else None
        if name is None:
            return value
        if name not in _CONVERTERS or type(value) is Global:
            raise ValueError(f"it refers to {name}, which is neither an array nor a container")
        if id(value) not in self.converted:
            self.converted[id(value)] = _CONVERTERS[name](self, value.state, *value.arguments)
        return self.converted[id(value)]

    def array(self, shape: Any, dtype: Any, order: Any, content: Any) -> np.ndarray:
        """Make an array of its bytes, or of the list of its items if they are objects; these must be plain values."""
        dtype, content = self.convert(dtype), self.plain(content)
        if not _are_naturals(shape) or not isinstance(dtype, np.dtype) or order not in ("C", "F"):
            raise ValueError("an array is not stored as numpy stores arrays")
        size = math.prod(shape)
        if dtype.hasobject:
            if (
                type(content) is not list
                or len(content) != size
                or not all(isinstance(item, _SCALARS) for item in content)
            ):
                raise ValueError("an array of objects holds something else than plain values, or too many or few")
            objects = np.empty(size, object)
            objects[:] = content
            return objects.reshape(shape)
        if type(content) is not bytes or len(content) != size * dtype.itemsize:
            raise ValueError(f"an array of shape {shape} and type {dtype} does not have the bytes it needs")
        self.take(len(content))
        array: np.ndarray = np.ndarray(size, dtype, content).reshape(shape, order=order)
        if dtype.kind == "U":
            array = array.astype(dtype.newbyteorder("="))
            codes = array.reshape(-1).view(np.uint32)
            if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any():
                raise ValueError("an array of text holds invalid code points")
        return array

    def take(self, n_bytes: int) -> None:
        """Count bytes of arrays."""
        self.room -= n_bytes
        if self.room < 0:
            raise ValueError("its arrays are together larger than the file")


def _array(make: _Converter, state: Any, kind: Any, shape: Any, code: Any) -> np.ndarray:
    """An ndarray: its state is (version, shape, dtype, is Fortran order, content)."""
    if kind != Global("numpy.ndarray"):
        raise ValueError("an array is not stored as numpy stores arrays")
    _, shape, dtype, is_fortran, content = state
    return make.array(shape, dtype, "F" if is_fortran is True else "C", content)


def _from_buffer(
    make: _Converter, state: Any, content: Any, dtype: Any, shape: Any, order: Any, axis_order: Any = None
) -> np.ndarray:
    """An ndarray in protocol 5; with `axis_order` the content is that of the transposed array."""
    if order != "K" or axis_order is None:
        return make.array(shape, dtype, order, content)
    if not _are_naturals(axis_order):
        raise ValueError("an array is not stored as numpy stores arrays")
    return make.array(shape, dtype, "C", content).transpose(axis_order)


def _dtype(make: _Converter, state: Any, code: Any, align: Any = False, copy: Any = False) -> np.dtype:
    """A dtype of numbers, booleans, text, bytes or objects: its state has the byte order, and no fields."""
    dtype = np.dtype(code) if type(code) is str and len(code) < 20 else None
    if dtype is None or dtype.kind not in "biufcUSO":
        raise ValueError("an array has a type that is neither of numbers, nor of text, nor of objects")
    _, byte_order, *others = state[:5]
    if byte_order not in ("<", ">", "=", "|") or any(other is not None for other in others):
        raise ValueError("a type of numbers is not stored as numpy stores it")
    # By its name, so that equal types are one object, as numpy has them.
    return dtype if byte_order == "|" else np.dtype(dtype.newbyteorder(byte_order).str)


def _scalar(make: _Converter, state: Any, dtype: Any, content: Any) -> Any:
    """A numpy scalar."""
    return make.array((), dtype, "C", content)[()]


def _bytes(make: _Converter, state: Any, text: Any = "", encoding: Any = "latin1") -> bytes:
    """Bytes in protocols 0 to 2."""
    if type(text) is not str or encoding != "latin1":
        raise ValueError("bytes are not stored as pickle stores bytes")
    make.take(len(text))
    return text.encode("latin1")


def _pandas_strings(make: _Converter, state: Any, kind: Any, checksum: Any, first_state: Any = None) -> np.ndarray:
    """A pandas array of text, as the array of objects in it: its state is (dtype, array)."""
    array = make.convert(state[1])
    if not isinstance(array, np.ndarray) or not all(type(item) is str for item in array.reshape(-1).tolist()):
        raise ValueError("a pandas array of text has missing values")
    return array


def _are_naturals(values: Any) -> bool:
    """Whether `values` are a tuple that can be a shape, or an order of axes."""
    return type(values) is tuple and len(values) <= 32 and all(type(n) is int and 0 <= n < 2**48 for n in values)


_CONVERTERS: Mapping[str, Callable[..., Any]] = {
    "numpy.dtype": _dtype,
    "numpy.core.multiarray._reconstruct": _array,  # numpy 1
    "numpy._core.multiarray._reconstruct": _array,  # numpy 2
    "numpy.core.multiarray.scalar": _scalar,
    "numpy._core.multiarray.scalar": _scalar,
    "numpy.core.numeric._frombuffer": _from_buffer,
    "numpy._core.numeric._frombuffer": _from_buffer,
    "_codecs.encode": _bytes,
    "__builtin__.bytes": _bytes,
    "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked": _pandas_strings,
}
"""Function that a file names -> what makes its result of a converter, the state and the arguments."""
