"""The demo's models and videos, as a notebook wants them: one video at a time, with its features and its pictures."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from play_fair.arrays import FrameIndices, Frames
from play_fair.attribution import ShapleyAttributor
from play_fair.build import build_attributor, checkpoints_of
from play_fair.config import BackboneConfig, FeatureModelConfig, load_config
from play_fair.errors import UserError
from play_fair.features import open_features
from play_fair.formatting import plural
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.labels import read_class_priors, read_classes_csv
from play_fair.tensors import FrameFeatures
from play_fair.videos.gulp_dataset import GulpVideoDataset

CONFIGS = Path("configs/demo")
DATA = Path("datasets/demo")
MODELS = ("feature_multiscale_trn", "feature_tsn")


class DemoNotFoundError(UserError):
    """The demo was not run, or this is not the project."""

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows of it: the message alone."""
        return [f"{type(self).__name__}: {self}"]


def enter_project(start: Path | None = None) -> Path:
    """Make the root of the project the working folder, for the paths in configs start there; returns it.

    Args:
        start: a folder in the project; None: the working folder.

    Raises:
        DemoNotFoundError: there is no project around `start`, or the demo's files are not all there.
    """
    start = (start or Path.cwd()).resolve()
    root = next((folder for folder in (start, *start.parents) if (folder / CONFIGS).is_dir()), None)
    if root is None:
        raise DemoNotFoundError(f"expected to be in a folder of the project (one that has {CONFIGS}), got {start}")
    os.chdir(root)
    if missing := [path for path in _needed() if not path.exists()]:
        raise DemoNotFoundError(
            f"expected what the demo makes, but {plural(len(missing), 'file')} are not there, such as {missing[0]}: "
            f"run `bin/demo --no-serve` in the folder {root.name} once, and run this notebook again"
        )
    return root


def _needed() -> list[Path]:
    weights = [path for model in MODELS for path in checkpoints_of(_config(model))]
    return [DATA / "class-priors.csv", _config(MODELS[0]).dataset.features, _gulp_dir() / "classes.csv", *weights]


def demo_attributor(model: str) -> ShapleyAttributor:
    """What explains videos with a trained model of configs/demo (one of `MODELS`), exactly, on the CPU."""
    config = _config(model)
    priors = read_class_priors(DATA / "class-priors.csv", config.dataset.n_classes)
    return build_attributor(config, priors, torch.device("cpu"))


@dataclass(frozen=True)
class SampledVideo:
    """Uniformly sampled frames of one video.

    Attributes:
        label: the true class id.
        indices: which frames of the video, ascending.
        features: (n, D), what the model sees of them.
        pictures: (n, H, W, 3).
    """

    uid: str
    label: int
    indices: FrameIndices
    features: FrameFeatures
    pictures: Frames


class DemoVideos:
    """The demo's videos of one split.

    Attributes:
        classes: names, at class id.
        uids: of all videos.
    """

    def __init__(self, split: str = "validation") -> None:
        dataset = _config(MODELS[0]).dataset
        ids = read_classes_csv(_gulp_dir() / "classes.csv")
        self.classes = sorted(ids, key=ids.__getitem__)
        self._gulped = GulpVideoDataset(_gulp_dir() / split)
        with open_features(dataset.features, split, dataset.feature_dim) as videos:
            self.uids = list(videos.uids)
            self._features, labels = zip(*(videos[row] for row in range(len(videos))), strict=True)
        self._labels = [about["label"] for about in labels]

    def of_class(self, name: str) -> list[str]:
        """uids of the videos of a class.

        Raises:
            UserError: there is no such class.
        """
        if name not in self.classes:
            raise UserError(f"expected a class among {', '.join(self.classes)}; got {name!r}")
        label = self.classes.index(name)
        return [uid for uid, own in zip(self.uids, self._labels, strict=True) if own == label]

    def sampled(self, uid: str, n_frames: int) -> SampledVideo:
        """`n_frames` frames of a video, spread uniformly.

        Raises:
            UserError: there is no such video, or it has fewer frames.
        """
        if uid not in self.uids:
            raise UserError(f"expected one of the {len(self.uids)} videos of the split, got the id {uid!r}")
        row = self.uids.index(uid)
        features = self._features[row]
        if len(features) < n_frames:
            raise UserError(f"expected at most the {len(features)} frames that video {uid} has, got {n_frames}")
        indices = uniform_frame_indices(len(features), n_frames)
        pictures = self._gulped.frames(uid)[indices]
        return SampledVideo(uid, self._labels[row], indices, torch.from_numpy(features[indices]), pictures)


def _config(model: str) -> FeatureModelConfig:
    return load_config(CONFIGS / f"{model}.jsonnet", FeatureModelConfig)


def _gulp_dir() -> Path:
    return load_config(CONFIGS / "light.jsonnet", BackboneConfig).dataset.gulp_dir
