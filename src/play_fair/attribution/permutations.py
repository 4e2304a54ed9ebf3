"""Antithetic permutation sampling: plain, unbiased, at any budget.

A walk adds the players one by one in a random order; what each adds to v is a sample of its marginal contribution,
whose expectation is the ESV. Every order comes with its reversal (Mitchell et al., "Sampling permutations for Shapley
value estimation", JMLR 2022).
"""

from typing import ClassVar

import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from play_fair.attribution.batch import BatchExplanation
from play_fair.attribution.bound_game import BoundGame
from play_fair.attribution.estimator import Estimator
from play_fair.errors import UserError
from play_fair.games.lattice import subset_keys_of

Orders = Int64[Tensor, "W n"]
"""Players in the order in which each of W walks adds them."""

_LEAST_PAIRS = 4
"""Pairs of walks from which on the spread between them gives the standard errors."""


class PermutationEstimator(Estimator):
    """See the module. Unbiased from n evaluations on: one whole walk.

    Standard errors come from the spread between pairs of walks; with fewer than four pairs from the spread of marginal
    contributions within walks, which is larger. Smaller budgets than n cut the walk short: the players it does not
    reach share the rest alike. Of one evaluation, of all players, the standard errors are not known (NaN).
    """

    name: ClassVar[str] = "permutations"
    summary: ClassVar[str] = "antithetic permutations: plain and unbiased, any budget"

    def estimate(
        self, bound: BoundGame, budget: int, generator: torch.Generator, interactions: bool = False
    ) -> BatchExplanation:
        """See `Estimator.estimate`."""
        if interactions:
            raise UserError("the permutations estimator has no interactions of pairs; use the set_kernel estimator")
        empty, whole = bound.score_empty_and_whole()
        orders, length = draw_orders(bound.n, budget - 1, generator)
        prefixes = prefixes_of(orders, length)  # (W, length, n)
        keys, row_of = subset_keys_of(prefixes.flatten(0, 1)).unique(return_inverse=True)
        first = torch.full_like(keys, len(row_of)).scatter_reduce_(0, row_of, torch.arange(len(row_of)), "amin")
        if length:
            scores = bound.score(prefixes.flatten(0, 1)[first].to(bound.device)).double()
            walked = scores[row_of.to(bound.device)].unflatten(0, (len(orders), length))
        else:
            walked = whole.new_empty(1, 0, *whole.shape)
        ends = [edge.expand(len(orders), 1, *edge.shape) for edge in (empty, whole)]
        added = torch.cat([ends[0], walked, ends[1]], dim=1).diff(dim=1)  # (W, length + 1, B, C)
        # The players behind the end of a walk that is cut short share what they add together.
        n_rest = bound.n - length
        added = torch.cat([added[:, :-1], (added[:, -1:] / n_rest).expand(-1, n_rest, -1, -1)], dim=1)
        index = orders.to(bound.device)[:, :, None, None].expand_as(added)
        of_players = torch.zeros_like(added).scatter_(1, index, added)  # (W, n, B, C)
        return BatchExplanation(
            esvs=of_players.mean(dim=0).transpose(0, 1).float(),
            scores=whole.float(),
            prior=empty.float(),
            standard_errors=_standard_errors(of_players, added, length).transpose(0, 1).float(),
            n_evaluations=1 + len(keys),
            method=self.name,
            biased=length < bound.n - 1,
        )


def draw_orders(n: int, budget: int, generator: torch.Generator) -> tuple[Orders, int]:
    """Orders whose walks have at most `budget` distinct prefixes in all, and how many prefixes each walk has.

    Pairs of an order and its reversal, as many as fit; a single order, where no pair fits; else one that is cut short.
    """
    first = torch.randperm(n, generator=generator)
    if budget < n - 1 or n == 1:
        return first[None], min(budget, n - 1)
    if budget < 2 * (n - 1):
        return first[None], n - 1
    orders: list[Tensor] = []
    seen: set[int] = set()
    order = first
    # Walks of few players soon have no new prefixes: as many pairs as evaluations are then enough.
    while len(orders) < budget:
        pair = torch.stack([order, order.flip(0)])
        keys = set(subset_keys_of(prefixes_of(pair, n - 1).flatten(0, 1)).tolist())
        if len(seen | keys) > budget:
            break
        seen |= keys
        orders.append(pair)
        order = torch.randperm(n, generator=generator)
    return torch.cat(orders), n - 1


def prefixes_of(orders: Orders, length: int) -> Bool[Tensor, "W length n"]:
    """The coalitions of the first 1, ..., `length` players of each order."""
    n_walks, n = orders.shape
    place_of = torch.empty_like(orders).scatter_(1, orders, torch.arange(n).expand(n_walks, n))
    return place_of[:, None, :] <= torch.arange(length)[None, :, None]


def _standard_errors(
    of_players: Float64[Tensor, "W n B C"], added: Float64[Tensor, "W n B C"], length: int
) -> Float64[Tensor, "n B C"]:
    n_walks, n = of_players.shape[:2]
    if n == 1:
        return torch.zeros_like(of_players[0])
    if n_walks >= 2 * _LEAST_PAIRS:
        of_pairs = of_players.unflatten(0, (-1, 2)).mean(dim=1)
        return of_pairs.std(dim=0) / len(of_pairs) ** 0.5
    if length == 0:
        return torch.full_like(of_players[0], float("nan"))
    return (added.std(dim=1).mean(dim=0) / n_walks**0.5).expand_as(of_players[0])
