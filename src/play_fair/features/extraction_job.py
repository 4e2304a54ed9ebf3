"""Extract the features of whole splits into one HDF5 file; a stopped run goes on where it was."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import torch

from play_fair.arrays import Features
from play_fair.errors import UserError
from play_fair.features.extraction import FeatureExtractor, Videos
from play_fair.features.store import HdfFeatureWriter, check_features
from play_fair.files import atomic_path
from play_fair.shards import Shards, sharded
from play_fair.tensors import FrameFeatures

VIDEOS_PER_SHARD = 256


class Shard(NamedTuple):
    """Some videos of one split."""

    split: str
    uids: Sequence[str]


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
            finite, or a stopped run had other settings.
    """
    output = Path(output)
    if output.exists() and not h5py.is_hdf5(output):
        raise UserError(f"expected an HDF5 file or nothing at {output}, but it is another file; choose another output")
    plan = _plan(splits, videos_per_shard)
    digests = {split: sha256("\n".join(videos.uids).encode()).hexdigest() for split, videos in splits.items()}
    with sharded(
        output, len(plan), {**settings, "uids": digests, "videos_per_shard": videos_per_shard}, suffix=".npz"
    ) as shards:
        missing = shards.missing()
        on_videos(sum(len(shard.uids) for index, shard in enumerate(plan) if index not in missing))
        started = time.perf_counter()
        n_videos = n_frames = 0
        for split, videos in splits.items():
            todo = [index for index in missing if plan[index].split == split]
            # One stream through all shards: workers start once, and batches are full across shards.
            stream = extractor.features(videos, [uid for index in todo for uid in plan[index].uids])
            for index in todo:
                uids = plan[index].uids
                features = _on_cpu(uids, _counted(islice(stream, len(uids)), on_videos))
                with shards.writing(index) as path:
                    _save_shard(path, features, [videos.label(uid) for uid in uids])
                n_videos += len(features)
                n_frames += sum(map(len, features))
        seconds = time.perf_counter() - started
        _merge(plan, shards, output)
    return Throughput(n_videos, n_frames, seconds)


def _plan(splits: Mapping[str, Videos], videos_per_shard: int) -> list[Shard]:
    for split, videos in splits.items():
        if not videos.uids:
            raise UserError(f"expected at least one video to extract features of in split {split!r}, got none")
    return [
        Shard(split, videos.uids[start : start + videos_per_shard])
        for split, videos in splits.items()
        for start in range(0, len(videos.uids), videos_per_shard)
    ]


def _counted(features: Iterable[FrameFeatures], on_videos: Callable[[int], object]) -> Iterable[FrameFeatures]:
    for video in features:
        yield video
        on_videos(1)


def _on_cpu(uids: Sequence[str], features: Iterable[FrameFeatures]) -> list[Features]:
    """Fetched from the device in one go, which only now has to finish its queue; checked."""
    videos = list(features)
    lengths = [len(video) for video in videos]
    arrays = np.split(torch.cat(videos).cpu().numpy(), np.cumsum(lengths)[:-1])
    for uid, array in zip(uids, arrays, strict=True):
        check_features(uid, array, array.shape[1])
    return arrays


def _save_shard(path: Path, features: Sequence[Features], labels: Sequence[int]) -> None:
    np.savez(path, features=np.concatenate(features), lengths=[len(video) for video in features], labels=labels)


def _load_shard(path: Path) -> list[tuple[Features, int]]:
    with np.load(path) as shard:
        features = np.split(shard["features"], np.cumsum(shard["lengths"])[:-1])
        return list(zip(features, shard["labels"].tolist(), strict=True))


def _merge(plan: Sequence[Shard], shards: Shards, output: Path) -> None:
    with atomic_path(output) as part, h5py.File(part, "w") as file:
        new_splits = {shard.split for shard in plan}
        if output.exists():
            with h5py.File(output, "r") as before:
                for split in before.keys() - new_splits:
                    before.copy(split, file)
        for split in sorted(new_splits):
            paths = [
                (path, shard.uids) for path, shard in zip(shards.paths(), plan, strict=True) if shard.split == split
            ]
            feature_dim = _load_shard(paths[0][0])[0][0].shape[1]
            n_videos = sum(len(uids) for _, uids in paths)
            with HdfFeatureWriter(file.create_group(split), n_videos, feature_dim) as writer:
                for path, uids in paths:
                    for uid, (features, label) in zip(uids, _load_shard(path), strict=True):
                        writer.append(uid, features, label)
