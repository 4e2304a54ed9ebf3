"""Run every method on the same videos of one model, and time it."""

import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from play_fair.arrays import FrameAttributions, Labels, SequenceIndices
from play_fair.baselines.coalition_scores import CoalitionScores
from play_fair.baselines.compared_model import ComparedModel
from play_fair.baselines.sensitivity import N_PERTURBATIONS, max_sensitivity


@dataclass(frozen=True)
class Explained:
    """Attributions of all methods for the same N videos and one model.

    Attributes:
        model: its name.
        classes: ids of the classes that are explained.
        indices: of the sampled frames in their videos.
        scores: of coalitions of the sampled frames.
        attributions: by method.
        seconds: a video, by method, from features or maps on.
        seconds_of_maps: a video, for reading pictures and running the backbone; 0 without maps.
        evaluations: of the model, for the ESVs of a video; None: they are exact.
        notes: see `ComparedModel`.
        sensitivity: max-sensitivity by method; NaN for videos on which it was not measured.
    """

    model: str
    uids: list[str]
    classes: Labels
    indices: SequenceIndices
    scores: CoalitionScores
    attributions: Mapping[str, FrameAttributions]
    seconds: Mapping[str, float]
    seconds_of_maps: float
    evaluations: int | None
    notes: Sequence[str]
    sensitivity: Mapping[str, Float64[np.ndarray, " N"]]


def explain(
    model: ComparedModel,
    methods: Sequence[str] | None = None,
    predicted: bool = False,
    seed: int = 0,
    n_sensitivity: int = 0,
    on_explained: Callable[[int], object] = lambda n_attributions: None,
) -> Explained:
    """Explain the true class of each video (or the predicted one) with every method.

    Args:
        methods: keys of `METHODS`; None: all that are possible.
        predicted: explain the predicted class.
        seed: of random methods; the draws of one do not depend on which others are run.
        n_sensitivity: the first so many videos are explained anew with noise on them, for max-sensitivity.
        on_explained: called with the number of new attributions, each of a video by a method; see
            `count_attributions`.

    Raises:
        UserError: a method is not possible, or the model has no gradient.
    """
    methods = list(model.methods) if methods is None else list(methods)
    model.require(methods)
    classes = model.predict() if predicted else model.classes
    n_videos = len(model.uids)
    rngs = {name: np.random.default_rng([seed, zlib.crc32(name.encode())]) for name in methods}
    attributions: dict[str, list[FrameAttributions]] = {name: [] for name in methods}
    seconds = dict.fromkeys(methods, 0.0)
    for name in methods:  # not timed: builds what is built once, such as the lattice
        model.methods[name](model.batch(slice(0, 1), classes), np.random.default_rng(0))
    for start in range(0, n_videos, model.batch_size):
        batch = model.batch(slice(start, start + model.batch_size), classes)
        for name in methods:
            started = time.perf_counter()
            attributions[name].append(model.methods[name](batch, rngs[name]))
            seconds[name] += time.perf_counter() - started
            on_explained(len(batch.classes))
    return Explained(
        model.name,
        model.uids,
        classes,
        model.indices,
        model.coalition_scores(classes),
        {name: np.concatenate(parts) for name, parts in attributions.items()},
        {name: total / n_videos for name, total in seconds.items()},
        model.seconds_of_maps,
        model.evaluations,
        model.notes,
        {name: max_sensitivity(model, name, classes, n_sensitivity, seed, on_explained) for name in methods},
    )


def count_attributions(model: ComparedModel, methods: Sequence[str], n_sensitivity: int) -> int:
    """How often `explain` attributes a video by a method."""
    n_videos = len(model.uids)
    return len(methods) * (n_videos + min(n_sensitivity, n_videos) * (1 + N_PERTURBATIONS))
