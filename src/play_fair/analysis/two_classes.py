"""Results reduced to two classes of each video: the true one and its rival.

The rival is the class with the highest score but for the true one. Where the prediction is wrong it is the predicted
class; where it is correct it is the runner-up. ESVs of other classes are dropped, so that the results of several models
on a large dataset fit in memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int64

from play_fair.arrays import FrameEsvs, FrameTimes, Labels, SequenceIndices, SequenceLengths
from play_fair.errors import UserError
from play_fair.results import EsvResults, Scale


@dataclass(frozen=True)
class TwoClassEsvs:
    """ESVs of the true class and of its rival, for one number of frames."""

    indices: SequenceIndices
    """Indices of the frames in their video; below 0 for padding."""
    times: FrameTimes
    true: FrameEsvs
    """0 for padding."""
    rival: FrameEsvs
    """0 for padding; NaN where the model knows one class only."""
    rivals: Int64[np.ndarray, " N"]
    """Class ids; -1 where the model knows one class only."""
    true_scores: Float32[np.ndarray, " N"]
    rival_scores: Float32[np.ndarray, " N"]
    ranks: Int64[np.ndarray, " N"]
    """How many classes score higher than the true one: 0 where the prediction is correct."""

    @property
    def n_frames(self) -> int:
        """Frames fed to the model, with padding."""
        return self.indices.shape[1]

    @property
    def is_frame(self) -> Bool[np.ndarray, "N n"]:
        """Which entries are frames, not padding."""
        return self.indices >= 0

    @property
    def correct(self) -> Bool[np.ndarray, " N"]:
        """Videos whose true class has the highest score."""
        return self.ranks == 0


@dataclass(frozen=True)
class ModelEsvs:
    """ESVs of one model's results, reduced to two classes."""

    name: str
    dataset: str
    uids: np.ndarray
    """(N,) str."""
    labels: Labels
    n_classes: int
    scales: tuple[TwoClassEsvs, ...]
    """By the number of frames, ascending."""


def two_classes(results: EsvResults, name: str = "") -> ModelEsvs:
    """Reduce the results of one model; `name` is by default attrs["model"]."""
    scales = (_reduce(scale, results.labels, results.sequence_lengths) for scale in results.scales)
    return ModelEsvs(
        name=name or str(results.attrs.get("model", "")),
        dataset=str(results.attrs.get("dataset", "")),
        uids=results.uids,
        labels=results.labels,
        n_classes=len(results.priors),
        scales=tuple(sorted(scales, key=lambda scale: scale.n_frames)),
    )


def load_models(paths: Sequence[Path], names: Sequence[str] = ()) -> list[ModelEsvs]:
    """Load and reduce results files, one model each, one after the other.

    Args:
        names: of the models, in the order of `paths`; by default attrs["model"], else the file name.

    Raises:
        UserError: a file is not a results file, there is not one name for each, two models have the same name or know
            other classes, or the true classes of the videos are not known.
    """
    if names and len(names) != len(paths):
        raise UserError(f"expected one name for each of the {len(paths)} results files, got {len(names)}")
    path_of: dict[str, Path] = {}
    models: list[ModelEsvs] = []
    for index, path in enumerate(paths):
        results = EsvResults.load(path)
        name = names[index] if names else str(results.attrs.get("model") or path.stem)
        if name in path_of:
            raise UserError(
                f"expected one results file for each model, but {path_of[name]} and {path} are both of {name!r}; "
                "collate them with 06_collate_esvs.py if they differ in the number of frames, else use --names"
            )
        if not results.labelled:
            raise UserError(
                f"expected results of videos whose class is known, but the labels in {path} are the model's own "
                "predictions; explain labelled videos with 05_compute_esvs.py"
            )
        if models and len(results.priors) != models[0].n_classes:
            raise UserError(
                f"expected results of the same classes, but {paths[0]} has {models[0].n_classes} and {path} "
                f"{len(results.priors)}; are they of different datasets?"
            )
        path_of[name] = path
        models.append(two_classes(results, name))
        del results  # free the memory before the next is loaded
    return models


def class_names(classes: Mapping[str, int] | None, models: Sequence[ModelEsvs]) -> dict[int, str]:
    """Names by id of all true and rival classes; "class 3" where there is no name."""
    known = {index: name for name, index in (classes or {}).items()}
    ids = {int(index) for model in models for index in np.unique(model.labels)}
    ids |= {int(index) for model in models for scale in model.scales for index in np.unique(scale.rivals)} - {-1}
    return {index: known.get(index, f"class {index}") for index in sorted(ids)}


def _reduce(scale: Scale, labels: Labels, lengths: SequenceLengths) -> TwoClassEsvs:
    true_scores = _of_class(scale.scores, labels)
    is_frame = scale.sequence_idxs >= 0
    if scale.scores.shape[1] > 1:
        others = scale.scores.copy()
        np.put_along_axis(others, labels[:, None], -np.inf, axis=1)
        rivals = others.argmax(axis=1)
        rival_scores, rival = _of_class(scale.scores, rivals), _of_class(scale.shapley_values, rivals)
    else:
        rivals = np.full(len(labels), -1)
        rival_scores = np.full(len(labels), np.nan, np.float32)
        rival = np.full(is_frame.shape, np.nan, np.float32)
    return TwoClassEsvs(
        indices=scale.sequence_idxs,
        times=np.where(is_frame, (scale.sequence_idxs + 0.5) / np.maximum(lengths, 1)[:, None], np.nan),
        true=np.where(is_frame, _of_class(scale.shapley_values, labels), np.float32(0)),
        rival=np.where(is_frame, rival, np.float32(0)),
        rivals=rivals,
        true_scores=true_scores,
        rival_scores=rival_scores,
        ranks=(scale.scores > true_scores[:, None]).sum(axis=1),
    )


def _of_class(values: Float32[np.ndarray, "N *any C"], classes: Labels) -> Float32[np.ndarray, " N *any"]:
    """The entries of one class for each video."""
    index = classes.reshape(-1, *[1] * (values.ndim - 1))
    return np.take_along_axis(values, index, axis=-1)[..., 0]
