"""Read weights from a file of `torch.save`, in the format since PyTorch 1.6 or the one before, without running code.

Memory is allocated for bytes that the file has, not for sizes that it declares. (`torch.load` with `weights_only=True`
runs no code either, but allocates declared sizes, and refuses weights saved with objects of other classes.)
"""

import io
import mmap
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from play_fair.errors import UserError, shown, some
from play_fair.safe_pickle import Call, Global, InertUnpickler

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_TENSORS = ("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2")
_PARAMETER = "torch._utils._rebuild_parameter"
_DTYPES = {
    "torch.FloatStorage": torch.float32,
    "torch.HalfStorage": torch.float16,
    "torch.DoubleStorage": torch.float64,
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.ComplexFloatStorage": torch.complex64,
    "torch.ComplexDoubleStorage": torch.complex128,
    "torch.LongStorage": torch.int64,
    "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16,
    "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8,
    "torch.BoolStorage": torch.bool,
}

StorageReader = Callable[[str], bytearray]
"""Key of a storage -> its bytes."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read name -> tensor on the CPU from {"state_dict": weights, ...}, {"model": weights, ...} or bare weights.

    Raises:
        UserError: it is damaged, no checkpoint, or declares more bytes than it has.
    """
    try:
        with path.open("rb") as file:
            is_zip = zipfile.is_zipfile(file)
            content, read_storage = _open_zip(file, path.stat().st_size) if is_zip else _open_legacy(file)
            return {str(name): _tensor(value, read_storage) for name, value in _find_weights(content, path).items()}
    except UserError:
        raise
    except Exception as error:  # unpickling a malformed file can raise any exception
        raise UserError(
            f"cannot read {path} as a checkpoint: {shown(error)}; is it complete, and of PyTorch?"
        ) from error


def _open_zip(file: BinaryIO, size: int) -> tuple[Any, StorageReader]:
    """A zip archive of NAME/data.pkl, and NAME/data/KEY for each storage."""
    archive = zipfile.ZipFile(file)
    members = archive.infolist()
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ValueError("it is compressed, which checkpoints are not")
    if sum(max(member.file_size, member.compress_size) for member in members) > size:
        raise ValueError("its parts are together larger than the file")
    programs = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if len(programs) != 1:
        raise ValueError("it is a zip file, but no checkpoint")
    folder = programs[0].removesuffix("data.pkl")

    @cache
    def read_storage(key: str) -> bytearray:
        return bytearray(archive.read(f"{folder}data/{key}"))

    return _CheckpointUnpickler(io.BytesIO(archive.read(programs[0]))).load(), read_storage


def _open_legacy(file: BinaryIO) -> tuple[Any, StorageReader]:
    """Five pickles: magic number, protocol, system, content, keys; then the size and the values of each storage."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as program:
        unpicklers = [_CheckpointUnpickler(program) for _ in range(5)]
        if unpicklers[0].load() != _LEGACY_MAGIC:
            raise ValueError("it does not begin as a checkpoint does")
        _protocol, _system, content, keys = (unpickler.load() for unpickler in unpicklers[1:])
        storages = {}
        for key in keys:
            n_values = int.from_bytes(program.read(8), "little")
            storages[key] = bytearray(program.read(n_values * unpicklers[3].dtypes[key].itemsize))
    return content, storages.__getitem__


class _CheckpointUnpickler(InertUnpickler):
    """Reads references: ("storage", class, key, device, number of values, ...) and ("module", class, source code)."""

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self.dtypes: dict[str, torch.dtype] = {}

    def persistent_load(self, pid: Any) -> Any:
        kind, name, key, *_ = pid
        if kind == "module":
            return name
        if type(name) is Global and type(key) is str and name in _DTYPES:
            self.dtypes[key] = _DTYPES[name]
        return pid


def _find_weights(content: Any, path: Path) -> Mapping[str, Call]:
    weights = content
    if isinstance(content, Mapping):
        entries = [content[name] for name in ("state_dict", "model") if isinstance(content.get(name), Mapping)]
        weights = entries[0] if entries else content
    if not isinstance(weights, Mapping) or not weights or not all(type(value) is Call for value in weights.values()):
        found = f"entries {some(content, 3)}" if isinstance(content, Mapping) else type(content).__name__
        if type(content) is Call and not content:
            found = "a whole object; save its state_dict() instead"
        raise UserError(
            f'expected {{"state_dict": weights}}, {{"model": weights}} or bare weights (name -> tensor) in {path}, '
            f"got {found}"
        )
    return weights


def _tensor(call: Call, read_storage: StorageReader) -> Tensor:
    """Make a dense tensor of real numbers: its arguments are (storage, offset, size, stride, ...)."""
    if call.function == _PARAMETER and type(call.arguments[0]) is Call:
        call = call.arguments[0]
    storage, offset, size, stride = call.arguments[:4]
    is_known = call.function in _TENSORS and type(storage) is tuple and type(storage[1]) is Global
    dtype = _DTYPES.get(storage[1]) if is_known else None
    if dtype is None or dtype.is_complex or type(storage[2]) is not str:
        raise ValueError(f"it holds a {call.function} where a dense tensor of real numbers belongs")
    content = read_storage(storage[2])
    values = torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)
    return values.as_strided(size, stride, offset)
