"""Damaged heaps are noticed before the HDF5 library, which may never come back from them, reads a value."""

import struct

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from play_fair.features.heaps import Heaps

LENGTHS = [3, 0, 2, 700]


def write(path, kind="<f4", **options):
    with h5py.File(path, "w", **options) as file:
        dataset = file.create_dataset("x", len(LENGTHS), h5py.vlen_dtype(np.dtype(kind)))
        for row, length in enumerate(LENGTHS):
            dataset[row] = np.ones(length, kind)


def check_all(path):
    with h5py.File(path) as file:
        heaps = Heaps(file["x"])
        for row in range(len(LENGTHS)):
            heaps.check(row)


@given(st.sampled_from(["<f4", ">f8", "<u1"]), st.sampled_from([{}, {"libver": "latest"}, {"userblock_size": 512}]))
def test_sound_heaps_pass(tmp_path_factory, kind, options):
    path = tmp_path_factory.getbasetemp() / "sound.hdf"
    write(path, kind, **options)
    check_all(path)


@pytest.mark.parametrize(
    ("place", "content", "message"),
    [
        (0, b"gcol", "a heap does not begin as it should"),
        (8, struct.pack("<Q", 2**40), "a heap does not begin as it should"),
        (24, struct.pack("<Q", 2**64 - 32), "a heap holds more than it has room for"),
        (24, struct.pack("<Q", 4000), "a heap holds more than it has room for"),
        (24, struct.pack("<Q", 10), "the value in row 0 is not in its heap"),
        (16, struct.pack("<H", 7), "the value in row 0 is not in its heap"),
    ],
)
def test_damaged_heaps_are_told(tmp_path, place, content, message):
    path = tmp_path / "damaged.hdf"
    write(path)
    whole = bytearray(path.read_bytes())
    start = whole.index(b"GCOL") + place
    whole[start : start + len(content)] = content
    path.write_bytes(whole)
    with pytest.raises(ValueError, match=message):
        check_all(path)


def test_a_reference_to_nowhere_is_told(tmp_path):
    path = tmp_path / "damaged.hdf"
    write(path)
    whole = path.read_bytes()
    address = struct.pack("<Q", whole.index(b"GCOL"))
    path.write_bytes(whole.replace(address, struct.pack("<Q", 2**40)))
    with pytest.raises(ValueError, match="a heap is not in the file"):
        check_all(path)
