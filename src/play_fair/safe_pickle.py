"""Read a pickle of arrays and plain containers, and nothing else: loading it runs no code of the file's author."""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from play_fair.errors import UserError
from play_fair.files import require_file

NUMPY_MODULES = ("numpy.core", "numpy._core")  # numpy 1 and numpy 2


class _ArrayType:
    """Stands for the name numpy.ndarray in a pickle: calling it would allocate whatever the file asks for."""


def _empty_array(kind: object, shape: object, dtype: object) -> np.ndarray:
    """What pickles of arrays call first; the content follows as the state of the result."""
    if kind is not _ArrayType or shape != (0,):
        raise pickle.UnpicklingError("an array is not stored as numpy stores arrays")
    return np.ndarray((0,), np.int8)


def _array_from_buffer(buffer: object, dtype: np.dtype, shape: object, order: str) -> np.ndarray:
    """Arrays in protocol 5: the bytes, and how to look at them."""
    if not isinstance(buffer, (bytes, bytearray)) or dtype.hasobject:
        raise pickle.UnpicklingError("an array is not stored as numpy stores arrays")
    return np.frombuffer(buffer, dtype).reshape(shape, order=order)  # type: ignore[call-overload]


def _dtype(code: object, align: object = False, copy: object = False) -> np.dtype:
    """A dtype from its code; only numbers, booleans, strings and objects (whose items this unpickler reads too)."""
    dtype = np.dtype(code) if isinstance(code, str) else None
    if dtype is None or dtype.kind not in "biufUSO":
        raise pickle.UnpicklingError(f"arrays of type {code!r} are not expected here")
    return dtype


def _scalar(dtype: np.dtype, content: bytes) -> Any:
    """A numpy scalar from its bytes."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject or not isinstance(content, bytes):
        raise pickle.UnpicklingError("a number is not stored as numpy stores numbers")
    return np.frombuffer(content, dtype)[0]


def _encode(text: object, encoding: object) -> bytes:
    """How old protocols store bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError("bytes are not stored as pickle stores bytes")
    return text.encode("latin1")


ALLOWED = {
    ("numpy", "ndarray"): _ArrayType,
    ("numpy", "dtype"): _dtype,
    ("collections", "OrderedDict"): OrderedDict,
    ("_codecs", "encode"): _encode,
    **{(f"{module}.multiarray", "_reconstruct"): _empty_array for module in NUMPY_MODULES},
    **{(f"{module}.multiarray", "scalar"): _scalar for module in NUMPY_MODULES},
    **{(f"{module}.numeric", "_frombuffer"): _array_from_buffer for module in NUMPY_MODULES},
}


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not an array or container") from None

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to objects outside the file")


def load_arrays(path: Path | str, what: str = "a results pickle") -> Any:
    """The content of a pickle made of dicts, lists, tuples, strings, numbers and ndarrays (numpy 1 or 2).

    Raises:
        UserError: it is missing, damaged, or holds anything else; nothing it names is imported or called.
    """
    path = require_file(path, what)
    try:
        with path.open("rb") as file:
            return _ArrayUnpickler(file).load()
    except Exception as error:
        # A damaged pickle can raise nearly anything: EOFError, ValueError, MemoryError, AttributeError...
        raise UserError(f"cannot read {path} as {what}: {error or type(error).__name__}") from error
