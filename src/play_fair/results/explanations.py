"""Convert results to explanations of single videos, and explanations to results."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from play_fair.errors import UserError, shown, some
from play_fair.explanation import EXACT, Explanation
from play_fair.results.checks import expect_shape, require_labels
from play_fair.results.scale import APPROXIMATION, PADDING, PREDICTED, Scale, pad_frames

if TYPE_CHECKING:
    from play_fair.results.results import EsvResults

UNKNOWN = "unknown"
"""Method of explanations from files that do not record it."""


def explanation_of(
    results: "EsvResults", uid: str, n_frames: int | None, class_names: Sequence[str] | None
) -> Explanation:
    """See `EsvResults.explanation`."""
    row = results._row_of.get(uid)
    if row is None:
        raise UserError(f"expected a uid that is in the results ({some(results.uids.tolist())}), got {shown(uid)}")
    scales = {scale.n_frames: scale for scale in reversed(results.scales)}
    if n_frames is not None and n_frames not in scales:
        raise UserError(f"expected a number of frames among {some(sorted(scales), 20)}, got {n_frames}")
    scale = scales[max(scales) if n_frames is None else n_frames]
    given = scale.sequence_idxs[row] != PADDING
    errors = scale.extra("standard_errors", (scale.n_frames, len(results.priors)))
    row_errors = None if errors is None else errors[row][given]
    method = _method_of(results.attrs, int(given.sum()), row_errors)
    held_out = scale.extra("held_out", ())
    return Explanation(
        values=scale.shapley_values[row][given],
        scores=scale.scores[row],
        prior=results.priors,
        standard_errors=None if method == EXACT else row_errors,
        interactions=_interactions_of(results, scale, row, given),
        method=method,
        class_names=None if class_names is None else tuple(class_names),
        info={
            **{key: results.attrs[key] for key in results.attrs if isinstance(results.attrs[key], str | int | float)},
            "uid": uid,
            "label": int(results.labels[row]) if results.labelled else None,
            "frame_idxs": scale.sequence_idxs[row][given].tolist(),
            "n_video_frames": int(results.sequence_lengths[row]),
            **({} if held_out is None else {"held_out": float(held_out[row])}),
        },
    )


def _method_of(attrs: Mapping[str, Any], n_frames: int, standard_errors: np.ndarray | None) -> str:
    """How the ESVs of a video were computed, as far as the attrs and their errors show it."""
    if standard_errors is not None and not standard_errors.any():
        return EXACT
    settings = attrs.get(APPROXIMATION, UNKNOWN)
    if settings is None:
        return EXACT
    if not isinstance(settings, Mapping):
        return UNKNOWN
    exact_up_to = settings.get("exact_up_to_n_frames")
    if isinstance(exact_up_to, int) and n_frames <= exact_up_to:
        return EXACT
    return str(settings.get("estimator") or UNKNOWN)


def _interactions_of(results: "EsvResults", scale: Scale, row: int, given: np.ndarray) -> np.ndarray | None:
    """Interactions (n, n, C) of one video, NaN for all classes but the true and the predicted one."""
    stored = scale.extra("interactions", (2, scale.n_frames, scale.n_frames))
    if stored is None:
        return None
    n_frames = int(given.sum())
    interactions = np.full((n_frames, n_frames, len(results.priors)), np.nan, np.float32)
    for class_id, pairs in zip((results.labels[row], scale.scores[row].argmax()), stored[row], strict=True):
        interactions[..., class_id] = pairs[given][:, given]
    return interactions


def arrays_of(
    explanations: Sequence[Explanation],
    uids: Sequence[str],
    labels: Sequence[int] | None,
    sequence_idxs: Sequence[Sequence[int]] | None,
    sequence_lengths: Sequence[int] | None,
    attrs: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The arguments of `EsvResults.single` for these explanations; see `EsvResults.from_explanations`."""
    if not explanations:
        raise UserError("expected at least one explanation, got none")
    for name, given in (
        *(("uids", uids), ("labels", labels)),
        *(("sequence_idxs", sequence_idxs), ("sequence_lengths", sequence_lengths)),
    ):
        if given is not None and len(given) != len(explanations):
            raise UserError(f"expected one of {name} for each of {len(explanations)} explanations, got {len(given)}")
    first = explanations[0]
    for uid, other in zip(uids, explanations, strict=True):
        if other.prior.shape != first.prior.shape or not np.allclose(other.prior, first.prior, rtol=1e-6, atol=1e-9):
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
        expect_shape("sequence_idxs of a video", np.asarray(indices), (len(explanation.values),))
    true_or_predicted = np.array(
        [explanation.predicted for explanation in explanations] if labels is None else labels, np.int64
    )
    require_labels(true_or_predicted, len(first.prior))
    return {
        "uids": uids,
        "labels": true_or_predicted,
        "sequence_lengths": np.array(sequence_lengths, np.int64),
        "priors": first.prior,
        "sequence_idxs": np.stack(
            [pad_frames(np.array(indices, np.int64), n_frames, (0,), PADDING) for indices in sequence_idxs]
        ),
        "scores": np.stack([explanation.scores for explanation in explanations]),
        "shapley_values": np.stack([pad_frames(explanation.values, n_frames, (0,)) for explanation in explanations]),
        "attrs": {
            **_approximation_of(explanations),
            **({"labels": PREDICTED} if labels is None else {}),
            **(attrs or {}),
        },
        "extras": _extras_of(explanations, true_or_predicted.tolist(), n_frames),
    }


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
        extras["standard_errors"] = np.stack([pad_frames(values, n_frames, (0,)) for values in errors])
    pairs = [
        one.interactions[..., [label, one.predicted]].transpose(2, 0, 1)
        for one, label in zip(explanations, labels, strict=True)
        if one.interactions is not None
    ]
    if len(pairs) == len(explanations) and not any(np.isnan(values).any() for values in pairs):
        extras["interactions"] = np.stack([pad_frames(values, n_frames, (1, 2)) for values in pairs])
    return extras
