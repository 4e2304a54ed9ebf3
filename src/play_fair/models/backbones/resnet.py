"""ResNet-50 (He et al., "Deep Residual Learning for Image Recognition", CVPR 2016), torchvision's."""

from torchvision.models import ResNet, resnet50


def resnet50_backbone(feature_dim: int) -> ResNet:
    """ResNet-50 with random weights whose last linear layer makes an embedding instead of class logits.

    Takes pictures (N, 3, H, W), RGB / 255 with the ImageNet mean and standard deviation; gives (N, feature_dim).
    Nothing is downloaded: weights come from `load_checkpoint`, which knows the published name of the last layer.
    """
    return resnet50(weights=None, num_classes=feature_dim)
