"""Networks and their weights: backbones for single frames, heads and multi-scale models for their features."""

from play_fair.models.backbones.backbone import Backbone
from play_fair.models.backbones.bn_inception import BNInception
from play_fair.models.checkpoints import load_checkpoint, save_checkpoint
from play_fair.models.heads import FeatureTSN, MLPConsensus
from play_fair.models.multiscale import MultiscaleModel


def resnet50_backbone(feature_dim: int) -> Backbone:
    """A `ResNet50` with random weights."""
    # Imported here: torchvision takes longer to import than all the rest.
    from play_fair.models.backbones.resnet import ResNet50

    return ResNet50(feature_dim)


__all__ = [
    "BNInception",
    "FeatureTSN",
    "MLPConsensus",
    "MultiscaleModel",
    "load_checkpoint",
    "resnet50_backbone",
    "save_checkpoint",
]
