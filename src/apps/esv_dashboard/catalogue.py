"""What there is to look at: the videos, and what each model said about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from esv_dashboard.settings import Settings
from play_fair.errors import UserError
from play_fair.labels import read_classes_csv
from play_fair.results import PADDING, EsvResults

STANDARD_ERRORS = "standard_errors"
INTERACTIONS = "interactions"
"""Names of `Scale.extras` that are shown where they are there: (N, n, C), and, of the true and the predicted class,
(N, 2, n, n)."""

ABSENT, CORRECT, WRONG, MIXED, UNKNOWN = range(5)
"""What the models made of a video: no result, all right, all wrong, some right and some wrong; or nobody can tell."""


@dataclass(frozen=True)
class Video:
    """A video that results speak of."""

    uid: str
    label: int
    """Its true class, if that is known."""
    length: int
    """Frames before sampling: L."""
    labelled: bool = True
    """Whether the true class is known; for any video (script 11) `label` is what the model says."""

    @property
    def true_class(self) -> int | None:
        """`label` if it is the true class."""
        return self.label if self.labelled else None


@dataclass(frozen=True)
class Explanation:
    """What a model says about one video, and which frames made it say so: n frames, C classes."""

    frames: np.ndarray
    """(n,) indices in the video, ascending."""
    esvs: np.ndarray
    """(n, C)"""
    scores: np.ndarray
    """(C,)"""
    priors: np.ndarray
    """(C,)"""
    standard_errors: np.ndarray | None = None
    """(n, C), of the ESVs."""
    interactions: Mapping[int, np.ndarray] = field(default_factory=dict)
    """class id -> (n, n), of the classes they are known for."""

    @property
    def predicted(self) -> int:
        """The class with the highest score."""
        return int(self.scores.argmax())


@dataclass(frozen=True)
class Model:
    """The results of one model."""

    name: str
    results: EsvResults

    @cached_property
    def n_frames(self) -> list[int]:
        """Numbers of frames there are results for, ascending."""
        return sorted(self._scale_of)

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {uid: row for row, uid in enumerate(self.results.uids.tolist())}

    @cached_property
    def _scale_of(self) -> dict[int, int]:
        return {scale.n_frames: index for index, scale in enumerate(self.results.scales)}

    @cached_property
    def _predictions(self) -> dict[int, np.ndarray]:
        return {scale.n_frames: scale.scores.argmax(axis=1) for scale in self.results.scales}

    def predictions(self, uids: Sequence[str], n_frames: int) -> np.ndarray:
        """The class each video is taken for, -1 where there is no result."""
        if n_frames not in self._scale_of:
            return np.full(len(uids), -1)
        rows = np.array([self._row_of.get(uid, -1) for uid in uids])
        return np.where(rows >= 0, self._predictions[n_frames][rows], -1)

    def explain(self, uid: str, n_frames: int) -> Explanation | None:
        """What is known about one video; None if it is not in the results."""
        if uid not in self._row_of or n_frames not in self._scale_of:
            return None
        row, scale = self._row_of[uid], self.results.scales[self._scale_of[n_frames]]
        there = scale.sequence_idxs[row] != PADDING
        n_classes = len(self.results.priors)
        errors = _extra(scale.extras.get(STANDARD_ERRORS), row, (n_frames, n_classes))
        interactions = _extra(scale.extras.get(INTERACTIONS), row, (2, n_frames, n_frames))
        classes = (int(self.results.labels[row]), int(scale.scores[row].argmax()))
        return Explanation(
            frames=scale.sequence_idxs[row][there],
            esvs=scale.shapley_values[row][there],
            scores=scale.scores[row],
            priors=self.results.priors,
            standard_errors=None if errors is None else errors[there],
            interactions={}
            if interactions is None
            else {class_id: pairs[there][:, there] for class_id, pairs in zip(classes, interactions, strict=True)},
        )

    def explain_all(self, uid: str) -> dict[int, Explanation]:
        """The same for every number of frames."""
        found = {n_frames: self.explain(uid, n_frames) for n_frames in self.n_frames}
        return {n_frames: explanation for n_frames, explanation in found.items() if explanation is not None}


def _extra(values: np.ndarray | None, row: int, shape: tuple[int, ...]) -> np.ndarray | None:
    return values[row] if values is not None and values.shape[1:] == shape else None


class Catalogue:
    """The videos of one or several models' results.

    Raises:
        UserError: the results have other numbers of classes than there are names, or contradict each other.
    """

    def __init__(self, models: Sequence[Model], class_names: Sequence[str]) -> None:
        self.models = tuple(models)
        self.class_names = tuple(class_names)
        self._videos: dict[str, Video] = {}
        for model in self.models:
            self._add(model)
        if not self._videos:
            raise UserError("expected results of at least one video, got none")
        self.uids = list(self._videos)
        self._labels = np.array([video.label for video in self._videos.values()])
        self._labelled = np.array([video.labelled for video in self._videos.values()])
        self.n_frames = sorted({n_frames for model in self.models for n_frames in model.n_frames})
        """Numbers of frames that at least one model has results for."""
        self.videos_per_class = np.bincount(self._labels, minlength=len(self.class_names)).tolist()
        self._verdicts: dict[int, np.ndarray] = {}
        self._lower_names = [name.lower() for name in self.class_names]
        self._lower_uids = [uid.lower() for uid in self.uids]
        # All parts of the page ask for the same few searches.
        self._with_words = lru_cache(maxsize=16)(self._find_words)

    @classmethod
    def load(cls, settings: Settings) -> "Catalogue":
        """Read the files that the settings name.

        Raises:
            UserError: a file is missing or damaged, or they do not fit together.
        """
        if not settings.videos.is_dir():
            raise UserError(f"expected a folder of videos at {settings.videos}, but there is none")
        ids = read_classes_csv(settings.classes)
        class_names = sorted(ids, key=ids.__getitem__)
        results = [EsvResults.load(path) for path in settings.results]
        for path, result in zip(settings.results, results, strict=True):
            if len(result.priors) != len(class_names):
                raise UserError(
                    f"expected the names of the {len(result.priors)} classes of {path} in {settings.classes}, "
                    f"got {len(class_names)}; are they of different datasets?"
                )
        names = _model_names(settings.results, results)
        return cls([Model(name, result) for name, result in zip(names, results, strict=True)], class_names)

    def _add(self, model: Model) -> None:
        results = model.results
        columns = (results.uids.tolist(), results.labels.tolist(), results.sequence_lengths.tolist())
        for uid, label, length in zip(*columns, strict=True):
            video = Video(uid, label, length, results.labelled)
            if (known := self._videos.setdefault(uid, video)) != video:
                raise UserError(
                    f"the results contradict each other: video {uid} is of class {known.label} and has {known.length} "
                    f"frames in one, but of class {label} with {length} frames in another ({model.name})"
                )

    def video(self, uid: str) -> Video | None:
        """The video of that uid, if the results speak of it."""
        return self._videos.get(uid)

    def verdicts(self, n_frames: int) -> np.ndarray:
        """For every video ABSENT, CORRECT, ...: what the models make of `n_frames` of its frames."""
        if n_frames not in self._verdicts:
            predictions = np.stack([model.predictions(self.uids, n_frames) for model in self.models])
            right = (predictions == self._labels).any(axis=0)
            wrong = ((predictions != self._labels) & (predictions >= 0)).any(axis=0)
            verdicts = np.choose(right + 2 * wrong, [ABSENT, CORRECT, WRONG, MIXED])
            self._verdicts[n_frames] = np.where(self._labelled | (verdicts == ABSENT), verdicts, UNKNOWN)
        return self._verdicts[n_frames]

    def find(self, n_frames: int, *, label: int | None, verdict: int | None, text: str) -> list[int]:
        """Positions (in `uids`) of the videos of a class, with a verdict, whose uid or class name has all words of
        `text`; None and "" mean any. The video whose uid is `text` comes first."""
        chosen = np.ones(len(self.uids), dtype=bool)
        if label is not None:
            chosen &= self._labels == label
        if verdict is not None:
            chosen &= self.verdicts(n_frames) == verdict
        words = tuple(text.lower().split())
        if words:
            chosen &= self._with_words(words)
        positions = np.flatnonzero(chosen).tolist()
        if len(words) == 1:
            positions.sort(key=lambda position: self._lower_uids[position] != words[0])
        return positions

    def _find_words(self, words: Sequence[str]) -> np.ndarray:
        """Whether uid or class name of each video has all words; (N,) bool."""
        in_name = [{word for word in words if word in name} for name in self._lower_names]
        return np.fromiter(
            (
                all(word in in_name[label] or word in uid for word in words)
                for label, uid in zip(self._labels.tolist(), self._lower_uids, strict=True)
            ),
            dtype=bool,
            count=len(self.uids),
        )


def _model_names(paths: Sequence[Path], results: Sequence[EsvResults]) -> list[str]:
    """The models' own names, or the files' where they have none or the same."""
    names = [str(result.attrs.get("model") or path.stem) for path, result in zip(paths, results, strict=True)]
    return [
        name if names.count(name) == 1 else f"{name} ({path.stem})" for name, path in zip(names, paths, strict=True)
    ]
