"""The interface of attributors of feature sequences."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from play_fair.attribution.batch import BatchExplanation
from play_fair.errors import UserError
from play_fair.games import Game, ScoresCoalitions, Segments, evaluation_mode
from play_fair.tensors import EsvBatch, Esvs, ScoreBatch, Scores


class Attributor(ABC):
    """Divides the class scores of a video among its frames.

    Args:
        game: v.
        n_classes: C.
        device: where the computation runs; None: where the video is.
        n_iters: of each explanation, where none are given.
    """

    def __init__(
        self,
        game: Game | ScoresCoalitions,
        n_classes: int,
        device: torch.device | str | None = None,
        n_iters: int = 1,
    ) -> None:
        self.game = game
        self.n_classes = n_classes
        self.device = None if device is None else torch.device(device)
        self.n_iters = n_iters

    def explain(self, video: Any, n_iters: int | None = None, segments: Segments | None = None) -> tuple[Esvs, Scores]:
        """ESVs (T, C) of the frames of one video, and its class scores (C,), both float32.

        Models run in evaluation mode and without gradients, and are left in the mode they were in.

        Args:
            video: (T, D), tensor or array, in time order.
            n_iters: how often to sample, where ESVs are estimated; exact ones need one iteration.
            segments: of consecutive frames that count as one player: so many of equal lengths, or the length of each.
                Then the values are those of segments, (S, C).

        Raises:
            UserError: the video is not (T, D) finite numbers with T >= 1, has too many frames to be explained exactly,
                or the model fails, or gives NaN or another number of classes.
        """
        video = as_features(video)
        if video.ndim != 2:
            raise UserError(f"expected one video of shape (frames, features), got {tuple(video.shape)}")
        esvs, scores = self.explain_batch(video[None], n_iters, segments)
        return esvs[0], scores[0]

    def explain_batch(
        self, videos: Any, n_iters: int | None = None, segments: Segments | None = None
    ) -> tuple[EsvBatch, ScoreBatch]:
        """ESVs (B, T, C) and scores (B, C) of videos (B, T, D) of the same number of frames; see `explain`."""
        explanation = self.explanation(videos, n_iters, segments)
        return explanation.esvs, explanation.scores

    def explanation(
        self, videos: Any, n_iters: int | None = None, segments: Segments | None = None
    ) -> BatchExplanation:
        """ESVs, scores, standard errors and interactions of videos (B, T, D); see `explain`.

        `.explanations()` of the result gives one `play_fair.Explanation` for each video.
        """
        if segments is not None:
            return self.with_segments(segments).explanation(videos, n_iters)
        n_iters = self.n_iters if n_iters is None else n_iters
        if n_iters < 1:
            raise UserError(f"expected n_iters of at least 1, got {n_iters}")
        with evaluation_mode(self.game):
            explanation = self._explain(self._checked(videos), n_iters)
        n_classes = explanation.scores.shape[1]
        if n_classes != self.n_classes:
            raise UserError(f"expected scores of {self.n_classes} classes (n_classes), got {n_classes}")
        if not explanation.prior.isfinite().all():
            raise UserError(
                "expected a finite v(empty), but the model gives NaN or infinity for a video without frames, "
                "(1, 0, D): it must return the prior there; play_fair.explain(model, video, prior=...) never asks a "
                "model for it"
            )
        if not (explanation.scores.isfinite().all() and explanation.esvs.isfinite().all()):
            raise UserError("expected finite scores, but the model gives NaN or infinity; check its weights")
        return explanation

    @abstractmethod
    def count_n_evaluations(self, n_video_frames: int, n_iters: int | None = None) -> int:
        """How many coalitions of a video the model is evaluated on, at most."""

    @abstractmethod
    def with_segments(self, segments: Segments) -> "Attributor":
        """The same attributor for segments of consecutive frames in place of frames."""

    @abstractmethod
    def _explain(self, videos: Tensor, n_iters: int) -> BatchExplanation:
        """Explain videos that were checked."""

    def _checked(self, videos: Any) -> Tensor:
        videos = as_features(videos)
        if videos.ndim != 3:
            raise UserError(f"expected videos of shape (videos, frames, features), got {tuple(videos.shape)}")
        if 0 in videos.shape[:2]:
            raise UserError(f"expected at least one video and one frame, got {tuple(videos.shape)}")
        videos = videos.to(self.device)
        if not videos.isfinite().all():
            raise UserError("expected finite features, got NaN or infinity among them; extract the features again")
        return videos


def as_features(values: Any) -> Tensor:
    """Features as a float32 tensor.

    Raises:
        UserError: they are no array of numbers.
    """
    try:
        return torch.as_tensor(values).to(torch.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            f"expected features as a tensor or array of numbers, got {type(values).__name__}: {error}"
        ) from error
