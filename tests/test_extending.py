"""A user's own backbone and heads, named in configs, go through the numbered scripts like the project's own."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
import torch

from numbered_scripts import SCRIPTS
from play_fair.build import build_attributor, build_backbone, build_networks
from play_fair.config import BackboneModelConfig, FeatureModelConfig, load_config
from play_fair.errors import UserError
from play_fair.features import HdfFeatureWriter
from play_fair.labels import write_class_priors
from play_fair.models import MultiscaleModel, save_checkpoint
from play_fair.plugins import load_plugin
from play_fair.results import EsvResults

MODELS = """
from torch import nn


class Recurrent(nn.Module):
    def __init__(self, feature_dim, n_classes, hidden_dim):
        super().__init__()
        self.gru = nn.GRU(feature_dim, hidden_dim, batch_first=True)
        self.classifier = nn.Linear(hidden_dim, n_classes)

    def forward(self, videos):
        return self.classifier(self.gru(videos)[1][-1])


def recurrent(feature_dim, n_classes, hidden_dim=8):
    return Recurrent(feature_dim, n_classes, hidden_dim)


def one_scale(n_frames, feature_dim, n_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(n_frames * feature_dim, n_classes))


def random_colours(feature_dim):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, feature_dim))


def mean_colour(feature_dim):
    backbone = random_colours(feature_dim)
    for parameter in backbone.parameters():
        nn.init.constant_(parameter, 0.5)
    return backbone
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a user's module, features of 3 classes told apart by their first frames, and priors."""
    (tmp_path / "their_models.py").write_text(MODELS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "features.hdf", "w") as file:
        for split in ("train", "validation"):
            with HdfFeatureWriter(file.create_group(split), 30, feature_dim=4) as writer:
                for number in range(30):
                    frames = rng.normal(0, 0.3, (6, 4)).astype(np.float32)
                    frames[:3, number % 3] += 2
                    writer.append(f"{split}-{number}", frames, label=number % 3)
    write_class_priors(tmp_path / "priors.csv", np.full(3, 1 / 3))
    return tmp_path


def config(project, model):
    (project / "model.jsonnet").write_text(
        "{ dataset: { name: 'theirs', n_classes: 3, feature_dim: 4, features: 'features.hdf' }, "
        f"model: {model}, training: {{ n_frames: 4, epochs: 30, lr: 0.03, batch_size: 10 }} }}"
    )
    return project / "model.jsonnet"


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, SCRIPTS[script], *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "model",
    [
        "{ kind: 'sequence', name: 'GRU', make: 'their_models:recurrent', options: { hidden_dim: 12 }, "
        "checkpoint: 'gru.pth' }",
        "{ kind: 'multiscale', name: 'Linear', make: 'their_models:one_scale', n_scales: 3, "
        "checkpoint: 'linear_{n_frames}.pth' }",
    ],
    ids=["sequence", "multiscale"],
)
def test_own_heads_are_trained_and_explained(project, model):
    path = config(project, model)
    assert run("03", path).returncode == 0
    done = run("05", path, "priors.csv", "esvs.pkl", "--sample-n-frames", 4)
    assert done.returncode == 0, done.stderr

    results = EsvResults.load(project / "esvs.pkl")
    (scale,) = results.scales
    assert (scale.scores.argmax(axis=1) == results.labels).mean() > 0.9
    assert results.efficiency_error() < 1e-6
    # The first half tells the classes apart: its two frames support the true class more than the other two.
    esvs = np.take_along_axis(scale.shapley_values, results.labels[:, None, None], axis=2)[:, :, 0].mean(axis=0)
    assert esvs[:2].sum() > 2 * esvs[2:].sum()


def test_an_own_network_is_explained_as_it_is(project):
    torch.manual_seed(0)
    model = "{ kind: 'sequence', name: 'GRU', make: 'their_models:recurrent', checkpoint: 'gru.pth' }"
    network = load_plugin("their_models:recurrent")(feature_dim=4, n_classes=3).eval()
    torch.save({"state_dict": network.state_dict()}, project / "gru.pth")
    attributor = build_attributor(
        load_config(config(project, model), FeatureModelConfig), np.full(3, 1 / 3), torch.device("cpu")
    )
    video = torch.randn(2, 4)
    v = {frames: network(video[None, list(frames)]).softmax(dim=-1)[0] for frames in [(0,), (1,), (0, 1)]}
    first = ((v[0,] - 1 / 3) + (v[0, 1] - v[1,])) / 2
    esvs, scores = attributor.explain(video)
    torch.testing.assert_close(esvs[0], first)
    torch.testing.assert_close(scores, v[0, 1])


def test_an_own_backbone(project):
    backbone = build_backbone(BackboneModelConfig(kind="their_models:mean_colour", feature_dim=5))
    assert backbone(torch.zeros(2, 3, 8, 8)).shape == (2, 5)
    assert not backbone.training


def test_an_own_backbone_without_weights_is_refused(project):
    message = r"their_models:random_colours has random weights \(2.weight differs .*\): name a checkpoint in its config"
    with pytest.raises(UserError, match=message):
        build_backbone(BackboneModelConfig(kind="their_models:random_colours", feature_dim=5))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_package.models:make", "cannot import 'no_such_package.models' .*is it installed, or its folder on"),
        ("their_models:no_such", "expected a function 'no_such' in .*their_models.py .*but there is none"),
    ],
)
def test_what_is_not_there_is_told(project, name, message):
    with pytest.raises(UserError, match=message):
        load_plugin(name)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("{ kind: 'sequence', name: 'x', make: 'their_models', checkpoint: 'x.pth' }", "package.module:function"),
        ("{ kind: 'sequence', make: 'a:b', checkpoint: 'x.pth' }", "name: missing"),
    ],
)
def test_a_wrong_config_is_told(project, model, message):
    with pytest.raises(UserError, match=message):
        load_config(config(project, model), FeatureModelConfig)


def test_an_unknown_backbone_is_refused():
    with pytest.raises(ValueError, match="expected one of bninception, resnet50, light, or your own as"):
        BackboneModelConfig(feature_dim=8, kind="vgg", checkpoint="x.pth")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "the backbone light has random weights .*: name a checkpoint in its config"),
        ({"checkpoint": "x.pth", "options": {"width": 1}}, r"LightBackbone takes, got \{'width': 1\}: .*unexpected"),
    ],
)
def test_a_backbone_that_cannot_be_built(given, message):
    with pytest.raises(UserError, match=message):
        build_backbone(BackboneModelConfig(feature_dim=8, kind="light", **given))


def test_one_scale_in_a_file_for_all_scales(project):
    """The weights are named as those of a multi-scale model."""
    path = config(
        project, "{ kind: 'multiscale', name: 'One', make: 'their_models:one_scale', n_scales: 1, checkpoint: 'm.pth' }"
    )
    network = load_plugin("their_models:one_scale")(1, 4, 3)
    save_checkpoint(MultiscaleModel([network]), project / "m.pth")
    (built,) = build_networks(load_config(path, FeatureModelConfig))
    torch.testing.assert_close(built.state_dict(), network.state_dict(), rtol=0, atol=0)
