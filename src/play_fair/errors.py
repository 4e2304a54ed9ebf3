"""The one kind of error a person is meant to read."""


class UserError(Exception):
    """Something the user gave cannot be used: says what was expected, what came, where, and what to do.

    Scripts print its message and exit with code 1; no traceback is shown.
    """
