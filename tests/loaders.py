"""All readers of files that may come from others, by the kind of file: what is loaded is used as the scripts use it.

Run as a program it loads the files it is told on stdin, a line ["kind", "path"] each, and answers with a line each:
"loaded", "refused" (a UserError) or what else was raised. Whoever started it can so tell a crash from an error.
"""

import json
import resource
import sys
from pathlib import Path

from play_fair.config import BackboneConfig, FeatureModelConfig, load_config
from play_fair.errors import UserError
from play_fair.features import open_features
from play_fair.labels import read_class_priors, read_classes_csv, read_uids_csv
from play_fair.models import MLPConsensus, load_checkpoint
from play_fair.results import EsvResults
from play_fair.videos.gulp_dataset import GulpVideoDataset
from play_fair.videos.ssv2 import read_class_ids, read_split

MEMORY = 1 << 30
"""Bytes a load may take beside what the process has, most of which is PyTorch's libraries."""


def results(path):
    loaded = EsvResults.load(path)
    assert loaded.efficiency_error() >= 0
    print(*loaded.uids[:3], loaded.attrs, file=sys.stderr)


def features(path):
    with open_features(path, "train", feature_dim=4, n_classes=5) as videos:
        assert all(x.shape[1] == 4 and labels["uid"] for x, labels in videos)


def gulp(path):
    """`path` is a meta file or a data file in a gulp folder."""
    videos = GulpVideoDataset(path.parent)
    assert len(videos.labels) == len(videos)
    for uid in videos.uids:
        assert videos.frames(uid).ndim == 4


def split(path):
    read_split(path, {"Moving something up": 1, "Dropping something": 0})


LOADERS = {
    "results": results,
    "collated": results,
    "features": features,
    "classes": lambda path: read_classes_csv(path),
    "priors": lambda path: read_class_priors(path, 3),
    "uids": lambda path: read_uids_csv(path),
    "split": split,
    "split_gz": split,
    "class_ids": lambda path: read_class_ids(path),
    "gulp_meta": gulp,
    "gulp_data": gulp,
    "checkpoint": lambda path: load_checkpoint(MLPConsensus(4, 5, 2), path),
    "old_checkpoint": lambda path: load_checkpoint(MLPConsensus(4, 5, 2), path),
    "config": lambda path: load_config(path, FeatureModelConfig),
    "backbone_config": lambda path: load_config(path, BackboneConfig),
}


def main():
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    for line in sys.stdin:
        kind, path = json.loads(line)
        try:
            LOADERS[kind](Path(path))
            answer = "loaded"
        except UserError as error:
            answer = "refused"
            print(error, file=sys.stderr)
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
