"""The error class for problems that the user can solve, and helpers that format its messages."""

from collections import Counter
from collections.abc import Collection, Iterable


class UserError(Exception):
    """The user's input cannot be used; the message gives what was expected, what was found, where, and what to do.

    Scripts print its message and exit with code 1; no traceback is shown.
    """


def shown(value: object, most: int = 200) -> str:
    """Format a value for a message: its repr, or the message of an error, cut to `most` characters."""
    text = str(value) or type(value).__name__ if isinstance(value, Exception) else repr(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def some(values: Collection[object], most: int = 5) -> str:
    """Format the first `most` of many values for a message, each cut to 100 characters."""
    first = ", ".join(str(value)[:100] for value, _ in zip(values, range(most), strict=False))
    return first if len(values) <= most else f"{first}, ..."


def require_once(values: Iterable[object], expected: str) -> None:
    """Refuse duplicates.

    Args:
        expected: what the values are, for the message: "each id once".

    Raises:
        UserError: there are duplicates; the message lists them.
    """
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise UserError(f"expected {expected}, but these come twice: {some(twice)}")
