"""Memory allocation of the C library."""

import ctypes
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""Parameters of mallopt(3)."""


def keep_freed_memory() -> None:
    """Stop glibc from returning freed memory to the system. Does nothing with another C library.

    A network allocates the same large blocks for each batch. By default glibc returns them to the system, which clears
    their pages when they are allocated again: up to half of a CPU's time. The price: resident memory never shrinks.
    """
    with suppress(AttributeError, OSError):
        c_library = ctypes.CDLL(None)
        c_library.mallopt(_M_MMAP_MAX, 0)
        c_library.mallopt(_M_TRIM_THRESHOLD, -1)
