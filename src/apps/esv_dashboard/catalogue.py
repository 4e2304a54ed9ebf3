"""The videos of the results, and the results of each model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from esv_dashboard.settings import Settings
from play_fair.analysis.groups import read_groups, twins
from play_fair.analysis.study import Study
from play_fair.analysis.two_classes import two_classes
from play_fair.errors import UserError
from play_fair.explanation import Explanation
from play_fair.labels import read_classes_csv
from play_fair.overview import sort_keys
from play_fair.results import EsvResults

ABSENT, CORRECT, WRONG, MIXED, UNKNOWN = range(5)
"""Verdicts on the predictions of a video: no result; all correct, all wrong, or both; or the true class is unknown."""


@dataclass(frozen=True)
class Video:
    """A video of the results."""

    uid: str
    label: int
    """The true class; the predicted one if `labelled` is false."""
    length: int
    """Frames before sampling: L."""
    labelled: bool = True
    """Whether the true class is known; it is not for videos of users."""

    @property
    def true_class(self) -> int | None:
        """The true class; None if it is not known."""
        return self.label if self.labelled else None


@dataclass(frozen=True)
class Model:
    """The results of one model."""

    name: str
    results: EsvResults
    class_names: tuple[str, ...] | None = None

    @cached_property
    def n_frames(self) -> list[int]:
        """Numbers of frames there are results for, ascending."""
        return sorted(self._predictions)

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {uid: row for row, uid in enumerate(self.results.uids.tolist())}

    @cached_property
    def _predictions(self) -> dict[int, np.ndarray]:
        # Reversed: of two scales with the same number of frames, explanations have the first.
        return {scale.n_frames: scale.scores.argmax(axis=1) for scale in reversed(self.results.scales)}

    def predictions(self, uids: Sequence[str], n_frames: int) -> np.ndarray:
        """The predicted class of each video, -1 where there is no result."""
        if n_frames not in self._predictions:
            return np.full(len(uids), -1)
        rows = np.array([self._row_of.get(uid, -1) for uid in uids])
        return np.where(rows >= 0, self._predictions[n_frames][rows], -1)

    def explain(self, uid: str, n_frames: int) -> Explanation | None:
        """The explanation of one video; None if it is not in the results."""
        if uid not in self.results or n_frames not in self._predictions:
            return None
        return self.results.explanation(uid, n_frames, self.class_names)

    def explain_all(self, uid: str) -> dict[int, Explanation]:
        """The explanations of one video by number of frames, ascending; empty if it is not in the results."""
        found = {n_frames: self.explain(uid, n_frames) for n_frames in self.n_frames}
        return {n_frames: explanation for n_frames, explanation in found.items() if explanation is not None}


class Catalogue:
    """The videos of one or several models' results.

    Raises:
        UserError: the results have other numbers of classes than there are names, or contradict each other.
    """

    def __init__(
        self, models: Sequence[Model], class_names: Sequence[str], groups: Mapping[str, str] | None = None
    ) -> None:
        self.models = tuple(models)
        self._groups = groups or {}
        self.class_names = tuple(class_names)
        self._videos: dict[str, Video] = {}
        for model in self.models:
            self._add(model)
        if not self._videos:
            raise UserError("expected results of at least one video, got none")
        self.uids = list(self._videos)
        self._position_of = {uid: position for position, uid in enumerate(self.uids)}
        self._labels = np.array([video.label for video in self._videos.values()])
        self._labelled = np.array([video.labelled for video in self._videos.values()])
        self.n_frames = sorted({n_frames for model in self.models for n_frames in model.n_frames})
        """Numbers of frames that at least one model has results for."""
        self.videos_per_class = np.bincount(self._labels, minlength=len(self.class_names)).tolist()
        self._verdicts: dict[int, np.ndarray] = {}
        self._lower_names = [name.lower() for name in self.class_names]
        self._lower_uids = [uid.lower() for uid in self.uids]
        # All panels of a page make the same search.
        self._with_words = lru_cache(maxsize=16)(self._find_words)
        self._sort_keys = lru_cache(maxsize=16)(self._compute_sort_keys)

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
        models = [Model(name, result, tuple(class_names)) for name, result in zip(names, results, strict=True)]
        return cls(models, class_names, None if settings.groups is None else read_groups(settings.groups))

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

    @property
    def has_overview(self) -> bool:
        """Whether two or more videos are labelled, as accuracy and confusions need."""
        return int(self._labelled.sum()) > 1

    def video(self, uid: str) -> Video | None:
        """The video with a uid; None if it is not in the results."""
        return self._videos.get(uid)

    @cached_property
    def study(self) -> Study:
        """What the analysis knows of these results."""
        classes = {name: class_id for class_id, name in enumerate(self.class_names)}
        return Study.of([two_classes(model.results, model.name) for model in self.models], classes, self._groups)

    def twin(self, uid: str) -> str | None:
        """The other video of a group of two, such as the clip backwards."""
        return self._twins.get(uid)

    @property
    def has_twins(self) -> bool:
        """Whether some videos have a twin."""
        return bool(self._twins)

    @cached_property
    def _twins(self) -> dict[str, str]:
        return twins(self.uids, self._groups)

    def verdicts(self, n_frames: int) -> np.ndarray:
        """For every video ABSENT, CORRECT, ...: the verdict on the predictions for `n_frames` frames."""
        if n_frames not in self._verdicts:
            predictions = np.stack([model.predictions(self.uids, n_frames) for model in self.models])
            right = (predictions == self._labels).any(axis=0)
            wrong = ((predictions != self._labels) & (predictions >= 0)).any(axis=0)
            verdicts = np.choose(right + 2 * wrong, [ABSENT, CORRECT, WRONG, MIXED])
            self._verdicts[n_frames] = np.where(self._labelled | (verdicts == ABSENT), verdicts, UNKNOWN)
        return self._verdicts[n_frames]

    def verdict(self, uid: str, n_frames: int) -> int:
        """The verdict on one video."""
        return int(self.verdicts(n_frames)[self._position_of[uid]])

    def find(
        self,
        n_frames: int,
        *,
        label: int | None,
        verdict: int | None,
        text: str,
        predicted: tuple[int, int] | None = None,
        order: str | None = None,
    ) -> list[str]:
        """Search for videos; the one whose uid is `text` comes first.

        Args:
            label: class of the videos; None: any.
            predicted: index of a model and the class it predicts; None: any.
            order: one of `play_fair.overview.ORDERS`; None: that of the results.
            verdict: verdict of the models on them; None: any.
            text: words that uid or class name have, each of them.

        Returns:
            their uids.
        """
        chosen = np.ones(len(self.uids), dtype=bool)
        if label is not None:
            chosen &= self._labels == label
        if verdict is not None:
            chosen &= self.verdicts(n_frames) == verdict
        words = tuple(text.lower().split())
        if words:
            chosen &= self._with_words(words)
        if predicted is not None:
            model, class_id = predicted
            chosen &= self.models[model].predictions(self.uids, n_frames) == class_id
        positions = np.flatnonzero(chosen)
        if order is not None:
            positions = positions[np.argsort(self._sort_keys(n_frames, order)[positions], kind="stable")]
        uids = [self.uids[position] for position in positions.tolist()]
        if len(words) == 1:
            uids.sort(key=lambda uid: uid.lower() != words[0])
        return uids

    def _compute_sort_keys(self, n_frames: int, order: str) -> np.ndarray:
        """Keys of all videos, (N,) float; NaN, which comes last, where there is none."""
        return sort_keys(self.study, n_frames)[order].reindex(self.uids).to_numpy(np.float64)

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
