"""ESVs of a set of videos: validate, save, load, collate, and convert to and from explanations."""

import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from play_fair.array_checks import as_numbers, as_uids
from play_fair.arrays import ClassScores, Labels, Priors, SequenceIndices, SequenceLengths, ShapleyValues
from play_fair.errors import UserError, require_once, shown, some
from play_fair.explanation import EXACT, SYMMETRY, Explanation
from play_fair.files import atomic_path
from play_fair.pickled_arrays import load_arrays

PADDING = -1
"""Stands in `sequence_idxs` after the last frame of a video shorter than the others; its ESVs are 0."""

UNKNOWN = "unknown"
"""Method of explanations from files that do not record it."""

APPROXIMATION = "approximation"
"""Key in attrs: settings of the estimator; None for exact ESVs."""

PREDICTED = "predicted"
"""Stands in attrs["labels"] where the true classes are not known."""

KEYS = ("labels", "uids", "sequence_idxs", "sequence_lengths", "scores", "shapley_values", "priors")
MAX_LENGTH = 10_000_000
"""Frames of a video: four days at 25 per second."""

NUMERIC_EXTRAS = ("standard_errors", "interactions", "loo_residual")
"""Further arrays that must be numeric."""

MODEL_ATTRS = ("model", "dataset", "checkpoints_sha256")
"""Keys in attrs that identify the model and its training."""

PER_SCALE = ("sequence_idxs", "scores", "shapley_values")
"""Those of KEYS that depend on the number of frames: collated, they have an entry for each."""


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


