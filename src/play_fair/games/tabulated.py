"""Scores of single coalitions of a game that only scores all of them together."""

import torch

from play_fair.errors import UserError
from play_fair.games.game import CoalitionScorer, Game
from play_fair.games.lattice import CompleteLattice
from play_fair.tensors import Coalitions, LevelValues, Videos

MAX_TABULATED_FRAMES = 16


class TabulatedGame:
    """Look up coalitions in the table of all 2^T scores; for multi-scale models, which score level by level.

    Args:
        game: v.
    """

    def __init__(self, game: Game) -> None:
        self.game = game

    def scorer(self, videos: Videos) -> CoalitionScorer:
        """See `ScoresCoalitions.scorer`. Evaluates the game on all coalitions of frames.

        Raises:
            UserError: the videos have more than `MAX_TABULATED_FRAMES` frames.
        """
        n_frames = videos.shape[1]
        if n_frames > MAX_TABULATED_FRAMES:
            raise UserError(
                f"a multi-scale model scores a coalition by way of all its sub-coalitions, of which {n_frames} frames "
                f"have 2^{n_frames}: exact values of segments need at most {MAX_TABULATED_FRAMES} frames; estimate "
                "them (the surrogate estimator), or explain fewer frames"
            )
        lattice = CompleteLattice(n_frames, videos.device)
        bits = 1 << torch.arange(n_frames, device=videos.device)
        table: torch.Tensor | None = None
        for level, values in zip(lattice, self.game.levels(videos, lattice), strict=True):
            if table is None:
                table = values.new_empty(2**n_frames, *values.shape[1:])
            table[(level.membership * bits).sum(dim=1)] = values
        assert table is not None
        scores = table

        def score(coalitions: Coalitions) -> LevelValues:
            return scores[(coalitions.to(bits.device) * bits).sum(dim=1)]

        return score
