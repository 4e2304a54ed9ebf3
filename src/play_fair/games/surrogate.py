"""The multi-scale game with single-scale models learnt from a few subsets: it can be asked for any subset."""

from collections.abc import Sequence
from math import comb

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Float64
from torch import Tensor

from play_fair.games.game import SubsetScorer
from play_fair.games.kernel_fit import Fitted, ScaleFit, fit_scale, pair_membership
from play_fair.games.multiscale import MultiscaleGame
from play_fair.games.single_scale import mix_logits
from play_fair.games.subset_stream import SubsetStream
from play_fair.tensors import LevelValues, Scores, Subsets, VideoBatch


class SurrogateGame:
    """v(X) = softmax(f(X)) with f(X) = mean over s = 1..min(|X|, m) of E[F~_s(X') : X' subset of X, |X'| = s].

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

    def scorer(self, videos: VideoBatch) -> SubsetScorer:
        """See `ScoresSubsets.scorer`: draws subsets, evaluates the models on them, and learns from that."""
        fits = [fitted.whole for fitted in self.fit(videos)]
        return SurrogateScorer(fits, self.game.priors.to(videos.device), len(videos))

    @torch.no_grad()
    def fit(self, videos: VideoBatch) -> list[Fitted]:
        """What is learnt of each scale that the videos are long enough for; outputs are (B * C)."""
        frames = videos.transpose(0, 1).contiguous()
        n_frames, n_videos, _ = frames.shape
        fits = []
        for size, model in enumerate(self.game.single_scale_models[:n_frames], start=1):
            model.eval()
            subsets = SubsetStream(n_frames, size, self.generator).take(self.max_samples).to(videos.device)
            logits = frames.new_zeros(len(subsets), n_videos, len(self.game.priors))
            mix_logits(model, frames, subsets, logits, share=1.0)
            fits.append(fit_scale(subsets, logits.double(), n_frames))
        return fits

    def scorer_of_parts(self, fits: Sequence[Fitted]) -> SubsetScorer:
        """Scores subsets of all videos as learnt from all samples, then from one half of them, then from the other."""
        parts = [
            ScaleFit(
                torch.cat([part.mean for part in of_scale]),
                torch.cat([part.positions for part in of_scale], dim=2),
                torch.cat([part.pairs for part in of_scale], dim=1),
            )
            for of_scale in ((fitted.whole, *fitted.halves) for fitted in fits)
        ]
        priors = self.game.priors.to(parts[0].mean.device)
        return SurrogateScorer(parts, priors, len(parts[0].mean) // len(priors))

    def count_n_evaluations(self, n_video_frames: int) -> int:
        """How many subsets of a video the single-scale models are evaluated on."""
        n_scales = min(n_video_frames, len(self.game.single_scale_models))
        return sum(min(self.max_samples, comb(n_video_frames, size)) for size in range(1, n_scales + 1))


class SurrogateScorer:
    """v of any subset of B videos, from what was learnt of each scale.

    Args:
        fits: of scales 1, 2, ...; their outputs are (B * C).
        priors: (C,).
    """

    def __init__(self, fits: Sequence[ScaleFit], priors: Scores, n_videos: int) -> None:
        self.fits = fits
        self.priors = priors
        self.n_videos = n_videos
        self.n_frames = fits[0].positions.shape[1]
        self._tables: tuple[int, _Tables] | None = None

    def __call__(self, subsets: Subsets) -> LevelValues:
        """v of N subsets of one size."""
        size = subsets.shape[1]
        if size == 0:
            return self.priors.expand(len(subsets), self.n_videos, -1)
        if self._tables is None or self._tables[0] != size:
            self._tables = size, self._tables_of(size)
        _, (mean, positions, pairs) = self._tables
        rows = subsets + self.n_frames * torch.arange(size, device=subsets.device)
        logits = F.embedding_bag(rows, positions, mode="sum").add_(mean)
        logits.addmm_(pair_membership(subsets, self.n_frames), pairs)
        of_subsets = logits.unflatten(1, (self.n_videos, -1))
        return torch.softmax(of_subsets, dim=-1, out=of_subsets)

    def _tables_of(self, size: int) -> "_Tables":
        """f on subsets of `size`: its mean, what frame i adds at place r (row r * n + i), and what pairs add."""
        fits = self.fits[:size]
        means, positions, pairs = [], [], []
        for s, fit in enumerate(fits, start=1):
            means.append(fit.mean)
            positions.append(torch.einsum("pr,pik->rik", places_of(s, size).to(fit.mean.device), fit.positions))
            # The chance that a random sub-subset of s of the frames has two given ones.
            pairs.append(s * (s - 1) / max(1, size * (size - 1)) * fit.pairs)
        mean, of_places, of_pairs = (torch.stack(parts).mean(dim=0).float() for parts in (means, positions, pairs))
        return mean, of_places.flatten(0, 1), of_pairs


_Tables = tuple[Float[Tensor, " K"], Float[Tensor, "rows K"], Float[Tensor, "pairs K"]]


def places_of(sub_size: int, size: int) -> Float64[Tensor, "s k"]:
    """At [p, r] the chance that a random sub-subset of s of k frames has the r-th of them as its p-th."""
    chances = [
        [comb(r, p) * comb(size - 1 - r, sub_size - 1 - p) / comb(size, sub_size) for r in range(size)]
        for p in range(sub_size)
    ]
    return torch.tensor(chances, dtype=torch.float64)
