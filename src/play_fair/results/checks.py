"""Check results: shapes, ranges, and whether several results can be collated."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from play_fair.arrays import Labels
from play_fair.errors import UserError, require_once, shown
from play_fair.explanation import SYMMETRY
from play_fair.results.scale import PADDING, Scale

if TYPE_CHECKING:
    from play_fair.results.results import EsvResults

MAX_LENGTH = 10_000_000
"""Frames of a video: four days at 25 per second."""

NUMERIC_EXTRAS = ("standard_errors", "interactions", "loo_residual", "subset_scores")
"""Further arrays that must be numeric."""

MODEL_ATTRS = ("model", "dataset", "checkpoints_sha256")
"""Keys in attrs that identify the model and its training."""


def require_consistent(results: "EsvResults") -> None:
    """Check all fields; see `EsvResults`.

    Raises:
        UserError: shapes do not fit together, or values are out of range.
    """
    n_videos, n_classes = len(results.uids), len(results.priors)
    expect_shape("labels", results.labels, (n_videos,))
    expect_shape("sequence_lengths", results.sequence_lengths, (n_videos,))
    require_once(results.uids.tolist(), "each uid once in the results")
    require_labels(results.labels, n_classes)
    if n_videos and not (results.sequence_lengths.min() >= 1 and results.sequence_lengths.max() <= MAX_LENGTH):
        raise UserError(
            f"expected sequence_lengths in 1..{MAX_LENGTH}, got {results.sequence_lengths.min()}.."
            f"{results.sequence_lengths.max()}"
        )
    if not n_classes:
        raise UserError("expected the priors of at least one class, got none")
    if not np.isfinite(results.priors).all():
        raise UserError("expected finite priors, but some are NaN or infinite")
    if not results.scales:
        raise UserError("expected results for at least one number of frames, got none")
    for scale in results.scales:
        _require_consistent_scale(scale, results.sequence_lengths, n_classes)


def _require_consistent_scale(scale: Scale, sequence_lengths: np.ndarray, n_classes: int) -> None:
    n_videos, n_frames = len(sequence_lengths), scale.n_frames
    if n_frames < 1:
        raise UserError("expected ESVs of at least one frame, got sequence_idxs of none")
    expect_shape("sequence_idxs", scale.sequence_idxs, (n_videos, n_frames))
    expect_shape("scores", scale.scores, (n_videos, n_classes))
    expect_shape("shapley_values", scale.shapley_values, (n_videos, n_frames, n_classes))
    if (scale.sequence_idxs >= sequence_lengths[:, None]).any() or (scale.sequence_idxs < PADDING).any():
        raise UserError("expected sequence_idxs below the sequence_lengths, but some point past their video")
    if (scale.sequence_idxs == PADDING).all(axis=1).any():
        raise UserError("expected sequence_idxs of at least one frame of each video, but some are all padding")
    if not (np.isfinite(scale.scores).all() and np.isfinite(scale.shapley_values).all()):
        raise UserError("expected finite scores and shapley_values, but some are NaN or infinite")
    for name, values in scale.extras.items():
        expect_shape(name, values, (n_videos, *values.shape[1:]))
    _require_extras(scale, n_classes)


def require_labels(labels: Labels, n_classes: int) -> None:
    """Check that labels are class ids."""
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
        diagonal = np.einsum("vcii->vci", pairs)[..., None]
        if (np.abs(pairs - pairs.swapaxes(2, 3)) > allowed).any() or (np.abs(diagonal) > allowed).any():
            raise UserError("expected symmetric interactions with 0 on the diagonal, but those of a video are not")


def _as_float32(values: np.ndarray | None) -> np.ndarray | None:
    if values is None:
        return None
    with np.errstate(over="ignore"):  # becomes infinite, which is refused
        return values.astype(np.float32, copy=False)


def require_same_model(attrs: Mapping[str, Any], other: Mapping[str, Any], index: int) -> None:
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


def expect_shape(name: str, values: np.ndarray, shape: tuple[int, ...]) -> None:
    """Check the shape of an array; the message gives its `name`."""
    if values.shape != shape:
        raise UserError(f"expected {name} of shape {shape}, got {values.shape}")
