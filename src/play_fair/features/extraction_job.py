"""Extract features of whole splits into one HDF5 file, as a job that can be stopped and resumed."""

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, groupby
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import torch
from torch import Tensor

from play_fair.arrays import Features
from play_fair.errors import UserError
from play_fair.features.extraction import FeatureExtractor, FrameSource
from play_fair.features.store import HdfFeatureWriter, check_features
from play_fair.files import atomic_path, require_output, require_space
from play_fair.jobs import THIS_PROCESS, Bar, Engine, Job, OnItems, Partition, no_bar, run_job

VIDEOS_PER_SHARD = 64

_OVERHEAD = 16 << 10
"""Upper bound of the bytes of a features file for each video, besides its features."""

RECIPE = "recipe"
"""Attribute of each split's group: the settings of the extraction as JSON. Published files lack it."""

VIDEOS = "videos"
"""Attribute of each split's group: the fingerprint of the videos."""


class Shard(NamedTuple):
    """Some videos of one split."""

    split: str
    uids: list[str]


@dataclass(frozen=True)
class Throughput:
    """What one run extracted, in seconds without the merge."""

    videos: int
    frames: int
    seconds: float


@dataclass(frozen=True)
class FeaturesJob(Job[int]):
    """Features of all videos of some splits; see `extract_features`. The result of a shard is its number of frames."""

    plan: Sequence[Shard]
    splits: Mapping[str, FrameSource]
    extractor: FeatureExtractor
    recipe: str

    suffix = ".npz"
    rounded_by = ("device",)

    @property
    def n_cores(self) -> int:
        """One for the backbone and one for each decoder."""
        return 1 + self.extractor.decoders

    def is_made(self) -> bool:
        """Whether the file has all splits, extracted from these videos with these settings."""
        if not self.output.exists():
            return False
        with h5py.File(self.output, "r") as file:
            made = {split: (file[split].attrs.get(RECIPE), file[split].attrs.get(VIDEOS)) for split in file}
        return all(made.get(split) == (self.recipe, videos.fingerprint) for split, videos in self.splits.items())

    def write(self, indices: Iterator[int], device: str, on_items: OnItems) -> Iterator[tuple[int, int]]:
        """See `Job.write`. One stream through all shards of a split: decoders start once and do not idle in between."""
        extractor = replace(self.extractor, device=torch.device(device))
        with _one_thread():
            for split, of_split in groupby(indices, key=lambda index: self.plan[index].split):
                begun: deque[int] = deque()  # shards whose videos are being decoded
                groups = self._uids(of_split, begun)
                for on_device in extractor.features(self.splits[split], groups, lambda: on_items(1)):
                    index = begun.popleft()
                    features = _on_cpu(self.plan[index].uids, on_device)
                    (shard,) = self.files(index)
                    with atomic_path(shard) as path:
                        np.savez(path, features=np.concatenate(features), lengths=[len(video) for video in features])
                    yield index, sum(map(len, features))

    def _uids(self, indices: Iterator[int], begun: deque[int]) -> Iterator[list[str]]:
        for index in indices:
            begun.append(index)
            yield self.plan[index].uids

    def merge(self, results: Sequence[int]) -> None:
        """Write the features file. Other splits of an existing file are copied.

        Raises:
            OSError: the disk is too full; HDF5 aborts the process when it notices.
        """
        shards = [self.files(index)[0] for index in range(len(self.plan))]
        parts = [*shards, *([self.output] if self.output.exists() else [])]
        n_videos = sum(len(videos.uids) for videos in self.splits.values())
        require_space(self.output, sum(part.stat().st_size for part in parts) + n_videos * _OVERHEAD)
        with atomic_path(self.output) as part, h5py.File(part, "w") as file:
            if self.output.exists():
                with h5py.File(self.output, "r") as before:
                    for split in sorted(before.keys() - self.splits.keys()):
                        before.copy(split, file)
            for split, videos in self.splits.items():
                paths = [path for path, shard in zip(shards, self.plan, strict=True) if shard.split == split]
                features = chain.from_iterable(map(_features_in, paths))
                first = next(features)
                group = file.create_group(split)
                group.attrs[RECIPE], group.attrs[VIDEOS] = self.recipe, videos.fingerprint
                labels = videos.labels.tolist()
                with HdfFeatureWriter(group, len(videos.uids), first.shape[1]) as writer:
                    for uid, video, label in zip(videos.uids, chain([first], features), labels, strict=True):
                        writer.append(uid, video, label)


def extract_features(
    splits: Mapping[str, FrameSource],
    extractor: FeatureExtractor,
    output: Path | str,
    settings: Mapping[str, Any],
    videos_per_shard: int = VIDEOS_PER_SHARD,
    engine: Engine = THIS_PROCESS,
    partition: Partition | None = None,
    bar: Bar = no_bar,
) -> Throughput:
    """Write the features of every video of `splits` to `output`, one HDF5 group for each split, atomically.

    Other splits of an existing `output` are kept. If it has all of `splits`, extracted from the same videos with the
    same settings, it is left as it is.

    Args:
        settings: JSON values; everything the features depend on besides the videos. An unfinished job is resumed only
            with the same ones.
        engine: where shards are written; its devices replace `extractor.device`.
        partition: write only this partition, without the merge; see `run_job`.
        bar: shows the number of finished videos.

    Raises:
        UserError: `output` is no HDF5 file, a split has no videos, a video cannot be decoded, its features are not
            finite, or a split that is kept or the unfinished job has other settings.
    """
    output = require_output(output)
    recipe = json.dumps(settings, sort_keys=True)
    _check_kept_splits(output, splits, recipe)
    plan = _plan(splits, videos_per_shard)
    for videos in splits.values():
        _ = videos.labels  # fail now, not hours later, on a video without class id
    sizes = [len(shard.uids) for shard in plan]
    fingerprints = {split: videos.fingerprint for split, videos in splits.items()}
    settings = {
        **settings,
        "batch_size": extractor.batch_size,  # not in the recipe: it changes roundings only
        "videos": fingerprints,
        "videos_per_shard": videos_per_shard,
    }
    job = FeaturesJob(output, settings, sizes, plan, splits, extractor, recipe)
    done = run_job(job, engine, partition, bar)
    return Throughput(done.n_new, sum(done.new), done.seconds)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute with one thread: a worker has one core, and more threads would change the last bits of features."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _check_kept_splits(output: Path, splits: Mapping[str, FrameSource], recipe: str) -> None:
    """Refuse to mix features of two backbones in one file."""
    if not output.exists():
        return
    if not h5py.is_hdf5(output):
        raise UserError(f"expected an HDF5 file or nothing at {output}, but it is another file; choose another output")
    with h5py.File(output, "r") as file:
        others = [split for split in file if split not in splits and file[split].attrs.get(RECIPE, recipe) != recipe]
    if others:
        raise UserError(
            f"{output} has the split {others[0]}, extracted with another config, other weights or --amp; extract it "
            "again with the others, or choose another output"
        )


def _plan(splits: Mapping[str, FrameSource], videos_per_shard: int) -> list[Shard]:
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
    """Each video's features (T, D), checked. One transfer, so that the device is synchronised only once."""
    arrays = np.split(torch.cat(features).cpu().numpy(), np.cumsum([len(video) for video in features])[:-1])
    for uid, array in zip(uids, arrays, strict=True):
        check_features(uid, array, array.shape[1])
    return arrays


def _features_in(shard: Path) -> list[Features]:
    with np.load(shard) as arrays:
        return np.split(arrays["features"], np.cumsum(arrays["lengths"])[:-1])
