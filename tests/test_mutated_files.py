"""Damaged files of every kind: loading one gives something valid or a UserError, never another error or a crash."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import loaders
from valid_files import write_valid_files

ROOT = Path(__file__).parents[1]
PATIENCE = 60
"""Seconds for one file; loading takes milliseconds, but the machine may be busy."""


class Loader:
    """A process that loads files, as `loaders` says: a crash of the interpreter ends it, and not the tests."""

    def __init__(self):
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, loaders.__file__],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def load(self, kind, path):
        print(json.dumps([kind, str(path)]), file=self.process.stdin, flush=True)
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        assert ready, "it hangs"
        answer = self.process.stdout.readline()
        assert answer, f"it crashed: exit code {self.process.wait()}"
        return json.loads(answer)


@pytest.fixture(scope="module")
def loader():
    loader = Loader()
    yield loader
    loader.process.kill()
    loader.process.communicate()


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_valid_files(tmp_path_factory.mktemp("valid"))


EXTREMES = [bytes(1), b"\xff", b"\xff" * 4, b"\xff" * 8, bytes(8), (2**40).to_bytes(8, "little"), b"\x80", b'"', b"\n"]


@st.composite
def mutations(draw):
    """How to damage a file: places are fractions of its length, so that they mean something in every file."""
    kind = draw(st.sampled_from(["set", "flip", "insert", "delete", "cut"]))
    content = {
        "set": st.sampled_from(EXTREMES) | st.binary(min_size=1, max_size=2),
        "flip": st.integers(0, 7).map(lambda bit: bytes([1 << bit])),
        "insert": st.sampled_from(EXTREMES) | st.binary(min_size=1, max_size=8),
        "delete": st.integers(1, 16).map(bytes),
        "cut": st.just(b""),
    }
    return kind, draw(st.floats(0, 1, exclude_max=True)), draw(content[kind])


def mutated(original, damages):
    content = bytearray(original)
    for kind, place, given_bytes in damages:
        start = int(place * len(content))
        end = start + len(given_bytes)
        if kind == "set":
            content[start:end] = given_bytes
        elif kind == "flip" and content:
            content[start] ^= given_bytes[0]
        elif kind == "insert":
            content[start:start] = given_bytes
        elif kind == "delete":
            del content[start:end]
        elif kind == "cut":
            del content[start:]
    return bytes(content)


@pytest.mark.parametrize("kind", loaders.LOADERS)
def test_valid_files_are_loaded(loader, paths, kind):
    assert loader.load(kind, paths[kind]) == "loaded"


@pytest.mark.parametrize("kind", loaders.LOADERS)
@given(damages=st.lists(mutations(), min_size=1, max_size=3))
def test_damaged_files_are_loaded_or_refused(loader, paths, kind, damages):
    original = paths[kind].read_bytes()
    try:
        paths[kind].write_bytes(mutated(original, damages))
        assert loader.load(kind, paths[kind]) in ("loaded", "refused")
    finally:
        paths[kind].write_bytes(original)


@pytest.mark.parametrize("kind", loaders.LOADERS)
def test_every_shorter_beginning_is_loaded_or_refused(loader, paths, kind):
    """A download or a copy that broke off; of long files at 100 places."""
    original = paths[kind].read_bytes()
    try:
        for length in range(0, len(original), max(len(original) // 100, 1)):
            paths[kind].write_bytes(original[:length])
            assert loader.load(kind, paths[kind]) in ("loaded", "refused")
    finally:
        paths[kind].write_bytes(original)
