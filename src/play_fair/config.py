"""What a config file may say: schemas for *.jsonnet, which are checked here and built elsewhere.

Paths in a config are relative to the folder a script is run from: the root of the project.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import _jsonnet
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt, ValidationError

from play_fair.errors import UserError
from play_fair.files import require_file

Fraction = Annotated[float, Field(ge=0, lt=1)]


class Strict(BaseModel):
    """A schema that knows its keys: an unknown one is refused, for it is most likely misspelt."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class PreprocessConfig(Strict):
    """From uint8 RGB frames to the backbone's input: resize, crop, order of channels, range, mean and std."""

    short_side: PositiveInt | None = None
    """Resize so that the short side has this many pixels."""
    size: tuple[PositiveInt, PositiveInt] | None = None
    """Or resize to exactly this height and width."""
    crop: PositiveInt | None = None
    """Then cut this square out of the centre."""
    channel_order: Literal["rgb", "bgr"] = "rgb"
    scale: PositiveFloat = 1.0
    """The value white is mapped to before mean and std: 1 or 255."""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """In the order of `channel_order`."""
    std: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = (1.0, 1.0, 1.0)


class BackboneModelConfig(Strict):
    """A network from one frame to a feature vector."""

    kind: Literal["bninception", "resnet50", "light"]
    feature_dim: PositiveInt
    checkpoint: Path


class GulpDatasetConfig(Strict):
    """Videos as gulp folders, one for each split."""

    name: str
    n_classes: PositiveInt
    gulp_dir: Path
    """The split's name is appended: gulp_dir/validation."""


class BackboneConfig(Strict):
    """Config of feature extraction (script 02)."""

    dataset: GulpDatasetConfig
    preprocess: PreprocessConfig
    backbone: BackboneModelConfig
    batch_size: PositiveInt = 64
    """Frames the backbone sees at once, from as many videos as it takes."""


class FeatureDatasetConfig(Strict):
    """Videos as features in an HDF5 file, one group for each split."""

    name: str
    n_classes: PositiveInt
    feature_dim: PositiveInt
    features: Path


class TsnConfig(Strict):
    """A linear layer on each frame, logits averaged: takes any number of frames."""

    kind: Literal["tsn"]
    name: str = "TSN"
    input_relu: bool = True
    dropout: Fraction = 0.0
    checkpoint: Path


class TrnConfig(Strict):
    """One multi-layer perceptron on the concatenated frames for each scale (number of frames) 1..n_scales."""

    kind: Literal["trn"]
    name: str = "TRN"
    n_scales: PositiveInt
    hidden_dim: PositiveInt
    hidden_layers: PositiveInt = 1
    input_relu: bool = False
    batch_norm: bool = False
    dropout: Fraction = 0.0
    checkpoint: str
    """Path of each scale's weights; {n_frames} stands for the scale."""


class MultiscaleTrnConfig(TrnConfig):
    """The single-scale TRNs as one model that takes any number of frames (design: expectation over sub-subsets).

    `checkpoint` names each scale's file, or, without {n_frames}, one file that holds all scales.
    """

    kind: Literal["multiscale_trn"]  # type: ignore[assignment]
    name: str = "MTRN"


FeatureModel = Annotated[TsnConfig | TrnConfig | MultiscaleTrnConfig, Field(discriminator="kind")]


class TrainingConfig(Strict):
    """How feature models are trained (script 03)."""

    n_frames: PositiveInt = 8
    """Frames a TSN sees in training; a TRN sees as many as its scale."""
    epochs: PositiveInt = 30
    batch_size: PositiveInt = 128
    lr: PositiveFloat = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-2
    label_smoothing: Fraction = 0.0
    patience: PositiveInt = 10
    """Stop after this many epochs without a better validation accuracy."""
    seed: NonNegativeInt = 0


class FeatureModelConfig(Strict):
    """Config of a model on features: training (script 03) and ESVs (script 05)."""

    dataset: FeatureDatasetConfig
    model: FeatureModel
    training: TrainingConfig = TrainingConfig()


Config = TypeVar("Config", bound=Strict)


def evaluate_jsonnet(path: Path | str) -> Any:
    """The json content a jsonnet file evaluates to, imports included.

    Raises:
        UserError: it is missing or no jsonnet.
    """
    path = require_file(path, "a config")
    try:
        return json.loads(_jsonnet.evaluate_file(str(path)))
    except RuntimeError as error:
        raise UserError(f"cannot evaluate {path}: {error}") from None


def load_config(path: Path | str, schema: type[Config]) -> Config:
    """Evaluate a jsonnet file and check it against `schema`.

    Raises:
        UserError: it is missing or no jsonnet, a key is unknown or missing, or a value is not what is expected.
            All such places are listed.
    """
    content = evaluate_jsonnet(path)
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        problems = "\n".join(f"  {_describe(dict(problem))}" for problem in error.errors())
        raise UserError(f"{path} is not a valid {schema.__name__}:\n{problems}") from None


def _describe(problem: dict) -> str:
    where = ".".join(str(step) for step in problem["loc"]) or "top level"
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key; check its spelling"
    if problem["type"] == "missing":
        return f"{where}: missing"
    return f"{where}: {problem['msg']}, got {problem['input']!r}"
