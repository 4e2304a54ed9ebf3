"""Schemas of the config files (*.jsonnet)."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PlainSerializer,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from play_fair.config.paths import relative_to_root
from play_fair.plugins import is_plugin

Fraction = Annotated[float, Field(ge=0, lt=1)]

BACKBONES = {
    "bninception": "play_fair.models.backbones.bn_inception:BNInception",
    "resnet50": "play_fair.models.backbones.resnet:ResNet50",
    "light": "play_fair.models.backbones.light:LightBackbone",
}
"""Short names of the project's backbones."""


def _plugin(name: str) -> str:
    if not is_plugin(name):
        raise ValueError("expected a function as package.module:function")
    return name


def _backbone(kind: str) -> str:
    if kind not in BACKBONES and not is_plugin(kind):
        raise ValueError(f"expected one of {', '.join(BACKBONES)}, or your own as package.module:function")
    return kind


# `info` is pydantic's ValidationInfo or SerializationInfo: protocols that cannot be checked at run time.
def _absolute(path: str, info: Any) -> str:
    return str((info.context or Path()) / path)


def _absolute_path(path: Path, info: Any) -> Path:
    return Path(_absolute(str(path), info))


def _relative(path: str | Path, info: Any) -> str:
    return relative_to_root(path, info.context or Path())


Plugin = Annotated[str, AfterValidator(_plugin)]
"""A function as package.module:function."""

PathPattern = Annotated[str, AfterValidator(_absolute), PlainSerializer(_relative, when_used="json")]
"""A path with {n_frames} in it; see `ProjectPath`."""

ProjectPath = Annotated[Path, AfterValidator(_absolute_path), PlainSerializer(_relative, when_used="json")]
"""Relative to the context of the validation, a folder; so it is serialized, too."""


class Strict(BaseModel):
    """Base of the schemas: unknown keys are refused, as they are most likely misspelt."""

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

    kind: Annotated[str, AfterValidator(_backbone)]
    """One of `BACKBONES`, or package.module:function: called with feature_dim and `options`, it returns the network."""
    feature_dim: PositiveInt
    checkpoint: ProjectPath | None = None
    """None: the function loads the weights."""
    options: dict[str, Any] = {}

    @property
    def make(self) -> str:
        """package.module:function."""
        return BACKBONES.get(self.kind, self.kind)


class GulpDatasetConfig(Strict):
    """Videos as gulp folders, one for each split."""

    name: str
    n_classes: PositiveInt
    gulp_dir: ProjectPath
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
    features: ProjectPath
    backbone_config: ProjectPath | None = None
    """Config of the backbone that made the features (script 02), for videos that are not in the file (script 11)."""
    classes: ProjectPath | None = None
    """csv of name,id; for script 11, as are the priors."""
    class_priors: ProjectPath | None = None
    """csv of class,prior (script 04)."""


class SequenceConfig(Strict):
    """Your own network of any number of frames, (B, T, D) -> logits (B, C)."""

    n_scales: ClassVar[None] = None
    kind: Literal["sequence"]
    name: str
    make: Plugin
    """Called with feature_dim, n_classes and `options`, it returns the network, untrained."""
    options: dict[str, Any] = {}
    checkpoint: ProjectPath


class ScalesConfig(Strict):
    """Models of a fixed number of frames, one for each scale 1..n_scales."""

    name: str
    n_scales: PositiveInt
    checkpoint: PathPattern
    """Path of each scale's weights; {n_frames} stands for the scale. Without it, one file that holds all scales."""

    @property
    def scale_name(self) -> str:
        """Name of the networks of a fixed number of frames."""
        return self.name


class MultiscaleConfig(ScalesConfig):
    """Your own networks of a fixed number of frames, (B, s, D) -> logits (B, C), as one model of any number of frames.

    The expectation over sub-subsets is that of the multi-scale TRN.
    """

    kind: Literal["multiscale"]
    make: Plugin
    """Called with n_frames, feature_dim, n_classes and `options`, it returns the network of one scale, untrained."""
    options: dict[str, Any] = {}


class BuiltInConfig(Strict):
    """A model of this project: the fields of its config are the options of `make`."""

    make: ClassVar[str]

    @property
    def options(self) -> dict[str, Any]:
        return self.model_dump(exclude={"kind", "name", "n_scales", "checkpoint"})


class TsnConfig(BuiltInConfig):
    """A linear layer on each frame, logits averaged: takes any number of frames."""

    make = "play_fair.models.heads:make_tsn"
    n_scales: ClassVar[None] = None
    kind: Literal["tsn"]
    name: str = "TSN"
    input_relu: bool = True
    dropout: Fraction = 0.0
    checkpoint: ProjectPath


