"""A machine for pickles that can make plain containers and call what it is given, and nothing else.

A pickle is a program for a stack machine. Python's own machine calls whatever the program names, and a short list of
allowed names does not make it safe: what they make takes over states that can break it, and a few bytes can ask for
gigabytes or for hours of hashing. The machine here has only the instructions that containers and arrays need, and
names stand for functions of ours. Work and memory stay in proportion to the size of the file.
"""

import pickletools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

MAX_VALUES = 5_000_000
"""Instructions a file may have, and values its content; a whole array is one of either, an array of objects is not."""

MAX_DEPTH = 50
"""Containers in containers."""


MALFORMED = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError)
"""What a program that is none, or a wrong one, raises when it is run."""


class ForeignNameError(ValueError):
    """A program asks for something that it may not have."""


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
PLAIN = (str, bytes, bytearray, bool, int, float, complex, type(None))


def run_pickle(
    program: Any, functions: Functions, persistent: Callable[[Any], Any] | None = None, what: str = "array or container"
) -> Any:
    """What the pickle in `program`, a file or memory map at its start, makes; it can only call `functions`.

    Args:
        persistent: gives the objects that the pickle refers to by an id; without it there must be none.
        what: names may stand for, in messages.

    Raises:
        MALFORMED: it is cut short, malformed, too large, or does something else.
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
            expect(stack[-1], list).extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = [stack.pop(-2), stack.pop()] if name == "SETITEM" else since_mark()
            _updated(expect(stack[-1], dict), items)
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            module, attribute = argument.split(" ", 1) if name == "GLOBAL" else (stack.pop(-2), stack.pop())
            referred = Name(expect(module, str), expect(attribute, str))
            if referred not in functions:
                raise ForeignNameError(f"it asks for {referred}, which is no {what}")
            stack.append(referred)
        elif name in ("REDUCE", "NEWOBJ"):
            arguments = expect(stack.pop(), tuple)
            function = functions[expect(stack.pop(), Name)]
            if function is None:
                raise ValueError("it calls what is no function")
            stack.append(function(*arguments))
        elif name == "BUILD":
            state = stack.pop()
            if type(stack[-1]) is not dict:  # of an ordered dict these are attributes, which we do not want
                unfilled = expect(stack.pop(), Unfilled)
                unfilled.content = unfilled.fill(state)
                stack.append(unfilled.content)
        elif name == "BINPERSID" and persistent is not None:
            stack.append(persistent(stack.pop()))
        elif name == "STOP":
            return stack.pop()
        elif name not in ("PROTO", "FRAME"):
            raise ValueError(f"it has the instruction {name}, which no {what} needs")
    raise ValueError("it is cut short")


def _updated(content: dict, items: list[Any]) -> dict:
    """`content` with the keys and values that take turns in `items`."""
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, (str, int)):  # hashing nested tuples can take for ever
            raise ValueError(f"it has a {type(key).__name__} as a key")
        content[key] = value
    return content


def expect(value: Any, kind: type) -> Any:
    """`value`, if it is of exactly this type; else a ValueError."""
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
        elif not isinstance(value, (*PLAIN, np.ndarray, np.generic)):
            raise ValueError(f"it holds a {type(value).__name__} where an array, a container or a plain value belongs")
        if len(path) > MAX_DEPTH:
            raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
    raise ValueError(f"it has more than {MAX_VALUES:,} values")
