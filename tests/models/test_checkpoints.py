"""Checkpoints: every published shape of file loads, a wrong one says what is wrong."""

import argparse
import copy
import datetime
import io
import os
import pickle
import re
import subprocess
import sys
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import play_fair
from play_fair.errors import UserError
from play_fair.models import FeatureTSN, MLPConsensus, load_checkpoint, save_checkpoint

Weights = dict[str, Tensor]


def head() -> MLPConsensus:
    return MLPConsensus(4, 5, 2, batch_norm=True)


def assert_same_weights(module: nn.Module, other: nn.Module) -> None:
    expected = other.state_dict()
    for key, tensor in module.state_dict().items():
        assert tensor.dtype == expected[key].dtype
        torch.testing.assert_close(tensor, expected[key], rtol=0, atol=0)


@pytest.mark.parametrize(
    "layout",
    [
        lambda weights: {"state_dict": weights},
        lambda weights: {"model": weights},
        lambda weights: weights,
        lambda weights: {"state_dict": weights, "optimizer": {"state": {0: torch.ones(3)}, "lr": 0.1}, "epoch": 3},
        lambda weights: {"state_dict": {f"module.{key}": value for key, value in weights.items()}},
        lambda weights: {key: value for key, value in weights.items() if "num_batches" not in key},
    ],
    ids=["state_dict", "model", "bare", "extra", "data_parallel", "before_0.4.1"],
)
def test_loads_every_layout(tmp_path: Path, layout: Callable[[Weights], Any]) -> None:
    trained, fresh = head(), head()
    torch.save(layout(trained.state_dict()), tmp_path / "head.pth")
    load_checkpoint(fresh, tmp_path / "head.pth")
    assert_same_weights(fresh, trained)


def test_half_precision_becomes_single(tmp_path: Path) -> None:
    trained, fresh = head(), head()
    torch.save({"state_dict": trained.half().state_dict()}, tmp_path / "head.pth")
    load_checkpoint(fresh, tmp_path / "head.pth")
    assert_same_weights(fresh, trained.float())


def test_saves_extras_and_replaces_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tsn.pth"
    save_checkpoint(FeatureTSN(3, 2), path)
    trained = FeatureTSN(3, 2)
    save_checkpoint(trained, path, epochs=7)
    assert torch.load(path, weights_only=True)["epochs"] == 7
    assert [file.name for file in path.parent.iterdir()] == ["tsn.pth"]
    fresh = FeatureTSN(3, 2)
    load_checkpoint(fresh, path)
    assert_same_weights(fresh, trained)


def test_failed_saving_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "tsn.pth"
    save_checkpoint(FeatureTSN(3, 2), path)
    before = path.read_bytes()
    with pytest.raises(AttributeError):
        save_checkpoint(FeatureTSN(3, 2), path, unpicklable=lambda: None)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_wrong_weights_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "deep.pth"
    save_checkpoint(MLPConsensus(6, 5, 2, hidden_layers=3), path)
    module = head()
    before = copy.deepcopy(module.state_dict())
    with pytest.raises(UserError) as caught:
        load_checkpoint(module, path)
    message = str(caught.value)
    assert f"weights in {path} are not those of this MLPConsensus (8 entries)" in message
    assert "6 missing: model.2.weight, model.2.bias, model.2.running_mean, ...;" in message
    assert "7 unexpected: model.1.bias, model.3.weight, model.3.bias, ...;" in message
    assert "1 of another shape: model.1.weight (5, 6), expected (5, 4)." in message
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"epoch": 3, "lr": 0.1}, "got entries epoch, lr"),
        ({}, "got entries "),
        ([torch.ones(2)], "got list"),
        ({"state_dict": {"classifier.weight": "no tensor"}}, "got entries state_dict"),
    ],
)
def test_what_is_no_checkpoint_says_so(tmp_path: Path, content: object, message: str) -> None:
    path = tmp_path / "other.pth"
    torch.save(content, path)
    with pytest.raises(UserError, match=re.escape(f"bare weights (name -> tensor) in {path}, {message}")):
        load_checkpoint(FeatureTSN(3, 2), path)