class TrnConfig(BuiltInConfig, ScalesConfig):
    """One multi-layer perceptron on the concatenated frames for each scale."""

    make = "play_fair.models.heads:make_trn"
    kind: Literal["trn"]
    name: str = "TRN"
    hidden_dim: PositiveInt
    hidden_layers: PositiveInt = 1
    input_relu: bool = False
    batch_norm: bool = False
    dropout: Fraction = 0.0


class MultiscaleTrnConfig(TrnConfig):
    """The single-scale TRNs as one model that takes any number of frames: the expectation over sub-subsets."""

    kind: Literal["multiscale_trn"]  # type: ignore[assignment]
    name: str = "MTRN"

    @property
    def scale_name(self) -> str:
        return "TRN"


FeatureModel = Annotated[
    TsnConfig | TrnConfig | MultiscaleTrnConfig | SequenceConfig | MultiscaleConfig, Field(discriminator="kind")
]


class TrainingConfig(Strict):
    """How feature models are trained (script 03)."""

    n_frames: PositiveInt = 8
    """Frames a model of any number of frames sees in training; one of a fixed number sees as many as its scale."""
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


class VideoDatasetConfig(Strict):
    """What a video model was trained on."""

    name: str
    gulp_dir: ProjectPath | None = None
    """Its videos, for script 10: the split's name is appended."""
    classes: ProjectPath | None = None
    """csv of name,id; None: torchvision's weights or transformers' config name the classes."""
    class_priors: ProjectPath | None = None
    """csv of class,prior: the scores of no frame; None: 1 / C each, for all videos alike."""


class VideoNetworkConfig(Strict):
    """A network from clips of pixels to logits: of a function and its checkpoint, or of a folder of transformers."""

    kind: Literal["video_model"]
    name: str
    make: Plugin | None = None
    """Called with `options`, it returns the network, untrained."""
    options: dict[str, Any] = {}
    checkpoint: ProjectPath | None = None
    """The weights of that network."""
    weights: str | None = None
    """torchvision's name for them, such as R3D_18_Weights.KINETICS400_V1: it knows the preprocessing, the classes, and
    where the file is."""
    axes: Literal["NTCHW", "NCTHW"] = "NCTHW"
    """Of the network's input: time before channels, or channels before time as torchvision's. transformers': NTCHW."""
    folder: ProjectPath | None = None
    """Or, of a transformers model: what `save_pretrained` of the model and its processor wrote."""
    hub_id: str | None = None
    """The name of that model on the Hugging Face hub, for those who do not have the folder yet."""
    grad_cam_layer: str | None = None
    """For script 10: the last layer of the network with maps (N, K, t, h, w), as `named_modules` names it."""

    @model_validator(mode="after")
    def _require_one_source(self) -> "VideoNetworkConfig":
        if (self.folder is None) == (self.make is None) or (self.make is None) != (self.checkpoint is None):
            raise ValueError("expected make and checkpoint, or the folder of a transformers model")
        return self


class ClipConfig(Strict):
    """What of a video the network sees."""

    n_frames: PositiveInt = 16
    """Evenly spread over the video."""
    any_length: bool = False
    """Whether the network takes any number of frames. Else fewer are stretched to `n_frames`, more are refused."""
    preprocess: PreprocessConfig | None = None
    """None: that of torchvision's weights, or of the transformers folder."""


class VideoExplanationConfig(Strict):
    """How a video model is explained; see `play_fair.explain`."""

    removal: Literal["drop", "hold", "resample", "mean", "black", "blur"] = "hold"
    frames_per_player: PositiveInt = 1
    """Neighbouring frames that count as one player: 2 for models that cut a clip into tubelets of two frames."""
    budget: PositiveInt = 128
    """Evaluations of the model for each video."""
    seed: NonNegativeInt = 0


class VideoModelConfig(Strict):
    """Config of a model on pixels (scripts 10 and 11)."""

    dataset: VideoDatasetConfig
    model: VideoNetworkConfig
    clip: ClipConfig = ClipConfig()
    explanation: VideoExplanationConfig = VideoExplanationConfig()

    @model_validator(mode="after")
    def _require_length(self) -> "VideoModelConfig":
        if self.explanation.removal == "drop" and not self.clip.any_length:
            raise ValueError(
                "the removal drop needs a network of any number of frames (clip.any_length: true); resample stretches "
                "the kept frames to the number it takes"
            )
        return self
