"""A job ends with the same output and no leftovers, however often it is stopped, killed or damaged."""

import json
import logging
import os
import signal
import sys
from itertools import count
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from play_fair.errors import UserError
from play_fair.files import locked
from play_fair.jobs import THIS_PROCESS, Partition, run_job, shards_folder
from recorded_bar import RecordedBar
from toy_job import leftovers, toy_job


def test_an_undisturbed_job_leaves_only_its_output(tmp_path):
    job, bar = toy_job(tmp_path), RecordedBar()
    done = run_job(job, THIS_PROCESS, bar=bar)
    assert (done.n_there, done.n_new, done.there, done.new) == (0, 10, [], [0, 1, 2, 3])
    assert done.seconds > 0
    assert (bar.total, bar.initial, bar.done) == (10, 0, 10)
    assert job.output.read_text() == job.expected()
    assert leftovers(tmp_path) == []


def test_a_stopped_job_is_resumed(tmp_path):
    job, bar = toy_job(tmp_path), RecordedBar()
    with pytest.raises(KeyboardInterrupt):
        run_job(job, THIS_PROCESS, bar=RecordedBar(stop_at=3))
    assert not job.output.exists()
    done = run_job(job, THIS_PROCESS, bar=bar)
    assert (done.n_there, done.n_new, done.there, done.new) == (3, 7, [0, 1], [2, 3])
    assert (bar.total, bar.initial, bar.done) == (10, 3, 7)
    assert job.output.read_text() == job.expected()


def test_a_finished_job_is_not_repeated(tmp_path):
    job, bar = toy_job(tmp_path), RecordedBar()
    run_job(job, THIS_PROCESS)
    assert run_job(job, THIS_PROCESS, bar=bar).new == []
    assert (bar.total, bar.initial, bar.done) == (10, 10, 0)
    assert job.begun() == [0, 1, 2, 3]


def test_a_job_that_fails_before_its_first_shard_leaves_nothing(tmp_path):
    with pytest.raises(UserError, match="shard 0 is broken"):
        run_job(toy_job(tmp_path, broken=0), THIS_PROCESS)
    assert leftovers(tmp_path) == []


def test_other_settings_do_not_resume_a_job(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_job(toy_job(tmp_path), THIS_PROCESS, bar=RecordedBar(stop_at=1))
    with pytest.raises(UserError, match=r"seed was 1 and is now 2; size was None and is now 3.*or delete .*out.shards"):
        run_job(toy_job(tmp_path, settings={"seed": 2, "size": 3}), THIS_PROCESS)
    with pytest.raises(UserError, match="seed was 1 and is now 2"):
        run_job(toy_job(tmp_path, settings={"seed": 2}), THIS_PROCESS, Partition(1, 2))


def test_other_settings_may_follow_a_run_without_a_finished_shard(tmp_path):
    job = toy_job(tmp_path, settings={"seed": 2})
    killed_at(40, lambda: run_job(toy_job(tmp_path), THIS_PROCESS))
    assert shards_folder(job.output).exists()
    for record in shards_folder(job.output).glob("0*.json"):
        record.unlink()
    with pytest.raises(UserError, match="seed was 1 and is now 2"):
        run_job(job, THIS_PROCESS, Partition(1, 2))
    run_job(job, THIS_PROCESS)
    assert job.output.read_text() == job.expected()


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["000001.txt", "000001.json"])
@pytest.mark.parametrize(
    "damage",
    [truncate, flip_a_byte, lambda path: path.write_bytes(b""), lambda path: path.write_text("[]")],
    ids=["truncated", "a flipped byte", "empty", "a list"],
)
def test_a_damaged_shard_is_named_and_made_anew(tmp_path, caplog, name, damage):
    job = toy_job(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_job(job, THIS_PROCESS, bar=RecordedBar(stop_at=6))
    damage(shards_folder(job.output) / name)
    assert run_job(job, THIS_PROCESS).new == [1, 3]
    assert [(record.levelno, name in record.getMessage()) for record in caplog.records] == [(logging.WARNING, True)]
    assert "shard is made again" in caplog.text
    assert job.output.read_text() == job.expected()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"null", b'{"seed": 1}'])
