"""Look at a checkpoint before PyTorch reads it: a small file must not ask for gigabytes, or for hours.

`torch.load(weights_only=True)` runs no code, but it takes a file's word for the sizes of tensors and for what unpacks
to what, and it hashes whatever the file uses as a key.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from play_fair.pickle_machine import Name, Unfilled, run_pickle

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
"""The first pickle in checkpoints of PyTorch before 1.6; the others are protocol, system, content, keys of storages."""

_FLOATS = ("Float", "Half", "Double", "BFloat16", "ComplexFloat", "ComplexDouble")
_INTEGERS = ("Long", "Int", "Short", "Char", "Byte", "Bool")
_TYPES = ("float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool")


def require_modest(path: Path) -> None:
    """Check that the content of a checkpoint is not larger than the file, and that it holds only what weights need.

    Raises:
        pickle_machine.MALFORMED or zipfile.BadZipFile: it is no checkpoint, is cut short, declares too much, or asks
            for other objects.
    """
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise ValueError("it is compressed, which checkpoints are not")
            if sum(member.file_size for member in members) > size:
                raise ValueError("its parts are together larger than the file")
            programs = [member for member in members if member.filename.endswith("/data.pkl")]
            if len(programs) != 1:
                raise ValueError("it is a zip file, but no checkpoint")
            _run(io.BytesIO(archive.read(programs[0])), size)
    else:
        with path.open("rb") as file:
            if _run(file, size) != _LEGACY_MAGIC:
                raise ValueError("it does not begin as a checkpoint does")
            for _ in ("protocol", "system", "content", "keys"):
                _run(file, size)


def _run(program: Any, size: int) -> Any:
    """Run a pickle of the checkpoint with stand-ins for tensors."""
    room = size

    def storage(reference: Any) -> Unfilled:
        nonlocal room
        n_values = reference[4]
        if type(n_values) is not int or not 0 <= n_values <= room:
            raise ValueError("it declares more values than it has bytes")
        room -= n_values
        return _stand_in()

    return run_pickle(program, _FUNCTIONS, storage, what="tensor or plain container")


def _stand_in(*arguments: Any) -> Unfilled:
    """In place of an object."""
    return Unfilled(lambda state: arguments)


def _ordered_dict() -> dict:
    return {}


_FUNCTIONS: Mapping[Name, Any] = {
    Name("collections", "OrderedDict"): _ordered_dict,
    Name("_codecs", "encode"): _stand_in,
    Name("torch", "Size"): _stand_in,
    Name("torch", "device"): _stand_in,
    **{Name("torch._utils", f"_rebuild_{kind}"): _stand_in for kind in ("tensor", "tensor_v2", "parameter")},
    **{Name("torch", f"{kind}Storage"): None for kind in _FLOATS + _INTEGERS},
    **{Name("torch", name): None for name in _TYPES},
}
