"""Atomic writing, locks, checksums, and reading of small files."""

import errno
import fcntl
import gzip
import hashlib
import json
import os
import secrets
import shutil
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from play_fair.errors import UserError, shown

MAX_JSON_BYTES = 1 << 30
"""Most bytes of a decompressed json file: fifty times the labels of Something-Something v2."""


_MAX_ENDING = 230
"""Bytes: names of files have at most 255."""


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` if the block succeeds, remove it otherwise.

    The block writes a file or a folder there. An existing file at `path` is replaced only then; an existing folder is
    replaced only if it is empty. Missing parent folders are created.
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
    """Create a folder and its missing parents.

    Raises:
        UserError: a file is in the way.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"expected a folder to write into at {path}, but a file is in the way") from None


def require_output(path: Path | str) -> Path:
    """Return `path` if a file can be written there, so that a long job fails early. Create its folder.

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
    """Fail early when the disk of `path` is full: HDF5 aborts the process.

    Raises:
        OSError: fewer than `n_bytes` are free; ENOSPC, as a write would raise it.
    """
    if shutil.disk_usage(path.parent).free < n_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def temporary_beside(path: Path) -> Path:
    """A unique hidden name beside `path`, for a file or folder to be renamed to `path`."""
    # The suffix stays last: ffmpeg and matplotlib choose the format by it.
    return path.with_name(f".part-{secrets.token_hex(4)}-{_ending(path.name)}")


def remove_temporaries(paths: Iterable[Path]) -> None:
    """Remove what interrupted runs left at `temporary_beside` of these paths."""
    names: dict[Path, set[str]] = {}
    for path in paths:
        names.setdefault(path.parent, set()).add(_ending(path.name))
    prefix = ".part-????????-"
    for folder, of_folder in names.items():
        for part in folder.glob(f"{prefix}*"):
            if part.name[len(prefix) :] in of_folder:
                remove(part)


def first_bytes(text: str, most: int) -> str:
    """Cut a text to at most `most` bytes of UTF-8, between two characters: names of files are limited in bytes."""
    return text.encode(errors="replace")[:most].decode(errors="ignore")


def _ending(name: str) -> str:
    """The end of a name, so that a hidden name made of it is not too long."""
    return os.fsencode(name)[-_MAX_ENDING:].decode(errors="ignore")


def _flush(path: Path) -> None:
    """Flush a file or folder to the disk, so that a power cut cannot leave a name without content."""
    if path.is_dir():
        for inside in path.iterdir():
            _flush(inside)
    _flush_entry(path)


def _flush_entry(path: Path) -> None:
    """Flush a file's content or a folder's list of names to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems cannot sync a folder
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
    """Hold a lock on `path` for one process, so that two runs cannot write one output.

    The lock is a hidden file beside `path` with flock(2): it ends with the process, and holds between machines where
    the file system supports it (NFS since Linux 2.6.12; Lustre mounted with flock). The last holder removes the file;
    only a killed process leaves it.

    Args:
        shared: allow other shared holders, but no exclusive one.
        wait: wait until the lock is free instead of raising.

    Raises:
        UserError: another process holds it.
    """
    path = Path(path)
    make_folder(path.parent)
    lock = path.with_name(f".{_ending(path.name)}.lock")
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with ExitStack() as stack:
        while True:
            file = stack.enter_context(lock.open("a+"))  # readable too: NFS requires it for shared locks
            try:
                fcntl.flock(file, mode | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise UserError(f"another run is writing {path}; wait for it, or choose another output") from None
            if _is_at(file.fileno(), lock):
                break  # otherwise its last holder has removed the file meanwhile
        try:
            yield
        finally:
            with suppress(BlockingIOError):  # raised while other shared holders remain
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                lock.unlink(missing_ok=True)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is the one at `path`."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def checksum(path: Path) -> str | None:
    """Hex SHA-256 of a file, or of the names and contents of a folder; None where there is nothing."""
    if not path.is_dir():
        return sha256_of(path) if path.exists() else None
    files = sorted(inside for inside in path.rglob("*") if inside.is_file())
    content = "".join(f"{sha256_of(file)} {file.relative_to(path)}\n" for file in files)
    return hashlib.sha256(content.encode(errors="surrogateescape")).hexdigest()


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
    """Return `path` if a file is there.

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
        UserError: it is missing, is not json, or an object has a key twice.
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
        return json.loads(content, object_pairs_hook=_without_duplicates)
    except (ValueError, OSError, EOFError, zlib.error, RecursionError) as error:
        raise UserError(f"cannot read {path} as json: {shown(error)}") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise ValueError(f"the key {shown(key, 80)} is there twice")
        content[key] = value
    return content


def write_json(path: Path | str, content: Any) -> None:
    """Write `content` atomically, indented, with a newline at the end."""
    with atomic_path(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
