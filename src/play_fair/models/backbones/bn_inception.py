"""BN-Inception (Ioffe & Szegedy, "Batch Normalization", ICML 2015, figure 5), as converted from Caffe.

Parameter names and arithmetic (convolutions with bias, poolings that round sizes up) are those of the weights that
circulate in PyTorch, so their checkpoints load unchanged.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, relu

from play_fair.models.backbones.backbone import Backbone
from play_fair.tensors import FrameEmbeddings, Images, Maps


@dataclass(frozen=True)
class Block:
    """Output channels of the branches of one inception block; a pair is (1x1 reduction, 3x3 convolutions)."""

    single: int | None
    three: tuple[int, int]
    double_three: tuple[int, int]
    pool: Literal["average", "max"]
    pool_projection: int | None

    @property
    def stride(self) -> int:
        """2 for the blocks that halve the picture: those without 1x1 branch, whose pooled input is not projected."""
        return 1 if self.pool_projection else 2

    def out_channels(self, in_channels: int) -> int:
        pooled = self.pool_projection or in_channels
        return (self.single or 0) + self.three[1] + self.double_three[1] + pooled


BLOCKS = {
    "3a": Block(64, (64, 64), (64, 96), "average", 32),
    "3b": Block(64, (64, 96), (64, 96), "average", 64),
    "3c": Block(None, (128, 160), (64, 96), "max", None),
    "4a": Block(224, (64, 96), (96, 128), "average", 128),
    "4b": Block(192, (96, 128), (96, 128), "average", 128),
    "4c": Block(160, (128, 160), (128, 160), "average", 128),
    "4d": Block(96, (128, 192), (160, 192), "average", 128),
    "4e": Block(None, (128, 192), (192, 256), "max", None),
    "5a": Block(352, (192, 320), (160, 224), "average", 128),
    "5b": Block(352, (192, 320), (192, 224), "max", 128),
}


class BNInception(Backbone):
    """Pictures (N, 3, H, W), BGR 0..255 minus (104, 117, 128), to embeddings (N, feature_dim)."""

    def __init__(self, feature_dim: int) -> None:
        super().__init__()
        self._add_unit("conv1_7x7_s2", 3, 64, kernel=7, stride=2)
        self._add_unit("conv2_3x3_reduce", 64, 64)
        self._add_unit("conv2_3x3", 64, 192, kernel=3)
        channels = 192
        for name, block in BLOCKS.items():
            self._add_block(f"inception_{name}", block, channels)
            channels = block.out_channels(channels)
        self.last_linear = nn.Linear(channels, feature_dim)

    def maps(self, images: Images) -> Maps:
        x = _max_pool_halving(self._unit("conv1_7x7_s2", images))
        x = _max_pool_halving(self._unit("conv2_3x3", self._unit("conv2_3x3_reduce", x)))
        for name, block in BLOCKS.items():
            x = self._block(f"inception_{name}", block, x)
        return x

    def embed(self, maps: Maps) -> FrameEmbeddings:
        return self.last_linear(maps.mean(dim=(2, 3)))

    def _add_block(self, name: str, block: Block, channels: int) -> None:
        if block.single:
            self._add_unit(f"{name}_1x1", channels, block.single)
        reduced, out = block.three
        self._add_unit(f"{name}_3x3_reduce", channels, reduced)
        self._add_unit(f"{name}_3x3", reduced, out, kernel=3, stride=block.stride)
        reduced, out = block.double_three
        self._add_unit(f"{name}_double_3x3_reduce", channels, reduced)
        self._add_unit(f"{name}_double_3x3_1", reduced, out, kernel=3)
        self._add_unit(f"{name}_double_3x3_2", out, out, kernel=3, stride=block.stride)
        if block.pool_projection:
            self._add_unit(f"{name}_pool_proj", channels, block.pool_projection)

    def _block(self, name: str, block: Block, x: Tensor) -> Tensor:
        branches = [self._unit(f"{name}_1x1", x)] if block.single else []
        branches.append(self._unit(f"{name}_3x3", self._unit(f"{name}_3x3_reduce", x)))
        double = self._unit(f"{name}_double_3x3_1", self._unit(f"{name}_double_3x3_reduce", x))
        branches.append(self._unit(f"{name}_double_3x3_2", double))
        if block.pool_projection:
            pool = avg_pool2d if block.pool == "average" else max_pool2d
            branches.append(self._unit(f"{name}_pool_proj", pool(x, kernel_size=3, stride=1, padding=1)))
        else:
            branches.append(_max_pool_halving(x))
        return torch.cat(branches, dim=1)

    def _add_unit(self, name: str, in_channels: int, out_channels: int, kernel: int = 1, stride: int = 1) -> None:
        convolution = nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2)
        self.add_module(name, convolution)
        self.add_module(f"{name}_bn", nn.BatchNorm2d(out_channels))

    def _unit(self, name: str, x: Tensor) -> Tensor:
        """Convolution, batch norm, ReLU."""
        normalised = self.get_submodule(f"{name}_bn")(self.get_submodule(name)(x))
        return relu(normalised, inplace=True)


def _max_pool_halving(x: Tensor) -> Tensor:
    return max_pool2d(x, kernel_size=3, stride=2, ceil_mode=True)
