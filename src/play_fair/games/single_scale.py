"""Logits of one single-scale model on many subsets of the same frames."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int
from torch import Tensor, nn

from play_fair.errors import UserError
from play_fair.games.game import evaluate_on_subsets, rows_at_once

_HIDDEN_VALUES_AT_ONCE = 1 << 19
"""Values of hidden layers in memory at once on the CPU: 2 MiB, so that they are still in the cache when used."""


@runtime_checkable
class SplitsFirstLayer(Protocol):
    """A model of s frames whose first layer with weights is linear in them."""

    def split_first_layer(self) -> tuple[Callable[[Tensor], Tensor], nn.Linear, Callable[[Tensor], Tensor]]:
        """(input map, linear, rest): forward(x) = rest(linear(input_map(x).flatten(1))), the input map elementwise."""
        ...


Frames = Float[Tensor, "n B D"]
LevelLogits = Float[Tensor, "N B C"]


class SingleScale:
    """F_s on subsets of s of the same frames, for B videos at once.

    If the model `SplitsFirstLayer`, subsets share its products, which are computed here, once; any other model sees
    each subset by itself.

    Args:
        model: F_s, (N, s, D) to logits (N, C).
        frames: of the videos, frame by frame.
        size: s.
        n_classes: C.

    Raises:
        UserError: the first layer does not take s frames of D features.
    """

    def __init__(self, model: nn.Module, frames: Frames, size: int, n_classes: int) -> None:
        self.model = model
        self.frames = frames
        self.size = size
        self.n_classes = n_classes
        self._split: tuple[Tensor, Callable[[Tensor], Tensor], nn.Linear | None] | None = None
        if isinstance(model, SplitsFirstLayer):
            input_map, first, rest = model.split_first_layer()
            table = position_products(input_map(frames), first, size)  # (s * w, B * H)
            self._split = (table, *_split_last_layer(rest))

    @torch.no_grad()
    def mix(self, subsets: Int[Tensor, "N s"], logits: LevelLogits, share: float) -> None:
        """In place: logits = (1 - share) * logits + share * F_s of every subset of every video.

        Raises:
            UserError: the model does not take s frames of D features, or gives another number of classes.
        """
        if self._split is None:
            self._mix_whole(subsets, logits, share)
        else:
            self._mix_split(*self._split, subsets, logits, share)

    def _mix_whole(self, subsets: Int[Tensor, "N s"], logits: LevelLogits, share: float) -> None:
        what = f"the single-scale model for {self.size} frames"
        logits.mul_(1 - share)
        for rows, block in evaluate_on_subsets(self.model, self.frames, subsets, what):
            self._check_n_classes(block.shape[-1])
            logits[rows].add_(block, alpha=share)

    def _mix_split(
        self,
        table: Tensor,
        body: Callable[[Tensor], Tensor],
        last: nn.Linear | None,
        subsets: Int[Tensor, "N s"],
        logits: LevelLogits,
        share: float,
    ) -> None:
        n_frames, n_videos = self.frames.shape[:2]
        # Frame f at position p stands in row p * w + (f - p) of the table, w = n - s + 1.
        positions = torch.arange(self.size, device=subsets.device, dtype=subsets.dtype)
        rows_of_table = subsets + positions * (n_frames - self.size)
        at_once = rows_at_once(table.device, _HIDDEN_VALUES_AT_ONCE, table.shape[1])
        for start in range(0, len(subsets), at_once):
            rows = slice(start, start + at_once)
            hidden = F.embedding_bag(rows_of_table[rows], table, mode="sum").view(-1, table.shape[1] // n_videos)
            hidden = _apply(body, hidden)
            self._check_n_classes(hidden.shape[-1] if last is None else last.out_features)
            target = logits[rows].view(-1, logits.shape[-1])
            if last is None:
                target.mul_(1 - share).add_(hidden, alpha=share)
            else:
                target.addmm_(hidden, last.weight.T, beta=1 - share, alpha=share)
                if last.bias is not None:
                    target.add_(last.bias, alpha=share)

    def _check_n_classes(self, got: int) -> None:
        if got != self.n_classes:
            raise UserError(
                f"expected the single-scale model for {self.size} frames to give {self.n_classes} classes, one for "
                f"each prior, got {got}"
            )


def position_products(frames: Frames, linear: nn.Linear, size: int) -> Float[Tensor, "rows BH"]:
    """Products of the layer's weights with every frame at every position that it can take in a subset of `size`.

    Row p * w + i, with w = n - s + 1, belongs to frame p + i at position p; summing one row per position gives the
    layer's output, for its bias stands in the rows of position 0.

    Raises:
        UserError: the layer does not take s frames of D features.
    """
    n_frames, _, feature_dim = frames.shape
    if linear.in_features != size * feature_dim:
        raise UserError(
            f"expected single-scale model number {size} to take {size} x {feature_dim} = {size * feature_dim} "
            f"features, but its first layer takes {linear.in_features}: the models must be for 1, 2, 3, ... frames, in "
            "this order, and for features of one backbone"
        )
    width = n_frames - size + 1
    weights = linear.weight.view(-1, size, feature_dim).permute(1, 2, 0)  # (s, D, H)
    # Position p sees frames p .. p + w - 1, which lie together: overlapping windows, nothing is copied.
    windows = frames.contiguous().unfold(0, width, 1).permute(0, 3, 1, 2).flatten(1, 2)  # (s, w * B, D)
    products = torch.bmm(windows, weights)  # (s, w * B, H)
    if linear.bias is not None:
        products[0].add_(linear.bias)
    return products.view(size * width, -1)


def _split_last_layer(rest: Callable[[Tensor], Tensor]) -> tuple[Callable[[Tensor], Tensor], nn.Linear | None]:
    """(body, last) with rest(x) = last(body(x)); last is None if `rest` is no sequence that ends in a linear layer."""
    if isinstance(rest, nn.Sequential) and len(rest) and isinstance(rest[-1], nn.Linear):
        return rest[:-1], rest[-1]
    return rest, None


def _apply(body: Callable[[Tensor], Tensor], hidden: Float[Tensor, "N H"]) -> Float[Tensor, "N K"]:
    """body(hidden), which may overwrite `hidden`."""
    if not isinstance(body, nn.Sequential):
        return body(hidden)
    for layer in body:
        hidden = hidden.relu_() if isinstance(layer, nn.ReLU) else layer(hidden)
    return hidden
