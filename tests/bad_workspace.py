"""A small project folder with good files, and beside them bad ones that a person might give to the scripts."""

import json
import pickle
from dataclasses import replace

import h5py
import numpy as np
import torch

from example_results import make_results
from play_fair.features import HdfFeatureWriter
from play_fair.models import FeatureTSN, MLPConsensus, save_checkpoint
from play_fair.models.backbones.light import LightBackbone
from play_fair.videos.gulp import EncodedVideo, encode_frame, write_chunk
from synthetic_media import brightening_frames, cut, make_video, noisy_video, write_labels

D, C = 4, 3
DATASET = f"name: 'd', n_classes: {C}, feature_dim: {D}"
PRIORS = "class,prior\n0,0.25\n1,0.5\n2,0.25\n"


def make_workspace(folder):
    """All of it, in `folder`."""
    _configs(folder)
    _checkpoints(folder)
    _features(folder)
    _tables(folder)
    _results(folder)
    _labels_and_videos(folder)
    _gulp(folder)
    (folder / "a_file").write_text("not a folder")
    (folder / "a_folder").mkdir()
    (folder / "garbage").write_bytes(b"\x00garbage")
    return folder


def _configs(folder):
    heads = {
        "tsn": "kind: 'tsn', checkpoint: 'tsn.pth'",
        "trn": "kind: 'trn', n_scales: 3, hidden_dim: 5, checkpoint: 'trn_{n_frames}.pth'",
        "mtrn": "kind: 'multiscale_trn', n_scales: 3, hidden_dim: 5, checkpoint: 'trn_{n_frames}.pth'",
        "deeper": "kind: 'multiscale_trn', n_scales: 3, hidden_dim: 5, hidden_layers: 2, "
        "checkpoint: 'trn_{n_frames}.pth'",
        "one_path": "kind: 'trn', n_scales: 3, hidden_dim: 5, checkpoint: 'trn.pth'",
        "no_weights": "kind: 'tsn', checkpoint: 'none.pth'",
        "garbage_weights": "kind: 'tsn', checkpoint: 'garbage'",
        "misspelt": "kind: 'tsn', checkpoint: 'tsn.pth', dropuot: 0.1",
        "no_kind": "checkpoint: 'tsn.pth'",
        "untrained": "kind: 'tsn', checkpoint: 'a_file/tsn.pth'",
    }
    for name, model in heads.items():
        text = (
            f"{{ dataset: {{ {DATASET}, features: 'features.hdf' }}, model: {{ {model} }}, training: {{ epochs: 1 }} }}"
        )
        (folder / f"{name}.jsonnet").write_text(text)
    for name in ("missing", "garbage", "nan", "twice", "unlabelled", "other_dim", "no_frames", "cut", "empty"):
        config = f"(import 'tsn.jsonnet') {{ dataset+: {{ features: '{name}.hdf' }} }}"
        (folder / f"tsn_{name}.jsonnet").write_text(config)
    (folder / "tsn_2_classes.jsonnet").write_text("(import 'tsn.jsonnet') { dataset+: { n_classes: 2 } }")
    (folder / "no_jsonnet.jsonnet").write_text("{ dataset: ")
    (folder / "endless.jsonnet").write_text("local f(x) = f(x + 1) + 1; f(1)")
    (folder / "list.jsonnet").write_text("[1]")
    backbones = {
        "light": "checkpoint: 'light.pth'",
        "light_none": "checkpoint: 'none.pth'",
        "light_wrong": "checkpoint: 'tsn.pth'",
        "light_nan": "checkpoint: 'light_nan.pth'",
    }
    for name, checkpoint in backbones.items():
        for gulp in ("gulp", "gulp_none", "gulp_empty", "gulp_cut", "gulp_jpeg", "gulp_no_class", "gulp_uid"):
            suffix = gulp.removeprefix("gulp")
            text = (
                f"{{ dataset: {{ name: 'd', n_classes: {C}, gulp_dir: '{gulp}' }}, preprocess: {{ size: [16, 28] }}, "
                f"backbone: {{ kind: 'light', feature_dim: {D}, {checkpoint} }} }}"
            )
            (folder / f"{name}{suffix}.jsonnet").write_text(text)
    crop = "(import 'light.jsonnet') { preprocess: { short_side: 16, crop: 32 } }"
    (folder / "light_crop.jsonnet").write_text(crop)
    (folder / "resnet.jsonnet").write_text("(import 'light.jsonnet') { backbone+: { kind: 'resnet50' } }")


def _checkpoints(folder):
    torch.manual_seed(0)
    save_checkpoint(FeatureTSN(D, C), folder / "tsn.pth")
    for n in (1, 2, 3):
        save_checkpoint(MLPConsensus(D * n, 5, C), folder / f"trn_{n}.pth")
    backbone = LightBackbone(D)
    save_checkpoint(backbone, folder / "light.pth")
    backbone.last_linear.bias.data.fill_(float("nan"))
    save_checkpoint(backbone, folder / "light_nan.pth")


def write_features(path, uids=("10", "11", "12", "13"), lengths=(6, 7, 8, 9), labels=(0, 1, 2, 0), dim=D, value=None):
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for split in ("train", "validation"):
            with HdfFeatureWriter(file.create_group(split), len(uids), dim) as writer:
                for uid, length, label in zip(uids, lengths, labels, strict=True):
                    writer.append(uid, rng.standard_normal((length, dim)).astype(np.float32), label)
            if value is not None:
                file[f"{split}/features"][1] = np.full(D * value[1], value[0], np.float32)
    return path


