"""Validate the global heaps of an HDF5 file, which store values of variable length, before the HDF5 library reads them.

In a damaged heap the library can loop forever or read beyond the heap. (HDF5 File Format Specification, section III.E,
"Level 1E - Global Heap".)
"""

import mmap
import struct
from pathlib import Path

import h5py
import numpy as np

_REFERENCE = np.dtype([("length", "<u4"), ("address", "<u8"), ("index", "<u4")])
_HEAP = struct.Struct("<4sB3xQ")  # signature, version, size with this header
_OBJECT = struct.Struct("<HHIQ")  # index, references, reserved, size
_ALIGNMENT = 8


def _is_usual(file: h5py.File) -> bool:
    """Whether addresses and sizes have eight bytes, and addresses are relative to the beginning of the file."""
    made = file.id.get_create_plist()
    return made.get_sizes() == (8, 8) and made.get_userblock() == 0


class Heaps:
    """The global heaps that a dataset refers to.

    Args:
        dataset: one-dimensional. Datasets of fixed-length values or with chunked storage are not checked.

    Raises:
        ValueError: the references are not all in the file.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self._references: np.ndarray | None = None
        self._last: tuple[int, dict[int, int]] = (0, {})
        item, string = h5py.check_vlen_dtype(dataset.dtype), h5py.check_string_dtype(dataset.dtype)
        variable = item is not None or (string is not None and string.length is None)
        offset = dataset.id.get_offset()
        if variable and offset is not None and _is_usual(dataset.file):
            with Path(dataset.file.filename).open("rb") as file:
                self._file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._references = np.frombuffer(self._file, _REFERENCE, len(dataset), offset)
            self._itemsize = 1 if string is not None else item.itemsize

    def check(self, row: int) -> None:
        """Check the heap of the value in this row, and the value's length there.

        Raises:
            ValueError: it is damaged.
        """
        if self._references is None:
            return
        length, address, index = self._references[row].tolist()
        if length and self._last[0] != address:
            self._last = address, self._sizes(address)
        if length and self._last[1].get(index) != length * self._itemsize:
            raise ValueError(f"the value in row {row} is not in its heap")

    def _sizes(self, address: int) -> dict[int, int]:
        """{index: bytes} of the objects in the heap; index 0 is the free space at its end."""
        if address + _HEAP.size > len(self._file):
            raise ValueError("a heap is not in the file")
        signature, version, size = _HEAP.unpack_from(self._file, address)
        end = address + size
        if signature != b"GCOL" or version != 1 or end > len(self._file):
            raise ValueError("a heap does not begin as it should")
        sizes: dict[int, int] = {}
        place = address + _HEAP.size
        while end - place >= _OBJECT.size:
            index, _, _, n_bytes = _OBJECT.unpack_from(self._file, place)
            place += n_bytes if index == 0 else _OBJECT.size + -(-n_bytes // _ALIGNMENT) * _ALIGNMENT
            if index in sizes or place > end or (index == 0 and place != end):
                raise ValueError("a heap holds more than it has room for")
            sizes[index] = n_bytes
        return sizes
