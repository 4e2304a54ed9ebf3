import builtins
import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_results import make_results
from play_fair.errors import UserError
from play_fair.results import EsvResults
from play_fair.safe_pickle import load_arrays

PLAIN = {
    "float32": np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "strings": np.array(["a", "bc", "é"]),
    "objects": np.array(["a", None, 1.5], dtype=object),
    "flags": np.array([True, False]),
    "scalar": np.float64(0.5),
    "bytes": b"\x00\xff",
    "nested": [1, (2.5, "x"), {"k": None}],
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_and_plain_containers_are_read(tmp_path, protocol):
    path = tmp_path / "plain.pkl"
    path.write_bytes(pickle.dumps(PLAIN, protocol=protocol))
    read = load_arrays(path)
    assert list(read) == list(PLAIN)
    for name, value in PLAIN.items():
        assert type(read[name]) is type(value)
        if isinstance(value, np.ndarray):
            assert read[name].dtype == value.dtype
            np.testing.assert_array_equal(read[name], value)
        else:
            assert read[name] == value


def test_names_of_numpy_1_are_read(tmp_path):
    content = pickle.dumps(PLAIN["float32"], protocol=2).replace(b"numpy._core", b"numpy.core")
    (tmp_path / "numpy1.pkl").write_bytes(content)
    assert b"numpy.core.multiarray" in content
    np.testing.assert_array_equal(load_arrays(tmp_path / "numpy1.pkl"), PLAIN["float32"])


class Calls:
    """Pickles as a call of `function`."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "payload",
    [
        lambda path: Calls(os.system, f"touch {path}"),
        lambda path: {"labels": Calls(builtins.eval, f"open({str(path)!r}, 'w')")},
        lambda path: np.array([Calls(os.mkdir, str(path))], dtype=object),
        lambda path: Calls(getattr, "text", "upper"),
        lambda path: Calls(np.ndarray, (10**12,)),
        lambda path: Calls(np.zeros, (10**12,)),
        lambda path: Calls(np.dtype, [("a", "f8")]),
        lambda path: Calls(bytearray, 10**12),
    ],
)
def test_nothing_else_is_called(tmp_path, payload):
    mark = tmp_path / "mark"
    path = tmp_path / "hostile.pkl"
    path.write_bytes(pickle.dumps(payload(mark)))
    with pytest.raises(UserError, match=r"cannot read .*hostile.pkl as a results pickle"):
        load_arrays(path)
    assert not mark.exists()


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_file_is_an_error_or_a_valid_result(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "esvs.pkl"
    content = bytearray(pickle.dumps(make_results(2, n_videos=2, n_classes=2).to_dict()))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        results = EsvResults.load(path)
    except UserError as error:
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert np.isfinite(results.scores).all()


def test_a_truncated_file_is_told(tmp_path):
    content = pickle.dumps(make_results(2).to_dict())
    (tmp_path / "esvs.pkl").write_bytes(content[:-20])
    with pytest.raises(UserError, match=r"cannot read .*esvs.pkl as a results pickle"):
        EsvResults.load(tmp_path / "esvs.pkl")
