"""Results files to test with: random ESVs that add up."""

import numpy as np

from play_fair.frame_sampling import uniform_frame_indices
from play_fair.results import EsvResults


def make_results(n_frames, n_videos=6, n_classes=5, seed=0, uids=None, attrs=None, extras=None):
    """`EsvResults` of videos of 20, 21, ... frames with uids v0, v1, ...: ESVs + prior = score, in float32."""
    rng = np.random.default_rng(seed)
    uids = [f"v{i}" for i in range(n_videos)] if uids is None else uids
    numbers = np.array([int(uid[1:]) for uid in uids], dtype=np.int64)
    lengths = 20 + numbers
    priors = np.full(n_classes, 1 / n_classes)
    scores = rng.dirichlet(np.ones(n_classes), len(uids)).astype(np.float32)
    esvs = rng.standard_normal((len(uids), n_frames, n_classes))
    esvs += ((scores - priors) - esvs.sum(1))[:, None] / n_frames
    return EsvResults.single(
        uids=uids,
        labels=numbers % n_classes,
        sequence_lengths=lengths,
        priors=priors,
        sequence_idxs=np.stack([uniform_frame_indices(length, n_frames) for length in lengths.tolist()]),
        scores=scores,
        shapley_values=esvs.astype(np.float32),
        attrs=attrs or {},
        extras=extras or {},
    )
