import pytest

from play_fair.errors import UserError
from play_fair.shards import THIS_PROCESS, LocalEngine, processes, run_job, shards_folder
from recorded_bar import RecordedBar
from toy_job import leftovers, toy_job


def test_one_worker_is_this_process(tmp_path):
    job = toy_job(tmp_path)
    run_job(job, LocalEngine(("cpu:0",)))
    assert {device for _, _, device, _ in job.said()} == {"cpu:0"}
    assert len({pid for _, pid, _, _ in job.said()}) == 1


def test_each_device_has_its_worker_and_the_output_is_the_same(tmp_path):
    job, bar = toy_job(tmp_path, 6, seconds=0.1), RecordedBar()
    done = run_job(job, LocalEngine(("a", "b")), bar=bar)
    assert sorted(done.written) == sorted(job.begun()) == list(range(6))
    assert {device for _, _, device, _ in job.said()} == {"a", "b"}
    assert bar.done == bar.total == 21
    assert job.output.read_text() == job.expected()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("trouble", "message"), [({"broken": 2}, "shard 2 is broken"), ({"deadly": 2}, "a worker process was killed")]
)
def test_what_was_written_before_trouble_is_kept(tmp_path, trouble, message):
    job = toy_job(tmp_path, 5, seconds=0.05, **trouble)
    with pytest.raises(UserError, match=message):
        run_job(job, LocalEngine(workers=2))
    there = {int(path.stem) for path in shards_folder(job.output).glob("0*.txt")}
    assert {0} <= there <= {0, 1, 3, 4}
    job = toy_job(tmp_path, 5)
    assert set(run_job(job, THIS_PROCESS).written) == set(range(5)) - there
    assert job.output.read_text() == job.expected()


@pytest.mark.parametrize("workers", [-1, 1])
def test_too_few_workers_for_the_devices(workers):
    with pytest.raises(UserError, match=f"at least 2 workers, as there are devices, or 0 .*, got {workers}"):
        LocalEngine(("cuda:0", "cuda:1"), workers)


@pytest.mark.parametrize(("workers", "n_there"), [(1, 0), (2, 0), (2, 3)])
def test_workers_have_as_many_threads_however_few_shards_are_missing(tmp_path, monkeypatch, workers, n_there):
    monkeypatch.setattr(processes, "n_cores", lambda: 4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    job, engine = toy_job(tmp_path), LocalEngine(workers=workers)
    for index in range(n_there):
        job.path(index).parent.mkdir(exist_ok=True)
        job.path(index).write_text(f"{index}\n")
    engine.run(job, range(n_there, 4), lambda written: None, lambda n_items: None)
    in_workers = {threads for _, _, _, threads in job.said()}
    assert in_workers == ({"None"} if workers == 1 else {"2"}), "this process has all cores by itself"
    assert engine.arithmetic == {"device": "cpu", "OMP_NUM_THREADS": str(4 // workers)}


def test_shards_of_one_kind_of_device_are_not_mixed_with_those_of_another(tmp_path):
    job = toy_job(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_job(job, LocalEngine(("cpu",)), bar=RecordedBar(stop_at=3))
    with pytest.raises(UserError, match=r"out.shards was made with other settings: device was 'cpu' and is now 'cuda'"):
        run_job(job, LocalEngine(("cuda:0", "cuda:1")))
    assert run_job(job, LocalEngine(("cpu",), workers=2)).written == [2, 3]
