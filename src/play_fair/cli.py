"""Exit codes and progress bars of the scripts."""

import errno
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from play_fair.errors import UserError
from play_fair.memory import keep_freed_memory

if TYPE_CHECKING:
    from tqdm import tqdm

T = TypeVar("T")


def run(main: Callable[[Sequence[str] | None], None]) -> int:
    """Run the `main` of a script and return its exit code.

    0: success. 1: a `UserError` or `OSError`, printed as one line on stderr without a traceback. 130: stopped by
    Ctrl-C. 143: stopped by SIGTERM, which Slurm and Docker send. Other exceptions are bugs and propagate.
    """
    keep_freed_memory()
    stopped_by = signal.SIGINT

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal stopped_by
        stopped_by = signal.SIGTERM
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would interrupt the clean-up
        raise KeyboardInterrupt  # so that SIGTERM is cleaned up after as Ctrl-C is

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        main(None)
    except (UserError, OSError) as error:
        print(f"error: {_message(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; run the same command again to go on", file=sys.stderr)
        return 128 + stopped_by
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def run_command(module: str) -> int:
    """Import the module of a command and `run` its `main`, so that a missing package is one line on stderr, too."""
    return run(lambda argv: import_module(module).main(argv))


def _message(error: Exception) -> str:
    """Format an exception for the user: drop errno, add a hint."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    where = "" if error.filename is None else f"{error.filename2 or error.filename}: "
    hint = "; free some space and run the same command again" if error.errno == errno.ENOSPC else ""
    return f"{where}{error.strerror}{hint}"


def progress(
    items: Iterable[T] | None, description: str, total: int, unit: str = "video", initial: int = 0
) -> "tqdm[Any]":
    """A progress bar on stderr; `initial` items are done already.

    In a log file (no terminal) it prints a line every 30 seconds.
    """
    from tqdm import tqdm  # of an extra

    interval = 0.1 if sys.stderr.isatty() else 30.0
    return tqdm(
        items,
        desc=description,
        total=total,
        unit=unit,
        initial=initial,
        mininterval=interval,
        miniters=0,  # update(0) may print a line, too
        dynamic_ncols=True,
    )


def counting(
    description: str, unit: str = "video"
) -> Callable[[int, int], AbstractContextManager[Callable[[int], object]]]:
    """A progress bar for `run_job`: bar(total, already done) is a context manager of a function that counts items."""

    @contextmanager
    def bar(total: int, initial: int) -> Iterator[Callable[[int], object]]:
        with progress(None, description, total, unit, initial) as shown:
            yield shown.update

    return bar
