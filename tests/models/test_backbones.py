"""Backbones: their parameters are those of the published networks, and so is their arithmetic."""

import hashlib
import json
import socket
import zlib
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from play_fair.models import BNInception, resnet50_backbone
from play_fair.models.backbones.backbone import Backbone
from play_fair.models.backbones.light import LightBackbone


def fill_by_name(module: nn.Module) -> None:
    """Weights that anyone can reproduce: normal numbers for each entry, seeded by its name."""
    for key, tensor in module.state_dict().items():
        if not tensor.is_floating_point():
            continue
        seed = zlib.crc32(key.encode())
        values = np.random.RandomState(seed).standard_normal(tuple(tensor.shape)).astype(np.float32)
        if tensor.ndim >= 2:
            values *= np.float32(np.sqrt(2 / np.prod(tensor.shape[1:])))
        elif key.endswith("running_var"):
            values = 1 + np.float32(0.1) * np.abs(values)
        elif key.endswith(("running_mean", "bias")):
            values *= np.float32(0.1)
        else:
            values = 1 + np.float32(0.1) * values
        tensor.copy_(torch.from_numpy(values))


# Facts about the published networks: their parameters, and what they give for the same weights and picture.
PUBLISHED = {
    "bninception": {
        "make": BNInception,
        "names_and_shapes": "b26dedd4cecc5b13ad994cdb4aa7418768f960dbe2780fcc46e0f80acd2dacc9",
        "n_parameters": 10_532_640,
        "mean": [104, 117, 128],
        "std": [1, 1, 1],
        "picture_seed": 0,
        "output": [84.07584, 158.8035, 95.26086, -81.12332],
        "largest_output": 549.6,
    },
    "resnet50": {
        "make": resnet50_backbone,
        "names_and_shapes": "76749a0b915c207a6fc6b52650a55404f4ca03d14c92f9b397598b62174e52d7",
        "n_parameters": 24_032_576,
        "mean": [0.485 * 255, 0.456 * 255, 0.406 * 255],
        "std": [0.229 * 255, 0.224 * 255, 0.225 * 255],
        "picture_seed": 1,
        "output": [360.4609, -882.4171, -501.2096, -280.7087],
        "largest_output": 3336.7,
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_backbone_is_the_published_network(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("a backbone must not download anything")

    monkeypatch.setattr(socket, "socket", refuse)
    facts = PUBLISHED[name]
    network = facts["make"](256)
    entries = [[key, list(tensor.shape)] for key, tensor in network.state_dict().items()]
    assert hashlib.sha256(json.dumps(entries).encode()).hexdigest() == facts["names_and_shapes"]
    assert sum(parameter.numel() for parameter in network.parameters()) == facts["n_parameters"]

    fill_by_name(network)
    pixels = np.random.RandomState(facts["picture_seed"]).uniform(0, 255, (1, 3, 224, 224))
    mean, std = (np.array(facts[key])[:, None, None] for key in ("mean", "std"))
    with torch.no_grad():
        output = network.eval()(torch.from_numpy((pixels - mean) / std).float())
    assert output.shape == (1, 256)
    np.testing.assert_allclose(output[0, :4], facts["output"], rtol=0, atol=1e-5 * facts["largest_output"])


def test_bn_inception_takes_pictures_of_other_sizes() -> None:
    with torch.no_grad():
        assert BNInception(7).eval()(torch.zeros(2, 3, 96, 130)).shape == (2, 7)


@pytest.mark.parametrize(
    ("make", "size", "shape"),
    [(BNInception, 96, (1024, 3, 3)), (resnet50_backbone, 96, (2048, 3, 3)), (LightBackbone, 64, (112, 4, 4))],
)
def test_features_are_made_of_the_last_maps(make: Callable[[int], Backbone], size: int, shape: tuple) -> None:
    backbone = make(5).eval()
    pictures = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        maps = backbone.maps(pictures)
        features = backbone(pictures)
    assert maps.shape == (2, *shape)
    # Pooling and projection are all that is left to do: features are affine in the maps.
    with torch.no_grad():
        nothing = backbone.embed(torch.zeros_like(maps))
        torch.testing.assert_close(backbone.embed(2 * maps) - nothing, 2 * (features - nothing), rtol=1e-4, atol=1e-5)
