"""Attributors for videos of too many frames to enumerate their subsets; see also `ConstructiveRandomSampler`."""

from collections.abc import Sequence
from copy import copy

import torch
from torch import Tensor

from play_fair.attribution.attributor import Attributor, Explanation, n_players, segmented
from play_fair.attribution.layered import LayeredEstimate, layered_estimate, least_evaluations
from play_fair.errors import UserError
from play_fair.games import MultiscaleGame, ScoresSubsets, Segments, SurrogateGame
from play_fair.games.kernel_fit import ScaleFit
from play_fair.games.segments import score_segments, segment_lengths

MOST_ENUMERATED_FRAMES = 16
"""Up to so many frames all subsets are looked at: 2^16 take well under a second."""

_LEARNT_SAMPLES = 256
_LEARNT_SAMPLES_PER_FRAME = 4
"""Subsets of each size that are scored by what was learnt: so many, or so many for each frame. No network sees them."""


class LayeredAttributor(Attributor):
    """ESVs of any game that scores subsets by themselves, from regressions within the subsets of each size.

    See `layered_estimate`. All classes share the subsets, and so do the videos of a batch: their errors are not
    independent of each other, but each has its standard error.

    Args:
        game: v.
        n_classes: C.
        max_samples: scored subsets of each size, on average; times `n_iters`.
        seed: of the sampling.
        target_stderr: go on beyond `max_samples` until no ESV has a larger standard error.
        device: see `Attributor`.
    """

    def __init__(
        self,
        game: ScoresSubsets,
        n_classes: int,
        max_samples: int,
        seed: int = 0,
        target_stderr: float | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__(n_classes, device)
        if target_stderr is not None and not target_stderr > 0:
            raise UserError(f"expected a positive target_stderr, got {target_stderr}")
        self.game = game
        self.max_samples = max_samples
        self.target_stderr = target_stderr
        self._generator = torch.Generator().manual_seed(seed)

    def count_n_evaluations(self, n_video_frames: int, n_iters: int = 1) -> int:
        """How many subsets of a video the model is evaluated on, at most, if there is no `target_stderr`."""
        return n_iters * self.max_samples * max(1, n_video_frames - 1)

    def with_segments(self, segments: Segments) -> "LayeredAttributor":
        """See `Attributor.with_segments`."""
        other = copy(self)
        other.game = segmented(self.game, segments)
        return other

    def _explain(self, videos: Tensor, n_iters: int) -> Explanation:
        n_frames = n_players(self.game, videos)
        estimate = layered_estimate(
            self.game.scorer(videos),
            n_frames,
            self.count_n_evaluations(n_frames, n_iters),
            self._generator,
            videos.device,
            self.target_stderr,
        )
        return Explanation(estimate.esvs, estimate.scores, estimate.standard_errors)


class SurrogateAttributor(Attributor):
    """ESVs of a multi-scale model whose networks are learnt from few subsets; see `SurrogateGame`.

    Up to `MOST_ENUMERATED_FRAMES` frames the ESVs of the learnt game are exact, beyond they are estimated layer by
    layer; no network is called for that. Biased, less with more samples. The standard error of an ESV is half the
    difference between what either half of the samples gives (pooled over the frames of the video), together with that
    of the layers: a cautious figure, for all samples give better ESVs than halves do.

    Args:
        game: the multi-scale game.
        n_classes: C.
        max_samples: most subsets that each network sees; times `n_iters`. Videos of a batch share them.
        seed: of the sampling.
        device: see `Attributor`.
    """

    def __init__(
        self,
        game: MultiscaleGame,
        n_classes: int,
        max_samples: int,
        seed: int = 0,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__(n_classes, device)
        self.game = game
        self.max_samples = max_samples
        self._generator = torch.Generator().manual_seed(seed)
        self._segments: Segments | None = None

    def count_n_evaluations(self, n_video_frames: int, n_iters: int = 1) -> int:
        """How many subsets of a video the single-scale models are evaluated on."""
        return self._surrogate(n_iters).count_n_evaluations(n_video_frames)

    def count_n_scored(self, n_video_frames: int) -> int:
        """How many subsets of a video are scored by what was learnt, at most; no network sees them."""
        if n_video_frames <= MOST_ENUMERATED_FRAMES:
            return 2**n_video_frames
        return max(_LEARNT_SAMPLES, _LEARNT_SAMPLES_PER_FRAME * n_video_frames) * (n_video_frames - 1)

    def with_segments(self, segments: Segments) -> "SurrogateAttributor":
        """See `Attributor.with_segments`. What was learnt scores any subset of frames, and so of segments."""
        other = copy(self)
        other._segments = segments
        return other

    def _surrogate(self, n_iters: int) -> SurrogateGame:
        return SurrogateGame(self.game, self.max_samples * n_iters, self._generator)

    def _explain(self, videos: Tensor, n_iters: int) -> Explanation:
        n_videos, n_frames, _ = videos.shape
        surrogate = self._surrogate(n_iters)
        fits = surrogate.fit(videos)
        # Without segments, each frame is one.
        lengths = segment_lengths(self._segments or n_frames, n_frames)
        n_scored = self.count_n_scored(len(lengths))

        def estimate_with(fits: Sequence[Sequence[ScaleFit]], n_evaluations: int) -> LayeredEstimate:
            score = surrogate.scorer_of(fits)
            if self._segments is not None:
                score = score_segments(score, lengths)
            return layered_estimate(score, len(lengths), n_evaluations, self._generator, videos.device)

        estimate = estimate_with([[fitted.whole for fitted in fits]], n_scored)
        # How much the halves differ is all that is wanted of them, and fewer subsets tell it.
        of_halves = estimate_with(
            [[fitted.halves[half] for fitted in fits] for half in (0, 1)],
            max(least_evaluations(len(lengths)), min(n_scored, _LEARNT_SAMPLES * len(lengths)) // 2),
        )
        of_one_half, of_other_half = of_halves.esvs.split(n_videos)
        of_learning = (of_one_half - of_other_half).square().mean(dim=1, keepdim=True) / 4
        of_layers = estimate.standard_errors.square()
        held_out = torch.stack([fitted.held_out.view(n_videos, -1).mean(dim=1) for fitted in fits]).amax(dim=0)
        return Explanation(estimate.esvs, estimate.scores, (of_learning + of_layers).sqrt(), held_out.float())
