"""Logits of whole videos as a differentiable function of the frames, from the model of a game.

Games fill tables of scores in place, which cannot be differentiated.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from play_fair.errors import UserError
from play_fair.games import CallableGame, Game, MeanConsensusGame, MultiscaleGame, SplitsFirstLayer
from play_fair.games.lattice import all_subsets
from play_fair.games.single_scale import position_products
from play_fair.models import MultiscaleModel
from play_fair.tensors import LogitBatch, VideoBatch


def video_logits(game: Game) -> Callable[[VideoBatch], LogitBatch]:
    """Return a function from videos (B, n, D) to logits, whose softmax is the game's v(all frames).

    A characteristic function returns scores; their logarithms are used as logits.

    Raises:
        UserError: games of this type have no known model.
    """
    if isinstance(game, MeanConsensusGame):
        frame_logits = game.frame_logits
        return lambda videos: frame_logits(videos).mean(dim=1)
    if isinstance(game, MultiscaleGame):
        models = [model.eval() for model in game.single_scale_models]
        if all(isinstance(model, SplitsFirstLayer) for model in models):
            return lambda videos: _multiscale_logits(models, videos)
        return MultiscaleModel(models).forward_batch
    if isinstance(game, CallableGame):
        scores_of = game.characteristic_fn
        return lambda videos: scores_of(videos).log()
    raise UserError(f"expected a game of a known model to take gradients of, got a {type(game).__name__}")


def _multiscale_logits(models: Sequence[nn.Module], videos: VideoBatch) -> LogitBatch:
    """As `MultiscaleModel`, with a tenth of the arithmetic: all subsets share the products of their first layer."""
    frames = videos.transpose(0, 1)
    scales = min(len(frames), len(models))
    return torch.stack([_expected_logits(models[s - 1], frames, s) for s in range(1, scales + 1)]).mean(dim=0)


def _expected_logits(model: nn.Module, frames: Float[Tensor, "n B D"], size: int) -> LogitBatch:
    """E[F_s] over all subsets of `size` frames of each video."""
    assert isinstance(model, SplitsFirstLayer)
    input_map, first, rest = model.split_first_layer()
    table = position_products(input_map(frames), first, size)  # (s * w, B * H)
    # Frame f at position p is in row p * w + (f - p) of the table, w = n - s + 1.
    rows = all_subsets(len(frames), size) + torch.arange(size) * (len(frames) - size)
    hidden = F.embedding_bag(rows.to(frames.device), table, mode="sum")  # (subsets, B * H)
    logits = rest(hidden.view(-1, first.out_features))
    return logits.unflatten(0, (len(rows), -1)).mean(dim=0)
