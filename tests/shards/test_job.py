"""A job in shards: whole, once, and the same, whatever stops it."""

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
from play_fair.shards import THIS_PROCESS, Share, run_job, shards_folder
from recorded_bar import RecordedBar
from toy_job import leftovers, toy_job


def test_an_undisturbed_job_leaves_only_its_output(tmp_path):
    job, bar = toy_job(tmp_path), RecordedBar()
    done = run_job(job, THIS_PROCESS, bar=bar)
    assert (done.n_there, done.n_new, done.written) == (0, 10, [0, 1, 2, 3])
    assert done.seconds > 0
    assert (bar.total, bar.initial, bar.done) == (10, 0, 10)
    assert job.output.read_text() == job.expected()
    assert leftovers(tmp_path) == []


def test_a_stopped_job_goes_on_where_it_was(tmp_path):
    job, bar = toy_job(tmp_path), RecordedBar()
    with pytest.raises(KeyboardInterrupt):
        run_job(job, THIS_PROCESS, bar=RecordedBar(stop_at=3))
    assert not job.output.exists()
    done = run_job(job, THIS_PROCESS, bar=bar)
    assert (done.n_there, done.n_new, done.written) == (3, 7, [2, 3])
    assert (bar.total, bar.initial, bar.done) == (10, 3, 7)
    assert job.output.read_text() == job.expected()


def test_a_job_that_is_made_is_left_as_it_is(tmp_path):
    job, bar = toy_job(tmp_path), RecordedBar()
    run_job(job, THIS_PROCESS)
    assert run_job(job, THIS_PROCESS, bar=bar).written == []
    assert (bar.total, bar.initial, bar.done) == (10, 10, 0)
    assert job.begun() == [0, 1, 2, 3]


def test_other_settings_do_not_continue_old_shards(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_job(toy_job(tmp_path), THIS_PROCESS, bar=RecordedBar(stop_at=1))
    with pytest.raises(UserError, match=r"seed was 1 and is now 2; size was None and is now 3.*or delete .*out.shards"):
        run_job(toy_job(tmp_path, settings={"seed": 2, "size": 3}), THIS_PROCESS)
    with pytest.raises(UserError, match="seed was 1 and is now 2"):
        run_job(toy_job(tmp_path, settings={"seed": 2}), THIS_PROCESS, Share(1, 2))


def test_other_settings_may_follow_a_run_that_wrote_no_shard(tmp_path):
    job = toy_job(tmp_path, settings={"seed": 2})
    with pytest.raises(KeyboardInterrupt):
        run_job(toy_job(tmp_path), THIS_PROCESS, bar=RecordedBar(stop_at=1))
    job.path(0).unlink()
    with pytest.raises(UserError, match="seed was 1 and is now 2"):
        run_job(job, THIS_PROCESS, Share(1, 2))
    run_job(job, THIS_PROCESS)
    assert job.output.read_text() == job.expected()


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
        done_before = [index for index in range(2) if job.is_there(index)]
        run_job(job, THIS_PROCESS)
        assert job.output.read_text() == job.expected(), n
        assert leftovers(folder) == [], n
        assert len(job.begun()) <= 2 + 1, "at most the shard in work is begun again"
        assert all(job.begun().count(index) == 1 for index in done_before), n
        if not killed:
            break
    assert n > 40, "kills were tried in all parts of a job"


@settings(max_examples=8)
@given(kills=st.lists(st.integers(1, 60), max_size=4), shares=st.lists(st.integers(0, 1), max_size=3))
def test_killed_again_and_again_in_shares_and_alone(tmp_path_factory, kills, shares):
    folder = tmp_path_factory.mktemp("toy")
    job = toy_job(folder, 3)
    parts = [*(Share(index, 2) for index in shares), None]
    for number, n in enumerate(kills):
        part = parts[number % len(parts)]
        killed_at(n, lambda part=part: run_job(job, THIS_PROCESS, part))
    for part in parts:
        run_job(job, THIS_PROCESS, part)
    assert job.output.read_text() == job.expected()
    assert leftovers(folder) == []
    assert len(job.begun()) <= 3 + len(kills)


def test_shares_do_their_shards_and_the_last_run_merges(tmp_path):
    job = toy_job(tmp_path, 5)
    bar = RecordedBar()
    assert run_job(job, THIS_PROCESS, Share(1, 3), bar).written == [1, 4]
    assert (bar.total, bar.initial, bar.done) == (7, 0, 7), "the total is that of the share"
    assert run_job(job, THIS_PROCESS, Share(0, 3)).written == [0, 3]
    assert run_job(job, THIS_PROCESS, Share(0, 3)).written == []
    assert not job.output.exists()
    assert run_job(job, THIS_PROCESS).written == [2]
    assert job.output.read_text() == job.expected()
    assert leftovers(tmp_path) == []


def test_shares_run_together_but_not_twice_and_not_beside_a_whole_run(tmp_path):
    job = toy_job(tmp_path)
    folder = shards_folder(job.output)
    with locked(job.output, shared=True), locked(folder / "share 0 of 2"):  # as a run of that share does
        assert run_job(job, THIS_PROCESS, Share(1, 2)).written == [1, 3]
        with pytest.raises(UserError, match=r"another run is writing .*share 0 of 2"):
            run_job(job, THIS_PROCESS, Share(0, 2))
        with pytest.raises(UserError, match=r"another run is writing .*out; wait for it"):
            run_job(job, THIS_PROCESS)
    with locked(job.output), pytest.raises(UserError, match="another run is writing"):
        run_job(job, THIS_PROCESS, Share(0, 2))


@pytest.mark.parametrize("text", ["", "1", "a/b", "-1/2", "1/2/3", "1.0/2"])
def test_what_is_no_share(text):
    with pytest.raises(UserError, match="expected a share i/N such as 0/4, got"):
        Share.parse(text)


@pytest.mark.parametrize("text", ["2/2", "0/0"])
def test_shares_that_are_not_there(text):
    with pytest.raises(UserError, match=f"with i from 0 to N - 1, got {text}"):
        Share.parse(text)


@given(of=st.integers(1, 9), n_shards=st.integers(0, 20))
def test_shares_have_each_shard_once(of, n_shards):
    parts = [range(n_shards)[Share.parse(f"{index}/{of}").index :: of] for index in range(of)]
    assert sorted(index for part in parts for index in part) == list(range(n_shards))


def test_a_full_disk_is_told_and_loses_nothing(tmp_path, monkeypatch):
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
    assert run_job(job, THIS_PROCESS).written == [2, 3]
    assert job.output.read_text() == job.expected()
