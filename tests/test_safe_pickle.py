"""Loading a pickle: what containers and arrays can be is read, all else is refused in bounded time and memory."""

import builtins
import datetime
import os
import pickle
import subprocess
import sys
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import play_fair
from example_results import make_results
from play_fair.errors import UserError
from play_fair.pickled_arrays import load_arrays
from play_fair.results import EsvResults

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
        st.lists(inner)
        | st.tuples(inner, inner, inner, inner)
        | st.dictionaries(st.text() | st.integers(-(2**31), 2**31), inner)
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
    with pytest.raises(UserError, match=r"it refers to pandas\.NA, which is neither an array"):
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
    "type with metadata": TypeState("f8", 4, "<", None, None, None, -1, -1, 0, {"a": 1}),
    "type without a state": TypeState("f8"),
    "type of a huge item": State(1, (1,), TypeState("U999999999", 3, "<", None, None, None, -1, -1, 0), False, b""),
    "huge array": State(1, (10**12,), F8, False, b""),
    "huge in products": State(1, (2**40, 2**40), F8, False, b""),
    "product that overflows to 0": State(1, (2**32, 2**32), F8, False, b""),
    "more axes than numpy has": State(1, (1,) * 65, F8, False, bytes(8)),
    "negative shape": State(1, (-1,), F8, False, bytes(8)),
    "shape of floats": State(1, (1.0,), F8, False, bytes(8)),
    "shape of texts": State(1, ("1",), F8, False, bytes(8)),
    "too few bytes": State(1, (2,), F8, False, bytes(8)),
    "pointers as objects": State(1, (2,), np.dtype("O"), False, bytes(16)),
    "no text": State(1, (1,), np.dtype("U1"), False, b"\xff\xff\xff\x7f"),
    "no state": State(),
    "half a surrogate pair": "\ud800",
    "half a surrogate pair as a key": {"\ud800": 1},
    "a date": datetime.date(2020, 1, 1),
    "an array's own class": np.ndarray,
}


def doubled_tuples(n):
    """Tuple i holds tuple i - 1 twice: hashing, printing or comparing the last one visits 2**n."""
    return b")\x94" + b"".join(b"h%ch%c\x86\x94" % (i, i) for i in range(n))


def with_length(opcode, length, n_bytes):
    return b"\x80\x05" + opcode + length.to_bytes(n_bytes, "little") + b"x."


RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR"
TYPE = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f8tR(K\x03X\x01\x00\x00\x00<NNNtb"
UNICODE_TYPE = b"cnumpy\ndtype\n(X\x02\x00\x00\x00U1tR(K\x03X\x01\x00\x00\x00>NNNtb"
HOSTILE_PROGRAMS = {
    "empty": b"",
    "no pickle": b"PK\x03\x04 a zip",
    "cut in an instruction": b"\x80\x04X\xff",
    "cut between instructions": b"\x80\x04]",
    "nothing to take": b"\x80\x04.",
    "no mark": b"\x80\x04]e.",
    "odd number of items": b"\x80\x04}(K\x01u.",
    "odd number of items in DICT": b"(K\x01d.",
    "unknown memo": b"\x80\x04h\x07.",
    "unknown instruction": b"\x80\x04\xff.",
    "protocol 200": b"\x80\xc8].",
    "BINBYTES": with_length(b"B", 2**32 - 1, 4),
    "BINBYTES8": with_length(b"\x8e", 2**62, 8),
    "BYTEARRAY8": with_length(b"\x96", 2**40, 8),
    "BINUNICODE8": with_length(b"\x8d", 10**14, 8),
    "LONG4": with_length(b"\x8b", 2**31 - 1, 4),
    "LONG4 of negative length": with_length(b"\x8b", 2**32 - 1, 4),
    "BINSTRING of negative length": with_length(b"T", 2**32 - 1, 4),
    "FRAME": b"\x80\x04\x95" + (2**62).to_bytes(8, "little") + b"N",
    "FRAME beyond ssize_t": b"\x80\x04\x95" + (2**64 - 1).to_bytes(8, "little") + b"N.",
    "FRAME in a FRAME": b"\x80\x04" + b"\x95\x20\x00\x00\x00\x00\x00\x00\x00" * 3 + b"N.",
    "INT of a million digits": b"I" + b"9" * 10**6 + b"\n.",
    "LONG of a million digits": b"L" + b"9" * 10**6 + b"L\n.",
    "LONG4 of a million bytes": b"\x80\x04\x8b" + (10**6).to_bytes(4, "little") + b"\x7f" * 10**6 + b".",
    "memo index of a million digits": b"Ng" + b"9" * 10**6 + b"\n.",
    "deep lists": b"\x80\x04" + b"](" * 10**5 + b"e" * 10**5 + b".",
    "deep tuples": b"\x80\x04)" + b"\x85" * 10**6 + b".",
    "deep dicts": b"\x80\x04" + b"}K\x00" * 10**5 + b"N" + b"s" * 10**5 + b".",
    "deep calls": b"\x80\x04N" + b"0cm\nf\nN\x85R\x85"[1:] * 10**4 + b".",
    "deep tuples as a key": b"\x80\x04})" + b"\x85" * 10**6 + b"Ns.",
    "deep tuples in a set": b"\x80\x04\x8f()" + b"\x85" * 10**6 + b"\x90.",
    "deep states": RECONSTRUCT + b"\x85b" * 10**4 + b".",
    "a list in itself": b"\x80\x04]q\x00h\x00a.",
    "a dict in itself": b"\x80\x04}q\x00K\x00h\x00s.",
    "an array that is its own state": b"\x80\x04" + RECONSTRUCT + b"\x94h\x00b.",
    "tuples to hash": b"\x80\x04}" + doubled_tuples(60) + b"Ns.",
    "tuples to hash in DICT": b"\x80\x04(" + doubled_tuples(60) + b"Nd.",
    "tuples to hash in a frozenset": b"\x80\x04(" + doubled_tuples(60) + b"\x91.",
    "tuples as a shape": b"\x80\x04" + doubled_tuples(60) + RECONSTRUCT + b"(K\x01h\x3c" + TYPE + b"\x89C\x00tb.",
    "tuples as a dtype": b"\x80\x04" + doubled_tuples(60) + b"cnumpy\ndtype\nh\x3c\x85R.",
    "tuples as an order of axes": b"\x80\x04"
    + doubled_tuples(60)
    + b"cnumpy.core.numeric\n_frombuffer\n(C\x08\x00\x00\x00\x00\x00\x00\x00\x00"
    + TYPE
    + b"K\x01\x85X\x01\x00\x00\x00Kh\x3ctR.",
    "lists to walk": b"\x80\x04]\x94" + b"".join(b"(h%ch%cl\x94" % (i, i) for i in range(40)) + b".",
    "integers that collide": b"\x80\x04}("
    + b"".join(b"\x8a\x0b" + (i * (2**61 - 1)).to_bytes(11, "little") + b"N" for i in range(1, 50_000))
    + b"u.",
    "arguments of a million": b"\x80\x04(" + b"N" * 10**6 + b"t\x940](" + b"cnumpy\ndtype\nh\x00R" * 10**4 + b"e.",
    "arrays of one string": b"\x80\x04B"
    + (4 * 10**6).to_bytes(4, "little")
    + bytes(4 * 10**6)
    + b"\x94"
    + UNICODE_TYPE
    + b"\x94]("
    + b"cnumpy.core.numeric\n_frombuffer\n(h\x00h\x01J@B\x0f\x00\x85X\x01\x00\x00\x00CtR" * 1000
    + b"e.",
    "old instance": b"\x80\x04(S'touch mark'\niposix\nsystem\n.",
    "object": b"\x80\x04(cposix\nsystem\nX\x0a\x00\x00\x00touch marko.",
    "new object": b"\x80\x04cposix\nsystem\nX\x0a\x00\x00\x00touch mark\x85\x81.",
    "new object with keywords": b"\x80\x04cposix\nsystem\nX\x0a\x00\x00\x00touch mark\x85}\x92.",
    "stack global": b"\x80\x04X\x05\x00\x00\x00posixX\x06\x00\x00\x00system\x93X\x0a\x00\x00\x00touch mark\x85R.",
    "stack global of numbers": b"\x80\x04K\x01K\x02\x93.",
    "extension": b"\x80\x04\x82\x01.",
    "extension in the registry": b"\x80\x04\x84\x39\x30\x00\x00)R.",
    "persistent object": b"Pmark\n.",
    "binary persistent object": b"\x80\x04NQ.",
    "out of band": b"\x80\x05\x97.",
    "read-only buffer": b"\x80\x05}\x98.",
    "a name that is called though no function": b"\x80\x04cnumpy\nndarray\n)R.",
    "a text that is called": b"\x80\x04X\x01\x00\x00\x00f)R.",
    "arguments that are no tuple": b"\x80\x04cnumpy\ndtype\n]R.",
    "state for a list": b"\x80\x04]}K\x01K\x02sb.",
    "state for a name": b"\x80\x04cnumpy\nndarray\n}X\x01\x00\x00\x00aK\x01sb.",
    "slots of a name": b"\x80\x04cnumpy\nndarray\nN}X\x01\x00\x00\x00aK\x01s\x86b.",
    "slots of a dict": b"\x80\x04}N}X\x06\x00\x00\x00extendK\x01s\x86b.",
    "items of a number": b"\x80\x04K\x01K\x02a.",
    "items of an array": b"\x80\x04" + RECONSTRUCT + b"K\x01K\x02s.",
}
HARMLESS_PROGRAMS = {
    "duplicates": b"\x80\x04}2.",
    "state for what has none": b"\x80\x04]}b.",
    "a name that is not used": b"\x80\x04cposix\nsystem\n0}.",
    "memo with a huge index": b"\x80\x04Nr\xff\xff\xff\x7f.",  # the machine in C allocates 32 GB for it
    "a million duplicates": b"\x80\x04](N" + b"2" * 10**5 + b"e.",
    "a set": pickle.dumps({1, 2}),
    "a frozenset": pickle.dumps(frozenset("a")),
    "items left on the stack": b"\x80\x04]]]}.",
}

LOAD_ALL = """
import copyreg, json, os, resource, sys
from pathlib import Path
from play_fair.errors import UserError
from play_fair.results import EsvResults
from play_fair.pickled_arrays import load_arrays
copyreg.add_extension("posix", "system", 12345)
copyreg._extension_cache[12345] = os.abort
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
for path in sorted(Path().glob("*.pkl")):
    try:
        print(path.stem, "read", len(repr(load_arrays(path))), sep="|")
    except UserError as error:
        assert len(str(error)) < 500
        print(path.stem, "refused", str(error).splitlines()[0], sep="|")
    try:
        EsvResults.load(path)
    except UserError:
        pass
"""


def test_hostile_files_are_refused_in_bounded_time_and_memory(tmp_path):
    """All in one process of at most 1 GiB and 60 s; that would end it, and the list of what was refused."""
    objects = {name: pickle.dumps(value) for name, value in HOSTILE_OBJECTS.items()}
    hostile = {**objects, **HOSTILE_PROGRAMS}
    for name, program in {**hostile, **HARMLESS_PROGRAMS}.items():
        (tmp_path / f"{name}.pkl").write_bytes(program)
    environment = {**os.environ, "PYTHONPATH": str(Path(play_fair.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD_ALL], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    outcomes = dict(line.split("|")[:2] for line in done.stdout.splitlines())
    assert outcomes == {**dict.fromkeys(hostile, "refused"), **dict.fromkeys(HARMLESS_PROGRAMS, "read")}
    assert f"cannot read os.system.pkl as a results pickle: it refers to {os.name}.system" in done.stdout
    assert "cannot read lists to walk.pkl as a results pickle: it has more than 1,000,000 values" in done.stdout
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (reduce(lambda inner, _: [inner], range(51), []), "it is nested more than 50 deep"),
        (2**1024, "it holds an integer of more than 1024 bits"),
        ({(1, 2): 3}, "it has a key that is neither text nor a small integer"),
    ],
)
def test_what_is_too_large_is_refused(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        load(pickle.dumps(content), tmp_path)


def test_a_truncated_file_is_refused(tmp_path):
    content = pickle.dumps(make_results(2).to_dict())
    (tmp_path / "esvs.pkl").write_bytes(content[:-20])
    with pytest.raises(UserError, match=r"cannot read .*esvs.pkl as a results pickle"):
        EsvResults.load(tmp_path / "esvs.pkl")
