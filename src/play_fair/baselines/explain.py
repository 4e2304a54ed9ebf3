"""Run every method on the same videos of one model, and keep what each said and how long it took."""

import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from play_fair.arrays import Features, FrameAttributions, FrameIndices, Labels, SequenceIndices
from play_fair.attribution import ShapleyAttributor
from play_fair.baselines.methods import METHODS, Batch, FrameMaps
from play_fair.baselines.pixels import Pixels
from play_fair.baselines.value_table import ValueTable, joined
from play_fair.errors import UserError


@dataclass(frozen=True)
class SampledVideo:
    """A video as the model sees it.

    Attributes:
        class_id: the true one.
        indices: of the sampled frames in the video.
        features: of the sampled frames.
    """

    uid: str
    class_id: int
    indices: FrameIndices
    features: Features


@dataclass(frozen=True)
class Explained:
    """What all methods said of the same N videos, for one model.

    Attributes:
        model: its name.
        classes: that were explained.
        indices: of the sampled frames in their videos.
        table: all that the model says of subsets of the frames.
        attributions: by method.
        seconds: a video, by method; from features or maps on.
        seconds_of_maps: a video: reading pictures and running the backbone, for methods that look at maps.
    """

    model: str
    uids: list[str]
    classes: Labels
    indices: SequenceIndices
    table: ValueTable
    attributions: Mapping[str, FrameAttributions]
    seconds: Mapping[str, float]
    seconds_of_maps: float


def explain(
    model: str,
    attributor: ShapleyAttributor,
    videos: Sequence[SampledVideo],
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
        seed: of the methods that draw; each draws the same whatever the others are.
        on_videos: called with how many more videos are done, for progress.

    Raises:
        UserError: there are no videos, a method needs pixels, or the model has no gradient.
    """
    _check(videos, methods, pixels)
    features = torch.from_numpy(np.stack([video.features for video in videos]))
    classes = np.array([video.class_id for video in videos], dtype=np.int64)
    if predicted:
        scores = torch.cat([attributor.explain_batch(part)[1] for part in features.split(batch_size)])
        classes = scores.argmax(dim=1).cpu().numpy()
    maps, seconds_of_maps = _maps(videos, pixels)
    mean_frame = features.mean(dim=(0, 1)).to(device)
    rngs = {name: np.random.default_rng([seed, zlib.crc32(name.encode())]) for name in methods}
    said: dict[str, list[FrameAttributions]] = {name: [] for name in methods}
    seconds = dict.fromkeys(methods, 0.0)
    tables = []

    def batch_of(rows: slice) -> Batch:
        own = None if maps is None else replace(maps, maps=maps.maps[rows].to(device), mean=maps.mean.to(device))
        return Batch(attributor, features[rows].to(device), classes[rows], mean_frame, own)

    for name in methods:  # what is built once, such as the lattice, shall not count
        METHODS[name].attribute(batch_of(slice(0, 1)), np.random.default_rng(0))
    for start in range(0, len(videos), batch_size):
        batch = batch_of(slice(start, start + batch_size))
        tables.append(batch.table())
        for name in methods:
            started = time.perf_counter()
            said[name].append(METHODS[name].attribute(batch, rngs[name]))
            seconds[name] += time.perf_counter() - started
        on_videos(len(batch.classes))
    return Explained(
        model,
        [video.uid for video in videos],
        classes,
        np.stack([video.indices for video in videos]),
        joined(tables),
        {name: np.concatenate(parts) for name, parts in said.items()},
        {name: spent / len(videos) for name, spent in seconds.items()},
        seconds_of_maps,
    )


def _check(videos: Sequence[SampledVideo], methods: Sequence[str], pixels: Pixels | None) -> None:
    if not videos:
        raise UserError("expected at least one video to explain, got none")
    if unknown := [name for name in methods if name not in METHODS]:
        raise UserError(f"expected methods among {', '.join(METHODS)}, got {', '.join(unknown)}")
    if pixels is None and (blind := [name for name in methods if METHODS[name].needs_maps]):
        raise UserError(
            f"expected pictures for {', '.join(blind)}, but there are none: set backbone_config in the model's config "
            "and gulp the split, or leave these methods out"
        )


def _maps(videos: Sequence[SampledVideo], pixels: Pixels | None) -> tuple[FrameMaps | None, float]:
    """The maps of all videos' frames, if pictures are there, and the seconds a video they took."""
    if pixels is None:
        return None, 0.0
    started = time.perf_counter()
    maps = torch.stack([pixels.maps(video.uid, video.indices, torch.from_numpy(video.features)) for video in videos])
    seconds = (time.perf_counter() - started) / len(videos)
    return FrameMaps(maps, maps.mean(dim=(0, 1)), pixels.backbone.embed), seconds  # type: ignore[arg-type]
