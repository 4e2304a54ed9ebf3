"""A progress bar for tests: it notes what it is told, and can stop the work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class RecordedBar:
    """Give it as `bar`; `total` and `initial` are what it was made with, `done` what it was told of since.

    Args:
        stop_at: raise KeyboardInterrupt, as Ctrl-C does, once so many items are done.
    """

    def __init__(self, stop_at: int | None = None) -> None:
        self.stop_at = stop_at
        self.total = self.initial = self.done = 0

    @contextmanager
    def __call__(self, total: int, initial: int) -> Iterator[Callable[[int], None]]:
        self.total, self.initial, self.done = total, initial, 0
        yield self.tell

    def tell(self, n_items: int) -> None:
        self.done += n_items
        if self.stop_at is not None and self.initial + self.done >= self.stop_at:
            raise KeyboardInterrupt
