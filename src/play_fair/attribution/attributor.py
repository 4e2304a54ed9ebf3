"""What all attributors have in common: videos are checked, and so is what is said of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from play_fair.errors import UserError
from play_fair.games import Game, ScoresSubsets, SegmentedGame, Segments
from play_fair.tensors import EsvBatch, Esvs, ScoreBatch, Scores


@dataclass(frozen=True)
class Explanation:
    """What is said of B videos of T frames.

    Attributes:
        esvs: (B, T, C) float32.
        scores: (B, C) float32, after softmax.
        standard_errors: of the ESVs; None if they are exact or nothing is known of their errors.
        held_out: of each video, what a learnt model leaves unexplained: a share of the standard deviation of logits.
        interactions: Shapley interaction index of every two frames; symmetric, 0 for a frame with itself.
    """

    esvs: EsvBatch
    scores: ScoreBatch
    standard_errors: EsvBatch | None = None
    held_out: Float[Tensor, " B"] | None = None
    interactions: Float[Tensor, "B T T C"] | None = None


def joined(parts: Sequence[Explanation]) -> Explanation:
    """What was said of several batches, as of one."""
    return _concatenated(parts, lambda values: 0)


def joined_classes(parts: Sequence[Explanation]) -> Explanation:
    """What was said of the same videos for some classes, then for others, as of all; classes are the last axis."""
    return _concatenated(parts, lambda values: values.ndim - 1)


def _concatenated(parts: Sequence[Explanation], axis: Callable[[Tensor], int]) -> Explanation:
    columns = {field.name: [getattr(part, field.name) for part in parts] for field in fields(Explanation)}
    joined_columns: dict[str, Any] = {
        name: None if values[0] is None else torch.cat(values, axis(values[0])) for name, values in columns.items()
    }
    return Explanation(**joined_columns)


class Attributor(ABC):
    """Splits the class scores of a video over its frames.

    Args:
        n_classes: C.
        device: where the computation runs; None: where the video is.
    """

    def __init__(self, n_classes: int, device: torch.device | str | None = None) -> None:
        self.n_classes = n_classes
        self.device = None if device is None else torch.device(device)

    def explain(self, video: Tensor, n_iters: int = 1, segments: Segments | None = None) -> tuple[Esvs, Scores]:
        """ESVs (T, C) of the frames of one video, and its class scores (C,) after softmax, both float32.

        Args:
            video: (T, D), in time order.
            n_iters: how often to sample; the means over subsets are taken over all iterations. Exact ESVs need one.
            segments: of consecutive frames that count as one: so many of equal lengths, or the length of each. Then
                the values are those of segments, (S, C).

        Raises:
            UserError: the video is not (T, D) finite numbers with T >= 1, has too many frames to be explained exactly,
                or the model gives NaN or another number of classes.
        """
        if video.ndim != 2:
            raise UserError(f"expected one video of shape (frames, features), got {tuple(video.shape)}")
        esvs, scores = self.explain_batch(video[None], n_iters, segments)
        return esvs[0], scores[0]

    def explain_batch(
        self, videos: Tensor, n_iters: int = 1, segments: Segments | None = None
    ) -> tuple[EsvBatch, ScoreBatch]:
        """ESVs (B, T, C) and scores (B, C) of videos (B, T, D) of the same number of frames; see `explain`."""
        explanation = self.explanation(videos, n_iters, segments)
        return explanation.esvs, explanation.scores

    @torch.no_grad()
    def explanation(self, videos: Tensor, n_iters: int = 1, segments: Segments | None = None) -> Explanation:
        """All there is to say of videos (B, T, D); see `explain`."""
        if segments is not None:
            return self.with_segments(segments).explanation(videos, n_iters)
        if n_iters < 1:
            raise UserError(f"expected n_iters of at least 1, got {n_iters}")
        explanation = self._explain(self._checked(videos), n_iters)
        n_classes = explanation.scores.shape[1]
        if n_classes != self.n_classes:
            raise UserError(f"expected scores of {self.n_classes} classes (n_classes), got {n_classes}")
        if not (explanation.scores.isfinite().all() and explanation.esvs.isfinite().all()):
            raise UserError("expected finite scores, but the model gives NaN or infinity; check its weights")
        return explanation

    @abstractmethod
    def count_n_evaluations(self, n_video_frames: int, n_iters: int = 1) -> int:
        """How many subsets of a video the model is evaluated on, at most."""

    @abstractmethod
    def with_segments(self, segments: Segments) -> "Attributor":
        """The same attributor for segments of consecutive frames in place of frames.

        Raises:
            UserError: the model cannot score any subset of frames by itself.
        """

    @abstractmethod
    def _explain(self, videos: Tensor, n_iters: int) -> Explanation:
        """Explain videos that were checked."""

    def _checked(self, videos: Tensor) -> Tensor:
        if videos.ndim != 3:
            raise UserError(f"expected videos of shape (videos, frames, features), got {tuple(videos.shape)}")
        if 0 in videos.shape[:2]:
            raise UserError(f"expected at least one video and one frame, got {tuple(videos.shape)}")
        videos = videos.to(device=self.device, dtype=torch.float32)
        if not videos.isfinite().all():
            raise UserError("expected finite features, got NaN or infinity among them; extract the features again")
        return videos


def segmented(game: Game | ScoresSubsets, segments: Segments) -> SegmentedGame:
    """The game of segments of frames.

    Raises:
        UserError: the game does not score any subset by itself.
    """
    if not isinstance(game, ScoresSubsets):
        raise UserError(
            "segments need scores of single subsets, which a multi-scale model has only together with those of all "
            "their sub-subsets: estimate them (SurrogateAttributor), or explain the model as a function, the softmax "
            "of MultiscaleModel(models).forward_batch"
        )
    return SegmentedGame(game, segments)


def n_players(game: Game | ScoresSubsets, videos: Tensor) -> int:
    """Among how many the scores of videos (B, T, D) are shared: segments if there are any, else frames."""
    n_frames = videos.shape[1]
    return game.n_players(n_frames) if isinstance(game, SegmentedGame) else n_frames
