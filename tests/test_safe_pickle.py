"""Loading a pickle: what containers and arrays can be is read, all else is refused in bounded time and memory."""

import builtins
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import play_fair
from example_results import make_results
from play_fair import pickle_machine
from play_fair.errors import UserError
from play_fair.results import EsvResults
from play_fair.safe_pickle import load_arrays

DATA = Path(__file__).parent / "data"
PLAIN = {
    "float32": np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "transposed": np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1),
    "big_endian": np.arange(3, dtype=">f8"),
    "empty": np.zeros((0, 3), np.float32),
    "strings": np.array(["a", "bc", "é"]),
    "big_endian_strings": np.array(["a", "bc"], dtype=">U2"),
    "objects": np.array([["a", None], [1.5, 2]], dtype=object),
    "flags": np.array([True, False]),
    "scalar": np.float64(0.5),
    "text_scalar": np.str_("é"),
    "bytes": b"\x00\xff",
    "nested": [1, (2.5, "x"), {"k": None}, (), [], {}, 2**70, -1, (1, 2, 3, 4)],
}
PLAIN["again"] = PLAIN["float32"]


def load(content, tmp_path):
    path = tmp_path / "esvs.pkl"
    path.write_bytes(content)
    return load_arrays(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_and_plain_containers_are_read(tmp_path, protocol):
    read = load(pickle.dumps(PLAIN, protocol=protocol), tmp_path)
    assert list(read) == list(PLAIN)
    assert read["again"] is read["float32"]
    for name, value in PLAIN.items():
        assert type(read[name]) is type(value)
        if isinstance(value, np.ndarray):
            assert read[name].dtype == (np.dtype("<U2") if name == "big_endian_strings" else value.dtype)
            np.testing.assert_array_equal(read[name], value)
        else:
            assert read[name] == value


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner, inner, inner) | st.dictionaries(st.text() | st.integers(), inner)
    ),
)


@given(value=plain_values, protocol=st.integers(0, 5))
def test_plain_values_are_read_as_pickle_reads_them(tmp_path_factory, value, protocol):
    assert load(pickle.dumps(value, protocol), tmp_path_factory.getbasetemp()) == value


@pytest.mark.parametrize("name", ["numpy-1.26-objects.pkl", "numpy-1.26-protocol-0.pkl", "numpy-1.26-pandas-2.2.pkl"])
def test_files_of_numpy_1_and_pandas_2_are_read(name):
    """Written with numpy 1.26.4 and pandas 2.2.3: four videos, two frames, three classes."""
    results = EsvResults.load(DATA / name)
    assert results.uids.tolist() == ["1", "22", "333", "é"]
    assert results.shapley_values.shape == (4, 2, 3)
    assert results.efficiency_error() < 1e-6


@pytest.mark.parametrize("missing", [np.nan, pd.NA], ids=["as by default in pandas 3", "string"])
@pytest.mark.parametrize("protocol", range(2, 6))
def test_uids_as_pandas_stores_strings_are_read(tmp_path, missing, protocol):
    results = make_results(2)
    strings = pd.array(results.uids.tolist(), dtype=pd.StringDtype("python", na_value=missing))
    content = {**results.to_dict(), "uids": strings}
    (tmp_path / "esvs.pkl").write_bytes(pickle.dumps(content, protocol))
    assert EsvResults.load(tmp_path / "esvs.pkl").uids.tolist() == results.uids.tolist()


def test_missing_strings_of_pandas_are_refused(tmp_path):
    content = pickle.dumps(pd.array(["a", pd.NA], dtype="string"))
    with pytest.raises(UserError, match="something else than plain values"):
        load(content, tmp_path)


