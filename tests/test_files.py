import gzip
import subprocess
import sys

import pytest

from play_fair import files
from play_fair.errors import UserError
from play_fair.files import (
    atomic_path,
    checksum,
    locked,
    read_json,
    remove_temporaries,
    require_file,
    require_output,
    sha256_of,
    temporary_beside,
    write_json,
)


def test_a_file_appears_only_when_the_block_ends_well(tmp_path):
    target = tmp_path / "new" / "out.txt"
    with atomic_path(target) as part:
        part.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_failing_block_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "out.txt"
    target.write_text("old")

    def fail():
        with atomic_path(target) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_appears_whole(tmp_path):
    with atomic_path(tmp_path / "frames") as part:
        part.mkdir()
        (part / "0.jpg").write_bytes(b"0")
        assert not (tmp_path / "frames").exists()
    assert [path.name for path in (tmp_path / "frames").iterdir()] == ["0.jpg"]


def test_a_lock_is_for_one_process(tmp_path):
    target = tmp_path / "out.pkl"
    take = f"""
from play_fair.files import locked
with locked({str(target)!r}): pass
"""
    with locked(target):
        other = subprocess.run([sys.executable, "-c", take], capture_output=True, text=True)
        assert "another run is writing" in other.stderr
    assert subprocess.run([sys.executable, "-c", take]).returncode == 0


def test_a_shared_lock_is_for_several_processes_but_not_beside_one_that_holds_it_alone(tmp_path):
    target = tmp_path / "out.pkl"
    refused = pytest.raises(UserError, match="another run is writing")
    with locked(target, shared=True), locked(target, shared=True), refused, locked(target):
        pass
    with locked(target), refused, locked(target, shared=True):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_last_shared_holder_removes_the_lock_file(tmp_path):
    target = tmp_path / "out.pkl"
    refused = pytest.raises(UserError, match="another run is writing")
    with locked(target, shared=True):
        with locked(target, shared=True):
            pass
        with refused, locked(target):
            pass
    assert list(tmp_path.iterdir()) == []


def test_processes_that_wait_hold_the_lock_one_after_the_other(tmp_path):
    """Each removes the lock file, which the next one must notice."""
    count = f"""
import sys, time
from pathlib import Path
from play_fair.files import locked
path = Path({str(tmp_path / "count")!r})
for _ in range(100):
    with locked(path, wait=True):
        number = int(path.read_text())
        path.write_text(str(number + 1))
"""
    (tmp_path / "count").write_text("0")
    others = [subprocess.Popen([sys.executable, "-c", count]) for _ in range(3)]
    assert [other.wait() for other in others] == [0, 0, 0]
    assert (tmp_path / "count").read_text() == "300"
    assert [path.name for path in tmp_path.iterdir()] == ["count"]


def test_temporaries_of_a_path_are_not_those_of_a_longer_name(tmp_path):
    names = ["a[1].pkl", "z-a[1].pkl", "b"]
    for name in names:
        temporary_beside(tmp_path / name).touch()
    remove_temporaries([tmp_path / "a[1].pkl", tmp_path / "b"])
    (kept,) = tmp_path.iterdir()
    assert kept.name.endswith("-z-a[1].pkl")


def test_names_may_be_as_long_as_the_file_system_allows(tmp_path):
    path = tmp_path / f"{'猫' * 83}.webm"  # 254 bytes
    with locked(path), atomic_path(path) as part:
        part.write_text("new")
        assert part.suffix == ".webm", "ffmpeg chooses the format by it"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    temporary_beside(path).touch()
    remove_temporaries([path])
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_checksums_of_folders_depend_on_names_and_contents(tmp_path):
    def folder(name, files):
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_text(content)
        return checksum(tmp_path / name)

    first = folder("first", {"a": "1", "b": "2"})
    assert folder("same", {"b": "2", "a": "1"}) == first
    assert len({first, folder("content", {"a": "1", "b": "3"}), folder("name", {"a": "1", "c": "2"})}) == 3
    assert checksum(tmp_path / "missing") is None
    assert checksum(tmp_path / "first/a") == sha256_of(tmp_path / "first/a")


def test_what_is_in_the_way_of_an_output_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "out.txt", tmp_path / "file" / "new" / "out.txt"):
        for attempt in (
            require_output,
            lambda path: atomic_path(path).__enter__(),
            lambda path: locked(path).__enter__(),
        ):
            with pytest.raises(UserError, match=r"expected a folder to write into at .*, but a file is in the way"):
                attempt(path)
    with pytest.raises(UserError, match=r"expected a file to write at .*, but a folder is there"):
        require_output(tmp_path)
    assert require_output(tmp_path / "new" / "out.txt").parent.is_dir()


def test_json_round_trip(tmp_path):
    content = {"Moving [something] up": "1", "é": [1, 2.5, None]}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    (tmp_path / "a.json.gz").write_bytes(gzip.compress((tmp_path / "a.json").read_bytes()))
    assert read_json(tmp_path / "a.json.gz") == content


BROKEN_JSON = [
    ("a.json", b"{"),
    ("b.json.gz", b"no gzip"),
    ("c.json", b"\xff\xfe"),
    ("deep.json", b"[" * 100_000),
    ("number.json", b"9" * 5000),
    ("cut.json.gz", gzip.compress(b"[]", mtime=0)[:-3]),
    ("damaged.json.gz", gzip.compress(bytes(100), mtime=0)[:12] + b"\xff" * 20),
]


@pytest.mark.parametrize(("name", "content"), BROKEN_JSON)
def test_broken_json_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=f"cannot read .*{name} as json"):
        read_json(tmp_path / name)


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_JSON_BYTES", 1 << 20)
    (tmp_path / "bomb.json.gz").write_bytes(gzip.compress(b" " * (2 << 20)))
    with pytest.raises(UserError, match="it is larger than 1 MiB"):
        read_json(tmp_path / "bomb.json.gz")


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(UserError, match=r"expected a config at .*none.jsonnet, but it does not exist"):
        require_file(tmp_path / "none.jsonnet", "a config")
    with pytest.raises(UserError, match="is a folder"):
        require_file(tmp_path, "a config")


def test_sha256(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_key_that_is_there_twice_is_refused(tmp_path):
    (tmp_path / "labels.json").write_text('{"a": {"Moving up": "0", "Moving up": "1"}}')
    with pytest.raises(UserError, match=r"cannot read .*labels\.json as json: the key 'Moving up' is there twice"):
        read_json(tmp_path / "labels.json")
