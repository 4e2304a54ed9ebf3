"""A trained model with all that it needs to explain a video it has never seen: on features of frames, or on pixels."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch

from play_fair.api import explain
from play_fair.arrays import Priors, ResizedFrames
from play_fair.attribution import MAX_EXACT_PLAYERS, Approximation, ShapleyAttributor
from play_fair.build import (
    build_attributor,
    build_backbone,
    build_preprocess,
    build_video_network,
    checkpoints_of,
    pick_device,
)
from play_fair.config import BackboneConfig, VideoExplanationConfig, VideoModelConfig, load_config, load_model_config
from play_fair.errors import UserError
from play_fair.explanation import Explanation
from play_fair.features import FeatureExtractor
from play_fair.formatting import plural
from play_fair.games.segments import segments_of_length
from play_fair.labels import read_class_priors, read_classes_csv
from play_fair.models.video_network import VideoNetwork
from play_fair.tensors import FrameFeatures, VideoImages
from play_fair.video_page.clip import Clip, thumbnail

_FRAMES_AT_ONCE = 16
"""Frames of one batch of the backbone."""

OnEvaluations = Callable[[int, int], object]
"""Called with the number of evaluations of the model that are done, and of how many."""


@runtime_checkable
class VideoModel(Protocol):
    """From the frames of a video to ESVs."""

    @property
    def name(self) -> str: ...

    @property
    def dataset(self) -> str:
        """What it was trained on."""

    @property
    def class_names(self) -> Sequence[str]: ...

    @property
    def n_frames(self) -> int:
        """Frames of a video that it is to see, unless another number is asked for."""

    def explain(
        self, clip: Clip, on_evaluations: OnEvaluations = lambda done, total: None
    ) -> tuple[Explanation, list[bytes]]:
        """Explain the clip's frames.

        Returns:
            the explanation, and a small JPEG for each of its players. Its `info` names the model and its dataset, and
            has the index in the video of each player's (middle) frame.

        Raises:
            UserError: the clip does not decode again, has more frames than the model takes, or the model gives no
                finite scores.
        """


@dataclass(frozen=True)
class FeatureVideoModel:
    """A backbone and a model on its features: exactly with interactions up to 16 frames, else with the best estimator.

    See `VideoModel`.
    """

    name: str
    dataset: str
    extractor: FeatureExtractor
    attributor: ShapleyAttributor
    priors: Priors
    class_names: Sequence[str]
    n_frames: int = 8

    def explain(
        self, clip: Clip, on_evaluations: OnEvaluations = lambda done, total: None
    ) -> tuple[Explanation, list[bytes]]:
        """See `VideoModel.explain`; it takes too little time to count evaluations."""
        features, thumbnails = self._extract(clip)
        exact = len(features) <= MAX_EXACT_PLAYERS
        attributor = self.attributor.with_interactions() if exact else Approximation().attributor(self.attributor)
        info = {**_provenance(self, clip), "frame_idxs": clip.frame_idxs.tolist()}
        (explanation,) = attributor.explanation(features[None]).explanations(self.class_names, info)
        return explanation, thumbnails

    def _extract(self, clip: Clip) -> tuple[FrameFeatures, list[bytes]]:
        """Features (n, D) and small pictures of the clip's frames, one of which is in memory at full size."""
        features: list[FrameFeatures] = []
        thumbnails: list[bytes] = []

        def shrunk() -> Iterator[ResizedFrames]:
            for frame in clip.frames():
                thumbnails.append(thumbnail(frame))
                yield self.extractor.preprocess.resize_and_crop(frame[None])

        pictures = shrunk()
        while batch := list(islice(pictures, _FRAMES_AT_ONCE)):
            features.append(self.extractor.embed(torch.from_numpy(np.concatenate(batch)).to(self.extractor.device)))
        return torch.cat(features), thumbnails


@dataclass(frozen=True)
class PixelVideoModel:
    """A network from pixels to classes, explained by `play_fair.explain`; see `VideoModel`."""

    name: str
    dataset: str
    network: VideoNetwork
    priors: Priors
    class_names: Sequence[str]
    n_frames: int
    settings: VideoExplanationConfig

    def explain(
        self, clip: Clip, on_evaluations: OnEvaluations = lambda done, total: None
    ) -> tuple[Explanation, list[bytes]]:
        """See `VideoModel.explain`; exact, and with interactions, where the budget is enough."""
        most = self.network.n_frames
        if most is not None and len(clip.frame_idxs) > most:
            raise UserError(f"expected at most {most} frames, which {self.name} takes, got {len(clip.frame_idxs)}")
        video, thumbnails = self._read(clip)
        settings = self.settings
        lengths = segments_of_length(settings.frames_per_player, len(video))
        explanation = explain(
            self.network,
            video,
            prior=self.priors,
            removal=settings.removal,
            segments=lengths,
            budget=settings.budget,
            interactions=2 ** len(lengths) - 1 <= settings.budget,
            seed=settings.seed,
            class_names=self.class_names,
            progress=on_evaluations,
        )
        middles = explanation.frame_idxs
        info = {
            **{key: value for key, value in explanation.info.items() if key != "segments"},
            **_provenance(self, clip),
            "frame_idxs": clip.frame_idxs[middles].tolist(),
            "n_frames_given": len(video),
            "frames_per_player": settings.frames_per_player,
        }
        return replace(explanation, info=info), [thumbnails[middle] for middle in middles]

    def _read(self, clip: Clip) -> tuple[VideoImages, list[bytes]]:
        """The network's input (T, 3, h, w) and small pictures of the clip's frames, one of which is in memory."""
        inputs: list[VideoImages] = []
        thumbnails: list[bytes] = []
        for frame in clip.frames():
            inputs.append(self.network.preprocess(frame[None]))
            thumbnails.append(thumbnail(frame))
        return torch.cat(inputs), thumbnails


