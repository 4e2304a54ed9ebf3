import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from play_fair.errors import UserError
from play_fair.files import atomic_path
from play_fair.shards import map_in_processes, sharded


def count_to(output, n_shards, settings=None, stop_at=None):
    """Write one number per shard and merge them; raise before writing shard `stop_at`. Returns the shards written."""
    written = []
    with sharded(output, n_shards, settings or {"seed": 1}, ".txt") as shards:
        for index in shards.missing():
            if index == stop_at:
                raise KeyboardInterrupt
            with shards.writing(index) as path:
                path.write_text(f"{index}\n")
            written.append(index)
        with atomic_path(output) as path:
            path.write_text("".join(shard.read_text() for shard in shards.paths()))
    return written


def test_an_undisturbed_job_leaves_only_its_output(tmp_path):
    assert count_to(tmp_path / "out", 3) == [0, 1, 2]
    assert (tmp_path / "out").read_text() == "0\n1\n2\n"
    assert not (tmp_path / "out.shards").exists()


def test_a_stopped_job_goes_on_where_it_was(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        count_to(tmp_path / "out", 4, stop_at=2)
    assert not (tmp_path / "out").exists()
    assert count_to(tmp_path / "out", 4) == [2, 3]
    assert (tmp_path / "out").read_text() == "0\n1\n2\n3\n"


def test_other_settings_do_not_continue_old_shards(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        count_to(tmp_path / "out", 4, stop_at=2)
    with pytest.raises(UserError, match=r"seed was 1 and is now 2.*or delete .*out.shards to start anew"):
        count_to(tmp_path / "out", 4, {"seed": 2})
    with pytest.raises(UserError, match="n_shards was 4 and is now 5"):
        count_to(tmp_path / "out", 5)


def test_one_run_at_a_time(tmp_path):
    with sharded(tmp_path / "out", 1, {}, ".txt"), pytest.raises(UserError, match="another run is writing"):
        count_to(tmp_path / "out", 1)


def square(x):
    return x * x


def fail_on_three(x):
    if x == 3:
        raise UserError("three")
    time.sleep(0.01)
    return os.getpid()


def test_map_in_processes():
    assert sorted(map_in_processes(square, range(5), 2)) == [(x, x * x) for x in range(5)]


def test_an_error_in_a_process_is_raised_here():
    with pytest.raises(UserError, match="three"):
        list(map_in_processes(fail_on_three, range(100), 2))


def test_a_number_of_workers_below_zero():
    with pytest.raises(UserError, match="expected 0 or more worker processes, got -1"):
        list(map_in_processes(square, [1], -1))


def sleep_and_tell(path):
    path.write_text(str(os.getpid()))
    time.sleep(60)


def test_workers_end_with_a_killed_parent(tmp_path):
    code = (
        "import sys; sys.path.insert(0, {tests!r}); from pathlib import Path; from test_shards import sleep_and_tell;"
        "from play_fair.shards import map_in_processes;"
        "list(map_in_processes(sleep_and_tell, [Path({pid!r})], 1)) if __name__ == '__main__' else None"
    ).format(tests=str(Path(__file__).parent), pid=str(tmp_path / "pid"))
    parent = subprocess.Popen([sys.executable, "-c", code])
    wait_until((tmp_path / "pid").exists)
    worker = int((tmp_path / "pid").read_text())
    parent.kill()
    parent.wait()
    wait_until(lambda: not is_running(worker))


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
