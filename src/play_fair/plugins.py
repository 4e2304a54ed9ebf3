"""Functions that a config names, like "my_package.my_backbone:make": how a user's own models come in."""

import importlib
import re
from collections.abc import Callable
from typing import Any

from play_fair.errors import UserError


def is_plugin(name: str) -> bool:
    """Whether `name` has the form module:function."""
    return re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", name) is not None


def load_plugin(name: str) -> Callable[..., Any]:
    """The function that `name` (module:function) stands for; importing its module runs it.

    Raises:
        UserError: there is no such module or function.
    """
    module_name, _, function_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise UserError(
            f"cannot import {module_name!r} for {name!r}: {error}; is it installed, or its folder on PYTHONPATH?"
        ) from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise UserError(f"expected a function {function_name!r} in {module.__file__} for {name!r}, but there is none")
    return function