def _provenance(model: VideoModel, clip: Clip) -> dict[str, Any]:
    return {
        "uid": clip.uid,
        "n_video_frames": clip.n_video_frames,
        "model": model.name,
        "dataset": model.dataset,
    }


def load_video_model(
    config_path: Path,
    *,
    backbone_config: Path | None = None,
    classes_csv: Path | None = None,
    class_priors: Path | None = None,
    device: str = "auto",
) -> VideoModel:
    """The model of a config, on pixels or on features (that of script 05), with its class names and priors.

    What is not given is taken from the config's `dataset`.

    Raises:
        UserError: one of these is neither given nor in the config, a file is missing, or they do not fit together.
    """
    config = load_model_config(config_path)
    if isinstance(config, VideoModelConfig):
        if backbone_config is not None:
            raise UserError(f"the model of {config_path} takes pixels, so that --backbone-config would have no effect")
        return _load_pixel_model(config, classes_csv, class_priors, pick_device(device))
    known = config.dataset
    backbone_path = _either(backbone_config, known.backbone_config, "dataset.backbone_config", config_path)
    classes_path = _either(classes_csv, known.classes, "dataset.classes", config_path)
    priors_path = _either(class_priors, known.class_priors, "dataset.class_priors", config_path)
    if backbone_config is None:
        _require_whole([backbone_path], config_path, known.name)
    backbone = load_config(backbone_path, BackboneConfig)
    if backbone.backbone.feature_dim != known.feature_dim:
        raise UserError(
            f"expected a backbone of {known.feature_dim} features, as the model of {config_path} takes, but that of "
            f"{backbone_path} makes {backbone.backbone.feature_dim}; name another with --backbone-config"
        )
    needed = {
        *checkpoints_of(config),
        *((backbone.backbone.checkpoint,) if backbone_config is None else ()),
        *((known.classes,) if classes_csv is None else ()),
        *((known.class_priors,) if class_priors is None else ()),
    }
    _require_whole(sorted(path for path in needed if path is not None), config_path, known.name)
    ids = read_classes_csv(classes_path)
    if sorted(ids.values()) != list(range(known.n_classes)):
        raise UserError(
            f"expected the names of the {known.n_classes} classes 0..{known.n_classes - 1} in {classes_path}, got "
            f"{len(ids)}; is it of another dataset?"
        )
    priors = read_class_priors(priors_path, known.n_classes)
    where = pick_device(device)
    # Pictures come with their channels last, and convolutions are fastest when weights do too.
    network = build_backbone(backbone.backbone).to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return FeatureVideoModel(
        name=config.model.name,
        dataset=known.name,
        extractor=FeatureExtractor(network, build_preprocess(backbone.preprocess), where),
        attributor=build_attributor(config, priors, where),
        priors=priors,
        class_names=sorted(ids, key=ids.__getitem__),
    )


def _load_pixel_model(
    config: VideoModelConfig, classes_csv: Path | None, class_priors: Path | None, device: torch.device
) -> PixelVideoModel:
    network = build_video_network(config)
    class_names = network.class_names
    if (path := classes_csv or config.dataset.classes) is not None:
        ids = read_classes_csv(path)
        if sorted(ids.values()) != list(range(len(ids))):
            raise UserError(f"expected the names of classes 0..{len(ids) - 1} in {path}, each once, got other ids")
        class_names = tuple(sorted(ids, key=ids.__getitem__))
    if class_names is None:
        raise UserError(
            f"expected the names of the classes of {config.model.name}: dataset.classes in the config, or --classes-csv"
        )
    n_classes, path = len(class_names), class_priors or config.dataset.class_priors
    network.network.to(device)
    return PixelVideoModel(
        name=config.model.name,
        dataset=config.dataset.name,
        network=network,
        # One prior for all videos, as results files have it.
        priors=np.full(n_classes, 1 / n_classes) if path is None else read_class_priors(path, n_classes),
        class_names=class_names,
        n_frames=config.clip.n_frames,
        settings=config.explanation,
    )


def _either(option: Path | None, field: Path | None, field_name: str, config_path: Path) -> Path:
    path = option or field
    if path is None:
        flags = {"dataset.classes": "--classes-csv", "dataset.class_priors": "--class-priors"}
        raise UserError(
            f"expected {field_name} in {config_path}, or {flags.get(field_name, '--backbone-config')}: without it "
            "there is no way from a video to what the model says of it"
        )
    return path


def _require_whole(paths: Sequence[Path], config_path: Path, dataset: str) -> None:
    """Tell at once, and with what to do, if what belongs to a config has not been made or downloaded yet."""
    if not (missing := [path for path in paths if not path.is_file()]):
        return
    others = f" (nor {plural(len(missing) - 1, 'other file')})" if len(missing) > 1 else ""
    cure = (
        "run bin/demo once, which takes five to fifteen minutes"
        if "demo" in config_path.parts
        else "train or download it as the README says, or name another model with --config"
    )
    raise UserError(
        f"the model of {config_path} ({dataset}) is not all there: {missing[0]} does not exist{others}; {cure}"
    )
