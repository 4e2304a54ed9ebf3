"""Functions and classes that a config names as "package.module:function": those that make models, the project's too."""

import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from play_fair.errors import UserError, shown


def is_plugin(name: str) -> bool:
    """Whether `name` has the form module:function."""
    return re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", name) is not None


def load_plugin(name: str) -> Callable[..., Any]:
    """Import the function or class `name` (module:function).

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


def call_plugin(name: str, options: Mapping[str, Any], **arguments: Any) -> Any:
    """Call the function `name` (module:function) with `arguments` and the user's `options`.

    Raises:
        UserError: see `load_plugin`; or the function does not take these options, or needs more.
    """
    function = load_plugin(name)
    try:
        inspect.signature(function).bind(**arguments, **options)
    except TypeError as error:
        raise UserError(f"expected options that {name} takes, got {shown(dict(options))}: {error}") from None
    return function(**arguments, **options)
