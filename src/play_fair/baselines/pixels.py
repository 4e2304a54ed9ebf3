"""From the pictures of a video to its last convolutional maps, for methods that look at them."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from play_fair.arrays import FrameIndices, Frames
from play_fair.errors import UserError
from play_fair.models.backbones.backbone import Backbone
from play_fair.tensors import FrameFeatures, Maps, VideoImages

_TOLERANCE = 0.02
"""Of the largest feature: mixed precision may have rounded, but a wrong backbone is far off."""


@dataclass(frozen=True)
class Pixels:
    """Pictures and the backbone that sees them.

    Attributes:
        backbone: that made the features; a `Backbone`, in evaluation mode on the device.
        preprocess: what the backbone wants done to pictures.
        frames_of: all frames of a video, by uid.

    Raises:
        UserError: the backbone does not tell its maps.
    """

    backbone: nn.Module
    preprocess: Callable[[Frames], VideoImages]
    frames_of: Callable[[str], Frames]
    device: torch.device

    def __post_init__(self) -> None:
        if not isinstance(self.backbone, Backbone):
            raise UserError(
                f"expected a backbone with `maps` and `embed` (play_fair.models.backbones.backbone.Backbone) to look "
                f"at its last convolutional maps, got {type(self.backbone).__name__}; leave out the methods that do"
            )

    @torch.no_grad()
    def maps(self, uid: str, indices: FrameIndices, features: FrameFeatures) -> Maps:
        """The maps of a video's sampled frames (n, K, h, w), on the CPU.

        Raises:
            UserError: they are not the maps that these features were made of.
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
