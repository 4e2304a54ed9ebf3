"""Read a pickle of arrays and plain containers, and nothing else: loading it runs no code of the file's author.

The few names that pickles of numpy (1 and 2) and of pandas (2 and 3) use for arrays and strings stand for functions of
this module. They look at every argument, and make arrays of bytes without numpy's own unpickling.
"""

import math
import mmap
from pathlib import Path
from typing import Any

import numpy as np

from play_fair.errors import UserError, shown
from play_fair.files import require_file
from play_fair.pickle_machine import MALFORMED, PLAIN, Functions, Name, Unfilled, expect, require_plain, run_pickle


def _array(shape: Any, dtype: Any, order: Any, content: Any) -> np.ndarray:
    """The array, from its bytes, or from the list of its items if they are objects; these must be plain values."""
    if not (type(shape) is tuple and len(shape) <= 32 and all(type(n) is int and 0 <= n < 2**48 for n in shape)):
        raise ValueError(f"an array has the shape {shown(shape)}")
    if not isinstance(dtype, np.dtype) or order not in ("C", "F"):
        raise ValueError("an array is not stored as numpy stores arrays")
    size = math.prod(shape)
    if dtype.hasobject:
        if type(content) is not list or len(content) != size or not all(isinstance(item, PLAIN) for item in content):
            raise ValueError("an array of objects holds something else than plain values, or too many or few of them")
        objects = np.empty(size, object)
        objects[:] = content
        return objects.reshape(shape)
    if not isinstance(content, (bytes, bytearray)) or len(content) != size * dtype.itemsize:
        raise ValueError(f"an array of shape {shape} and type {dtype} does not have the bytes it needs")
    array: np.ndarray = np.ndarray(size, dtype, content).reshape(shape, order=order)
    if dtype.kind == "U":
        array = array.astype(dtype.newbyteorder("="))
        codes = array.reshape(-1).view(np.uint32)
        if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any():
            raise ValueError("an array of text holds what is no text")
    return array


def _reconstruct(kind: Any, shape: Any, code: Any) -> Unfilled:
    """What numpy makes of an array first; its state is (version, shape, dtype, is Fortran order, content)."""
    if kind != Name("numpy", "ndarray"):
        raise ValueError("an array is not stored as numpy stores arrays")

    def fill(state: Any) -> np.ndarray:
        _, shape, dtype, is_fortran, content = expect(state, tuple)
        return _array(shape, dtype, "F" if is_fortran else "C", content)

    return Unfilled(fill)


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any, axis_order: Any = None) -> np.ndarray:
    """Arrays in protocol 5; with `axis_order` the content is that of the transposed array."""
    if order != "K" or axis_order is None:
        return _array(shape, dtype, order, content)
    array = _array(shape, dtype, "C", content)
    if sorted(expect(axis_order, tuple)) != list(range(array.ndim)):
        raise ValueError("an array is not stored as numpy stores arrays")
    return array.transpose(axis_order)


def _dtype(code: Any, align: Any = False, copy: Any = False) -> Unfilled:
    """A dtype of numbers, booleans, text, bytes or objects; its state tells the order of bytes, and no fields."""
    dtype = np.dtype(code) if isinstance(code, str) and len(code) < 20 else None
    if dtype is None or dtype.kind not in "biufcUSO":
        raise ValueError(f"an array has the type {shown(code)}")

    def fill(state: Any) -> np.dtype:
        _, byte_order, *others = expect(state, tuple)[:5]
        if byte_order not in ("<", ">", "=", "|") or any(other is not None for other in others):
            raise ValueError("a type of numbers is not stored as numpy stores it")
        # By its name, so that equal types are one object, as numpy has them.
        return dtype if byte_order == "|" else np.dtype(dtype.newbyteorder(byte_order).str)

    return Unfilled(fill)


def _scalar(dtype: Any, content: Any) -> Any:
    """A numpy scalar."""
    return _array((), dtype, "C", [content] if getattr(dtype, "hasobject", False) else content)[()]


def _encode(text: Any, encoding: Any) -> bytes:
    """How old protocols store bytes."""
    if type(text) is not str or encoding != "latin1":
        raise ValueError("bytes are not stored as pickle stores bytes")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """How old protocols store none."""
    return b""


def _ordered_dict() -> dict:
    """Its items come one by one, as a dict's."""
    return {}


def _pandas_strings(kind: Any, checksum: Any, state: Any = None) -> Unfilled:
    """A pandas array of text, as the array of objects in it; its state is (dtype, array), in pandas 2 and more."""

    def fill(state: Any) -> np.ndarray:
        _, array = expect(state, tuple)[:2]
        if not all(type(item) is str for item in expect(array, np.ndarray).reshape(-1).tolist()):
            raise ValueError("a pandas array of text has missing values")
        return array

    return Unfilled(fill)


def _pandas_dtype(*arguments: Any) -> Unfilled:
    """Which kind of pandas' text; all are the same to us."""
    return Unfilled(lambda state: arguments)


_FUNCTIONS: Functions = {
    Name("numpy", "ndarray"): None,
    Name("numpy", "dtype"): _dtype,
    Name("collections", "OrderedDict"): _ordered_dict,
    Name("_codecs", "encode"): _encode,
    Name("__builtin__", "bytes"): _no_bytes,
    Name("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"): _pandas_strings,
    **{
        Name(f"{module}.{place}", name): function
        for module in ("numpy.core", "numpy._core")  # numpy 1 and numpy 2
        for place, name, function in (
            ("multiarray", "_reconstruct", _reconstruct),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    },
    **{
        Name(module, name): function
        for strings, dtypes in (("pandas.core.arrays.string_",) * 2, ("pandas.arrays", "pandas"))  # pandas 2 and 3
        for module, name, function in ((strings, "StringArray", None), (dtypes, "StringDtype", _pandas_dtype))
    },
    Name("pandas.core.arrays.string_", "StringArrayNumpySemantics"): None,  # pandas 2.3
    Name("pandas._libs.missing", "NA"): None,
    Name("pandas", "NA"): None,
}


def load_arrays(path: Path | str, what: str = "a results pickle") -> Any:
    """The content of a pickle made of dicts, lists, tuples, strings, numbers and ndarrays (numpy 1 or 2).

    Arrays of strings of pandas come as ndarrays, ordered dicts as dicts. Arrays may be read-only.

    Raises:
        UserError: it is missing, damaged, or holds anything else; nothing it names is imported or called.
    """
    path = require_file(path, what)
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as program:
            content = run_pickle(program, _FUNCTIONS)
        require_plain(content)
    except MALFORMED as error:
        raise UserError(f"cannot read {path} as {what}: {shown(error)}") from error
    return content
