"""The multi-scale game with surrogates of the single-scale models, fitted on a few subsets: scores any subset."""

from collections.abc import Sequence
from functools import lru_cache
from math import comb

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Float64
from torch import Tensor

from play_fair.games.activation import Activation, activate
from play_fair.games.game import CoalitionScorer, score_by_size
from play_fair.games.kernel_fit import Fitted, ScaleFit, fit_scale, pair_membership
from play_fair.games.lattice import membership_of
from play_fair.games.multiscale import MultiscaleGame
from play_fair.games.single_scale import SingleScale
from play_fair.games.subset_stream import SubsetStream
from play_fair.tensors import LevelValues, Scores, Subsets, VideoBatch

_PAIRS_AT_ONCE = 1 << 22
"""Pairs of all coalitions that are scored together: 16 MiB."""


class SurrogateGame:
    """v(X) = activation(f(X)) with f(X) = mean over s = 1..min(|X|, m) of E[F~_s(X') : X' subset of X, |X'| = s].

    F~_s is learnt (see `kernel_fit`) from F_s on at most `max_samples` subsets, the only calls of the networks; the
    expectation then has a closed form. It is biased: what is neither additive nor pairwise in F_s is lost, and the rest
    is known from the samples only. The bias falls as `max_samples` grows.

    Args:
        game: the multi-scale game.
        max_samples: most subsets of each scale.
        generator: on the CPU. Videos that come together share their subsets.
    """

    def __init__(self, game: MultiscaleGame, max_samples: int, generator: torch.Generator) -> None:
        self.game = game
        self.max_samples = max_samples
        self.generator = generator

    def scorer(self, videos: VideoBatch) -> CoalitionScorer:
        """See `ScoresCoalitions.scorer`: draws subsets, evaluates the models on them, and learns from that."""
        return self.scorer_of([[fitted.whole for fitted in self.fit(videos)]])

    @torch.no_grad()
    def fit(self, videos: VideoBatch) -> list[Fitted]:
        """Fit a surrogate of each scale up to the number of frames; outputs are (B * C)."""
        frames = videos.transpose(0, 1).contiguous()
        n_frames, n_videos, _ = frames.shape
        fits = []
        for size, model in enumerate(self.game.single_scale_models[:n_frames], start=1):
            subsets = SubsetStream(n_frames, size, self.generator).take(self.max_samples).to(videos.device)
            logits = frames.new_zeros(len(subsets), n_videos, len(self.game.priors))
            SingleScale(model, frames, size, len(self.game.priors)).mix(subsets, logits, share=1.0)
            fits.append(fit_scale(subsets, logits.double(), n_frames))
        return fits

    def scorer_of(self, fits: Sequence[Sequence[ScaleFit]]) -> CoalitionScorer:
        """A scorer of all videos as learnt in the first of `fits`, then as in the second, and so on.

        Args:
            fits: for each way of learning, those of scales 1, 2, ...
        """
        of_scales = [
            ScaleFit(
                torch.cat([part.mean for part in of_scale]),
                torch.cat([part.positions for part in of_scale], dim=2),
                torch.cat([part.pairs for part in of_scale], dim=1),
            )
            for of_scale in zip(*fits, strict=True)
        ]
        priors = self.game.priors.to(of_scales[0].mean.device)
        return score_by_size(
            SurrogateScorer(of_scales, priors, len(of_scales[0].mean) // len(priors), self.game.activation)
        )

    def count_n_evaluations(self, n_video_frames: int) -> int:
        """Count the subsets of a video that the single-scale models are evaluated on."""
        n_scales = min(n_video_frames, len(self.game.single_scale_models))
        return sum(min(self.max_samples, comb(n_video_frames, size)) for size in range(1, n_scales + 1))


class SurrogateScorer:
    """Characteristic function of B videos, from the surrogates of all scales.

    Args:
        fits: of scales 1, 2, ...; their outputs are (B * C).
        priors: (C,).
    """

    def __init__(
        self, fits: Sequence[ScaleFit], priors: Scores, n_videos: int, activation: Activation = "softmax"
    ) -> None:
        self.activation = activation
        self.fits = fits
        self.priors = priors
        self.n_videos = n_videos
        self.n_frames = fits[0].positions.shape[1]
        # Additive effects (position x frame) of each scale, concatenated.
        self._positions = torch.cat([fit.positions.flatten(start_dim=1) for fit in fits]).float()  # (1 + .. + m, n * K)
        self._means_and_pairs: dict[int, _MeanAndPairs] = {}

    def __call__(self, subsets: Subsets) -> LevelValues:
        """v of N subsets of one size."""
        size = subsets.shape[1]
        if size == 0:
            return self.priors.expand(len(subsets), self.n_videos, -1)
        n_scales = min(size, len(self.fits))
        if n_scales not in self._means_and_pairs:
            self._means_and_pairs[n_scales] = self._mean_and_pairs(n_scales)
        mean, pairs = self._means_and_pairs[n_scales]
        rows = subsets + self.n_frames * torch.arange(size, device=subsets.device)
        logits = F.embedding_bag(rows, self._frames_at_places(n_scales, size), mode="sum").add_(mean)
        # The probability that a random sub-subset of s frames holds two given ones is s (s - 1) / size (size - 1).
        chance = 1 / max(1, size * (size - 1))
        at_once = max(1, _PAIRS_AT_ONCE // max(1, len(pairs)))
        blocks = membership_of(subsets, self.n_frames).split(at_once)
        for rows, coalitions in zip(logits.split(at_once), blocks, strict=True):
            rows.addmm_(pair_membership(coalitions), pairs, alpha=chance)
        of_subsets = logits.unflatten(1, (self.n_videos, -1))
        return activate(of_subsets, self.activation, out=of_subsets)

    def _frames_at_places(self, n_scales: int, size: int) -> Float[Tensor, "rows K"]:
        """Additive effect of frame i as the r-th of a subset of `size`, in row r * n + i."""
        places = torch.cat([places_of(s, size) for s in range(1, n_scales + 1)]) / n_scales  # (1 + .. + n_scales, size)
        of_positions = self._positions[: len(places)]
        return (places.T.to(of_positions) @ of_positions).view(size * self.n_frames, -1)

    def _mean_and_pairs(self, n_scales: int) -> "_MeanAndPairs":
        """Mean constant, and mean pair effects times s (s - 1), over the scales that fit in a subset."""
        fits = self.fits[:n_scales]
        mean = torch.stack([fit.mean for fit in fits]).mean(dim=0)
        pairs = torch.zeros_like(fits[0].pairs)
        for s, fit in enumerate(fits, start=1):
            pairs.add_(fit.pairs, alpha=s * (s - 1) / n_scales)
        return mean.float(), pairs.float()


_MeanAndPairs = tuple[Float[Tensor, " K"], Float[Tensor, "pairs K"]]


@lru_cache(maxsize=1024)
def places_of(sub_size: int, size: int) -> Float64[Tensor, "s k"]:
    """Probability, at [p, r], that a random s-subset of k frames has the r-th of them at position p."""
    chances = [
        [comb(r, p) * comb(size - 1 - r, sub_size - 1 - p) / comb(size, sub_size) for r in range(size)]
        for p in range(sub_size)
    ]
    return torch.tensor(chances, dtype=torch.float64)
