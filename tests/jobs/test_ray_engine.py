"""The same shards on a real Ray cluster of two nodes on this machine, of which one dies."""

import importlib.util
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
from torch import nn

from play_fair.errors import UserError
from play_fair.features import FeatureExtractor, extract_features
from play_fair.jobs import RayEngine, run_job
from recorded_bar import RecordedBar
from toy_job import leftovers, toy_job

with_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason="RAY IS NOT INSTALLED: the engine for clusters is NOT TESTED; pip install 'play-fair[ray]'",
)


class Cluster:
    """Two nodes with one core each, on addresses of the loopback."""

    def __init__(self):
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        from ray.cluster_utils import Cluster

        self.cluster = Cluster()
        sizes = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
        try:
            self.cluster.add_node(node_ip_address="127.0.0.2", **sizes)
            self.second = self.cluster.add_node(node_ip_address="127.0.0.3", **sizes)
        except BaseException:
            self.shutdown()
            raise

    def engine(self, **options):
        return RayEngine(self.cluster.address, **options)

    @contextmanager
    def connected(self):
        """Through the first node."""
        import ray

        ray.init(self.cluster.address, _node_ip_address="127.0.0.2", log_to_driver=False)
        try:
            yield
        finally:
            ray.shutdown()

    def kill_second_node_when(self, condition):
        """As losing its power would, as soon as `condition()`."""

        def wait_and_kill():
            end = time.monotonic() + 60
            while not condition() and time.monotonic() < end:
                time.sleep(0.02)
            self.cluster.remove_node(self.second, allow_graceful=False)

        killer = Thread(target=wait_and_kill)
        killer.start()
        return killer

    def shutdown(self):
        self.cluster.shutdown()


@pytest.fixture(scope="module")
def cluster():
    try:
        cluster = Cluster()
    except Exception:  # a node gives up when its own processes take 15 seconds to start: the machine was busy
        cluster = Cluster()
    yield cluster
    cluster.shutdown()


class SlowVideos:
    """Videos of noise; writes where each is read, waits until so many nodes read, and takes its time."""

    fingerprint = "noise"

    def __init__(self, n_videos: int, log: Path, seconds: float, n_nodes: int) -> None:
        self.uids = [str(index) for index in range(n_videos)]
        self.labels = np.arange(n_videos)
        self.log, self.seconds, self.n_nodes = log, seconds, n_nodes

    def frames(self, uid: str) -> np.ndarray:
        with self.log.open("a") as log:
            log.write(f"{uid} {node_id()}\n")
        end = time.monotonic() + 60
        while len({node for _, node in self.read()}) < self.n_nodes and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(self.seconds)
        return np.random.default_rng(int(uid)).integers(0, 256, (3, 8, 8, 3), np.uint8)

    def read(self) -> list[tuple[str, str]]:
        """(uid, node) of each reading."""
        return [tuple(line.split()) for line in self.log.read_text().splitlines()] if self.log.exists() else []


def node_id() -> str:
    import ray

    return ray.get_runtime_context().get_node_id() if ray.is_initialized() else "here"


class NoChange:
    def resize_and_crop(self, frames: np.ndarray) -> np.ndarray:
        return frames

    def normalise(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures.permute(0, 3, 1, 2) / 255


@with_ray
@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_an_address_where_nothing_is(tmp_path, address):  # before the cluster of the others is there
    with pytest.raises(
        UserError, match=rf"cannot connect to a Ray cluster at {address}: .*refused; is its head started"
    ):
        run_job(toy_job(tmp_path), RayEngine(address))


@with_ray
@pytest.mark.parametrize("address", ["127.0.0.1:99999", "127.0.0.1:" + "9" * 5000, "x" * 70 + ":1"])
def test_an_address_that_is_none(tmp_path, address):
    with pytest.raises(UserError, match=rf"cannot connect to a Ray cluster at {address[:100]}: .{{5,200}}; is its"):
        run_job(toy_job(tmp_path), RayEngine(address))


@with_ray
def test_a_cluster_that_does_not_start_in_time(tmp_path, monkeypatch):
    def init(**options):
        raise Exception("The current node timed out during startup.")

    monkeypatch.setattr("ray.init", init)
    with pytest.raises(UserError, match=r"cluster at local: The current node timed out during startup.; run again"):
        run_job(toy_job(tmp_path), RayEngine("local"))
    assert leftovers(tmp_path) == []


@with_ray
def test_features_are_the_same_bytes_although_a_node_dies(cluster, tmp_path):
    torch.manual_seed(0)
    backbone = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    extractor = FeatureExtractor(backbone, NoChange(), torch.device("cpu"))
    alone = SlowVideos(12, tmp_path / "alone.log", seconds=0, n_nodes=1)
    extract_features({"train": alone}, extractor, tmp_path / "alone.hdf", {}, videos_per_shard=1)

    videos, bar = SlowVideos(12, tmp_path / "ray.log", seconds=0.5, n_nodes=2), RecordedBar()
    second = cluster.second.node_id
    killer = cluster.kill_second_node_when(lambda: any(node == second for _, node in videos.read()))
    with cluster.connected():
        done = extract_features(
            {"train": videos}, extractor, tmp_path / "ray.hdf", {}, videos_per_shard=1, engine=RayEngine(), bar=bar
        )
    killer.join()

    assert (tmp_path / "ray.hdf").read_bytes() == (tmp_path / "alone.hdf").read_bytes()
    nodes = {node for _, node in videos.read()}
    assert len(nodes) == 2, "both nodes worked"
    assert second in nodes
    assert bar.done == bar.total == done.videos == 12
    assert 12 <= len(videos.read()) <= 12 + 1, "at most the shard in work on the dead node was begun again"


@with_ray
def test_what_a_shard_raises_is_raised_here_without_traces(cluster, tmp_path):
    with pytest.raises(UserError) as caught:
        run_job(toy_job(tmp_path, broken=2), cluster.engine())
    assert str(caught.value) == "shard 2 is broken"
    job = toy_job(tmp_path)
    done = run_job(job, cluster.engine(workers=1))
    assert 2 in done.new
    assert job.output.read_text() == job.expected()
    assert leftovers(tmp_path) == []


@with_ray
def test_a_program_that_has_connected_itself_stays_connected(cluster, tmp_path):
    import ray

    job = toy_job(tmp_path)
    with cluster.connected():
        run_job(job, RayEngine("elsewhere:1"))
        assert ray.is_initialized()
    assert job.output.read_text() == job.expected()


@with_ray
def test_a_cluster_without_gpus_is_told(cluster, tmp_path):
    with pytest.raises(
        UserError, match=r"a Ray cluster with 1 CPU cores and a GPU for a worker, got . cores and 0 GPUs"
    ):
        run_job(toy_job(tmp_path), cluster.engine(gpu=True))


@with_ray
def test_machines_must_see_the_same_files(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "cwd", lambda: tmp_path / "elsewhere")
    with pytest.raises(UserError, match=r"elsewhere does not exist on .*: all machines of the cluster must see"):
        run_job(toy_job(tmp_path), cluster.engine())


def test_without_ray_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"--engine ray, but it is not installed: pip install 'play-fair\[ray\]'"):
        RayEngine()


@with_ray
def test_a_number_of_workers_below_zero():
    with pytest.raises(UserError, match="expected 0 or more workers, got -1"):
        RayEngine(workers=-1)
