"""Workers in processes: their shards and errors arrive, and none outlives the job or its process."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from play_fair.errors import UserError
from play_fair.jobs import THIS_PROCESS, LocalEngine, local_engine, run_job, shards_folder
from play_fair.videos.ffmpeg import BrokenVideoError
from recorded_bar import RecordedBar
from toy_job import ToyJob, leftovers, toy_job


def test_one_worker_is_this_process(tmp_path):
    job = toy_job(tmp_path)
    run_job(job, LocalEngine(("cpu:0",)))
    assert {device for _, _, device, _ in job.logged()} == {"cpu:0"}
    assert {pid for _, pid, _, _ in job.logged()} == {str(os.getpid())}


def test_each_device_has_its_worker_and_the_output_is_the_same(tmp_path):
    job, bar = toy_job(tmp_path, 6, seconds=0.1), RecordedBar()
    done = run_job(job, LocalEngine(("a", "b")), bar=bar)
    assert done.new == sorted(job.begun()) == list(range(6))
    assert {device for _, _, device, _ in job.logged()} == {"a", "b"}
    assert len({pid for _, pid, _, _ in job.logged()}) == 2
    assert bar.done == bar.total == 21
    assert job.output.read_text() == job.expected()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        ({"broken": 2}, "shard 2 is broken"),
        ({"deadly": 2}, "a worker process was killed; if the memory was full, use fewer workers"),
    ],
)
def test_shards_written_before_a_failure_are_kept(tmp_path, trouble, message):
    job = toy_job(tmp_path, 5, seconds=0.05, **trouble)
    with pytest.raises(UserError, match=message):
        run_job(job, LocalEngine(workers=2))
    there = {int(path.stem) for path in shards_folder(job.output).glob("0*.json")}
    assert {0} <= there <= {0, 1, 3, 4}
    job = toy_job(tmp_path, 5)
    assert set(run_job(job, THIS_PROCESS).new) == set(range(5)) - there
    assert job.output.read_text() == job.expected()


class BrokenVideoJob(ToyJob):
    def write(self, indices, device, on_items):
        raise BrokenVideoError("a.webm", "empty file")
        yield


def test_errors_of_workers_are_raised_with_their_traceback(tmp_path):
    job = BrokenVideoJob(tmp_path / "out", {}, [1, 1], log=tmp_path / "log")
    with pytest.raises(BrokenVideoError, match=r"cannot decode the video a\.webm: empty file") as caught:
        run_job(job, LocalEngine(workers=2))
    assert "in write" in str(caught.value.__cause__)


@pytest.mark.parametrize("workers", [-1, 1])
def test_fewer_workers_than_devices(workers):
    with pytest.raises(UserError, match=f"at least 2 workers, one for each device, got {workers}"):
        LocalEngine(("cuda:0", "cuda:1"), workers)


@pytest.mark.parametrize(("workers", "n_there"), [(1, 0), (2, 0), (2, 3)])
def test_workers_have_as_many_threads_however_few_shards_are_missing(tmp_path, monkeypatch, workers, n_there):
    monkeypatch.setattr(local_engine, "n_cores", lambda: 4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    job, engine = toy_job(tmp_path), LocalEngine(workers=workers)
    engine.run(job, range(n_there, 4), lambda n_items: None)
    in_workers = {threads for _, _, _, threads in job.logged()}
    assert in_workers == ({"None"} if workers == 1 else {"2"}), "this process has all cores by itself"
    assert engine.arithmetic == {"device": "cpu", "OMP_NUM_THREADS": str(4 // workers)}
    assert "OMP_NUM_THREADS" not in os.environ


def test_a_chosen_number_of_threads_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    job = toy_job(tmp_path)
    run_job(job, LocalEngine(workers=2))
    assert {threads for _, _, _, threads in job.logged()} == {"7"}


def test_shards_of_one_type_of_device_are_not_mixed_with_those_of_another(tmp_path):
    job = toy_job(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_job(job, LocalEngine(("cpu",)), bar=RecordedBar(stop_at=3))
    with pytest.raises(UserError, match=r"out.shards was made with other settings: device was 'cpu' and is now 'cuda'"):
        run_job(job, LocalEngine(("cuda:0", "cuda:1")))
    assert run_job(job, LocalEngine(("cpu",), workers=2)).new == [2, 3]


@dataclass(frozen=True)
class JobWithChildren(ToyJob):
    """Each worker starts a process of its own, writes both ids to a file, and never ends."""

    def write(self, indices, device, on_items):
        child = subprocess.Popen(["sleep", "600"])
        (self.output.parent / f"pids {next(indices)}").write_text(f"{os.getpid()} {child.pid}")
        on_items(1)
        time.sleep(600)
        yield 0, 0


def run_job_with_children(folder):
    run_job(JobWithChildren(folder / "out", {}, [2, 2], log=folder / "log"), LocalEngine(workers=2))


def pids_in(folder):
    return [int(pid) for path in folder.glob("pids *") for pid in path.read_text().split()]


def test_workers_and_their_children_end_when_the_job_is_interrupted(tmp_path):
    job = JobWithChildren(tmp_path / "out", {}, [2, 2], log=tmp_path / "log")
    with pytest.raises(KeyboardInterrupt):
        run_job(job, LocalEngine(workers=2), bar=RecordedBar(stop_at=2))
    assert len(pids_in(tmp_path)) == 4
    wait_until(lambda: not any(map(is_running, pids_in(tmp_path))))
    assert [name for name in leftovers(tmp_path) if not name.startswith("pids")] == []


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_and_their_children_end_with_their_parent(tmp_path, sent):
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
if __name__ == "__main__":
    from pathlib import Path
    from test_local_engine import run_job_with_children
    run_job_with_children(Path())
"""
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len(pids_in(tmp_path)) == 4)
    parent.send_signal(sent)
    errors = parent.communicate(timeout=60)[1]
    wait_until(lambda: not any(map(is_running, pids_in(tmp_path))))
    assert errors.count("Traceback") == (sent == signal.SIGINT), f"the parent's own, none of a worker: {errors}"


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
