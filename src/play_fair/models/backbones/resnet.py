"""ResNet-50 (He et al., "Deep Residual Learning for Image Recognition", CVPR 2016), torchvision's."""

from torch import nn
from torchvision.models import ResNet
from torchvision.models.resnet import Bottleneck

from play_fair.models.backbones.backbone import Backbone
from play_fair.tensors import FrameEmbeddings, Images, Maps


class ResNet50(Backbone, ResNet):
    """ResNet-50 with random weights, whose last linear layer returns an embedding instead of class logits.

    Takes pictures (N, 3, H, W), RGB / 255 with the ImageNet mean and standard deviation; gives (N, feature_dim).
    Nothing is downloaded: weights come from `load_checkpoint`. The last layer, torchvision's `fc`, has the name of the
    published checkpoints.
    """

    def __init__(self, feature_dim: int) -> None:
        super().__init__(Bottleneck, [3, 4, 6, 3])
        self.last_linear = nn.Linear(512 * Bottleneck.expansion, feature_dim)
        del self.fc

    def maps(self, images: Images) -> Maps:
        x = images
        for name in ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"):
            x = self.get_submodule(name)(x)
        return x

    def embed(self, maps: Maps) -> FrameEmbeddings:
        return self.last_linear(self.get_submodule("avgpool")(maps).flatten(1))
