"""Save the fields of an `Explanation` as an .npz file without pickled objects, and read it."""

import json
import math
import zipfile
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from operator import index
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from play_fair.errors import UserError, shown
from play_fair.files import atomic_path, require_file

MAX_BYTES = 1 << 32
"""Of a saved explanation, uncompressed; larger files are refused."""

_FORMAT = "play_fair.Explanation 1"
_ARRAYS = ("values", "scores", "prior", "standard_errors", "interactions")
_REQUIRED = ("values", "scores", "prior", "n_evaluations", "method", "info")
_DAMAGED = (
    *(ValueError, KeyError, TypeError, OSError, EOFError, OverflowError, MemoryError),
    *(RuntimeError, zlib.error, zipfile.BadZipFile),
)
"""What reading a damaged or hostile .npz raises."""

Made = TypeVar("Made")


def write_npz(path: Path | str, fields: Mapping[str, Any]) -> None:
    """Write the fields of an explanation to exactly this path, atomically.

    Raises:
        UserError: a file is in the way of the folder.
    """
    arrays = {name: fields[name] for name in _ARRAYS if fields[name] is not None}
    if fields["class_names"] is not None:
        arrays["class_names"] = np.array(fields["class_names"], dtype=np.str_)
    arrays["n_evaluations"] = np.int64(fields["n_evaluations"])
    arrays["method"] = np.str_(fields["method"])
    arrays["info"] = np.str_(json.dumps(fields["info"]))
    arrays["format"] = np.str_(_FORMAT)
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez(file, **arrays)


def read_npz(path: Path | str, make: Callable[..., Made]) -> Made:
    """Read the fields of an explanation, and return what `make` makes of them; nothing in the file is executed.

    Raises:
        UserError: it is missing, damaged, larger than `MAX_BYTES`, or another file.
    """
    path = require_file(path, "a saved explanation (.npz)")
    try:
        arrays = _read_arrays(path)
        if str(arrays.get("format")) != _FORMAT:
            raise ValueError("it was not written by Explanation.save of this version")
        if missing := [name for name in _REQUIRED if name not in arrays]:
            raise ValueError(f"it has no {missing[0]}")
        names = arrays.get("class_names")
        if names is not None and names.dtype.kind != "U":
            raise ValueError("its class_names are not text")
        if not isinstance(info := json.loads(str(arrays["info"])), dict):
            raise ValueError("its info is not a dict")
        return make(
            **{name: arrays.get(name) for name in _ARRAYS},
            n_evaluations=index(arrays["n_evaluations"].item()),
            method=str(arrays["method"]),
            class_names=names,
            info=info,
        )
    except (*_DAMAGED, UserError) as error:
        raise UserError(f"cannot read {path} as a saved explanation: {shown(error)}") from error


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read arrays without objects, allocating no more than the file declares, and that within `MAX_BYTES`.

    Raises:
        ValueError, and others of `_DAMAGED`: it is not such a file.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if (total := sum(member.file_size for member in members)) > MAX_BYTES:
            raise ValueError(f"its arrays have {total:,} bytes, more than {MAX_BYTES:,}")
        return {member.filename.removesuffix(".npy"): _read_npy(archive.read(member)) for member in members}


def _read_npy(content: bytes) -> np.ndarray:
    file = BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"an array is stored in version {version}")
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, is_fortran, dtype = read_header(file)
    # Checked first: numpy allocates what the header declares.
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - file.tell():
        raise ValueError(f"an array of shape {shape} and type {dtype} does not have the bytes it needs")
    flat = np.frombuffer(content, dtype, offset=file.tell()) if dtype.itemsize else np.zeros(math.prod(shape), dtype)
    return flat.reshape(shape, order="F" if is_fortran else "C")
