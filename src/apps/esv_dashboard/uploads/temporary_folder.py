"""Temporary folders that do not outlast their process: what killed ones left is removed by the next."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from play_fair.errors import UserError
from play_fair.files import locked

_PREFIX = "esv-dashboard-"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder that only this user can read, for the block; first remove those of processes that were killed."""
    parent = Path(tempfile.gettempdir())
    for left in parent.glob(f"{_PREFIX}*"):
        _remove_left(left)
    folder = parent / f"{_PREFIX}{secrets.token_hex(8)}"
    with locked(folder):
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_left(folder: Path) -> None:
    """Remove a folder of this user whose process has ended: it holds no lock any more."""
    with suppress(OSError, UserError):
        if folder.lstat().st_uid == os.getuid():
            with locked(folder):
                shutil.rmtree(folder)