def _features(folder):
    write_features(folder / "features.hdf")
    write_features(folder / "nan.hdf", value=(np.nan, 7))
    write_features(folder / "no_frames.hdf", value=(0, 0))
    write_features(folder / "twice.hdf", uids=("10", "11", "11", "13"))
    write_features(folder / "unlabelled.hdf", labels=(-1, -1, -1, -1))
    write_features(folder / "other_dim.hdf", dim=2 * D)
    write_features(folder / "empty.hdf", (), (), ())
    cut(write_features(folder / "cut.hdf"), -500)
    (folder / "garbage.hdf").write_bytes(b"\x00garbage")


def _tables(folder):
    tables = {
        "priors.csv": PRIORS,
        "priors_sum.csv": PRIORS.replace("0.5", "0.4"),
        "priors_short.csv": "class,prior\n0,0.5\n1,0.5\n",
        "priors_nan.csv": PRIORS.replace("0.5", "nan"),
        "priors_twice.csv": PRIORS + "1,0\n",
        "priors_more.csv": PRIORS + "3,0\n",
        "priors_words.csv": PRIORS.replace("0.5", "half"),
        "classes.csv": "name,id\nMoving something up,1\nDropping something,0\nPoking something,2\n",
        "classes_short.csv": "name,id\nMoving something up,1\nDropping something,0\n",
        "classes_twice.csv": "name,id\na,1\na,0\n",
        "uids.csv": "uid\nv0\nv2\n",
        "uids_none.csv": "uid\n",
        "uids_other.csv": "uid\nnobody\n",
        "uids_path.csv": "uid\n../x\n",
        "uids_gulp.csv": "uid\n20\n",
    }
    for name, content in tables.items():
        (folder / name).write_text(content)
    (folder / "no_text.csv").write_bytes(b"\xff\xfe\x00")


def _results(folder):
    options = {"n_videos": 3, "n_classes": C}
    for n in (1, 2):
        make_results(n, **options).save(folder / f"esvs-{n}.pkl")
    make_results(2, n_videos=3, n_classes=5).save(folder / "esvs-classes.pkl")
    make_results(2, n_classes=C, uids=["v7", "v8"]).save(folder / "esvs-others.pkl")
    good = make_results(2, **options)
    replace(good, labels=(good.labels + 1) % C).save(folder / "esvs-labels.pkl")
    content = good.to_dict()
    bad = {
        "twice": {"uids": np.array(["v0", "v1", "v1"])},
        "nan": {"scores": np.full((3, C), np.nan, np.float32)},
        "long": {"uids": np.array(["v0", "v1", "x" * 300])},
        "no_length": {"sequence_lengths": np.zeros(3, np.int64)},
        "shape": {"scores": np.zeros((3, C + 1), np.float32)},
    }
    for name, changes in bad.items():
        (folder / f"esvs-{name}.pkl").write_bytes(pickle.dumps({**content, **changes}))
    (folder / "esvs-cut.pkl").write_bytes(pickle.dumps(content)[:-30])
    (folder / "esvs-code.pkl").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")


def _labels_and_videos(folder):
    write_labels(folder / "labels", ["30", "31", "32", "33"])
    entry = {"id": "30", "template": "Moving [something] up"}
    splits = {
        "twice": [entry, entry],
        "path": [{**entry, "id": "../x"}],
        "long": [{**entry, "id": "x" * 300}],
        "unicode": [{**entry, "id": "видео 猫"}],
        "no_id": [{"template": "Moving [something] up"}],
        "class": [{**entry, "template": "Juggling [something]"}],
        "half": [entry, {"id": "31"}],
        "no_list": {"30": entry},
        "unlabelled": [{"id": "30"}],
        "empty": [],
    }
    for name, content in splits.items():
        (folder / "labels" / f"{name}.json").write_text(json.dumps(content))
    (folder / "labels" / "cut.json").write_text('[{"id": "30"')
    (folder / "alone").mkdir()
    (folder / "alone" / "train.json").write_text(json.dumps([entry]))
    (folder / "names.json").write_text('{"Moving something up": "one"}')
    videos = folder / "videos"
    videos.mkdir()
    make_video(videos / "30.webm")
    cut(noisy_video(videos / "31.webm"), 5000)
    (videos / "32.webm").write_bytes(b"")
    (folder / "no_video.webm").write_text("this is text")


def _gulp(folder):
    frames = [encode_frame(frame) for frame in brightening_frames(3, height=16, width=28)]

    def write(name, uid="20", **meta):
        for split in ("train", "validation"):
            video = EncodedVideo(uid, {"id": uid, "label": "", "idx": 1, **meta}, frames)
            write_chunk(folder / name / split, 0, [video])

    write("gulp")
    write("gulp_cut")
    cut(folder / "gulp_cut/validation/data_0.gulp", -10)
    write("gulp_jpeg")
    data = folder / "gulp_jpeg/validation/data_0.gulp"
    data.write_bytes(bytes(100) + data.read_bytes()[100:])
    write("gulp_no_class", idx="one")
    write("gulp_uid", uid="../x")
    (folder / "gulp_empty/validation").mkdir(parents=True)
    for name, content in (("20", frames), ("21", [b"no jpeg", frames[0]])):
        (folder / "frames" / name).mkdir(parents=True)
        for index, jpeg in enumerate(content):
            (folder / "frames" / name / f"frame_{index:06d}.jpg").write_bytes(jpeg)
    (folder / "frames_gap/20").mkdir(parents=True)
    for index in (0, 2):
        (folder / "frames_gap/20" / f"frame_{index:06d}.jpg").write_bytes(frames[0])
