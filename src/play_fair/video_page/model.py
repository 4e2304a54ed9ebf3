"""A trained model with all that it needs to explain a video it has never seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from play_fair.arrays import Priors
from play_fair.attribution import MAX_EXACT_PLAYERS, Approximation, ShapleyAttributor
from play_fair.build import build_attributor, build_backbone, build_preprocess, checkpoints_of, pick_device
from play_fair.config import BackboneConfig, FeatureModelConfig, load_config
from play_fair.errors import UserError
from play_fair.explanation import Explanation
from play_fair.features import FeatureExtractor
from play_fair.formatting import plural
from play_fair.labels import read_class_priors, read_classes_csv
from play_fair.tensors import FrameFeatures
from play_fair.video_page.clip import Clip, thumbnail


@dataclass(frozen=True)
class VideoModel:
    """From the frames of a video to ESVs."""

    name: str
    dataset: str
    extractor: FeatureExtractor
    attributor: ShapleyAttributor
    priors: Priors
    class_names: Sequence[str]

    def explain(self, clip: Clip) -> tuple[Explanation, list[bytes]]:
        """Explain the clip's frames: exactly with interactions up to 16 frames, else with the best estimator.

        Returns:
            the explanation, whose `info` names the model and its dataset, and the T frames as small JPEGs.

        Raises:
            UserError: the clip does not decode again, or the model gives no finite scores.
        """
        features, thumbnails = self._extract(clip)
        exact = len(features) <= MAX_EXACT_PLAYERS
        attributor = self.attributor.with_interactions() if exact else Approximation().attributor(self.attributor)
        info = {
            "uid": clip.uid,
            "frame_idxs": clip.frame_idxs.tolist(),
            "n_video_frames": clip.n_video_frames,
            "model": self.name,
            "dataset": self.dataset,
        }
        (explanation,) = attributor.explanation(features[None]).explanations(self.class_names, info)
        return explanation, thumbnails

    def _extract(self, clip: Clip) -> tuple[FrameFeatures, list[bytes]]:
        """Features (n, D) and small pictures of the clip's frames, which are never all in memory at full size."""
        features: list[FrameFeatures] = []
        thumbnails: list[bytes] = []
        for frames in clip.frames(at_once=16):
            pictures = torch.from_numpy(self.extractor.preprocess.resize_and_crop(frames))
            features.append(self.extractor.embed(pictures.to(self.extractor.device)))
            thumbnails += map(thumbnail, frames)
        return torch.cat(features), thumbnails


def load_video_model(
    config_path: Path,
    *,
    backbone_config: Path | None = None,
    classes_csv: Path | None = None,
    class_priors: Path | None = None,
    device: str = "auto",
) -> VideoModel:
    """The model of a config (that of script 05), with its backbone, class names and priors.

    What is not given is taken from the config's `dataset`.

    Raises:
        UserError: one of these is neither given nor in the config, a file is missing, or they do not fit together.
    """
    config = load_config(config_path, FeatureModelConfig)
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
    return VideoModel(
        name=config.model.name,
        dataset=known.name,
        extractor=FeatureExtractor(network, build_preprocess(backbone.preprocess), where),
        attributor=build_attributor(config, priors, where),
        priors=priors,
        class_names=sorted(ids, key=ids.__getitem__),
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
