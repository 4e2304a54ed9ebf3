"""A small valid file of every kind that `loaders` reads."""

import gzip
import json
import pickle

import h5py
import numpy as np
import torch

from example_results import make_results
from play_fair.features import HdfFeatureWriter
from play_fair.models import MLPConsensus
from play_fair.results import EsvResults
from play_fair.videos.gulp import EncodedVideo, encode_frame, write_chunk
from synthetic_media import brightening_frames

FEATURE_CONFIG = """local scales = 2;
{ dataset: { name: 'd', n_classes: 3, feature_dim: 4, features: 'f.hdf' },
  model: { kind: 'multiscale_trn', n_scales: scales, hidden_dim: 5, checkpoint: 'trn_{n_frames}.pth' } }
"""
BACKBONE_CONFIG = """{ dataset: { name: 'd', n_classes: 3, gulp_dir: 'g' },
  preprocess: { short_side: 8, crop: 4, mean: [0.485, 0.456, 0.406] },
  backbone: { kind: 'light', feature_dim: 4, checkpoint: 'light.pth' } }
"""


def write_valid_files(folder):
    """Write them below `folder`; kind -> path."""
    small = {"n_videos": 2, "n_classes": 3}
    text = {
        "classes": ("classes.csv", 'name,id\nMoving something up,1\n"Dropping ""it"", then",0\n'),
        "priors": ("priors.csv", "class,prior\n0,0.25\n1,0.5\n2,0.25\n"),
        "uids": ("uids.csv", "uid,label\n7,x\n9,y\n"),
        "split": ("train.json", json.dumps([{"id": "7", "template": "Moving [something] up"}])),
        "class_ids": ("labels.json", json.dumps({"Moving something up": "1", "Dropping something": "0"})),
        "config": ("feature.jsonnet", FEATURE_CONFIG),
        "backbone_config": ("backbone.jsonnet", BACKBONE_CONFIG),
    }
    for name, content in text.values():
        (folder / name).write_text(content)
    paths = {kind: folder / name for kind, (name, _) in text.items()}
    paths["split_gz"] = folder / "train.json.gz"
    paths["split_gz"].write_bytes(gzip.compress(paths["split"].read_bytes()))

    paths["results"] = folder / "esvs.pkl"
    content = make_results(2, **small, attrs={"seed": 0, "config": {"a": [1, 0.5, None]}}).to_dict()
    paths["results"].write_bytes(pickle.dumps({**content, "uids": content["uids"].astype(object)}, 5))
    paths["collated"] = folder / "collated.pkl"
    EsvResults.collate([make_results(n, **small) for n in (1, 2)]).save(paths["collated"])

    paths["features"] = folder / "features.hdf"
    with h5py.File(paths["features"], "w") as file, HdfFeatureWriter(file.create_group("train"), 2, 4) as writer:
        for uid, n_frames in (("7", 2), ("é", 1)):
            writer.append(uid, np.ones((n_frames, 4), np.float32), label=1)

    jpegs = [encode_frame(frame) for frame in brightening_frames(2, height=8, width=8)]
    for kind, name in (("gulp_meta", "meta_0.gmeta"), ("gulp_data", "data_0.gulp")):
        (folder / kind).mkdir()
        write_chunk(folder / kind, 0, [EncodedVideo("7", {"id": "7", "label": "", "idx": 1}, jpegs)])
        paths[kind] = folder / kind / name

    weights = {"model": MLPConsensus(4, 5, 2).state_dict(), "epoch": 1}
    paths["checkpoint"], paths["old_checkpoint"] = folder / "new.pth", folder / "old.pth"
    torch.save(weights, paths["checkpoint"])
    torch.save(weights, paths["old_checkpoint"], _use_new_zipfile_serialization=False)
    return paths
