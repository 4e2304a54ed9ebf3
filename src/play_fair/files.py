"""Files that appear whole or not at all, and reading the small ones."""

import errno
import fcntl
import glob
import gzip
import hashlib
import json
import os
import secrets
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from play_fair.errors import UserError, shown

MAX_JSON_BYTES = 1 << 30
"""Unpacked: more than fifty times the labels of Something-Something v2."""


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it becomes `path` when the block ends well, and vanishes otherwise.

    What the block leaves there may be a file or a folder. A file that was at `path` stays as it was until the
    new one is complete; a folder is only replaced when it is empty. Missing parent folders are made.
    """
    path = Path(path)
    make_folder(path.parent)
    part = temporary_beside(path)
    try:
        yield part
        _flush(part)
        part.replace(path)
        _flush_entry(path.parent)
    finally:
        remove(part)


def make_folder(path: Path) -> None:
    """Make a folder and all above it, where they are missing.

    Raises:
        UserError: a file is in the way.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"expected a folder to write into at {path}, but a file is in the way") from None


def require_output(path: Path | str) -> Path:
    """`path`, if a file can be written there: for long jobs to ask before they begin. Makes its folder.

    Raises:
        UserError: a folder is there, a file is in the way, or the folder may not be written to.
    """
    path = Path(path)
    make_folder(path.parent)
    if path.is_dir():
        raise UserError(f"expected a file to write at {path}, but a folder is there")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"expected a folder to write into at {path.parent}, but you may not write there")
    return path


def require_space(path: Path, n_bytes: int) -> None:
    """Ask for so much room on the disk of `path` before a library begins that does not survive its lack.

    Raises:
        OSError: there is less; as if it had been noticed while writing.
    """
    if shutil.disk_usage(path.parent).free < n_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def temporary_beside(path: Path) -> Path:
    """A name that nothing has, on this machine or another that shares the folder, to become `path`."""
    # The suffix stays last: ffmpeg and matplotlib choose the format by it.
    return path.with_name(f".part-{secrets.token_hex(4)}-{path.name}")


def temporaries_of(path: Path) -> list[Path]:
    """What killed runs left of `path` half written; of a run that goes on, what it is writing."""
    return list(path.parent.glob(f".part-????????-{glob.escape(path.name)}"))


def _flush(path: Path) -> None:
    """Wait until the disk has all of it, so that a power cut cannot leave a name without content."""
    if path.is_dir():
        for inside in path.iterdir():
            _flush(inside)
    _flush_entry(path)


def _flush_entry(path: Path) -> None:
    """Wait until the disk has a file's content, or a folder's names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems cannot say when a folder is on the disk
            raise
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def locked(path: Path | str, *, shared: bool = False, wait: bool = False) -> Iterator[None]:
    """Hold `path` for one process: two runs on one output would overwrite each other.

    The lock ends with the process, however it ends; an empty, hidden lock file stays beside `path`. It holds between
    machines too, where the file system they share does (NFS since Linux 2.6.12; Lustre mounted with flock).

    Args:
        shared: together with others that hold it shared, but with none that holds it alone.
        wait: until it is free.

    Raises:
        UserError: another process holds it.
    """
    path = Path(path)
    make_folder(path.parent)
    # The lock file stays: removing it would let two later runs lock two files of the same name.
    # Open for reading too: NFS asks that of shared locks.
    with path.with_name(f".{path.name}.lock").open("a+") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise UserError(f"another run is writing {path}; wait for it, or choose another output") from None
        yield


def sha256_of(path: Path | str) -> str:
    """Hex SHA-256 of a file's content.

    Raises:
        UserError: no file is there.
    """
    digest = hashlib.sha256()
    with require_file(path, "a file").open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def require_file(path: Path | str, what: str) -> Path:
    """`path` as a Path if a file is there.

    Raises:
        UserError: nothing, or a folder, is there; the message calls it `what`.
    """
    path = Path(path)
    if not path.is_file():
        reason = "is a folder" if path.is_dir() else "does not exist"
        raise UserError(f"expected {what} at {path}, but it {reason}")
    return path


def read_json(path: Path | str, what: str = "a json file") -> Any:
    """The content of a .json or .json.gz file.

    Raises:
        UserError: it is missing or is not json.
    """
    path = require_file(path, what)
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            content = bytearray()
            while block := file.read(1 << 20):
                content += block
                if len(content) > MAX_JSON_BYTES:
                    raise ValueError(f"it is larger than {MAX_JSON_BYTES >> 20} MiB")
        return json.loads(content)
    except (ValueError, OSError, EOFError, zlib.error, RecursionError) as error:
        raise UserError(f"cannot read {path} as json: {shown(error)}") from error


def write_json(path: Path | str, content: Any) -> None:
    """Write `content` atomically, indented, with a newline at the end."""
    with atomic_path(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
