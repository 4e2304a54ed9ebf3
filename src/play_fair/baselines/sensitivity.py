"""Max-sensitivity: how much attributions change with noise on the video that is too small to be seen."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64

from play_fair.arrays import Labels
from play_fair.baselines.compared_model import ComparedModel

RADIUS = 0.02
"""Largest noise, in standard deviations of the video's input."""
N_PERTURBATIONS = 3


def max_sensitivity(
    model: ComparedModel,
    method: str,
    classes: Labels,
    n_measured: int,
    seed: int,
    on_explained: Callable[[int], object] = lambda n_attributions: None,
) -> Float64[np.ndarray, " N"]:
    """The largest relative change ||phi(x + d) - phi(x)|| / ||phi(x)|| over `N_PERTURBATIONS` draws of the noise d.

    Yeh et al., "On the (In)fidelity and Sensitivity of Explanations", NeurIPS 2019, definition 2, relative to phi as in
    captum. Lower is better where the model's output itself is stable. A random method gets the same draws for x and
    x + d, so that only the change of x counts; one that ignores the video has 0.

    Args:
        classes: to explain.
        n_measured: the first so many videos; NaN for the others, and where phi(x) is 0.
        on_explained: see `play_fair.baselines.explain.explain`.
    """
    result = np.full(len(model.uids), np.nan)
    attribute, n_measured = model.methods[method], min(n_measured, len(model.uids))
    for start in range(0, n_measured, model.batch_size):
        rows = slice(start, min(start + model.batch_size, n_measured))
        batch = model.batch(rows, classes)
        noise = np.random.default_rng([seed, start])
        original = attribute(batch, np.random.default_rng(seed))
        changes = [
            attribute(batch.perturbed(RADIUS, noise), np.random.default_rng(seed)) - original
            for _ in range(N_PERTURBATIONS)
        ]
        norm = np.linalg.norm(original, axis=1)
        largest = np.linalg.norm(changes, axis=2).max(axis=0)
        on_explained((1 + N_PERTURBATIONS) * len(original))
        result[rows] = np.where(norm > 0, largest / np.where(norm > 0, norm, 1), np.nan)
    return result
