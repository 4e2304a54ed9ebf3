"""The demo's models and the Element Shapley Value, written out in numpy from their definitions: slow, float64."""

from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
import torch


def softmax(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def weights_of(path):
    """Parameters of a checkpoint by name."""
    state = torch.load(path, weights_only=True)["state_dict"]
    return {name: values.numpy().astype(np.float64) for name, values in state.items()}


def tsn_scores(checkpoint):
    """v of a subset of the rows of features (T, D): softmax of the mean of the frames' logits."""
    weights = weights_of(checkpoint)

    def scores(features, subset):
        logits = [weights["classifier.weight"] @ features[frame] + weights["classifier.bias"] for frame in subset]
        return softmax(np.mean(logits, axis=0))

    return scores


def multiscale_trn_scores(checkpoints):
    """v of a subset: softmax of the mean over scales s of the mean logits of its sub-subsets of s frames, in order."""
    scales = [weights_of(path) for path in checkpoints]

    def logits_of_scale(features, subset):
        weights = scales[len(subset) - 1]
        frames = np.concatenate([features[frame] for frame in subset])
        hidden = np.maximum(weights["model.1.weight"] @ frames + weights["model.1.bias"], 0)
        return weights["model.3.weight"] @ hidden + weights["model.3.bias"]

    def scores(features, subset):
        logits_of = lru_cache(maxsize=None)(lambda chosen: logits_of_scale(features, chosen))
        means = [
            np.mean([logits_of(chosen) for chosen in combinations(subset, size)], axis=0)
            for size in range(1, min(len(subset), len(scales)) + 1)
        ]
        return softmax(np.mean(means, axis=0))

    return scores


def element_shapley_values(scores, prior, features):
    """(n, C): of each frame the mean over sizes of its mean marginal contribution to the subsets of that size."""
    n = len(features)
    v = lru_cache(maxsize=None)(lambda subset: scores(features, subset) if subset else np.asarray(prior))
    values = np.zeros((n, len(prior)))
    for frame in range(n):
        others = [other for other in range(n) if other != frame]
        for size in range(n):
            for subset in combinations(others, size):
                gain = v(tuple(sorted((*subset, frame)))) - v(subset)
                values[frame] += gain / (n * comb(n - 1, size))
    return values
