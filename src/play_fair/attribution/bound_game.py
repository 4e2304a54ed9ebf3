"""A game bound to videos: the input of estimators."""

from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from play_fair.games import CoalitionScorer, Game, ScoresCoalitions, SegmentedGame, n_players
from play_fair.games.lattice import subset_keys_of
from play_fair.games.segments import segment_lengths, segment_means
from play_fair.tensors import Coalitions, LevelValues, Videos


class BoundGame:
    """v of coalitions of the n players of B videos.

    Args:
        game: v.
        videos: (B, T, ...).
        memoize: evaluate each coalition once, and keep its scores.
    """

    def __init__(self, game: Game | ScoresCoalitions, videos: Videos, memoize: bool = False) -> None:
        self.game = game
        self.videos = videos
        self.n = n_players(game, videos.shape[1])
        self.memoize = memoize

    @property
    def device(self) -> torch.device:
        """Of the videos."""
        return self.videos.device

    @cached_property
    def score(self) -> CoalitionScorer:
        """Scores (N, B, C) of coalitions (N, n), on the videos' device."""
        assert isinstance(self.game, ScoresCoalitions)
        scorer = self.game.scorer(self.videos)
        return MemoizedScorer(scorer) if self.memoize else scorer

    def score_empty_and_whole(self) -> tuple[Float[Tensor, "B C"], Float[Tensor, "B C"]]:
        """v of no player and of all players, float64."""
        ends = torch.tensor([[False] * self.n, [True] * self.n], device=self.device)
        empty, whole = self.score(ends).double()
        return empty, whole

    @cached_property
    def features(self) -> Float[Tensor, "B n K"] | None:
        """One vector for each player: its frame, or the mean of its frames, flattened; None for tokens."""
        if not (self.videos.is_floating_point() or self.videos.dtype == torch.uint8):
            return None
        if isinstance(self.game, SegmentedGame):
            lengths = segment_lengths(self.game.segments, self.videos.shape[1])
            return segment_means(self.videos, lengths).flatten(2) if self.videos.ndim > 2 else None
        return self.videos.float().flatten(2) if self.videos.ndim > 2 else None


class MemoizedScorer:
    """A scorer that evaluates each coalition once."""

    def __init__(self, score: CoalitionScorer) -> None:
        self._score = score
        self._row_of: dict[int, int] = {}
        self._scores: LevelValues | None = None

    def __call__(self, coalitions: Coalitions) -> LevelValues:
        """See `CoalitionScorer`."""
        keys = subset_keys_of(coalitions).tolist()
        new = {key: row for row, key in enumerate(keys) if key not in self._row_of}
        if new:
            scores = self._score(coalitions[list(new.values())])
            for key in new:
                self._row_of[key] = len(self._row_of)
            self._scores = scores if self._scores is None else torch.cat([self._scores, scores])
        assert self._scores is not None
        return self._scores[[self._row_of[key] for key in keys]]
