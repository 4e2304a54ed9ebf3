"""What a model says about one video, and which frames made it say so. Needs no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32

from play_fair.arrays import Priors
from play_fair.results import PADDING, PREDICTED, EsvResults
from play_fair.video_page.clip import Clip

TOP = 10
"""Classes that are shown of each video, besides those that were asked for."""


@dataclass(frozen=True)
class VideoExplanation:
    """ESVs of the n sampled frames of one video, for C classes: prior + sum of ESVs = score."""

    clip: Clip
    model: str
    """The model's name."""
    dataset: str
    """The name of what it was trained on."""
    class_names: Sequence[str]
    priors: Priors
    scores: Float32[np.ndarray, " C"]
    """Of all n frames, after softmax."""
    esvs: Float32[np.ndarray, "n C"]
    thumbnails: Sequence[bytes]
    """The n frames as small JPEGs."""
    standard_errors: Float32[np.ndarray, "n C"] | None = None
    """Of the ESVs; None if they are exact."""
    interactions: Mapping[int, Float32[np.ndarray, "n n"]] = field(default_factory=dict)
    """Class id -> what every two frames say only together, for the shown classes; empty for too many frames."""
    asked: Sequence[int] = ()
    """Classes that were asked for, in order."""

    @property
    def predicted(self) -> int:
        """The class with the highest score."""
        return int(self.scores.argmax())

    @property
    def exact(self) -> bool:
        """Whether all subsets of frames were looked at."""
        return self.standard_errors is None

    @property
    def ranking(self) -> list[int]:
        """All classes, the most likely first."""
        return np.argsort(-self.scores, kind="stable").tolist()

    @property
    def shown(self) -> list[int]:
        """The classes a page shows: the most likely first, then those that were asked for, each once."""
        return list(dict.fromkeys([*self.ranking[:TOP], *self.asked]))

    def efficiency_error(self) -> float:
        """The largest |prior + sum of ESVs - score| of all classes: what rounding leaves."""
        return float(np.abs(self.esvs.sum(0, dtype=np.float64) + self.priors - self.scores).max())


def to_results(explanations: Sequence[VideoExplanation], attrs: Mapping[str, object]) -> EsvResults:
    """Explanations by one model as one results file, with the attributes the dashboard reads.

    The true classes are not known: `labels` are the predicted ones, and attrs["labels"] says so. Videos with fewer
    frames than others are padded; interactions are there if all videos have them.
    """
    first, n_frames = explanations[0], max(len(e.esvs) for e in explanations)

    def padded(values: np.ndarray, axes: Sequence[int], filler: int = 0) -> np.ndarray:
        widths = [(0, n_frames - length if axis in axes else 0) for axis, length in enumerate(values.shape)]
        return np.pad(values, widths, constant_values=filler)

    extras = {}
    if any(not e.exact for e in explanations):
        errors = [np.zeros_like(e.esvs) if e.standard_errors is None else e.standard_errors for e in explanations]
        extras["standard_errors"] = np.stack([padded(values, (0,)) for values in errors])
    if all(e.interactions for e in explanations):
        # Of the true and of the predicted class; the true one is not known.
        pairs = [np.stack([e.interactions[e.predicted]] * 2) for e in explanations]
        extras["interactions"] = np.stack([padded(values, (1, 2)) for values in pairs])
    return EsvResults.single(
        uids=[e.clip.uid for e in explanations],
        labels=np.array([e.predicted for e in explanations], np.int64),
        sequence_lengths=np.array([e.clip.n_video_frames for e in explanations], np.int64),
        priors=first.priors,
        sequence_idxs=np.stack([padded(e.clip.frame_idxs, (0,), PADDING) for e in explanations]),
        scores=np.stack([e.scores for e in explanations]),
        shapley_values=np.stack([padded(e.esvs, (0,)) for e in explanations]),
        attrs={"model": first.model, "dataset": first.dataset, "labels": PREDICTED, **attrs},
        extras=extras,
    )
