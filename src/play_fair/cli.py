"""What every numbered script shares: how it ends, and its progress bar."""

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
    """Run a script's `main` and turn its end into an exit code.

    0: the whole job is done. 1: a `UserError` or a failing disk, told in one line on stderr, without a traceback.
    130: stopped by Ctrl-C. 143: by SIGTERM, which Slurm and Docker send. Anything else is a defect of ours and keeps
    its traceback.
    """
    keep_freed_memory()
    stopped_by = signal.SIGINT

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal stopped_by
        stopped_by = signal.SIGTERM
        raise KeyboardInterrupt  # all that tidies up after Ctrl-C does so now, too

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        main(None)
    except (UserError, OSError) as error:
        print(f"error: {_told(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; run the same command again to go on", file=sys.stderr)
        return 128 + stopped_by
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def run_command(module: str) -> int:
    """Import the module of a command and `run` its `main`: a missing package is reported in one line, too."""
    return run(lambda argv: import_module(module).main(argv))


def _told(error: Exception) -> str:
    """What to say of an error; of the system's without numbers and with what helps."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    where = "" if error.filename is None else f"{error.filename2 or error.filename}: "
    hint = "; free some space and run the same command again" if error.errno == errno.ENOSPC else ""
    return f"{where}{error.strerror}{hint}"


def progress(
    items: Iterable[T] | None, description: str, total: int, unit: str = "video", initial: int = 0
) -> "tqdm[Any]":
    """A progress bar on stderr with an honest total; `initial` counts what an earlier run has done.

    In a log file (no terminal) it prints a line every 30 seconds instead of thousands.
    """
    from tqdm import tqdm  # of an extra

    interval = 0.1 if sys.stderr.isatty() else 30.0
    return tqdm(
        items, desc=description, total=total, unit=unit, initial=initial, mininterval=interval, dynamic_ncols=True
    )


def counting(description: str) -> Callable[[int, int], AbstractContextManager[Callable[[int], object]]]:
    """A progress bar to be made once it is known how many videos there are: bar(total, already done).

    While its block lasts, the bar is told of how many more are done.
    """

    @contextmanager
    def bar(total: int, initial: int) -> Iterator[Callable[[int], object]]:
        with progress(None, description, total, initial=initial) as shown:
            yield shown.update

    return bar
