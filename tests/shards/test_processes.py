"""Workers in processes of their own: what they say arrives, what they raise is raised here, none outlives the job."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from play_fair.errors import UserError
from play_fair.shards import in_processes, map_in_processes, n_cores
from play_fair.videos.ffmpeg import BrokenVideoError


def answer(items, emit, sleep=0.0, child=None):
    """Emit each item with the process and its threads; raise what is an exception; end at once at "die"."""
    for item in items:
        if child is not None:
            child.write_text(str(subprocess.Popen(["sleep", "60"]).pid))
        if item == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if isinstance(item, Exception):
            raise item
        time.sleep(sleep)
        emit((item, os.getpid(), os.environ["OMP_NUM_THREADS"]))


class UnpicklableError(Exception):
    def __reduce__(self):
        raise TypeError("cannot be pickled")


def raise_unpicklable(items, emit):
    raise UnpicklableError("but told")


def test_workers_share_the_items_and_the_cores(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    said = list(in_processes([partial(answer, sleep=0.05)] * 2, range(20)))
    assert sorted(item for item, _, _ in said) == list(range(20))
    assert len({pid for _, pid, _ in said}) == 2
    assert {threads for _, _, threads in said} == {str(max(1, n_cores() // 2))}
    assert "OMP_NUM_THREADS" not in os.environ


def test_a_chosen_number_of_threads_stays(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert [threads for _, _, threads in in_processes([answer], [0])] == ["7"]


def test_map_in_processes():
    assert sorted(map_in_processes(abs, range(-2, 3), 2)) == [(x, abs(x)) for x in range(-2, 3)]
    assert list(map_in_processes(abs, [], 2)) == []


def test_errors_are_raised_here_as_they_are():
    error = BrokenVideoError("a.webm", "empty file")
    with pytest.raises(BrokenVideoError, match=r"cannot decode the video a\.webm: empty file") as caught:
        list(in_processes([answer] * 2, [0, error, *range(100)]))
    assert "in answer" in str(caught.value.__cause__), "where it was raised is told"
    with pytest.raises(RuntimeError, match=r"UnpicklableError.*but told"):
        list(in_processes([raise_unpicklable], [0]))


def test_a_worker_that_is_killed_is_told():
    with pytest.raises(UserError, match=r"a worker process was killed \(SIGKILL\); if the memory was full, use fewer"):
        list(in_processes([answer], ["die"]))


def test_a_number_of_workers_below_zero():
    with pytest.raises(UserError, match="expected 0 or more worker processes, got -1"):
        list(map_in_processes(abs, [1], -1))


def test_workers_end_with_the_block_and_so_does_what_they_started(tmp_path):
    with closing(in_processes([partial(answer, child=tmp_path / "pid")], range(100))) as said:
        _, worker, _ = next(said)
        child = int((tmp_path / "pid").read_text())
        assert is_running(worker)
        assert is_running(child)
    assert not is_running(worker)
    wait_until(lambda: not is_running(child))


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_a_killed_parent_and_so_does_what_they_started(tmp_path, sent):
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
if __name__ == "__main__":
    from functools import partial
    from pathlib import Path
    from play_fair.shards import in_processes
    from test_processes import answer
    for _, worker, _ in in_processes([partial(answer, sleep=0.1, child=Path("child"))], range(1000)):
        Path("worker").write_text(str(worker))
"""
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: (tmp_path / "worker").exists() and (tmp_path / "worker").read_text())
    pids = [int((tmp_path / name).read_text()) for name in ("worker", "child")]
    parent.send_signal(sent)
    errors = parent.communicate()[1]
    wait_until(lambda: not any(map(is_running, pids)))
    assert errors.count("Traceback") == (sent == signal.SIGINT), "the parent's own, none of a worker"


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