@dataclass(frozen=True)
class EsvResults:
    """ESVs of N videos for one number of frames, or for several once collated.

    The fields `uids`, `labels`, `sequence_lengths`, `priors` and `attrs` belong to the videos; what depends on the
    number of frames is in `scales`. On disk it is a plain dict, in the format of the published results.

    Raises:
        UserError: the arrays do not fit together, or have values that an explanation cannot have. (They come from
            files, so they are checked here, with a message for people, and not in the annotations.)
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
        n_videos, n_classes = len(self.uids), len(self.priors)
        _expect("labels", self.labels, (n_videos,))
        _expect("sequence_lengths", self.sequence_lengths, (n_videos,))
        require_once(self.uids.tolist(), "each uid once in the results")
        _require_labels(self.labels, n_classes)
        if n_videos and not (self.sequence_lengths.min() >= 1 and self.sequence_lengths.max() <= MAX_LENGTH):
            raise UserError(
                f"expected sequence_lengths in 1..{MAX_LENGTH}, got {self.sequence_lengths.min()}.."
                f"{self.sequence_lengths.max()}"
            )
        if not n_classes:
            raise UserError("expected the priors of at least one class, got none")
        if not np.isfinite(self.priors).all():
            raise UserError("expected finite priors, but some are NaN or infinite")
        if not self.scales:
            raise UserError("expected results for at least one number of frames, got none")
        for scale in self.scales:
            n_frames = scale.n_frames
            if n_frames < 1:
                raise UserError("expected ESVs of at least one frame, got sequence_idxs of none")
            _expect("sequence_idxs", scale.sequence_idxs, (n_videos, n_frames))
            _expect("scores", scale.scores, (n_videos, n_classes))
            _expect("shapley_values", scale.shapley_values, (n_videos, n_frames, n_classes))
            if (scale.sequence_idxs >= self.sequence_lengths[:, None]).any() or (scale.sequence_idxs < PADDING).any():
                raise UserError("expected sequence_idxs below the sequence_lengths, but some point past their video")
            if (scale.sequence_idxs == PADDING).all(axis=1).any():
                raise UserError("expected sequence_idxs of at least one frame of each video, but some are all padding")
            if not (np.isfinite(scale.scores).all() and np.isfinite(scale.shapley_values).all()):
                raise UserError("expected finite scores and shapley_values, but some are NaN or infinite")
            for name, values in scale.extras.items():
                _expect(name, values, (n_videos, *values.shape[1:]))
            _require_extras(scale, n_classes)

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
        row = self._row_of.get(uid)
        if row is None:
            raise UserError(f"expected a uid that is in the results ({some(self.uids.tolist())}), got {shown(uid)}")
        scales = {scale.n_frames: scale for scale in reversed(self.scales)}
        if n_frames is not None and n_frames not in scales:
            raise UserError(f"expected a number of frames among {some(sorted(scales), 20)}, got {n_frames}")
        scale = scales[max(scales) if n_frames is None else n_frames]
        given = scale.sequence_idxs[row] != PADDING
        errors = scale.extra("standard_errors", (scale.n_frames, len(self.priors)))
        row_errors = None if errors is None else errors[row][given]
        method = self._method(int(given.sum()), row_errors)
        held_out = scale.extra("held_out", ())
        return Explanation(
            values=scale.shapley_values[row][given],
            scores=scale.scores[row],
            prior=self.priors,
            standard_errors=None if method == EXACT else row_errors,
            interactions=self._interactions(scale, row, given),
            method=method,
            class_names=None if class_names is None else tuple(class_names),
            info={
                **{key: self.attrs[key] for key in self.attrs if isinstance(self.attrs[key], str | int | float)},
                "uid": uid,
                "label": int(self.labels[row]) if self.labelled else None,
                "frame_idxs": scale.sequence_idxs[row][given].tolist(),
                "n_video_frames": int(self.sequence_lengths[row]),
                **({} if held_out is None else {"held_out": float(held_out[row])}),
            },
        )

    def _method(self, n_frames: int, standard_errors: np.ndarray | None) -> str:
        """How the ESVs of a video were computed, as far as the attrs and their errors show it."""
        if standard_errors is not None and not standard_errors.any():
            return EXACT
        settings = self.attrs.get(APPROXIMATION, UNKNOWN)
        if settings is None:
            return EXACT
        if not isinstance(settings, Mapping):
            return UNKNOWN
        exact_up_to = settings.get("exact_up_to_n_frames")
        if isinstance(exact_up_to, int) and n_frames <= exact_up_to:
            return EXACT
        return str(settings.get("estimator") or UNKNOWN)

    def _interactions(self, scale: Scale, row: int, given: np.ndarray) -> np.ndarray | None:
        """Interactions (n, n, C) of one video, NaN for all classes but the true and the predicted one."""
        stored = scale.extra("interactions", (2, scale.n_frames, scale.n_frames))
        if stored is None:
            return None
        n_frames = int(given.sum())
        interactions = np.full((n_frames, n_frames, len(self.priors)), np.nan, np.float32)
        for class_id, pairs in zip((self.labels[row], scale.scores[row].argmax()), stored[row], strict=True):
            interactions[..., class_id] = pairs[given][:, given]
        return interactions

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
        if not explanations:
            raise UserError("expected at least one explanation, got none")
        for name, given in (
            *(("uids", uids), ("labels", labels)),
            *(("sequence_idxs", sequence_idxs), ("sequence_lengths", sequence_lengths)),
        ):
            if given is not None and len(given) != len(explanations):
                raise UserError(
                    f"expected one of {name} for each of {len(explanations)} explanations, got {len(given)}"
                )
        first = explanations[0]
        for uid, other in zip(uids, explanations, strict=True):
            if other.prior.shape != first.prior.shape or not np.allclose(
                other.prior, first.prior, rtol=1e-6, atol=1e-9
            ):
                raise UserError(
                    f"expected explanations with one prior for all videos, as results files have it, but that of {uid} "
                    f"differs from that of {uids[0]}"
                )
            if None not in (other.class_names, first.class_names) and other.class_names != first.class_names:
                raise UserError(f"expected explanations of the same classes, but {uid} and {uids[0]} name others")
        n_frames = max(len(explanation.values) for explanation in explanations)
        if sequence_idxs is None:
            sequence_idxs = [explanation.frame_idxs for explanation in explanations]
        if sequence_lengths is None:
            sequence_lengths = [explanation.n_video_frames for explanation in explanations]
        for indices, explanation in zip(sequence_idxs, explanations, strict=True):
            _expect("sequence_idxs of a video", np.asarray(indices), (len(explanation.values),))
        true_or_predicted = np.array(
            [explanation.predicted for explanation in explanations] if labels is None else labels, np.int64
        )
        _require_labels(true_or_predicted, len(first.prior))
        return cls.single(
            uids=uids,
            labels=true_or_predicted,
            sequence_lengths=np.array(sequence_lengths, np.int64),
            priors=first.prior,
            sequence_idxs=np.stack(
                [_padded(np.array(indices, np.int64), n_frames, (0,), PADDING) for indices in sequence_idxs]
            ),
            scores=np.stack([explanation.scores for explanation in explanations]),
            shapley_values=np.stack([_padded(explanation.values, n_frames, (0,)) for explanation in explanations]),
            attrs={
                **_approximation_of(explanations),
                **({"labels": PREDICTED} if labels is None else {}),
                **(attrs or {}),
            },
            extras=_extras_of(explanations, true_or_predicted.tolist(), n_frames),
        )

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
            _require_same_model(first.attrs, other.attrs, index)
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
        return replace(first, scales=scales, attrs={**of_labels, **(attrs or {})}, collated=True)

    @classmethod
    def load(cls, path: Path | str) -> "EsvResults":
        """Read a results pickle, collated or not, ours or a published one; no code in it is run.

        Raises:
            UserError: it is missing, damaged, hostile, or its arrays do not fit together.
        """
        content = load_arrays(path)
        if not isinstance(content, dict):
            raise UserError(f"expected a dict of results in {path}, got {type(content).__name__}")
        if missing := [key for key in KEYS if key not in content]:
            raise UserError(f"expected the key {missing[0]} in {path}, found {some(content)}")
        try:
            return _from_dict(cls, content)
        except UserError as error:
            raise UserError(f"{path} is not a valid results file: {error}") from error

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
        with atomic_path(path) as part, part.open("wb") as file:
            pickle.dump(self.to_dict(), file, protocol=4)

    def to_dict(self) -> dict[str, Any]:
        """The content of the file."""
        shared = {
            "uids": self.uids,
            "labels": self.labels,
            "sequence_lengths": self.sequence_lengths,
            "priors": self.priors,
            "attrs": dict(self.attrs),
        }
        if not self.collated:
            scale = self.scales[0]
            own = {name: getattr(scale, name) for name in PER_SCALE}
            return {**shared, **own, **scale.extras}
        names = sorted({name for scale in self.scales for name in scale.extras})
        return {
            **shared,
            "sequence_idxs": [scale.sequence_idxs for scale in self.scales],
            "scores": np.stack([scale.scores for scale in self.scales]),
            "shapley_values": [scale.shapley_values for scale in self.scales],
            **{name: [scale.extras.get(name) for scale in self.scales] for name in names},
        }


def _from_dict(cls: type[EsvResults], content: dict[str, Any]) -> EsvResults:
    esvs = content["shapley_values"]
    # Published files stack the arrays of a collation where their shapes allow it: (S, N, n, C).
    collated = isinstance(esvs, list) or (isinstance(esvs, np.ndarray) and esvs.ndim == 4)
    columns = {name: _listed(content[name]) if collated else [content[name]] for name in PER_SCALE}
    n_scales = len(columns["shapley_values"])
    if any(len(column) != n_scales for column in columns.values()):
        raise UserError("expected as many scores and sequence_idxs as shapley_values in collated results")
    uids = as_uids(content["uids"])
    if not len(uids):
        raise UserError("it holds no videos: all were skipped")
    scales = tuple(
        Scale(
            sequence_idxs=as_numbers("sequence_idxs", columns["sequence_idxs"][i], np.int64, n_axes=2),
            scores=as_numbers("scores", columns["scores"][i], np.float32, n_axes=2),
            shapley_values=as_numbers("shapley_values", columns["shapley_values"][i], np.float32, n_axes=3),
            extras=_extras(content, i if collated else None, len(uids)),
        )
        for i in range(n_scales)
    )
    attrs = _plain("attrs", content.get("attrs") or {})
    if not isinstance(attrs, dict):
        raise UserError(f"expected a dict of attrs, got {type(attrs).__name__}")
    return cls(
        uids=uids,
        labels=as_numbers("labels", content["labels"], np.int64, n_axes=1),
        sequence_lengths=as_numbers("sequence_lengths", content["sequence_lengths"], np.int64, n_axes=1),
        priors=as_numbers("priors", content["priors"], np.float64, n_axes=1),
        scales=scales,
        attrs=attrs,
        collated=collated,
    )


def _listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | tuple) or (isinstance(values, np.ndarray) and values.ndim) else []


def _extras(content: dict[str, Any], scale: int | None, n_videos: int) -> dict[str, np.ndarray]:
    """Further arrays that have an entry for each video; collated, those in a list are of one scale."""
    extras = {}
    for name, values in content.items():
        if name in KEYS or name == "attrs":
            continue
        if scale is not None and isinstance(values, list):
            values = values[scale] if scale < len(values) else None
        if isinstance(values, np.ndarray) and values.shape[:1] == (n_videos,):
            extras[str(name)] = values
    return extras


def _plain(name: str, value: Any) -> Any:
    """Check that `value` is text, a number, or a container of such, and convert numpy scalars.

    Raises:
        UserError: it is something else; the message gives its `name`.
    """
    if isinstance(value, dict):
        if unnamed := [key for key in value if not isinstance(key, str)]:
            raise UserError(f"expected text as the keys of {name}, got {shown(unnamed[0], 40)}")
        return {key: _plain(f"{name}[{shown(key, 40)}]", item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(name, item) for item in value)
    plain = value.item() if isinstance(value, np.generic) else value
    if not isinstance(plain, str | bool | int | float | None):
        raise UserError(f"expected text and numbers in {name}, got {type(value).__name__}")
    return plain


def _padded(values: np.ndarray, n_frames: int, axes: Sequence[int], filler: int = 0) -> np.ndarray:
    """Fill `axes`, which are as long as a video has frames, up to `n_frames`."""
    widths = [(0, n_frames - length if axis in axes else 0) for axis, length in enumerate(values.shape)]
    return np.pad(values, widths, constant_values=filler)


def _approximation_of(explanations: Sequence[Explanation]) -> dict[str, Any]:
    """The attr that records the methods, from which `EsvResults.explanation` knows them; empty if it cannot."""
    estimators = {explanation.method for explanation in explanations if not explanation.exact}
    if not estimators:
        return {APPROXIMATION: None}
    exact_up_to = max((len(explanation.values) for explanation in explanations if explanation.exact), default=0)
    if estimators == {UNKNOWN} or len(estimators) > 1:
        return {}
    if any(len(explanation.values) <= exact_up_to for explanation in explanations if not explanation.exact):
        return {}
    return {APPROXIMATION: {"estimator": estimators.pop(), "exact_up_to_n_frames": exact_up_to}}


def _extras_of(explanations: Sequence[Explanation], labels: Sequence[int], n_frames: int) -> dict[str, np.ndarray]:
    """Standard errors, if one has them (0 where values are exact, NaN where unknown), and interactions, if all do."""
    extras = {}
    if any(explanation.standard_errors is not None for explanation in explanations):
        errors = [
            np.full_like(one.values, 0 if one.exact else np.nan) if one.standard_errors is None else one.standard_errors
            for one in explanations
        ]
        extras["standard_errors"] = np.stack([_padded(values, n_frames, (0,)) for values in errors])
    pairs = [
        one.interactions[..., [label, one.predicted]].transpose(2, 0, 1)
        for one, label in zip(explanations, labels, strict=True)
        if one.interactions is not None
    ]
    if len(pairs) == len(explanations) and not any(np.isnan(values).any() for values in pairs):
        extras["interactions"] = np.stack([_padded(values, n_frames, (1, 2)) for values in pairs])
    return extras


def _require_labels(labels: Labels, n_classes: int) -> None:
    if len(labels) and not (labels.min() >= 0 and labels.max() < n_classes):
        raise UserError(f"expected labels in 0..{n_classes - 1} (one prior each), got {labels.min()}..{labels.max()}")


def _require_extras(scale: Scale, n_classes: int) -> None:
    """Refuse standard errors and interactions that an `Explanation` cannot have."""
    for name in NUMERIC_EXTRAS:
        if name in scale.extras and (dtype := scale.extras[name].dtype).kind not in "biuf":
            raise UserError(f"expected {name} to be numbers, got {dtype}")
    n_frames = scale.n_frames
    errors = _as_float32(scale.extra("standard_errors", (n_frames, n_classes)))
    if errors is not None and ((errors < 0) | np.isinf(errors)).any():
        raise UserError("expected finite standard_errors of 0 or more, but some are negative or infinite")
    pairs = _as_float32(scale.extra("interactions", (2, n_frames, n_frames)))
    if pairs is not None:
        if not np.isfinite(pairs).all():
            raise UserError("expected finite interactions, but some are NaN or infinite")
        allowed = SYMMETRY * np.abs(pairs).max(axis=(1, 2, 3), keepdims=True, initial=1)
        own = np.einsum("vcii->vci", pairs)[..., None]
        if (np.abs(pairs - pairs.swapaxes(2, 3)) > allowed).any() or (np.abs(own) > allowed).any():
            raise UserError("expected symmetric interactions with 0 on the diagonal, but those of a video are not")


def _as_float32(values: np.ndarray | None) -> np.ndarray | None:
    if values is None:
        return None
    with np.errstate(over="ignore"):  # becomes infinite, which is refused
        return values.astype(np.float32, copy=False)


def _require_same_model(attrs: Mapping[str, Any], other: Mapping[str, Any], index: int) -> None:
    """Refuse to collate ESVs of different models. Published results do not name theirs.

    Raises:
        UserError: the attrs of result 1 and those of result `index` name different models.
    """
    for key in MODEL_ATTRS:
        one, another = attrs.get(key), other.get(key)
        if isinstance(one, Mapping) and isinstance(another, Mapping):
            one, another = list(one.values()), list(another.values())  # the same files may have other paths
        if one and another and one != another:
            raise UserError(
                f"result 1 and result {index} are of different models, {key} is {shown(one, 80)} in one and "
                f"{shown(another, 80)} in the other; collate those of each model by themselves"
            )


def _expect(name: str, values: np.ndarray, shape: tuple[int, ...]) -> None:
    if values.shape != shape:
        raise UserError(f"expected {name} of shape {shape}, got {values.shape}")