class Calls:
    """Pickles as a call of `function`."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


def of_objects(*content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save({"state_dict": FeatureTSN(3, 2).state_dict(), "more": content}, buffer)
    return buffer.getvalue()


def zipped(program: bytes, storage: bytes = bytes(4), compression: int = zipfile.ZIP_STORED) -> bytes:
    """A checkpoint put together by hand: its pickle, and one storage."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        parts = {"data.pkl": program, "byteorder": b"little", "data/0": storage, "version": b"3\n"}
        for name, content in parts.items():
            archive.writestr(f"archive/{name}", content)
    return buffer.getvalue()


def one_tensor(n_values: int) -> bytes:
    """The pickle of {"classifier.weight": tensor} that says it has so many values."""
    size = pickle.dumps(n_values, 2)[2:-1]
    storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + size + b"tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + size + b"\x85K\x01\x85\x89}tR"
    return b"\x80\x02}X\x11\x00\x00\x00classifier.weight" + tensor + b"s."


def legacy(program: bytes) -> bytes:
    """A checkpoint as PyTorch wrote them before 1.6."""
    head = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]
    return b"".join([*head, program, pickle.dumps(["0"], 2), bytes(64)])


GOOD = of_objects()
TUPLES = b")q\x00" + b"".join(b"h%ch%c\x86q%c" % (i, i, i + 1) for i in range(60))
IGNORED = {
    "calls os.system": of_objects(Calls(os.system, "touch mark")),
    "calls eval": of_objects(Calls(eval, "open('mark', 'w')")),
    "calls a tensor's class": of_objects(Calls(torch.FloatTensor, 10**11)),
    "calls bytearray": of_objects(Calls(bytearray, 10**11)),
}
HOSTILE = {
    "compressed": zipped(one_tensor(25_000_000), bytes(100_000_000), zipfile.ZIP_DEFLATED),
    "declares a huge tensor": zipped(one_tensor(2**33)),
    "declares a huge tensor, old": legacy(one_tensor(2**33)),
    "hashes tuples": zipped(b"\x80\x02}" + TUPLES + b"Ns."),
    "hashes tuples, old": legacy(b"\x80\x02}" + TUPLES + b"Ns."),
    "has tuples as a storage": zipped(one_tensor(1).replace(b"ctorch\nFloatStorage\n", TUPLES)),
    "has tuples as a shape": zipped(one_tensor(1).replace(b"K\x00K\x01\x85", b"K\x00" + TUPLES)),
    "reaches past its storage": zipped(one_tensor(2)),
    "has a shape that overflows": zipped(
        one_tensor(1).replace(b"K\x01\x85K\x01\x85", b"\x8a\x05\0\0\0\0\1\x8a\x05\0\0\0\0\1\x86K\0K\0\x86")
    ),
    "has a negative stride": zipped(one_tensor(1).replace(b"\x85K\x01\x85", b"\x85J\xff\xff\xff\xff\x85")),
    "lacks its storage": zipped(one_tensor(1).replace(b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x001")),
    "is nested": zipped(b"\x80\x02" + b"](" * 10**5 + b"e" * 10**5 + b"."),
    "is cut in the middle": GOOD[: len(GOOD) // 2],
    "is cut at the end": GOOD[:-10],
    "is cut, old": legacy(one_tensor(4))[:90],
    "has no pickle": zipped(b"."),
    "is another zip": zipped(one_tensor(1)).replace(b"data.pkl", b"date.pkl"),
    "is a page": b"<!DOCTYPE html><html>404</html>",
    "is empty": b"",
}

LOAD_ALL = """
import resource
from pathlib import Path
import play_fair
from play_fair.errors import UserError
from play_fair.models import FeatureTSN, load_checkpoint
head = FeatureTSN(3, 2)
before = resource.getrusage(resource.RUSAGE_SELF)
for path in sorted(Path().glob("*.pth")):
    try:
        load_checkpoint(head, path)
        print(path.stem, "read", sep="|")
    except UserError as error:
        print(path.stem, "refused", str(error), sep="|")
after = resource.getrusage(resource.RUSAGE_SELF)
assert after.ru_maxrss - before.ru_maxrss < 200_000, "kilobytes"
assert after.ru_utime - before.ru_utime < 20, "seconds"
"""


def test_hostile_checkpoints_are_refused_in_bounded_time_and_memory(tmp_path: Path) -> None:
    for name, content in {"good": GOOD, **IGNORED, **HOSTILE}.items():
        (tmp_path / f"{name}.pth").write_bytes(content)
    environment = {**os.environ, "PYTHONPATH": str(Path(play_fair.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD_ALL], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    outcomes = dict(line.split("|")[:2] for line in done.stdout.splitlines())
    assert outcomes == {**dict.fromkeys(("good", *IGNORED), "read"), **dict.fromkeys(HOSTILE, "refused")}
    assert not (tmp_path / "mark").exists()


class Settings(OrderedDict):
    """An entry of a class that whoever loads the file may not have."""


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before PyTorch 1.6"])
@pytest.mark.parametrize(
    "entry",
    [
        Counter({30: 1, 0.5: 2}),
        argparse.Namespace(lr=0.1, betas=(0.9, 0.999)),
        np.float64(0.5),
        np.arange(3),
        datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc),
        Settings(lr=0.1),
        {(1, 2): {3}, None: frozenset([4])},
        Path("videos"),
        torch.eye(2).to_sparse(),
        torch.ones(2, dtype=torch.complex64),
        nn.Linear(2, 3),
    ],
    ids=lambda entry: type(entry).__name__,
)
def test_entries_beside_the_weights_are_ignored(tmp_path: Path, entry: object, zipped: bool) -> None:
    trained, fresh = head(), head()
    content = {"args": entry, "state_dict": Settings(trained.state_dict()), "more": [entry]}
    torch.save(content, tmp_path / "head.pth", _use_new_zipfile_serialization=zipped)
    load_checkpoint(fresh, tmp_path / "head.pth")
    assert_same_weights(fresh, trained)


def test_parameters_and_views_are_read(tmp_path: Path) -> None:
    """Weights that are parameters, transposed, or parts of one storage."""
    both = torch.arange(8.0)
    weights = {"classifier.weight": nn.Parameter(both[:6].view(3, 2).T), "classifier.bias": both[6:]}
    torch.save(weights, tmp_path / "head.pth")
    module = FeatureTSN(3, 2)
    load_checkpoint(module, tmp_path / "head.pth")
    assert module.classifier.weight.tolist() == [[0, 2, 4], [1, 3, 5]]
    assert module.classifier.bias.tolist() == [6, 7]


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    torch.save(FeatureTSN(3, 2), tmp_path / "model.pth")
    with pytest.raises(UserError, match="got a whole object; save its state_dict"):
        load_checkpoint(FeatureTSN(3, 2), tmp_path / "model.pth")


@pytest.mark.parametrize(
    "tensor", [torch.eye(2).to_sparse(), torch.ones(2, device="meta"), torch.ones(2, dtype=torch.complex64)]
)
def test_tensors_that_are_no_weights_are_refused(tmp_path: Path, tensor: Tensor) -> None:
    path = tmp_path / "odd.pth"
    torch.save({"classifier.weight": tensor}, path)
    with pytest.raises(UserError, match=r"odd\.pth"):
        load_checkpoint(FeatureTSN(3, 2), path)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half a zip"])
def test_broken_files_say_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pth"
    path.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(str(path))):
        load_checkpoint(FeatureTSN(3, 2), path)


def test_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected a checkpoint at .*none\.pth, but it does not exist"):
        load_checkpoint(FeatureTSN(3, 2), tmp_path / "none.pth")