def test_shards_of_unreadable_settings_are_made_anew(tmp_path, caplog, content):
    job = toy_job(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_job(job, THIS_PROCESS, bar=RecordedBar(stop_at=6))
    (shards_folder(job.output) / ".settings.json").write_bytes(content)
    assert run_job(job, THIS_PROCESS).new == [0, 1, 2, 3]
    assert "out.shards/.settings.json" in caplog.text
    assert "all shards in" in caplog.text
    assert job.output.read_text() == job.expected()
    assert leftovers(tmp_path) == []


def killed_at(n, work):
    """Do `work` in a copy of this process that is killed at its nth operation on files; whether it was."""
    child = os.fork()
    if child == 0:
        counter = count(1)

        def watch(event, args):
            if (event == "open" or event.startswith(("os.", "fcntl.", "shutil."))) and next(counter) == n:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_killed_at_any_file_operation_it_resumes_to_the_same_output(tmp_path):
    for n in count(1):
        folder = tmp_path / str(n)
        folder.mkdir()
        job = toy_job(folder, 2)
        killed = killed_at(n, lambda job=job: run_job(job, THIS_PROCESS))
        done_before = [index for index in range(2) if (shards_folder(job.output) / f"{index:06d}.json").exists()]
        run_job(job, THIS_PROCESS)
        assert job.output.read_text() == job.expected(), n
        assert leftovers(folder) == [], n
        assert len(job.begun()) <= 2 + 1, "only the shard that was being written is begun again"
        assert all(job.begun().count(index) == 1 for index in done_before), n
        if not killed:
            break
    assert n > 40, "kills were tried in all parts of a job"


@settings(max_examples=8)
@given(kills=st.lists(st.integers(1, 90), max_size=4), indices=st.lists(st.integers(0, 1), max_size=3))
def test_killed_repeatedly_with_and_without_partitions(tmp_path_factory, kills, indices):
    folder = tmp_path_factory.mktemp("toy")
    job = toy_job(folder, 3)
    partitions = [*(Partition(index, 2) for index in indices), None]
    for number, n in enumerate(kills):
        partition = partitions[number % len(partitions)]
        killed_at(n, lambda partition=partition: run_job(job, THIS_PROCESS, partition))
    for partition in partitions:
        run_job(job, THIS_PROCESS, partition)
    assert job.output.read_text() == job.expected()
    assert leftovers(folder) == []
    assert len(job.begun()) <= 3 + len(kills)


def test_partitions_write_their_shards_and_the_last_run_merges(tmp_path):
    job = toy_job(tmp_path, 5)
    bar = RecordedBar()
    assert run_job(job, THIS_PROCESS, Partition(1, 3), bar).new == [1, 4]
    assert (bar.total, bar.initial, bar.done) == (7, 0, 7), "the total is that of the partition"
    assert run_job(job, THIS_PROCESS, Partition(0, 3)).new == [0, 3]
    assert run_job(job, THIS_PROCESS, Partition(0, 3)).new == []
    assert not job.output.exists()
    assert run_job(job, THIS_PROCESS).new == [2]
    assert job.output.read_text() == job.expected()
    assert leftovers(tmp_path) == []


def test_partitions_run_together_but_not_twice_and_not_beside_a_whole_run(tmp_path):
    job = toy_job(tmp_path)
    folder = shards_folder(job.output)
    with locked(job.output, shared=True), locked(folder / "partition 0 of 2"):  # as a run of that partition does
        assert run_job(job, THIS_PROCESS, Partition(1, 2)).new == [1, 3]
        with pytest.raises(UserError, match=r"another run is writing .*partition 0 of 2"):
            run_job(job, THIS_PROCESS, Partition(0, 2))
        with pytest.raises(UserError, match=r"another run is writing .*out; wait for it"):
            run_job(job, THIS_PROCESS)
    with locked(job.output), pytest.raises(UserError, match="another run is writing"):
        run_job(job, THIS_PROCESS, Partition(0, 2))


@pytest.mark.parametrize("text", ["", "1", "a/b", "-1/2", "1/2/3", "1.0/2", "0/" + "9" * 5000])
def test_text_that_is_no_partition(text):
    with pytest.raises(UserError, match="expected a partition i/N such as 0/4, got"):
        Partition.parse(text)


@pytest.mark.parametrize("text", ["2/2", "0/0"])
def test_partitions_that_do_not_exist(text):
    with pytest.raises(UserError, match=f"with i from 0 to N - 1, got {text}"):
        Partition.parse(text)


def test_partitions_have_each_shard_once(tmp_path):
    for n in (1, 3, 7):
        folder = tmp_path / str(n)
        folder.mkdir()
        job = toy_job(folder, 5)
        parts = [run_job(job, THIS_PROCESS, Partition.parse(f"{index}/{n}")).new for index in range(n)]
        assert sorted(index for part in parts for index in part) == list(range(5))


def test_a_full_disk_is_reported_and_finished_shards_are_kept(tmp_path, monkeypatch):
    job = toy_job(tmp_path)
    real = Path.write_text

    def write_text(self, content, *more, **keys):
        if content == "2\n":
            raise OSError(28, "No space left on device", str(self))
        return real(self, content, *more, **keys)

    monkeypatch.setattr(Path, "write_text", write_text)
    with pytest.raises(OSError, match="No space left on device"):
        run_job(job, THIS_PROCESS)
    monkeypatch.undo()
    assert [path.name for path in sorted(shards_folder(job.output).glob("*.txt"))] == ["000000.txt", "000001.txt"]
    assert run_job(job, THIS_PROCESS).new == [2, 3]
    assert job.output.read_text() == job.expected()


def test_a_record_has_checksum_and_result(tmp_path):
    job = toy_job(tmp_path)
    run_job(job, THIS_PROCESS, Partition(0, 2))
    record = json.loads((shards_folder(job.output) / "000002.json").read_text())
    sha256 = "53c234e5e8472b6ac51c1ae1cab3fe06fad053beb8ebfd8977b010655bfdd3c3"
    assert record["content"] == {"files": [sha256], "result": 2}
