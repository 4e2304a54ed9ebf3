"""Script 10 as a person runs it, on a tiny gulped dataset."""

import subprocess
import sys

import h5py
import numpy as np
import pandas as pd
import pytest
import torch

from numbered_scripts import SCRIPTS, run_here
from play_fair.build import build_preprocess
from play_fair.config import BackboneConfig, load_config
from play_fair.errors import UserError
from play_fair.features import HdfFeatureWriter
from play_fair.files import write_json
from play_fair.labels import write_class_priors
from play_fair.models import FeatureTSN, MLPConsensus, save_checkpoint
from play_fair.models.backbones.light import LightBackbone
from play_fair.videos.gulp import EncodedVideo, encode_frame, write_chunk
from play_fair.videos.gulp_dataset import GulpVideoDataset

MODELS = ("mtrn.jsonnet", "tsn.jsonnet", "priors.csv", "out")
N_VIDEOS, D, C = 6, 5, 3

DATASET = "dataset: { name: 'toys', n_classes: 3, feature_dim: 5, features: 'f.hdf', backbone_config: 'light.jsonnet' }"
CONFIGS = {
    "light": """{ dataset: { name: 'toys', n_classes: 3, gulp_dir: 'gulp' }, preprocess: { size: [32, 48] },
                  backbone: { kind: 'light', feature_dim: 5, checkpoint: 'light.pth' } }""",
    "tsn": f"{{ {DATASET}, model: {{ kind: 'tsn', checkpoint: 'tsn.pth' }} }}",
    "mtrn": f"""{{ {DATASET}, model: {{ kind: 'multiscale_trn', n_scales: 2, hidden_dim: 6,
                                      checkpoint: 'trn_{{n_frames}}.pth' }} }}""",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with pictures, their features, trained weights (random ones) and decisive frames."""
    folder = tmp_path_factory.mktemp("toys")
    for name, text in CONFIGS.items():
        (folder / f"{name}.jsonnet").write_text(text)
    torch.manual_seed(0)
    backbone = LightBackbone(D).eval()
    save_checkpoint(backbone, folder / "light.pth")
    save_checkpoint(FeatureTSN(D, C), folder / "tsn.pth")
    for n_frames in (1, 2):
        save_checkpoint(MLPConsensus(D * n_frames, 6, C), folder / f"trn_{n_frames}.pth")
    write_class_priors(folder / "priors.csv", np.array([0.5, 0.3, 0.2]))
    pictures = np.random.default_rng(0).integers(0, 256, (N_VIDEOS, 5, 32, 48, 3), dtype=np.uint8)
    (folder / "gulp/validation").mkdir(parents=True)
    encoded = [
        EncodedVideo(f"v{i}", {"id": f"v{i}", "label": "", "idx": i % C}, list(map(encode_frame, video)))
        for i, video in enumerate(pictures)
    ]
    write_chunk(folder / "gulp/validation", 0, encoded)
    videos = GulpVideoDataset(folder / "gulp/validation")
    preprocess = build_preprocess(load_config(folder / "light.jsonnet", BackboneConfig).preprocess)
    with h5py.File(folder / "f.hdf", "w") as file, torch.no_grad():
        for split, shift in (("validation", 0), ("elsewhere", 1)):
            with HdfFeatureWriter(file.create_group(split), N_VIDEOS, D) as writer:
                for i, uid in enumerate(videos.uids):
                    features = backbone(preprocess(videos.frames(uid))).numpy()
                    writer.append(uid, features + shift, i % C)
    (folder / "gulp/elsewhere").symlink_to(folder / "gulp/validation")
    windows = {
        f"v{i}": {"kind": ("local", "state-change")[i % 2], "decisive": [1, 2], "twin": f"v{i ^ 2}" if i < 4 else None}
        for i in range(N_VIDEOS)
    }
    write_json(folder / "decisive.json", {"videos": windows})
    return folder


def test_two_models_with_pictures_and_windows(project):
    arguments = (*MODELS, "--sample-n-frames", "3", "--decisive-frames", "decisive.json", "--seed", "1")
    done = subprocess.run(
        [sys.executable, SCRIPTS["10"], *arguments], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "Comparison: out/report.html"
    assert "MTRN, frame ablation: exact ESVs have a removal gap of" in done.stdout
    assert "TSN, state-change evidence: the largest ESV is in the decisive window of " in done.stdout

    attributions = pd.read_csv(project / "out/attributions.csv")
    assert len(attributions) == 2 * 12 * N_VIDEOS * 3, "models, methods, videos, frames"
    assert set(attributions["frame"]) == {0, 2, 4}
    wide = attributions.pivot_table(index=["model", "uid", "frame"], columns="method", values="attribution")
    assert (wide["grad-cam"] >= 0).all()
    assert (wide["grad-cam-signed"] < 0).any()
    assert pd.read_csv(project / "out/methods.csv")["videos"].max() == N_VIDEOS
    assert "--seed 1" in (project / "out/tables.md").read_text()


def test_without_pictures_features_are_looked_at(project, monkeypatch):
    monkeypatch.chdir(project)
    run_here("10", "tsn.jsonnet", "priors.csv", "blind", "--sample-n-frames", 2, "--no-pictures", "--limit", 3)
    attributions = pd.read_csv(project / "blind/attributions.csv")
    assert attributions["uid"].nunique() == 3
    assert "gradient-x-input" in set(attributions["method"])
    assert not {"grad-cam", "grad-cam-signed"} & set(attributions["method"])
    assert not (project / "blind/decisive.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*MODELS, "--split", "elsewhere"), "expected the backbone to give the features of video v0 that are in the"),
        ((*MODELS, "--sample-n-frames", 17), "expected videos of at least 17 frames, but there are none; sample fewer"),
        ((*MODELS, "--limit", 0), "expected --limit of at least 1, got 0"),
        ((*MODELS, "--no-pictures", "--methods", "grad-cam"), "expected pictures for grad-cam, but there are none"),
        ((*MODELS, "--decisive-frames", "tsn.json"), "expected a json of decisive frames"),
        (("tsn.jsonnet", *MODELS[1:], "--methods", "esv"), "expected models of different names, got TSN, TSN"),
    ],
)
def test_bad_input_is_told(project, monkeypatch, arguments, message):
    monkeypatch.chdir(project)
    with pytest.raises(UserError, match=message):
        run_here("10", "--sample-n-frames", 2, *arguments)
