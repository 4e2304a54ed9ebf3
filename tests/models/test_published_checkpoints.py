"""Checkpoints with the names and shapes of the published ones load into our models, in every wrapping."""

import re
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

import published_layouts as published
from play_fair.build import build_networks
from play_fair.config import FeatureModelConfig, load_config
from play_fair.errors import UserError
from play_fair.models import (
    BNInception,
    FeatureTSN,
    MLPConsensus,
    MultiscaleModel,
    load_checkpoint,
    resnet50_backbone,
)

CONFIGS = Path(__file__).parents[2] / "configs"


def trn(n_frames, **options):
    return MLPConsensus(256 * n_frames, 256, 174, dropout=0.1, **options)


def multiscale_trn(n_scales):
    return MultiscaleModel([trn(n) for n in range(1, n_scales + 1)])


HEADS = {
    "tsn": (published.tsn, partial(FeatureTSN, 256, 174, dropout=0.7)),
    **{f"trn_{n}_frames": (partial(published.trn, n), partial(trn, n)) for n in range(1, 17)},
    **{f"mtrn_{n}_frames": (partial(published.multiscale_trn, n), partial(multiscale_trn, n)) for n in (8, 16)},
    "deep": (partial(published.trn, 3, hidden_layers=3), partial(trn, 3, hidden_layers=3)),
    "batch_norm": (partial(published.trn, 3, 2, batch_norms=True), partial(trn, 3, hidden_layers=2, batch_norm=True)),
    "relu": (
        partial(published.trn, 3, 2, True, True),
        partial(trn, 3, hidden_layers=2, batch_norm=True, input_relu=True),
    ),
}
BACKBONES = {"trn": (published.bn_inception, BNInception), "tsn": (published.resnet50, resnet50_backbone)}


def weights_of(layout):
    """A number of its own for every value: none is mistaken for another."""
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.rand(shape, generator=generator) if shape else torch.tensor(7) for name, shape in layout.items()
    }


def rounded(weights):
    """What half precision leaves of them."""
    return {name: value.half().float() if value.is_floating_point() else value for name, value in weights.items()}


def adam(weights):
    """What an optimiser keeps of each parameter: the published files are three times the size of their weights."""
    state = {i: {"step": 3, "exp_avg": v.clone(), "exp_avg_sq": v.clone()} for i, v in enumerate(weights.values())}
    return {"state": state, "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.999), "params": list(state)}]}


WRAPPINGS = {
    "state_dict": lambda weights: {"state_dict": weights},
    "model": lambda weights: {"model": weights},
    "bare": lambda weights: weights,
    "optimiser": lambda weights: {"epoch": 3, "model": weights, "optimiser": adam(weights), "best": torch.tensor(0.5)},
    "data_parallel": lambda weights: {"state_dict": {f"module.{name}": value for name, value in weights.items()}},
    "float16": lambda weights: {
        "model": {name: value.half() if value.is_floating_point() else value for name, value in weights.items()}
    },
}


def assert_holds(module: nn.Module, weights):
    """Every tensor of the module is the published one of its name, in float32."""
    own = module.state_dict()
    assert len(own) == len(weights)
    for name, value in weights.items():
        loaded = own[name]
        assert loaded.dtype == (torch.float32 if value.is_floating_point() else torch.int64)
        torch.testing.assert_close(loaded, value.to(loaded.dtype), rtol=0, atol=0)


def load_into(make, content, path, **options):
    torch.save(content, path, **options)
    module = make()
    load_checkpoint(module, path)
    return module


@pytest.mark.parametrize("name", HEADS)
def test_heads_load(tmp_path, name):
    layout, make = HEADS[name]
    weights = weights_of(layout())
    assert_holds(load_into(make, {"state_dict": weights}, tmp_path / f"{name}.pth"), weights)


@pytest.mark.parametrize("n_scales", [8, 16])
def test_configs_of_multi_scale_files_load_them(tmp_path, n_scales):
    (tmp_path / "configs").symlink_to(CONFIGS)
    (tmp_path / "checkpoints/features").mkdir(parents=True)
    weights = weights_of(published.multiscale_trn(n_scales))
    torch.save({"state_dict": weights}, tmp_path / f"checkpoints/features/mtrn_{n_scales}_frames.pth")
    config = load_config(tmp_path / f"configs/feature_mtrn_{n_scales}_frames.jsonnet", FeatureModelConfig)
    assert_holds(MultiscaleModel(build_networks(config)), weights)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before PyTorch 1.6"])
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_heads_load_in_every_wrapping(tmp_path, wrapping, zipped):
    layout, make = HEADS["batch_norm"]
    weights = weights_of(layout())
    path = tmp_path / "trn.pth"
    module = load_into(make, WRAPPINGS[wrapping](weights), path, _use_new_zipfile_serialization=zipped)
    assert_holds(module, rounded(weights) if wrapping == "float16" else weights)


@pytest.mark.parametrize("name", BACKBONES)
def test_backbones_load(tmp_path, name):
    layout, make = BACKBONES[name]
    weights = weights_of(layout())
    half = {f"module.{name}": value for name, value in WRAPPINGS["float16"](weights)["model"].items()}
    path = tmp_path / f"{name}.pth"
    assert_holds(load_into(lambda: make(256), {"state_dict": weights}, path), weights)
    module = load_into(lambda: make(256), {"model": half}, path, _use_new_zipfile_serialization=False)
    assert_holds(module, rounded(weights))


@pytest.mark.parametrize(
    ("layout", "make", "message"),
    [
        (
            published.resnet50(),
            lambda: BNInception(256),
            "485 entries): 414 missing: conv1_7x7_s2.weight, conv1_7x7_s2.bias, conv1_7x7_s2_bn.weight, ...; "
            "318 unexpected: conv1.weight, bn1.weight, bn1.bias, ...; "
            "1 of another shape: last_linear.weight (256, 2048), expected (256, 1024).",
        ),
        (
            published.resnet50(),
            lambda: resnet50_backbone(128),
            "320 entries): 2 of another shape: last_linear.weight (256, 2048), expected (128, 2048), "
            "last_linear.bias (256,), expected (128,).",
        ),
        (
            published.trn(4),
            lambda: trn(3),
            "4 entries): 1 of another shape: model.1.weight (256, 1024), expected (256, 768).",
        ),
        (
            published.tsn(),
            lambda: trn(1),
            "4 entries): 4 missing: model.1.weight, model.1.bias, model.3.weight, ...; "
            "2 unexpected: classifier.weight, classifier.bias.",
        ),
        (
            published.multiscale_trn(8),
            lambda: multiscale_trn(16),
            "64 entries): 32 missing: single_scale_models.8.model.1.weight, single_scale_models.8.model.1.bias, "
            "single_scale_models.8.model.3.weight, ....",
        ),
    ],
)
def test_a_wrong_one_says_what_differs(tmp_path, layout, make, message):
    with pytest.raises(UserError, match=re.escape(message)):
        load_into(make, {"state_dict": weights_of(layout)}, tmp_path / "wrong.pth")
