"""Networks from clips of pixels to classes, as functions of frames in time order, with their preprocessing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from play_fair.arrays import Frames
from play_fair.errors import UserError
from play_fair.models.checkpoints import load_checkpoint
from play_fair.tensors import VideoImages

Clips = Float[Tensor, "N T 3 h w"]
PreprocessClip = Callable[[Frames], VideoImages]
"""From uint8 RGB frames (T, H, W, 3) to the network's input (T, 3, h, w), each frame by itself."""


@dataclass(frozen=True)
class VideoNetwork:
    """A network of clips (N, T, 3, h, w), adapted to its order of axes and number of frames.

    Attributes:
        network: returns logits (N, C), or an object with `logits`.
        preprocess: from frames to the input of the network.
        class_names: C names; None: not known.
        channels_first: whether it takes (N, 3, T, h, w).
        n_frames: the only number of frames that it takes: shorter clips are stretched to it by nearest neighbour. None:
            it takes any number.
    """

    network: nn.Module
    preprocess: PreprocessClip
    class_names: tuple[str, ...] | None = None
    channels_first: bool = False
    n_frames: int | None = None

    def __call__(self, clips: Clips) -> Any:
        """The output of the network."""
        n_given = clips.shape[1]
        if self.n_frames is not None and n_given < self.n_frames:
            times = (2 * torch.arange(self.n_frames, device=clips.device) + 1) * n_given // (2 * self.n_frames)
            clips = clips[:, times]
        return self.network(clips.transpose(1, 2) if self.channels_first else clips)


def torchvision_weights(name: str) -> Any:
    """The entry of torchvision's list of published weights: its `url`, `transforms` and `meta`. Downloads nothing.

    Raises:
        UserError: there is no such entry.
    """
    from torchvision.models import get_weight

    try:
        return get_weight(name)
    except (ValueError, AttributeError) as error:
        raise UserError(
            f"expected the name of torchvision's weights, such as R3D_18_Weights.KINETICS400_V1, got {name!r}: {error}"
        ) from None


def load_torchvision_checkpoint(network: nn.Module, path: Path, weights: Any = None) -> None:
    """Load a checkpoint; if it is missing, name where torchvision publishes it.

    Args:
        weights: see `torchvision_weights`; None: they are not torchvision's.

    Raises:
        UserError: it is missing, or see `load_checkpoint`.
    """
    if weights is not None and not path.is_file():
        megabytes = f"{weights.meta['_file_size']:.0f} MB"
        raise UserError(
            f"expected the weights {weights} at {path}, but there is no file; download them ({megabytes}): "
            f"curl --create-dirs --output {path} {weights.url}"
        )
    load_checkpoint(network, path)


def preprocessing_of_weights(weights: Any) -> PreprocessClip:
    """The preprocessing with which torchvision's weights were evaluated."""
    transforms = weights.transforms()

    def preprocess(frames: Frames) -> VideoImages:
        return transforms(torch.from_numpy(frames).permute(0, 3, 1, 2)).transpose(0, 1)

    return preprocess


def load_transformers_folder(folder: Path, hub_id: str | None = None) -> tuple[nn.Module, tuple[str, ...]]:
    """The video classifier that `save_pretrained` of transformers wrote to a folder, and its class names.

    Nothing is downloaded, and no code of the folder runs.

    Args:
        hub_id: its name on the Hugging Face hub, for the message if the folder is missing.

    Raises:
        UserError: the folder is missing, or holds something else.
    """
    if not (folder / "config.json").is_file():
        name = hub_id or "NAME/OF-A-MODEL"
        raise UserError(
            f"expected a transformers model at {folder}, but there is no config.json; download it once with: python -c "
            f'"from transformers import AutoModelForVideoClassification as M, AutoVideoProcessor as P; '
            f"[part.from_pretrained('{name}').save_pretrained('{folder}') for part in (M, P)]\""
        )
    from transformers import AutoModelForVideoClassification

    try:
        network = AutoModelForVideoClassification.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise UserError(f"cannot load {folder} as a video classifier of transformers: {error}") from error
    names = network.config.id2label
    return network, tuple(str(names[class_id]) for class_id in sorted(names))


def preprocessing_of_transformers(folder: Path) -> PreprocessClip:
    """The preprocessing of the processor in the folder of a transformers model.

    Raises:
        UserError: there is none.
    """
    from transformers import AutoVideoProcessor

    try:
        processor = AutoVideoProcessor.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise UserError(
            f"expected the config of a video processor in {folder}, as its save_pretrained writes it, or a "
            f"clip.preprocess in the config: {error}"
        ) from error

    def preprocess(frames: Frames) -> VideoImages:
        inputs = processor(torch.from_numpy(frames).permute(0, 3, 1, 2), return_tensors="pt", do_sample_frames=False)
        return next(iter(inputs.values()))[0]  # the only entry is (1, T, 3, h, w); its name depends on the model

    return preprocess
