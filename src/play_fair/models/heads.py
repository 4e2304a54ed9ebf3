"""The heads, from frame features to class logits: TSN and single-scale TRN.

Both take (B, T, D) and give (B, C). Their parameter names are those of the published checkpoints.
"""

from collections.abc import Callable
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from play_fair.tensors import LogitBatch, VideoBatch


class FeatureTSN(nn.Module):
    """TSN: a linear classifier on each frame, logits averaged over frames.

    Wang et al., "Temporal Segment Networks", ECCV 2016. Any number of frames; their order does not matter.

    Args:
        input_relu: rectify the features first, for backbones whose last layer is linear.
        dropout: probability of dropping a feature while training.
    """

    def __init__(self, feature_dim: int, output_dim: int, input_relu: bool = True, dropout: float = 0.0) -> None:
        super().__init__()
        self.activation = nn.ReLU() if input_relu else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(feature_dim, output_dim)

    def frame_logits(self, frames: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch C"]:
        """Logits of every frame by itself; a video's logits are their mean over its frames."""
        return self.classifier(self.dropout(self.activation(frames)))

    def forward(self, videos: VideoBatch) -> LogitBatch:
        return self.frame_logits(videos).mean(dim=1)


class MLPConsensus(nn.Module):
    """Perceptron on the concatenated features of a fixed number of frames: one scale of a TRN.

    Zhou et al., "Temporal Relational Reasoning in Videos", ECCV 2018.

    Args:
        input_dim: features per frame times number of frames.
        dropout: probability of dropping an input feature while training.
        batch_norm: normalise before each hidden ReLU.
        input_relu: rectify the features first.
    """

    def __init__(
        self,
        input_dim: int,
        hidden_dim: int,
        output_dim: int,
        hidden_layers: int = 1,
        dropout: float = 0.0,
        batch_norm: bool = False,
        input_relu: bool = False,
    ) -> None:
        super().__init__()
        # Dropout comes first even at 0: checkpoints name layers by their index in this list.
        layers: list[nn.Module] = [nn.Dropout(dropout)]
        if input_relu:
            layers.append(nn.ReLU())
        for i in range(hidden_layers):
            # Batch norm has a bias.
            layers.append(nn.Linear(hidden_dim if i else input_dim, hidden_dim, bias=not batch_norm))
            if batch_norm:
                layers.append(nn.BatchNorm1d(hidden_dim))
            layers.append(nn.ReLU())
        layers.append(nn.Linear(hidden_dim if hidden_layers else input_dim, output_dim))
        self.model = nn.Sequential(*layers)

    def forward(self, frames: Float[Tensor, " B *features"]) -> LogitBatch:
        """Logits of B sequences of frames (B, n, D), or of their features already concatenated (B, n * D)."""
        return self.model(frames.flatten(start_dim=1))

    def split_first_layer(self) -> tuple[Callable[[Tensor], Tensor], nn.Linear, Callable[[Tensor], Tensor]]:
        """(input map, first linear layer, rest) with forward(x) = rest(linear(input_map(x).flatten(1))).

        The input map is elementwise and the layer is linear in its frames, so the products of each frame with the
        weights can be computed once for all subsets. The parts share this module's parameters and mode.
        """
        layers = list(self.model)
        first = next(i for i, layer in enumerate(layers) if isinstance(layer, nn.Linear))
        linear = layers[first]
        assert isinstance(linear, nn.Linear)
        return self.model[:first], linear, self.model[first + 1 :]


def make_tsn(feature_dim: int, n_classes: int, **options: Any) -> FeatureTSN:
    """Make an untrained TSN; `options` are those of `FeatureTSN`."""
    return FeatureTSN(feature_dim, n_classes, **options)


def make_trn(n_frames: int, feature_dim: int, n_classes: int, hidden_dim: int, **options: Any) -> MLPConsensus:
    """Make an untrained TRN of `n_frames` frames; `options` are those of `MLPConsensus`."""
    return MLPConsensus(n_frames * feature_dim, hidden_dim, n_classes, **options)
