"""Run every method on the same videos of one model, and time it."""

import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float32

from play_fair.arrays import FrameAttributions, Labels, SequenceIndices
from play_fair.attribution import ShapleyAttributor
from play_fair.baselines.coalition_scores import CoalitionScores, concatenate
from play_fair.baselines.methods import METHODS, Batch, FrameMaps
from play_fair.baselines.pixels import Pixels
from play_fair.errors import UserError


@dataclass(frozen=True)
class SampledFeatures:
    """Features of n sampled frames of each of N videos.

    Attributes:
        classes: true class ids.
        indices: of the sampled frames in their videos.
    """

    uids: list[str]
    classes: Labels
    indices: SequenceIndices
    features: Float32[np.ndarray, "N n D"]

    def __len__(self) -> int:
        return len(self.uids)


@dataclass(frozen=True)
class Explained:
    """Attributions of all methods for the same N videos and one model.

    Attributes:
        model: its name.
        classes: ids of the classes that are explained.
        indices: of the sampled frames in their videos.
        scores: of all coalitions of the sampled frames.
        attributions: by method.
        seconds: a video, by method, from features or maps on.
        seconds_of_maps: a video, for reading pictures and running the backbone; 0 without maps.
    """

    model: str
    uids: list[str]
    classes: Labels
    indices: SequenceIndices
    scores: CoalitionScores
    attributions: Mapping[str, FrameAttributions]
    seconds: Mapping[str, float]
    seconds_of_maps: float


def explain(
    model: str,
    attributor: ShapleyAttributor,
    videos: SampledFeatures,
    methods: Sequence[str],
    device: torch.device,
    pixels: Pixels | None = None,
    predicted: bool = False,
    seed: int = 0,
    batch_size: int = 32,
    on_videos: Callable[[int], object] = lambda n_videos: None,
) -> Explained:
    """Explain the true class of each video (or the predicted one) with every method.

    Maps of all frames stay in memory: 0.1 MB a video of 8 frames with the demo's backbone, 1.6 MB with BN-Inception.

    Args:
        methods: keys of `METHODS`.
        pixels: None: methods that need maps are not possible.
        predicted: explain the predicted class.
        seed: of random methods; the draws of one do not depend on which others are run.
        on_videos: called with the number of newly finished videos.

    Raises:
        UserError: there are no videos, a method needs pixels, or the model has no gradient.
    """
    _check(videos, methods, pixels)
    features, classes = torch.from_numpy(videos.features), videos.classes
    if predicted:
        scores = torch.cat([attributor.explain_batch(part)[1] for part in features.split(batch_size)])
        classes = scores.argmax(dim=1).cpu().numpy()
    maps, seconds_of_maps = _maps(videos, pixels)
    mean_frame = features.mean(dim=(0, 1)).to(device)
    rngs = {name: np.random.default_rng([seed, zlib.crc32(name.encode())]) for name in methods}
    attributions: dict[str, list[FrameAttributions]] = {name: [] for name in methods}
    seconds = dict.fromkeys(methods, 0.0)
    tables = []

    def batch_of(rows: slice) -> Batch:
        batch_maps = None if maps is None else replace(maps, maps=maps.maps[rows].to(device), mean=maps.mean.to(device))
        return Batch(attributor, features[rows].to(device), classes[rows], mean_frame, batch_maps)

    for name in methods:  # not timed: builds what is built once, such as the lattice
        METHODS[name].attribute(batch_of(slice(0, 1)), np.random.default_rng(0))
    for start in range(0, len(videos), batch_size):
        batch = batch_of(slice(start, start + batch_size))
        tables.append(batch.coalition_scores())
        for name in methods:
            started = time.perf_counter()
            attributions[name].append(METHODS[name].attribute(batch, rngs[name]))
            seconds[name] += time.perf_counter() - started
        on_videos(len(batch.classes))
    return Explained(
        model,
        videos.uids,
        classes,
        videos.indices,
        concatenate(tables),
        {name: np.concatenate(parts) for name, parts in attributions.items()},
        {name: total / len(videos) for name, total in seconds.items()},
        seconds_of_maps,
    )


def _check(videos: SampledFeatures, methods: Sequence[str], pixels: Pixels | None) -> None:
    if not len(videos):
        raise UserError("expected at least one video to explain, got none")
    if unknown := [name for name in methods if name not in METHODS]:
        raise UserError(f"expected methods among {', '.join(METHODS)}, got {', '.join(unknown)}")
    if pixels is None and (impossible := [name for name in methods if METHODS[name].needs_maps]):
        raise UserError(
            f"expected pictures for {', '.join(impossible)}, but there are none: set backbone_config in the model's "
            "config and gulp the split, or leave these methods out"
        )


def _maps(videos: SampledFeatures, pixels: Pixels | None) -> tuple[FrameMaps | None, float]:
    """The maps of all frames, None without pixels; and the seconds a video that they took."""
    if pixels is None:
        return None, 0.0
    started = time.perf_counter()
    rows = zip(videos.uids, videos.indices, videos.features, strict=True)
    maps = torch.stack([pixels.maps(uid, indices, torch.from_numpy(features)) for uid, indices, features in rows])
    seconds = (time.perf_counter() - started) / len(videos)
    return FrameMaps(maps, maps.mean(dim=(0, 1)), pixels.backbone.embed), seconds  # type: ignore[arg-type]
