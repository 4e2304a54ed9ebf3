"""Memory that a process keeps for its own use."""

import ctypes
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""Of mallopt(3)."""


def keep_freed_memory() -> None:
    """Have this process keep the memory it frees, for what it needs next.

    glibc gives large blocks back to the system, which clears every page of them when they are asked for again: as a
    network asks for the same large blocks for each batch, that costs up to half of a CPU's time. A process that keeps
    them always has the most it has ever needed. Where there is another C library, nothing changes.
    """
    with suppress(AttributeError, OSError):
        c_library = ctypes.CDLL(None)
        c_library.mallopt(_M_MMAP_MAX, 0)
        c_library.mallopt(_M_TRIM_THRESHOLD, -1)
