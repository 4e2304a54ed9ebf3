"""ESVs of many videos for one number of frames, and the keys of results files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

PADDING = -1
"""Frame index after the last frame of a video shorter than the others; its ESVs are 0."""

KEYS = ("labels", "uids", "sequence_idxs", "sequence_lengths", "scores", "shapley_values", "priors")
"""Required keys of a results file."""

PER_SCALE = ("sequence_idxs", "scores", "shapley_values")
"""Those of KEYS that depend on the number of frames: collated, they have an entry for each."""

APPROXIMATION = "approximation"
"""Key in attrs: settings of the estimator; None for exact ESVs."""

PREDICTED = "predicted"
"""Value of attrs["labels"] where the true classes are not known."""


@dataclass(frozen=True)
class Scale:
    """ESVs of all videos for one number of frames n fed to the model."""

    sequence_idxs: np.ndarray
    """(N, n) frame indices, ascending; `PADDING` after a shorter video's last."""
    scores: np.ndarray
    """(N, C) model scores on those frames, after softmax."""
    shapley_values: np.ndarray
    """(N, n, C) ESVs: they and the prior sum to the score."""
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Further arrays by name, one entry for each video first: `standard_errors` (N, n, C), `interactions` (N, 2, n, n)
    for the true and for the predicted class, `held_out` (N,)."""

    @property
    def n_frames(self) -> int:
        """Frames fed to the model: n."""
        return self.sequence_idxs.shape[1]

    def extra(self, name: str, shape: tuple[int, ...]) -> np.ndarray | None:
        """Return a further array if it is there, with entries of this shape."""
        values = self.extras.get(name)
        return values if values is not None and values.shape[1:] == shape else None

    def take(self, rows: np.ndarray) -> "Scale":
        """The same for the videos at `rows`, in that order."""
        extras = {name: values[rows] for name, values in self.extras.items()}
        return Scale(self.sequence_idxs[rows], self.scores[rows], self.shapley_values[rows], extras)


def pad_frames(values: np.ndarray, n_frames: int, axes: Sequence[int], filler: int = 0) -> np.ndarray:
    """Pad the axes that count the frames of a video, up to `n_frames`."""
    widths = [(0, n_frames - length if axis in axes else 0) for axis, length in enumerate(values.shape)]
    return np.pad(values, widths, constant_values=filler)
