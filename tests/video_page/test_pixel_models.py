"""Script 11 with models on pixels: each family of networks, tiny and untrained, through its ready config."""

import json
from importlib.util import find_spec

import numpy as np
import pytest
import torch

import tiny_video_networks
from numbered_scripts import run_here
from play_fair.errors import UserError
from play_fair.labels import write_classes_csv
from play_fair.models import save_checkpoint
from play_fair.results import EsvResults
from play_fair.video_page.job import explain_videos
from play_fair.video_page.model import load_video_model
from play_fair.videos.ffmpeg import encode_webm
from synthetic_media import FAST, make_video
from tiny_project import ROOT

SIDE = 32
needs_transformers = pytest.mark.skipif(
    find_spec("transformers") is None, reason="transformers is not installed: pip install 'play-fair[transformers]'"
)
TORCHVISION = {
    "r3d_18": {"n_classes": 400},
    "s3d": {"n_classes": 400},
    "mvit_v2_s": {"n_classes": 400, "n_frames": 16, "side": SIDE},
    "swin3d_t": {"n_classes": 400},
}
TRANSFORMERS = ("videomae", "timesformer", "vjepa2")


def write_config(folder, family="r3d_18", **changes):
    """A config that changes parts of a family's ready one: dataset, model, clip, explanation."""
    path = folder / f"{family}.jsonnet"
    parts = ", ".join(f"{name}+: {json.dumps(fields)}" for name, fields in changes.items())
    path.write_text(f"(import '{ROOT}/configs/video/{family}.jsonnet') {{ {parts} }}")
    return path


def torchvision_config(folder, family, **changes):
    """With a checkpoint of a tiny network; classes are those of torchvision's weights, frames are small."""
    torch.manual_seed(0)
    options = TORCHVISION[family]
    save_checkpoint(getattr(tiny_video_networks, family)(**options), folder / "tiny.pth")
    model = {"make": f"tiny_video_networks:{family}", "options": options, "checkpoint": str(folder / "tiny.pth")}
    return write_config(folder, family, model=model, clip={"preprocess": {"size": [SIDE, SIDE]}}, **changes)


def transformers_config(folder, family, **changes):
    """With a folder of a tiny model and its processor."""
    tiny_video_networks.save_transformers(family, folder / "tiny", SIDE)
    return write_config(folder, family, model={"folder": str(folder / "tiny")}, **changes)


def lit_config(folder, axes="NTCHW", **changes):
    """Of the network that tells which frame is lit, with black frames for removed ones."""
    channels_first = axes == "NCTHW"
    save_checkpoint(tiny_video_networks.LitFrames(channels_first), folder / "lit.pth")
    names = {f"frame {t} in {colour}": 3 * t + c for t in range(6) for c, colour in enumerate(("red", "green", "blue"))}
    write_classes_csv(folder / "classes.csv", names)
    model = {
        "make": "tiny_video_networks:LitFrames",
        "options": {"channels_first": channels_first},
        "checkpoint": str(folder / "lit.pth"),
        "weights": None,
        "axes": axes,
    }
    parts = {
        "dataset": {"classes": str(folder / "classes.csv")},
        "model": model,
        "clip": {"n_frames": 6, "any_length": False, "preprocess": {"size": [SIDE, SIDE]}},
        "explanation": {"removal": "black", "budget": 63},
    }
    return write_config(folder, **{name: {**part, **changes.get(name, {})} for name, part in parts.items()})


def lit_video(path, lit, n_frames=6):
    """Black frames, but frame t of each (t, channel) has that channel lit."""
    frames = np.zeros((n_frames, 48, 64, 3), np.uint8)
    for frame, channel in lit:
        frames[frame, ..., channel] = 255
    encode_webm(frames, path, 12.0, FAST)
    return path


@pytest.mark.parametrize(
    "family", [*TORCHVISION, *(pytest.param(name, marks=needs_transformers) for name in TRANSFORMERS)]
)
def test_every_family_from_its_ready_config_to_a_page(family, tmp_path):
    make_config = torchvision_config if family in TORCHVISION else transformers_config
    path = make_config(tmp_path, family, explanation={"budget": 6})
    model = load_video_model(path)
    video = make_video(tmp_path / "v.webm", n_frames=20)
    run_here("11", video, "--config", path, "--output-dir", tmp_path / "out")
    content = json.loads((tmp_path / "out" / "v.json").read_text())
    html = (tmp_path / "out" / "v.html").read_text()
    n_players, in_tubelets = len(content["frames"]), "2 neighbouring frames count as one." in html
    assert n_players * (2 if in_tubelets else 1) == model.n_frames
    assert in_tubelets == (family in ("mvit_v2_s", "swin3d_t", "videomae", "vjepa2"))
    first = content["classes"][0]
    assert first["prior"] + sum(first["esvs"]) == pytest.approx(first["score"], abs=1e-5)
    assert max(first["standard_errors"]) > 0
    assert 'class="whisker' in html
    assert f"{model.name} was given {model.n_frames} of 20 frames" in html
    assert f"6 evaluations of the model out of {2**n_players - 1:,} possible ones (budget 6)" in html
    assert "(removal “hold”)" in html
    results = EsvResults.load(tmp_path / "out" / "results.pkl")
    assert results.efficiency_error() < 1e-5


