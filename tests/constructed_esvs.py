"""Results whose analysis can be worked out by hand: the ESVs of the true class and of its rival are given."""

import numpy as np

from play_fair.results import EsvResults

PRIOR = 0.25
LENGTH = 100


def constructed(true, rival, *, uids=None, model="M", labels=None, n_classes=3, lengths=None):
    """Results of videos with these ESVs, rows of n frames; NaN at the end of a row is padding.

    The true class has id 0 (or `labels`), the rival the next one; the others have ESVs that bring their score to 0.
    Frames are at the middles of n equal parts of a video of 100 frames (or of `lengths`).
    """
    true, rival = np.asarray(true, np.float64), np.asarray(rival, np.float64)
    n_videos, n = true.shape
    there = ~np.isnan(true)
    labels = np.zeros(n_videos, np.int64) if labels is None else np.asarray(labels)
    lengths = np.full(n_videos, LENGTH) if lengths is None else np.asarray(lengths)
    n_there = there.sum(axis=1)
    esvs = np.where(there, -PRIOR / n_there[:, None], 0)[:, :, None].repeat(n_classes, axis=2)
    rows = np.arange(n_videos)
    esvs[rows, :, labels] = np.nan_to_num(true)
    if n_classes > 1:
        esvs[rows, :, (labels + 1) % n_classes] = np.nan_to_num(rival)
    indices = ((np.arange(n) + 0.5) * lengths[:, None] / n_there[:, None]).astype(np.int64)
    return EsvResults.single(
        uids=[f"v{row}" for row in rows] if uids is None else uids,
        labels=labels,
        sequence_lengths=lengths,
        priors=np.full(n_classes, PRIOR),
        sequence_idxs=np.where(there, indices, -1),
        scores=(PRIOR + esvs.sum(axis=1)).astype(np.float32),
        shapley_values=esvs.astype(np.float32),
        attrs={"model": model, "dataset": "constructed"},
    )
