"""Read a pickle of arrays and plain containers, and nothing else: loading it runs no code of the file's author.

A pickle is a program for a stack machine. Python's own machine calls whatever the program names, and a short list of
allowed names does not make it safe: arrays and dtypes take over states that can break numpy, and a few bytes can ask
for gigabytes or for hours of hashing. The machine here has only the instructions that containers and arrays need. The
names a file may use stand for functions of this module, which look at every argument. Work and memory stay in
proportion to the size of the file.
"""

import math
import mmap
import pickletools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from play_fair.errors import UserError, shown
from play_fair.files import require_file

MAX_VALUES = 5_000_000
"""Instructions a file may have, and values its content; a whole array is one of either, an array of objects is not."""

MAX_DEPTH = 50
"""Containers in containers."""


class Name(NamedTuple):
    """Something outside the file that it refers to, as yet only a name."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Unfilled:
    """What a pickle makes of arrays, dtypes and objects first: its BUILD instruction brings the state that fills it."""

    fill: Callable[[Any], Any]
    content: Any = None
    """What `fill` made; None until then."""


Functions = Mapping[Name, Callable[..., Any] | None]
"""What the names in a file may be, and what calling them does; None for those that are only passed as arguments."""

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_NUMBERS = {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"}
_STRINGS = {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
_BYTES = {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_STORES = {"PUT", "BINPUT", "LONG_BINPUT"}
_FETCHES = {"GET", "BINGET", "LONG_BINGET"}
_PLAIN = (str, bytes, bytearray, bool, int, float, complex, type(None))


def run_pickle(program: Any, functions: Functions) -> Any:
    """What the pickle in `program`, a file or memory map at its start, makes; it can only call `functions`.

    Raises:
        ValueError, TypeError, KeyError or IndexError: it is cut short, malformed, too large, or does something else.
    """
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}

    def since_mark() -> list[Any]:
        start = marks.pop()
        items = stack[start:]
        del stack[start:]
        return items

    for count, (opcode, given, _) in enumerate(pickletools.genops(program)):
        argument: Any = given
        if count == MAX_VALUES:
            raise ValueError(f"it has more than {MAX_VALUES:,} instructions")
        name = opcode.name
        if name in _STRINGS:
            argument.encode()  # half a surrogate pair could never be printed
            stack.append(argument)
        elif name in _NUMBERS or name in _BYTES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name == "MEMOIZE" or name in _STORES:
            memo[len(memo) if name == "MEMOIZE" else argument] = stack[-1]
        elif name in _FETCHES:
            value = memo[argument]
            filled = isinstance(value, Unfilled) and value.content is not None
            stack.append(value.content if filled else value)
        elif name == "MARK":
            marks.append(len(stack))
        elif name in _TUPLES:
            stack[-_TUPLES[name] :] = [tuple(stack[-_TUPLES[name] :])]
        elif name == "TUPLE":
            stack.append(tuple(since_mark()))
        elif name in ("EMPTY_LIST", "LIST"):
            stack.append([] if name == "EMPTY_LIST" else since_mark())
        elif name in ("EMPTY_DICT", "DICT"):
            stack.append({} if name == "EMPTY_DICT" else _updated({}, since_mark()))
        elif name in ("APPEND", "APPENDS"):
            items = [stack.pop()] if name == "APPEND" else since_mark()
            _expect(stack[-1], list).extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = [stack.pop(-2), stack.pop()] if name == "SETITEM" else since_mark()
            _updated(_expect(stack[-1], dict), items)
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            module, attribute = argument.split(" ", 1) if name == "GLOBAL" else (stack.pop(-2), stack.pop())
            stack.append(_known(Name(_expect(module, str), _expect(attribute, str)), functions))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments = _expect(stack.pop(), tuple)
            function = functions[_expect(stack.pop(), Name)]
            if function is None:
                raise ValueError("it calls what is no function")
            stack.append(function(*arguments))
        elif name == "BUILD":
            state = stack.pop()
            unfilled = _expect(stack.pop(), Unfilled)
            unfilled.content = unfilled.fill(state)
            stack.append(unfilled.content)
        elif name == "STOP":
            return stack.pop()
        elif name not in ("PROTO", "FRAME"):
            raise ValueError(f"it has the instruction {name}, which neither arrays nor containers need")
    raise ValueError("it is cut short")


def _updated(content: dict, items: list[Any]) -> dict:
    """`content` with the keys and values that take turns in `items`."""
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, (str, int)):  # hashing nested tuples can take for ever
            raise ValueError(f"it has a {type(key).__name__} as a key")
        content[key] = value
    return content


def _known(name: Name, functions: Functions) -> Name:
    if name not in functions:
        raise ValueError(f"it asks for {name}, which is not an array or container")
    return name


def _expect(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"it has a {type(value).__name__} where a {kind.__name__} belongs")
    return value


def require_plain(content: Any) -> None:
    """Check that `content` is a tree of lists, tuples and dicts with plain values and arrays as leaves.

    A container may be in several places, but not in itself, and not so often that walking through all takes long.

    Raises:
        ValueError: it is not.
    """
    path: list[Iterator[Any]] = [iter((content,))]
    for _ in range(MAX_VALUES):
        while path and (value := next(path[-1], path)) is path:
            path.pop()
        if not path:
            return
        if isinstance(value, dict):
            path.append(iter(value.values()))
        elif isinstance(value, (list, tuple)) and not isinstance(value, Name):
            path.append(iter(value))
        elif not isinstance(value, (*_PLAIN, np.ndarray, np.generic)):
            raise ValueError(f"it holds a {type(value).__name__} where an array, a container or a plain value belongs")
        if len(path) > MAX_DEPTH:
            raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
    raise ValueError(f"it has more than {MAX_VALUES:,} values")


def _array(shape: Any, dtype: Any, order: Any, content: Any) -> np.ndarray:
    """The array, from its bytes, or from the list of its items if they are objects; these must be plain values."""
    if not (type(shape) is tuple and len(shape) <= 32 and all(type(n) is int and 0 <= n < 2**48 for n in shape)):
        raise ValueError(f"an array has the shape {shown(shape)}")
    if not isinstance(dtype, np.dtype) or order not in ("C", "F"):
        raise ValueError("an array is not stored as numpy stores arrays")
    size = math.prod(shape)
    if dtype.hasobject:
        if type(content) is not list or len(content) != size or not all(isinstance(item, _PLAIN) for item in content):
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
        _, shape, dtype, is_fortran, content = _expect(state, tuple)
        return _array(shape, dtype, "F" if is_fortran else "C", content)

    return Unfilled(fill)


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any, axis_order: Any = None) -> np.ndarray:
    """Arrays in protocol 5; with `axis_order` the content is that of the transposed array."""
    if order != "K" or axis_order is None:
        return _array(shape, dtype, order, content)
    array = _array(shape, dtype, "C", content)
    if sorted(_expect(axis_order, tuple)) != list(range(array.ndim)):
        raise ValueError("an array is not stored as numpy stores arrays")
    return array.transpose(axis_order)


def _dtype(code: Any, align: Any = False, copy: Any = False) -> Unfilled:
    """A dtype of numbers, booleans, text, bytes or objects; its state tells the order of bytes, and no fields."""
    dtype = np.dtype(code) if isinstance(code, str) and len(code) < 20 else None
    if dtype is None or dtype.kind not in "biufcUSO":
        raise ValueError(f"an array has the type {shown(code)}")

    def fill(state: Any) -> np.dtype:
        _, byte_order, *others = _expect(state, tuple)[:5]
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
        _, array = _expect(state, tuple)[:2]
        if not all(type(item) is str for item in _expect(array, np.ndarray).reshape(-1).tolist()):
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
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError) as error:
        raise UserError(f"cannot read {path} as {what}: {shown(error)}") from error
    return content
