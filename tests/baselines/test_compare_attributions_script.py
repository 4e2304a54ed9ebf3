"""Script 10 as a person runs it, on a tiny gulped dataset."""

import subprocess
import sys
from importlib.util import find_spec

import h5py
import numpy as np
import pandas as pd
import pytest
import torch

import tiny_video_networks
from numbered_scripts import SCRIPTS, run_here
from play_fair.build import build_preprocess
from play_fair.config import BackboneConfig, load_config
from play_fair.errors import UserError
from play_fair.features import HdfFeatureWriter
from play_fair.files import write_json
from play_fair.labels import write_class_priors
from play_fair.models import FeatureTSN, MLPConsensus, save_checkpoint
from play_fair.models.backbones.light import LightBackbone
from play_fair.models.small_video_networks import Convolution
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


PIXELS = """{{ dataset: {{ name: 'toys', gulp_dir: 'long' }}, model: {{ kind: 'video_model', {model} }},
              clip: {{ {clip} }}, explanation: {{ budget: 8, {explanation} }} }}"""
CONFIGS |= {
    "convolution": PIXELS.format(
        model="""name: 'Conv', make: 'play_fair.models.small_video_networks:Convolution', options: { n_classes: 3 },
                 checkpoint: 'conv.pth', axes: 'NTCHW', grad_cam_layer: 'maps'""",
        clip="n_frames: 6, any_length: true, preprocess: { size: [32, 32], scale: 255 }",
        explanation="",
    ),
    "videomae": PIXELS.format(
        model="name: 'MAE', folder: 'mae'",
        clip="n_frames: 6, preprocess: { size: [32, 32], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }",
        explanation="frames_per_player: 2, removal: 'mean'",
    ),
}
CONFIGS |= {
    name: f"(import 'convolution.jsonnet') {{ {changes} }}"
    for name, changes in {
        "no_videos": "dataset+: { gulp_dir: null }",
        "no_layer": "model+: { grad_cam_layer: 'layer4' }",
        "fixed": "clip+: { any_length: false }",
        "two_classes": "model+: { options: { n_classes: 2 }, checkpoint: 'two.pth' }",
    }.items()
}


def write_gulp(folder, n_frames):
    """N_VIDEOS videos of noise."""
    pictures = np.random.default_rng(0).integers(0, 256, (N_VIDEOS, n_frames, 32, 48, 3), dtype=np.uint8)
    folder.mkdir(parents=True)
    encoded = [
        EncodedVideo(f"v{i}", {"id": f"v{i}", "label": "", "idx": i % C}, list(map(encode_frame, video)))
        for i, video in enumerate(pictures)
    ]
    write_chunk(folder, 0, encoded)


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
    write_gulp(folder / "gulp/validation", 5)
    videos = GulpVideoDataset(folder / "gulp/validation")
    preprocess = build_preprocess(load_config(folder / "light.jsonnet", BackboneConfig).preprocess)
    with h5py.File(folder / "f.hdf", "w") as file, torch.no_grad():
        for split, shift in (("validation", 0), ("elsewhere", 1)):
            with HdfFeatureWriter(file.create_group(split), N_VIDEOS, D) as writer:
                for i, uid in enumerate(videos.uids):
                    features = backbone(preprocess(videos.frames(uid))).numpy()
                    writer.append(uid, features + shift, i % C)
    (folder / "gulp/elsewhere").symlink_to(folder / "gulp/validation")
    write_gulp(folder / "long/validation", 7)
    save_checkpoint(Convolution(C), folder / "conv.pth")
    save_checkpoint(Convolution(2), folder / "two.pth")
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
    methods = pd.read_csv(project / "out/methods.csv")
    assert methods["videos"].max() == N_VIDEOS
    measured = methods[methods["measure"] == "max-sensitivity"].set_index(["model", "method"])
    assert measured.loc[("TSN", "esv"), "videos"] == 4, "the first four"
    assert (measured.loc[[("TSN", "esv"), ("MTRN", "ig"), ("MTRN", "grad-cam-signed")], "mean"] > 0).all()
    assert "--seed 1" in (project / "out/tables.md").read_text()


@pytest.mark.skipif(find_spec("transformers") is None, reason="transformers is not installed: play-fair[transformers]")
def test_models_of_pixels(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    tiny_video_networks.save_transformers("videomae", project / "mae", 32, ("a", "b", "c"), n_frames=6)
    options = ("--limit", 2, "--sensitivity-videos", 1)
    run_here("10", "convolution.jsonnet", "videomae.jsonnet", "priors.csv", "pixels", *options)
    told = capsys.readouterr().out
    assert "Left out attention-rollout: expected joint attention over one token a frame" in told
    assert "Left out grad-cam-signed: expected a layer for grad-cam-signed, but the config of MAE names none" in told
    assert "Conv, frame ablation: ESVs, estimated from 8 evaluations a video, have a removal gap of" in told

    attributions = pd.read_csv(project / "pixels/attributions.csv")
    methods = attributions.groupby("model")["method"].unique().map(set)
    assert methods["Conv"] - methods["MAE"] == {"grad-cam", "grad-cam-signed"}
    assert methods["MAE"] - methods["Conv"] == {"attention-rollout"}
    frames = attributions.groupby("model")["frame"].unique().map(sorted)
    assert len(frames["Conv"]) == 6
    assert frames["MAE"] == frames["Conv"][::2], "the first one of the two in the middle of each player"
    videos = pd.read_csv(project / "pixels/videos.csv").dropna(subset="value")
    measured = videos.groupby("measure")["uid"].nunique()
    assert (measured["max-sensitivity"], measured["infidelity, best scale"]) == (1, 2)
    assert "best" not in set(videos["method"]), "the best order is known where all scores are in a table"
    gaps = videos[(videos["measure"] == "efficiency gap") & (videos["method"] == "esv")]["value"]
    assert (gaps < 1e-4).all()
    tables = (project / "pixels/tables.md").read_text()
    conv, mae = tables.split("## Conv: all methods")[1].split("## MAE: all methods")
    assert "ESVs are estimated from 8 evaluations of the model for each video" in conv
    assert "| ESV |" in conv
    assert "| exact ESV |" in mae, "8 evaluations are enough for the 7 coalitions of 3 players"
    assert "* frames: 6\n" in tables


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
        (("no_videos.jsonnet", *MODELS[2:]), "expected the gulp folder of the videos of Conv: set dataset.gulp_dir"),
        (("no_layer.jsonnet", *MODELS[2:]), "expected a layer of Conv as model.grad_cam_layer, such as one of maps,"),
        (("fixed.jsonnet", *MODELS[2:]), "expected --sample-n-frames 6, which Conv takes, got 2"),
        (
            ("two_classes.jsonnet", *MODELS[2:]),
            r"expected class ids in 0..1, which Conv has, in .*/long/validation, got",
        ),
        (("convolution.jsonnet", *MODELS[2:], "--sample-n-frames", 18), "expected videos of at least 18 frames, but"),
        (
            ("convolution.jsonnet", *MODELS[2:], "--methods", "attention-rollout"),
            "expected joint attention over one token a frame .*, but Conv has none; leave it out",
        ),
    ],
)
def test_bad_input_is_told(project, monkeypatch, arguments, message):
    monkeypatch.chdir(project)
    with pytest.raises(UserError, match=message):
        run_here("10", "--sample-n-frames", 2, *arguments)
