"""Unpickle without importing or calling anything that the file names.

A pickle is a program for a stack machine that calls the functions and classes it names. `InertUnpickler` runs it
without calling them: it returns a tree of containers, plain values, `Global`s and `Call`s, which the caller converts.
Time and memory stay in proportion to the size of the file.
"""

import pickle
from collections.abc import Callable
from typing import Any, ClassVar

_OPCODES: dict[int, Any] = pickle._Unpickler.dispatch


class Global(str):
    """The full name of a function or class."""

    __slots__ = ()


class InertDict(dict):
    """A dict that hashes text and small integers only; in place of another key it has an `object()`.

    Hashing nested tuples takes exponential time or overflows the C stack; large integers can be made to collide.
    """

    __slots__ = ()

    def __setitem__(self, key: Any, value: Any) -> None:
        is_small = type(key) is int and abs(key) < 2**32
        super().__setitem__(key if is_small or type(key) is str else object(), value)


class Call(InertDict):
    """What a function or class would have returned: its arguments, its state, and the items of a subclass of dict."""

    __slots__ = ("arguments", "function", "state")

    def __init__(self, function: Any, arguments: Any) -> None:
        if type(function) is not Global or type(arguments) is not tuple:
            raise ValueError("it calls something that is not a function")
        self.function, self.arguments, self.state = function, arguments, None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def extend(self, items: list[Any]) -> None:
        """Ignore the items of a subclass of list."""

    append = extend


class InertUnpickler(pickle._Unpickler):
    """The standard library's unpickler, calling nothing.

    It is the implementation in Python: that in C allocates what a file declares (32 GiB for a memo index of 2^31) and
    hashes the keys of dicts. The `read` of its file must not allocate more than is left, as that of mmap and BytesIO.
    A malformed program can raise any `Exception`.
    """

    stack: list[Any]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]

    def load_call(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = Call(self.stack[-1], arguments)

    def load_call_with_keywords(self) -> None:
        self.stack.pop()
        self.load_call()

    def load_empty_dict(self) -> None:
        self.append(InertDict())

    def load_dict(self) -> None:
        items = self.pop_mark()
        content = InertDict()
        for key, value in zip(items[::2], items[1::2], strict=True):
            content[key] = value
        self.append(content)

    def find_class(self, module: str, name: str) -> Global:
        return Global(f"{module}.{name}")

    def get_extension(self, code: int) -> None:
        """Refuse to look up a class in the registry of the process (`copyreg`)."""
        raise ValueError(f"it refers to extension {code} of the registry copyreg")

    dispatch: ClassVar[dict[int, Any]] = {
        **_OPCODES,
        pickle.REDUCE[0]: load_call,
        pickle.NEWOBJ[0]: load_call,
        pickle.NEWOBJ_EX[0]: load_call_with_keywords,
        pickle.EMPTY_DICT[0]: load_empty_dict,
        pickle.DICT[0]: load_dict,
        # Sets become lists, so that their items are not hashed.
        pickle.EMPTY_SET[0]: _OPCODES[pickle.EMPTY_LIST[0]],
        pickle.FROZENSET[0]: _OPCODES[pickle.LIST[0]],
        pickle.ADDITEMS[0]: _OPCODES[pickle.APPENDS[0]],
        # A bytearray is allocated in its declared size before it is read; bytes are not.
        pickle.BYTEARRAY8[0]: _OPCODES[pickle.BINBYTES8[0]],
    }