@pytest.mark.parametrize("axes", ["NTCHW", "NCTHW"])
def test_frames_and_channels_reach_the_network_in_their_order(axes, tmp_path):
    model = load_video_model(lit_config(tmp_path, axes))
    video = lit_video(tmp_path / "v.webm", [(1, 0), (4, 2)])
    explain_videos(model, [video], tmp_path / "out")
    content = json.loads((tmp_path / "out" / "v.json").read_text())
    first, second, *_ = content["classes"]
    assert content["exact"]
    assert {first["name"], second["name"]} == {"frame 1 in red", "frame 4 in blue"}
    for entry in (first, second):
        assert int(np.argmax(entry["esvs"])) == int(entry["name"].split()[1])
        assert "interactions" in entry


def test_a_player_of_two_frames_is_shown_at_the_first_of_them(tmp_path):
    model = load_video_model(lit_config(tmp_path, explanation={"frames_per_player": 2, "budget": 7}))
    explain_videos(model, [lit_video(tmp_path / "v.webm", [(3, 1)])], tmp_path / "out")
    content = json.loads((tmp_path / "out" / "v.json").read_text())
    assert content["frames"] == [0, 2, 4]
    assert content["classes"][0]["name"] == "frame 3 in green"
    assert int(np.argmax(content["classes"][0]["esvs"])) == 1


def test_a_short_video_is_stretched_and_too_many_frames_are_refused(tmp_path):
    model = load_video_model(lit_config(tmp_path))
    short = lit_video(tmp_path / "short.webm", [(1, 0)], n_frames=3)
    long = make_video(tmp_path / "long.webm", n_frames=9)
    stages = []
    report = explain_videos(model, [short, long], tmp_path / "out", n_frames=-1, on_stage=stages.append)
    assert list(report.failed.values()) == ["expected at most 6 frames, which R3D-18 takes, got 9"]
    content = json.loads((tmp_path / "out" / "short.json").read_text())
    assert {entry["name"] for entry in content["classes"][:2]} == {"frame 2 in red", "frame 3 in red"}
    assert stages[-1] == "long.webm: explaining 9 frames"
    assert "short.webm: 7 of 7 evaluations of the model, 0 s left" in stages


def test_missing_weights_say_where_they_come_from(tmp_path):
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    with pytest.raises(
        UserError,
        match=r"expected the weights R3D_18_Weights\.KINETICS400_V1 at \S*/checkpoints/video/r3d_18-b3b3357e\.pth, but "
        r"there is no file; download them \(127 MB\): "
        r"curl --create-dirs --output \S*/checkpoints/video/r3d_18-b3b3357e\.pth"
        r" https://download\.pytorch\.org/models/r3d_18-b3b3357e\.pth$",
    ):
        load_video_model(tmp_path / "configs" / "video" / "r3d_18.jsonnet")
    with pytest.raises(
        UserError, match=r"at \S*/checkpoints/video/videomae, .*from_pretrained\('MCG-NJU/videomae-base-fine"
    ):
        load_video_model(tmp_path / "configs" / "video" / "videomae.jsonnet")


def test_what_a_config_of_a_video_model_must_name(tmp_path):
    with pytest.raises(UserError, match=r"expected the names of the classes of R3D-18: dataset\.classes in the config"):
        load_video_model(lit_config(tmp_path, dataset={"classes": None}))
    with pytest.raises(UserError, match=r"expected clip\.preprocess in the config of a model without torchvision's"):
        load_video_model(lit_config(tmp_path, clip={"preprocess": None}))
    with pytest.raises(UserError, match=r"expected the name of torchvision's weights, .*, got 'R3D'"):
        load_video_model(write_config(tmp_path, model={"weights": "R3D"}))
    with pytest.raises(UserError, match="takes pixels, so that --backbone-config would have no effect"):
        load_video_model(lit_config(tmp_path), backbone_config=tmp_path / "light.jsonnet")


def test_preprocessing_of_torchvisions_weights(tmp_path):
    """R3D-18: resized to 128 x 171, 112 x 112 cropped, normalised."""
    torchvision_config(tmp_path, "r3d_18")
    path = write_config(
        tmp_path,
        model={
            "make": "tiny_video_networks:r3d_18",
            "options": TORCHVISION["r3d_18"],
            "checkpoint": str(tmp_path / "tiny.pth"),
        },
    )
    preprocess = load_video_model(path).network.preprocess
    frames = np.zeros((2, 128, 171, 3), np.uint8)
    frames[1, :, :, 0] = 255
    video = preprocess(frames)
    assert video.shape == (2, 3, 112, 112)
    mean, std = torch.tensor([0.43216, 0.394666, 0.37645]), torch.tensor([0.22803, 0.22145, 0.216989])
    torch.testing.assert_close(video[0, :, 0, 0], -mean / std)
    torch.testing.assert_close(video[1, :, 0, 0], (torch.tensor([1.0, 0, 0]) - mean) / std)


@needs_transformers
def test_preprocessing_and_classes_of_a_transformers_folder(tmp_path):
    model = load_video_model(transformers_config(tmp_path, "videomae"))
    assert model.class_names == ("up", "down", "left", "right")
    frames = np.zeros((2, SIDE, SIDE, 3), np.uint8)
    frames[1, :, :, 2] = 255
    video = model.network.preprocess(frames)
    assert video.shape == (2, 3, SIDE, SIDE)
    assert video[1, 2].min() > video[1, 0].max() == video[0].max()
