"""Last convolutional maps of the pictures of a video, for Grad-CAM and Integrated Gradients."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from play_fair.arrays import FrameIndices, Frames
from play_fair.errors import UserError
from play_fair.models.backbones.backbone import Backbone
from play_fair.tensors import FrameFeatures, Maps, VideoImages

_TOLERANCE = 0.02
"""Relative to the largest feature: more than the rounding of mixed precision, less than another backbone."""


@dataclass(frozen=True)
class Pixels:
    """Pictures of the videos, and the backbone.

    Attributes:
        backbone: the one that the features were extracted with; a `Backbone`, in evaluation mode on the device.
        preprocess: transform from pictures to inputs of the backbone.
        frames_of: function from uid to all frames of a video.

    Raises:
        UserError: the backbone is no `Backbone`.
    """

    backbone: nn.Module
    preprocess: Callable[[Frames], VideoImages]
    frames_of: Callable[[str], Frames]
    device: torch.device

    def __post_init__(self) -> None:
        if not isinstance(self.backbone, Backbone):
            raise UserError(
                f"expected a backbone with `maps` and `embed` (play_fair.models.backbones.backbone.Backbone), got "
                f"{type(self.backbone).__name__}; leave out the methods that need its last convolutional maps"
            )

    @torch.no_grad()
    def maps(self, uid: str, indices: FrameIndices, features: FrameFeatures) -> Maps:
        """Compute the maps of a video's sampled frames (n, K, h, w), on the CPU.

        Raises:
            UserError: the features made of these maps are not `features`.
        """
        frames = self.frames_of(uid)
        if len(frames) <= indices.max():
            raise UserError(
                f"expected more than {indices.max()} pictures of video {uid}, as it has features, got {len(frames)}; "
                "give the gulp folder that the features were extracted from"
            )
        assert isinstance(self.backbone, Backbone)
        maps = self.backbone.maps(self.preprocess(frames[indices]).to(self.device))
        error = (self.backbone.embed(maps).cpu() - features).abs().max()
        if error > _TOLERANCE * features.abs().max():
            raise UserError(
                f"expected the backbone to give the features of video {uid} that are in the features file, but they "
                f"differ by up to {error:.2g}; give the backbone and pictures that the features were extracted with"
            )
        return maps.cpu()
