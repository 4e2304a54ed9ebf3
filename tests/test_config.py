from pathlib import Path

import pytest

from play_fair.config import (
    BackboneConfig,
    FeatureModelConfig,
    VideoModelConfig,
    load_config,
    load_model_config,
    provenance,
)
from play_fair.errors import UserError

CONFIGS = sorted(Path(__file__).parents[1].glob("configs/**/*.jsonnet"))


def schema_of(path):
    if path.parent.name == "video" or path.name.startswith("pixel_"):
        return VideoModelConfig
    return FeatureModelConfig if path.name.startswith("feature_") else BackboneConfig


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_is_valid(path):
    load_config(path, schema_of(path))


def test_there_are_configs_for_all_published_checkpoints():
    names = {path.stem for path in CONFIGS if path.parent.name == "configs"}
    backbones, heads = {"trn_bninception", "tsn_resnet50"}, {"feature_trn", "feature_tsn", "feature_multiscale_trn"}
    assert names == backbones | heads | {"feature_mtrn_8_frames", "feature_mtrn_16_frames"}


def test_demo_configs_override_the_ssv2_ones():
    for path in (path for path in CONFIGS if path.parent.name == "demo" and not path.name.startswith("pixel_")):
        assert "import '../" in path.read_text(), path
        assert load_config(path, schema_of(path)).dataset.n_classes == 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("model+: {droput: 0.1}", "model.tsn.droput: unknown key; check its spelling"),
        ("modle: {}", "modle: unknown key"),
        ("dataset: {}", "dataset.name: missing"),
        ("model+: {dropout: 1.5}", "model.tsn.dropout: .* got 1.5"),
        ("model+: {kind: 'lstm'}", "model.kind: lstm, expected 'tsn', 'trn', 'multiscale_trn'"),
    ],
)
def test_bad_configs_name_file_and_key(tmp_path, change, message):
    path = tmp_path / "x.jsonnet"
    original = next(path for path in CONFIGS if path.stem == "feature_tsn")
    path.write_text(f"(import '{original}') {{ {change} }}")
    with pytest.raises(UserError, match=message) as error:
        load_config(path, FeatureModelConfig)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("model+: {folder: 'x'}", "model: expected make and checkpoint, or the folder of a transformers model"),
        ("model+: {checkpoint: null}", "model: expected make and checkpoint, or the folder"),
        ("clip: {any_length: false}, explanation: {removal: 'drop'}", "top level: the removal drop needs a network of"),
        ("explanation+: {removal: 'cut'}", r"explanation\.removal: Input should be 'drop', 'hold', .*, got 'cut'"),
        ("clip+: {n_frame: 8}", r"clip\.n_frame: unknown key; check its spelling"),
    ],
)
def test_bad_configs_of_video_models(tmp_path, change, message):
    path = tmp_path / "x.jsonnet"
    path.write_text(f"(import '{next(path for path in CONFIGS if path.stem == 'r3d_18')}') {{ {change} }}")
    with pytest.raises(UserError, match=message):
        load_model_config(path)


def test_what_is_no_jsonnet(tmp_path):
    (tmp_path / "x.jsonnet").write_text("{ a: ")
    with pytest.raises(UserError, match=r"cannot evaluate .*x.jsonnet"):
        load_config(tmp_path / "x.jsonnet", BackboneConfig)


MULTISCALE = """{
    dataset: { name: 'd', n_classes: 3, feature_dim: 4, features: 'datasets/f.hdf', classes: '/elsewhere/classes.csv' },
    model: { kind: 'multiscale_trn', n_scales: 2, hidden_dim: 5, checkpoint: 'checkpoints/trn_{n_frames}.pth' },
}"""


@pytest.mark.parametrize("config", ["configs/mine/x.jsonnet", "experiments/x.jsonnet"])
def test_paths_are_relative_to_the_projects_root_from_any_folder(tmp_path, monkeypatch, config):
    root, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in ((root / config).parent, root / "configs", elsewhere):
        folder.mkdir(parents=True, exist_ok=True)
    (root / config).write_text(MULTISCALE)
    monkeypatch.chdir(elsewhere)
    path = Path("../project") / config
    loaded = load_config(path, FeatureModelConfig)
    assert loaded.dataset.features == root / "datasets/f.hdf"
    assert loaded.dataset.classes == Path("/elsewhere/classes.csv")
    assert loaded.model.checkpoint == str(root / "checkpoints/trn_{n_frames}.pth")

    written = provenance(loaded, path)
    assert written["dataset"]["features"] == "datasets/f.hdf"
    assert written["dataset"]["classes"] == "/elsewhere/classes.csv"
    assert written["model"]["checkpoint"] == "checkpoints/trn_{n_frames}.pth"


def test_a_config_outside_of_a_project_is_relative_to_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "x.jsonnet").write_text(MULTISCALE)
    monkeypatch.chdir(tmp_path)
    assert load_config("x.jsonnet", FeatureModelConfig).dataset.features == tmp_path / "datasets/f.hdf"
