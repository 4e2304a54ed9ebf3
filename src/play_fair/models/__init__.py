"""Networks and their weights: backbones for single frames, heads and multi-scale models for their features."""

from play_fair.models.backbones.bn_inception import BNInception
from play_fair.models.backbones.resnet import resnet50_backbone
from play_fair.models.checkpoints import load_checkpoint, save_checkpoint
from play_fair.models.heads import FeatureTSN, MLPConsensus
from play_fair.models.multiscale import MultiscaleModel

__all__ = [
    "BNInception",
    "FeatureTSN",
    "MLPConsensus",
    "MultiscaleModel",
    "load_checkpoint",
    "resnet50_backbone",
    "save_checkpoint",
]
