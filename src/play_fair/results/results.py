"""ESVs of a set of videos."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from play_fair.array_checks import as_uids
from play_fair.arrays import ClassScores, Labels, Priors, SequenceIndices, SequenceLengths, ShapleyValues
from play_fair.errors import UserError, require_once
from play_fair.explanation import Explanation
from play_fair.results.checks import require_consistent, require_same_model
from play_fair.results.explanations import arrays_of, explanation_of
from play_fair.results.pickle_file import read_pickle, to_dict, write_pickle
from play_fair.results.scale import APPROXIMATION, PREDICTED, Scale


@dataclass(frozen=True)
class EsvResults:
    """ESVs of N videos for one number of frames, or for several once collated.

    The fields `uids`, `labels`, `sequence_lengths`, `priors` and `attrs` belong to the videos; what depends on the
    number of frames is in `scales`. On disk it is a plain dict, in the format of the published results.

    Raises:
        UserError: the arrays do not fit together, or have values that an explanation cannot have. (They come from
            files, so they are checked at runtime.)
    """

    uids: np.ndarray
    """(N,) str, unique."""
    labels: np.ndarray
    """(N,) ground-truth class ids."""
    sequence_lengths: np.ndarray
    """(N,) frames of each video before sampling."""
    priors: np.ndarray
    """(C,) v(empty)."""
    scales: tuple[Scale, ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    """Provenance: plain values."""
    collated: bool = False

    def __post_init__(self) -> None:
        require_consistent(self)

    @property
    def scores(self) -> np.ndarray | list[np.ndarray]:
        """(N, C); collated: one such for each number of frames."""
        return self._field("scores")

    @property
    def sequence_idxs(self) -> np.ndarray | list[np.ndarray]:
        """(N, n); collated: one such for each number of frames."""
        return self._field("sequence_idxs")

    @property
    def shapley_values(self) -> np.ndarray | list[np.ndarray]:
        """(N, n, C); collated: one such for each number of frames."""
        return self._field("shapley_values")

    def _field(self, name: str) -> np.ndarray | list[np.ndarray]:
        values = [getattr(scale, name) for scale in self.scales]
        return values if self.collated else values[0]

    @property
    def labelled(self) -> bool:
        """Whether `labels` are the true classes: else they are what the model predicts."""
        return self.attrs.get("labels") != PREDICTED

    def efficiency_error(self) -> float:
        """The largest |sum of ESVs + prior - score| over videos, classes and numbers of frames; 0 when exact."""
        return max(
            float(np.abs(scale.shapley_values.sum(1, dtype=np.float64) + self.priors - scale.scores).max(initial=0))
            for scale in self.scales
        )

    def take(self, uids: Sequence[str]) -> "EsvResults":
        """The same results for `uids` only, in that order.

        Raises:
            UserError: one of them is not in the results.
        """
        if unknown := [uid for uid in uids if uid not in self._row_of]:
            raise UserError(f"expected uids that are in the results, got {len(unknown)} others, first {unknown[0]!r}")
        rows = np.array([self._row_of[uid] for uid in uids], dtype=np.int64)
        return replace(
            self,
            uids=self.uids[rows],
            labels=self.labels[rows],
            sequence_lengths=self.sequence_lengths[rows],
            scales=tuple(scale.take(rows) for scale in self.scales),
        )

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {uid: row for row, uid in enumerate(self.uids.tolist())}

    def __iter__(self) -> Iterator[str]:
        """Iterate over the uids."""
        return iter(self.uids.tolist())

    def __contains__(self, uid: object) -> bool:
        return uid in self._row_of

    def __getitem__(self, uid: str) -> Explanation:
        """Return the explanation of one video; of collated results, that of the largest number of frames.

        Raises:
            UserError: the uid is not in the results.
        """
        return self.explanation(uid)

    def explanation(
        self, uid: str, n_frames: int | None = None, class_names: Sequence[str] | None = None
    ) -> Explanation:
        """Return the explanation of one video, without padding.

        Its `info` has uid, label (None if it is not known), frame_idxs, n_video_frames, held_out if the results have
        it, and the attrs that are text or numbers. Its method is "exact", the estimator that attrs["approximation"]
        names, or "unknown" where that is missing, as it is in collated results.

        Args:
            n_frames: frames fed to the model; None: the largest number in the results. Of two results with the same
                number, the first is used.
            class_names: C names, which results files do not have.

        Raises:
            UserError: the uid, or the number of frames, is not in the results.
        """
        return explanation_of(self, uid, n_frames, class_names)

    def subset_scores(self, uid: str, n_frames: int) -> dict[int, np.ndarray]:
        """Return the scores (2^n,) of all subsets of the frames of a video by class; empty where they are not stored.

        They are those of the true and of the predicted class. Bit i of the index says whether the model saw frame i.
        """
        row = self._row_of.get(uid)
        scale = next((scale for scale in self.scales if scale.n_frames == n_frames), None)
        stored = None if scale is None or n_frames > 16 else scale.extra("subset_scores", (2, 2**n_frames))
        if row is None or scale is None or stored is None:
            return {}
        return {int(self.labels[row]): stored[row, 0], int(scale.scores[row].argmax()): stored[row, 1]}

    @classmethod
    def from_explanations(
        cls,
        explanations: Sequence[Explanation],
        uids: Sequence[str],
        labels: Sequence[int] | None = None,
        sequence_idxs: Sequence[Sequence[int]] | None = None,
        sequence_lengths: Sequence[int] | None = None,
        attrs: Mapping[str, Any] | None = None,
    ) -> "EsvResults":
        """Results for N explanations by one model; those of fewer frames than others are padded.

        Interactions are stored if all explanations have them for the true and the predicted class.
        attrs["approximation"] records the methods, if they are one estimator, and "exact" for fewer frames.

        Args:
            labels: true class ids; None: unknown, the predicted ones are stored and attrs["labels"] is "predicted".
            sequence_idxs: indices of the frames in each video; None: `explanation.frame_idxs`.
            sequence_lengths: frames of each video; None: `explanation.n_video_frames`.
            attrs: further provenance: plain values.

        Raises:
            UserError: there are no explanations, other numbers of uids or labels, or their classes or priors differ;
                or see the class.
        """
        return cls.single(**arrays_of(explanations, uids, labels, sequence_idxs, sequence_lengths, attrs))

    @classmethod
    def single(
        cls,
        *,
        uids: Sequence[str],
        labels: Labels,
        sequence_lengths: SequenceLengths,
        priors: Priors,
        sequence_idxs: SequenceIndices,
        scores: ClassScores,
        shapley_values: ShapleyValues,
        attrs: Mapping[str, Any] | None = None,
        extras: Mapping[str, np.ndarray] | None = None,
    ) -> "EsvResults":
        """Results for one number of frames."""
        scale = Scale(sequence_idxs, scores, shapley_values, dict(extras or {}))
        return cls(as_uids(uids), labels, sequence_lengths, priors, (scale,), dict(attrs or {}))

    @classmethod
    def collate(cls, results: Sequence["EsvResults"], attrs: Mapping[str, Any] | None = None) -> "EsvResults":
        """Several results on the same videos as one: the uids all have in common, in the order of the first.

        That all are exact is kept in the attrs; other attrs of theirs are not.

        Raises:
            UserError: they have no uid in common, two have the same number of frames, their attrs name different
                models, or they contradict each other in labels, sequence lengths or priors.
        """
        if not results:
            raise UserError("expected at least one result to collate, got none")
        n_frames = [scale.n_frames for result in results for scale in result.scales]
        require_once(n_frames, "one result for each number of frames")
        common = set.intersection(*(set(result.uids.tolist()) for result in results))
        uids = [uid for uid in results[0].uids.tolist() if uid in common]
        if not uids:
            raise UserError("expected results on the same videos, but no uid is in all of them")
        chosen = [result.take(uids) for result in results]
        first = chosen[0]
        for index, other in enumerate(chosen[1:], start=2):
            require_same_model(first.attrs, other.attrs, index)
            if other.priors.shape != first.priors.shape or not np.allclose(other.priors, first.priors, atol=1e-9):
                raise UserError(f"result 1 and result {index} have different class priors; they cannot be collated")
            for name in ("labels", "sequence_lengths"):
                if (rows := np.flatnonzero(getattr(other, name) != getattr(first, name))).size:
                    raise UserError(
                        f"result 1 and result {index} contradict each other: {name} of video {uids[rows[0]]} "
                        f"is {getattr(first, name)[rows[0]]} in one and {getattr(other, name)[rows[0]]} in the other"
                    )
        scales = tuple(scale for result in chosen for scale in result.scales)
        of_labels = {} if all(result.labelled for result in results) else {"labels": PREDICTED}
        all_exact = all(result.attrs.get(APPROXIMATION, "") is None for result in results)
        of_method = {APPROXIMATION: None} if all_exact else {}
        return replace(first, scales=scales, attrs={**of_labels, **of_method, **(attrs or {})}, collated=True)

    @classmethod
    def load(cls, path: Path | str) -> "EsvResults":
        """Read a results pickle, collated or not, ours or a published one; no code in it is run.

        Raises:
            UserError: it is missing, damaged, hostile, or its arrays do not fit together.
        """
        return read_pickle(path, cls)

    @classmethod
    def in_place_of(cls, path: Path | str) -> "EsvResults | None":
        """The results at `path` that others are to replace; None where nothing is.

        Raises:
            UserError: it is something else, which would be lost.
        """
        if not Path(path).exists():
            return None
        try:
            return cls.load(path)
        except UserError as error:
            raise UserError(
                f"expected results or nothing at {path}, but it is another file; choose another output ({error})"
            ) from error

    def save(self, path: Path | str) -> None:
        """Write the results pickle: a plain dict of ndarrays, atomically."""
        write_pickle(path, self)

    def to_dict(self) -> dict[str, Any]:
        """The content of a results file."""
        return to_dict(self)
