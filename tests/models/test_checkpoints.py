"""Checkpoints: every published shape of file loads, a wrong one says what is wrong."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import ResNet
from torchvision.models.resnet import BasicBlock

from play_fair.errors import UserError
from play_fair.models import FeatureTSN, MLPConsensus, load_checkpoint, save_checkpoint

Weights = dict[str, Tensor]


def head() -> MLPConsensus:
    return MLPConsensus(4, 5, 2, batch_norm=True)


def small_resnet() -> ResNet:
    return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=2)


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


def test_resnet_is_saved_with_the_published_name_and_loads_with_either(tmp_path: Path) -> None:
    trained, fresh, again = small_resnet(), small_resnet(), small_resnet()
    save_checkpoint(trained, tmp_path / "resnet.pth")
    names = torch.load(tmp_path / "resnet.pth", weights_only=True)["state_dict"].keys()
    assert {name for name in names if name.startswith(("fc", "last_linear"))} == {
        "last_linear.weight",
        "last_linear.bias",
    }
    load_checkpoint(fresh, tmp_path / "resnet.pth")
    assert_same_weights(fresh, trained)
    torch.save(trained.state_dict(), tmp_path / "torchvision.pth")
    load_checkpoint(again, tmp_path / "torchvision.pth")
    assert_same_weights(again, trained)


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


class Hostile:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return Path.touch, (Path("ran"),)  # type: ignore[return-value]


def test_code_in_a_checkpoint_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": FeatureTSN(3, 2).state_dict(), "evil": Hostile()}, "hostile.pth")
    with pytest.raises(UserError, match=r"expected only tensors and plain containers in .* hostile\.pth"):
        load_checkpoint(FeatureTSN(3, 2), "hostile.pth")
    assert not Path("ran").exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half a zip"])
def test_broken_files_say_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pth"
    path.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(str(path))):
        load_checkpoint(FeatureTSN(3, 2), path)


def test_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected a checkpoint at .*none\.pth, but it does not exist"):
        load_checkpoint(FeatureTSN(3, 2), tmp_path / "none.pth")