class Calls:
    """Pickles as a call of `function`."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


class State:
    """Pickles as an array that takes over `state`."""

    def __init__(self, *state):
        self.state = state

    def __reduce__(self):
        return np._core.multiarray._reconstruct, (np.ndarray, (0,), b"b"), self.state


class TypeState:
    """Pickles as a dtype that takes over `state`."""

    def __init__(self, code, *state):
        self.code, self.state = code, state

    def __reduce__(self):
        return np.dtype, (self.code, False, True), self.state


F8 = np.dtype("f8")
HOSTILE_OBJECTS = {
    "os.system": Calls(os.system, "touch mark"),
    "eval": {"labels": Calls(builtins.eval, "open('mark', 'w')")},
    "import": Calls(__import__, "antigravity"),
    "getattr": Calls(getattr, "text", "upper"),
    "object in an array": np.array([Calls(os.mkdir, "mark")], dtype=object),
    "array in an array of objects": State(1, (1,), np.dtype("O"), False, [[[1]]]),
    "numpy.ndarray": Calls(np.ndarray, (10**12,)),
    "numpy.zeros": Calls(np.zeros, (10**12,)),
    "numpy.memmap": Calls(np.memmap, "mark"),
    "bytearray": Calls(bytearray, 10**12),
    "fields": Calls(np.dtype, [("a", "f8")]),
    "type with fields": TypeState("U1", 3, "<", None, ("x",), {"x": (np.dtype("O"), 0)}, 8, 8, 63),
    "type with a subarray": TypeState("f8", 3, "<", (F8, (10**9,)), None, None, -1, -1, 0),
    "type without a state": TypeState("f8"),
    "huge array": State(1, (10**12,), F8, False, b""),
    "huge in products": State(1, (2**40, 2**40), F8, False, b""),
    "negative shape": State(1, (-1,), F8, False, bytes(8)),
    "shape of floats": State(1, (1.0,), F8, False, bytes(8)),
    "too few bytes": State(1, (2,), F8, False, bytes(8)),
    "pointers as objects": State(1, (2,), np.dtype("O"), False, bytes(16)),
    "no text": State(1, (1,), np.dtype("U1"), False, b"\xff\xff\xff\x7f"),
    "no state": State(),
    "half a surrogate pair": "\ud800",
    "a set": {1, 2},
    "an array's own class": np.ndarray,
}


HOSTILE_PROGRAMS = {
    "empty": b"",
    "no pickle": b"PK\x03\x04 a zip",
    "cut in an instruction": b"\x80\x04X\xff",
    "cut between instructions": b"\x80\x04]",
    "nothing to take": b"\x80\x04.",
    "no mark": b"\x80\x04]e.",
    "odd number of items": b"\x80\x04}(K\x01u.",
    "unknown memo": b"\x80\x04h\x07.",
    "memo with a huge index": b"\x80\x04Nr\xff\xff\xff\x7f0.",  # C's machine would take 32 GB for it
    "huge bytes": b"\x80\x04\x8e" + (10**14).to_bytes(8, "little") + b"x.",
    "huge bytearray": b"\x80\x05\x96" + (10**14).to_bytes(8, "little") + b"x.",
    "huge text": b"\x80\x04\x8d" + (10**14).to_bytes(8, "little") + b"x.",
    "huge frame": b"\x80\x04\x95" + (10**14).to_bytes(8, "little") + b"N",
    "number of a million digits": b"I" + b"9" * 10**6 + b"\n.",
    "number of a million bytes": b"\x80\x04(\x8b" + (10**6).to_bytes(4, "little") + b"\x7f" * 10**6 + b"lb.",
    "deep lists": b"\x80\x04" + b"](" * 10**5 + b"e" * 10**5 + b".",
    "deep tuples": b"\x80\x04)" + b"\x85" * 10**5 + b".",
    "a list in itself": b"\x80\x04]q\x00h\x00a.",
    # Each tuple holds the one before twice: hashing the last visits 2**60 of them.
    "tuples to hash": b"\x80\x04})" + b"\x94" + b"".join(b"h%ch%c\x86\x94" % (i, i) for i in range(60)) + b"Ns.",
    "lists to walk": b"\x80\x04]\x94" + b"".join(b"(h%ch%cl\x94" % (i, i) for i in range(40)) + b".",
    "duplicates": b"\x80\x04}2.",
    "old instance": b"(S'touch mark'\niposix\nsystem\n.",
    "object": b"\x80\x04(cposix\nsystem\nX\x0a\x00\x00\x00touch marko.",
    "extension": b"\x80\x04\x82\x01.",
    "persistent object": b"Pmark\n.",
    "out of band": b"\x80\x05\x97.",
    "a name that is called though no function": b"\x80\x04cnumpy\nndarray\n)R.",
    "state for what has none": b"\x80\x04]}b.",
    "state for a function": b"\x80\x04cnumpy\nndarray\n}b.",
}

LOAD_ALL = """
import json, resource, sys
from pathlib import Path
from play_fair.errors import UserError
from play_fair.safe_pickle import load_arrays
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
for path in sorted(Path().glob("*.pkl")):
    try:
        print(path.stem, "read", load_arrays(path), sep="|")
    except UserError as error:
        assert len(str(error)) < 500
        print(path.stem, "refused", str(error).splitlines()[0], sep="|")
"""


def test_hostile_files_are_refused_in_bounded_time_and_memory(tmp_path):
    """All in one process of at most 1 GiB and 20 s; that would end it, and the list of what was refused."""
    programs = {**{name: pickle.dumps(value) for name, value in HOSTILE_OBJECTS.items()}, **HOSTILE_PROGRAMS}
    for name, program in programs.items():
        (tmp_path / f"{name}.pkl").write_bytes(program)
    environment = {**os.environ, "PYTHONPATH": str(Path(play_fair.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD_ALL], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    outcomes = dict(line.split("|")[:2] for line in done.stdout.splitlines())
    assert outcomes == dict.fromkeys(programs, "refused")
    assert f"cannot read os.system.pkl as a results pickle: it asks for {os.name}.system" in done.stdout
    assert not (tmp_path / "mark").exists()


def test_instructions_and_values_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(pickle_machine, "MAX_VALUES", 100)
    assert load(pickle.dumps(list(range(40))), tmp_path) == list(range(40))
    with pytest.raises(UserError, match="it has more than 100 instructions"):
        load(pickle.dumps(list(range(100))), tmp_path)
    with pytest.raises(UserError, match="it has more than 100 values"):
        load(pickle.dumps([[0] * 20] * 20), tmp_path)


def test_a_truncated_file_is_told(tmp_path):
    content = pickle.dumps(make_results(2).to_dict())
    (tmp_path / "esvs.pkl").write_bytes(content[:-20])
    with pytest.raises(UserError, match=r"cannot read .*esvs.pkl as a results pickle"):
        EsvResults.load(tmp_path / "esvs.pkl")
