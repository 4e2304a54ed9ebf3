"""Two small networks on pixels, which examples/04_pixels.py trains on the demo and configs/demo names.

Both subtract the mean over time from a clip: what does not change vanishes.
"""

import torch
from jaxtyping import Shaped
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool3d

from play_fair.tensors import LogitBatch

Clips = Shaped[Tensor, "N T 3 h w"]
"""uint8, or floats of the same range, 0..255."""


def _what_changes(clips: Clips) -> Clips:
    """Without the mean over time, which is mostly background: (N, T, 3, H, W), uint8 to about -1..1."""
    clips = clips.float() / 64
    return clips - clips.mean(dim=1, keepdim=True)


def _over_space(n_in: int, n_out: int, size: int, stride: int) -> list[nn.Module]:
    """A convolution over height and width."""
    half, strides = (0, size // 2, size // 2), (1, stride, stride)
    return [nn.Conv3d(n_in, n_out, (1, size, size), strides, half, bias=False), nn.BatchNorm3d(n_out), nn.ReLU()]


def _over_time(n: int) -> list[nn.Module]:
    """A convolution over three frames."""
    return [nn.Conv3d(n, n, (3, 1, 1), 1, (1, 0, 0), bias=False), nn.BatchNorm3d(n), nn.ReLU()]


class Convolution(nn.Module):
    """(2+1)-D: each convolution over space is followed by one over time. Takes any number of frames."""

    def __init__(self, n_classes: int = 10) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            *_over_space(3, 16, 7, 4), *_over_time(16),
            *_over_space(16, 32, 3, 2), *_over_time(32),
            *_over_space(32, 64, 3, 2), *_over_time(64), *_over_time(64),
        )  # fmt: skip
        self.classifier = nn.Linear(3 * 64, n_classes)
        self.dropout = nn.Dropout(0.2)

    def forward(self, clips: Clips) -> LogitBatch:
        maps = self.maps(_what_changes(clips).transpose(1, 2))
        thirds = adaptive_avg_pool3d(maps, (None, 1, 3)).mean(dim=2)  # left, middle, right
        return self.classifier(self.dropout(thirds.flatten(1)))


class Transformer(nn.Module):
    """Convolutions make a token of every three frames in a row; attention over the tokens. Takes up to `n_frames`."""

    def __init__(self, n_classes: int = 10, n_frames: int = 16, n_features: int = 96) -> None:
        super().__init__()
        self.maps = nn.Sequential(*_over_space(3, 16, 7, 4), *_over_time(16), *_over_space(16, 32, 3, 2))
        self.token = nn.Sequential(*_over_space(32, 64, 3, 2), nn.AdaptiveAvgPool3d((None, 2, 3)))
        self.embed = nn.Linear(6 * 64, n_features)
        self.times = nn.Parameter(0.02 * torch.randn(n_frames, n_features))
        layer = nn.TransformerEncoderLayer(n_features, 4, 2 * n_features, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(n_features)
        self.classifier = nn.Linear(n_features, n_classes)

    def forward(self, clips: Clips) -> LogitBatch:
        maps = self.token(self.maps(_what_changes(clips).transpose(1, 2)))  # (N, 64, T, 2, 3)
        tokens = self.embed(maps.transpose(1, 2).flatten(2)) + self.times[: clips.shape[1]]
        return self.classifier(self.norm(self.layers(tokens)).mean(dim=1))
