"""Run models in evaluation mode, and leave them in the mode they were in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice
from types import FunctionType, MethodType
from typing import Any

import torch
from torch import nn

_MAX_DEPTH = 4
_MAX_PARTS = 1000
_NOT_SEARCHED = ("torch", "numpy", "builtins")
"""Packages that are not searched for models."""


@contextmanager
def evaluation_mode(*objects: object) -> Iterator[None]:
    """Put all modules that the objects hold or refer to in evaluation mode, without gradients, for a block.

    Afterwards each submodule is in the mode it was in. See `find_modules`.
    """
    modules = {module for root in find_modules(objects) for module in root.modules()}
    training = [module for module in modules if module.training]
    for module in training:
        module.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        for module in training:
            module.training = True


def find_modules(value: object) -> list[nn.Module]:
    """Find the modules that a value is, holds, or, as a function, refers to by its closure, its globals or its
    defaults.

    Searched: sequences, mappings, partial functions, methods, closures, and the attributes of plain objects, a few
    levels deep.
    """
    found: dict[int, nn.Module] = {}
    visited: set[int] = set()

    def visit(value: object, depth: int) -> None:
        if isinstance(value, nn.Module):
            found[id(value)] = value
        elif depth < _MAX_DEPTH and id(value) not in visited:
            visited.add(id(value))
            for part in islice(_parts(value), _MAX_PARTS):
                visit(part, depth + 1)

    visit(value, 0)
    return list(found.values())


def _parts(value: object) -> Iterator[Any]:
    """List the objects that a value holds or refers to."""
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list | tuple | set):
        yield from value
    elif isinstance(value, partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif isinstance(value, MethodType):
        yield from (value.__self__, value.__func__)
    elif isinstance(value, FunctionType):
        if (value.__module__ or "").split(".")[0] not in _NOT_SEARCHED:
            names = value.__code__.co_names
            yield from (value.__globals__[name] for name in names if name in value.__globals__)
            yield from (*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values())
            for cell in value.__closure__ or ():
                try:
                    yield cell.cell_contents
                except ValueError:  # not assigned yet
                    continue
    elif type(value).__module__.split(".")[0] not in _NOT_SEARCHED:
        yield from getattr(value, "__dict__", {}).values()
