"""Games whose Shapley values are known in closed form, and the definition of the Shapley value taken literally.

Each game is a characteristic function on subsets of frames, (N, s, D) -> (N, C), and works on `numbered_frames`.
"""

from collections.abc import Callable, Sequence
from itertools import combinations, permutations
from random import Random

import torch
from torch import Tensor, nn

from play_fair.models import MLPConsensus


def assert_close(actual: Tensor, expected: Tensor | float, atol: float = 1e-6) -> None:
    """Float32, and equal but for `atol`."""
    torch.testing.assert_close(actual, torch.as_tensor(expected, dtype=torch.float32), atol=atol, rtol=0)


def toy_models(n_scales: int = 3, feature_dim: int = 5, n_classes: int = 4) -> list[MLPConsensus]:
    """For 1, 2, ... frames; the same each time. Random numbers drawn after it are the same each time, too."""
    torch.manual_seed(0)
    return [MLPConsensus(feature_dim * s, 8, n_classes) for s in range(1, n_scales + 1)]


def numbered_frames(n: int) -> Tensor:
    """A video (n, 1) whose only feature is the frame's own number."""
    return torch.arange(float(n))[:, None]


def additive_game(base: Tensor) -> Callable[[Tensor], Tensor]:
    """v(X) = base + sum of the features of X. The ESV of a frame is its features."""
    return lambda subsets: base + subsets.sum(dim=1)


def size_game(value_of_size: Sequence[float]) -> Callable[[Tensor], Tensor]:
    """v(X) = value_of_size[|X|]. All frames share alike."""
    return lambda subsets: torch.full((len(subsets), 1), value_of_size[subsets.shape[1]])


def unanimity_game(carrier: Sequence[int]) -> Callable[[Tensor], Tensor]:
    """v(X) = 1 if X contains the carrier, else 0. The carrier's frames share alike; the others are dummies."""

    def v(subsets: Tensor) -> Tensor:
        present = [(subsets[..., 0] == frame).any(dim=1) for frame in carrier]
        return torch.stack(present, dim=1).all(dim=1).float()[:, None]

    return v


def airport_game(costs: Tensor) -> Callable[[Tensor], Tensor]:
    """v(X) = the largest cost in X, 0 for none (Littlechild & Owen, 1973). Costs ascend."""

    def v(subsets: Tensor) -> Tensor:
        if subsets.shape[1] == 0:
            return torch.zeros(len(subsets), 1)
        return costs[subsets[..., 0].long()].amax(dim=1, keepdim=True)

    return v


def airport_esvs(costs: Tensor) -> Tensor:
    """Each cost increment is shared by those who need it."""
    n = len(costs)
    increments = costs.diff(prepend=torch.zeros(1))
    return (increments / torch.arange(n, 0, -1)).cumsum(dim=0)


def order_game(subsets: Tensor) -> Tensor:
    """A game that depends on the order of the frames, in two classes; no closed form."""
    if subsets.shape[1] == 0:
        return torch.tensor([[0.3, -0.1]]).expand(len(subsets), -1)
    weights = torch.arange(1.0, subsets.shape[1] + 1)[:, None] ** 0.5
    mean = (subsets * weights).mean(dim=1)
    return torch.stack([mean.sum(dim=1).tanh(), mean.square().sum(dim=1).neg().exp()], dim=1)


def esvs_by_permutations(v: Callable[[Tensor], Tensor], video: Tensor, lengths: Sequence[int] | None = None) -> Tensor:
    """The definition: what a frame adds to those before it, averaged over all orders of joining; (n, C), float64.

    Frames join in any order, but v always sees them in time order. With `lengths` segments of so many frames join.
    """
    segments = torch.arange(len(video)).split(list(lengths or [1] * len(video)))

    def of_players(players: tuple[int, ...]) -> Tensor:
        frames = [int(frame) for player in players for frame in segments[player]]
        return v(video[frames][None])[0].double()

    return permutation_means(of_players, len(segments))


def permutation_means(v: Callable[[tuple[int, ...]], Tensor], n: int) -> Tensor:
    """The Shapley values (n, C) of v, from ascending tuples of players to (C,), as means over all permutations."""
    scores = {subset: v(subset) for size in range(n + 1) for subset in combinations(range(n), size)}
    orders = list(permutations(range(n)))
    values = torch.zeros(n, len(scores[()]), dtype=torch.float64)
    for order in orders:
        for place, player in enumerate(order):
            before = tuple(sorted(order[:place]))
            values[player] += scores[tuple(sorted((*before, player)))] - scores[before]
    return values / len(orders)


def multiscale_characteristic_function(models: Sequence[nn.Module], priors: Tensor) -> Callable[[Tensor], Tensor]:
    """The multi-scale model's v by explicit enumeration of the sub-subsets of each subset."""

    @torch.no_grad()
    def v(subsets: Tensor) -> Tensor:
        size = subsets.shape[1]
        if size == 0:
            return priors.expand(len(subsets), -1)
        of_scales = [
            torch.stack([models[s - 1](subsets[:, list(chosen)]) for chosen in combinations(range(size), s)]).mean(
                dim=0
            )
            for s in range(1, min(size, len(models)) + 1)
        ]
        return torch.stack(of_scales).mean(dim=0).softmax(dim=-1)

    return v


@torch.no_grad()
def constructive_esvs_by_sets(
    models: Sequence[nn.Module], priors: Tensor, video: Tensor, max_samples: int, random: Random
) -> Tensor:
    """The sampled estimate of Price & Damen (2020) taken literally, with sets of sets; (n, C), float64."""
    n = len(video)
    logits = {frozenset[int](): torch.zeros(len(priors))}
    contrasts = torch.zeros(n, len(priors), dtype=torch.float64)
    for size in range(1, n + 1):
        below = logits
        extensions = {subset | {frame} for subset in below for frame in range(n) if frame not in subset}
        chosen = random.sample(sorted(extensions, key=sorted), min(max_samples, len(extensions)))
        logits = {}
        for subset in chosen:
            of_children = [below[subset - {frame}] for frame in subset if subset - {frame} in below]
            logits[subset] = torch.stack(of_children).mean(dim=0)
            if size <= len(models):
                of_model = models[size - 1](video[sorted(subset)][None])[0]
                logits[subset] = (of_model + (size - 1) * logits[subset]) / size
        scores = {subset: of_subset.softmax(dim=-1).double() for subset, of_subset in logits.items()}
        of_level = torch.zeros(n, len(priors), dtype=torch.float64)
        for frame in range(n):
            having = [score for subset, score in scores.items() if frame in subset]
            lacking = [score for subset, score in scores.items() if frame not in subset]
            if having and lacking:
                of_level[frame] = torch.stack(having).mean(dim=0) - torch.stack(lacking).mean(dim=0)
        contrasts += of_level - of_level.mean(dim=0)
    return (scores[frozenset(range(n))] - priors + contrasts) / n


class Opaque(nn.Module):
    """A model that shows nothing of its inside."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, frames: Tensor) -> Tensor:
        return self.model(frames)
