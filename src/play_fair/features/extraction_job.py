"""Extract the features of whole splits into one HDF5 file; a stopped run goes on where it was."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import torch
from torch import Tensor

from play_fair.arrays import Features
from play_fair.errors import UserError
from play_fair.features.extraction import FeatureExtractor, Videos
from play_fair.features.store import HdfFeatureWriter, check_features
from play_fair.files import atomic_path
from play_fair.shards import Shards, sharded

VIDEOS_PER_SHARD = 256

RECIPE = "recipe"
"""Attribute of each split's group: the settings it was extracted with, as json. Published files have none."""


class Shard(NamedTuple):
    """Some videos of one split."""

    split: str
    uids: list[str]


@dataclass(frozen=True)
class Throughput:
    """What one run did; seconds do not count the merging into one file."""

    videos: int
    frames: int
    seconds: float


def extract_features(
    splits: Mapping[str, Videos],
    extractor: FeatureExtractor,
    output: Path | str,
    settings: Mapping[str, Any],
    on_videos: Callable[[int], object] = lambda n_videos: None,
    videos_per_shard: int = VIDEOS_PER_SHARD,
) -> Throughput:
    """Write the features of every video of `splits` to `output`, one group for each split, atomically.

    Splits that `output` already holds and that are not in `splits` stay in it.

    Args:
        settings: json values; all that the features depend on besides the videos' uids. A stopped run is continued only
            with the same ones.
        on_videos: called with how many more videos are done, those of an earlier run included; for progress.

    Raises:
        UserError: `output` is no HDF5 file, a split has no videos, a video cannot be decoded, its features are not
            finite, a split that stays was extracted with other settings, or a stopped run had others.
    """
    output = Path(output)
    recipe = json.dumps(settings, sort_keys=True)
    _check_splits_that_stay(output, splits, recipe)
    plan = _plan(splits, videos_per_shard)
    # Asked for now: a video without class id shall not be noticed hours later.
    labels = {split: videos.labels.tolist() for split, videos in splits.items()}
    digests = {split: sha256("\n".join(videos.uids).encode()).hexdigest() for split, videos in splits.items()}
    settings = {**settings, "uids": digests, "videos_per_shard": videos_per_shard}
    with sharded(output, len(plan), settings, suffix=".npz") as shards:
        missing = shards.missing()
        on_videos(sum(len(shard.uids) for index, shard in enumerate(plan) if index not in missing))
        started = time.perf_counter()
        n_videos = n_frames = 0
        for split, videos in splits.items():
            todo = [index for index in missing if plan[index].split == split]
            # One stream through all shards: workers start once.
            stream = extractor.features(videos, [plan[index].uids for index in todo], lambda: on_videos(1))
            for index, on_device in zip(todo, stream, strict=True):
                features = _on_cpu(plan[index].uids, on_device)
                with shards.writing(index) as path:
                    np.savez(path, features=np.concatenate(features), lengths=[len(video) for video in features])
                n_videos += len(features)
                n_frames += sum(map(len, features))
        seconds = time.perf_counter() - started
        _merge(plan, shards, splits, labels, recipe, output)
    return Throughput(n_videos, n_frames, seconds)


def _check_splits_that_stay(output: Path, splits: Mapping[str, Videos], recipe: str) -> None:
    """Features of two backbones in one file would be taken for those of one."""
    if not output.exists():
        return
    if not h5py.is_hdf5(output):
        raise UserError(f"expected an HDF5 file or nothing at {output}, but it is another file; choose another output")
    with h5py.File(output, "r") as file:
        others = [split for split in file if split not in splits and file[split].attrs.get(RECIPE, recipe) != recipe]
    if others:
        raise UserError(
            f"{output} has the split {others[0]}, extracted with another config, other weights or --amp; extract it "
            "anew along with the others, or choose another output"
        )


def _plan(splits: Mapping[str, Videos], videos_per_shard: int) -> list[Shard]:
    if videos_per_shard < 1:
        raise UserError(f"expected one or more videos per shard, got {videos_per_shard}")
    for split, videos in splits.items():
        if not videos.uids:
            raise UserError(f"expected at least one video to extract features of in split {split!r}, got none")
    return [
        Shard(split, videos.uids[start : start + videos_per_shard])
        for split, videos in splits.items()
        for start in range(0, len(videos.uids), videos_per_shard)
    ]


def _on_cpu(uids: list[str], features: list[Tensor]) -> list[Features]:
    """Each video's features (T, D), checked; fetched in one go, so that the device finishes its queue only now."""
    arrays = np.split(torch.cat(features).cpu().numpy(), np.cumsum([len(video) for video in features])[:-1])
    for uid, array in zip(uids, arrays, strict=True):
        check_features(uid, array, array.shape[1])
    return arrays


def _merge(
    plan: Sequence[Shard],
    shards: Shards,
    splits: Mapping[str, Videos],
    labels: Mapping[str, list[int]],
    recipe: str,
    output: Path,
) -> None:
    with atomic_path(output) as part, h5py.File(part, "w") as file:
        if output.exists():
            with h5py.File(output, "r") as before:
                for split in before.keys() - splits.keys():
                    before.copy(split, file)
        for split, videos in splits.items():
            paths = [path for path, shard in zip(shards.paths(), plan, strict=True) if shard.split == split]
            features = chain.from_iterable(map(_features_in, paths))
            first = next(features)
            group = file.create_group(split)
            group.attrs[RECIPE] = recipe
            with HdfFeatureWriter(group, len(videos.uids), first.shape[1]) as writer:
                for uid, video, label in zip(videos.uids, chain([first], features), labels[split], strict=True):
                    writer.append(uid, video, label)


def _features_in(shard: Path) -> list[Features]:
    with np.load(shard) as arrays:
        return np.split(arrays["features"], np.cumsum(arrays["lengths"])[:-1])
