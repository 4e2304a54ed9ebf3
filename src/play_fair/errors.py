"""The one kind of error a person is meant to read, and the words it is made of."""

from collections import Counter
from collections.abc import Collection, Iterable


class UserError(Exception):
    """Something the user gave cannot be used: says what was expected, what came, where, and what to do.

    Scripts print its message and exit with code 1; no traceback is shown.
    """


def shown(value: object, most: int = 200) -> str:
    """A value for a message: its repr, or of an error what it says, cut where it gets long."""
    text = str(value) or type(value).__name__ if isinstance(value, Exception) else repr(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def some(values: Collection[object], most: int = 5) -> str:
    """The first few of many values, for a message."""
    first = ", ".join(str(value)[:100] for value, _ in zip(values, range(most), strict=False))
    return first if len(values) <= most else f"{first}, ..."


def require_once(values: Iterable[object], expected: str) -> None:
    """Refuse values that come twice.

    Raises:
        UserError: some do; they were `expected` each once.
    """
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise UserError(f"expected {expected}, but these come twice: {some(twice)}")
