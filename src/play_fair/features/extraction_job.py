"""Extract the features of whole splits into one HDF5 file; a stopped run goes on where it was."""

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
from play_fair.features.extraction import FeatureExtractor, Videos
from play_fair.features.store import HdfFeatureWriter, check_features
from play_fair.files import atomic_path, require_output, require_space
from play_fair.shards import THIS_PROCESS, Bar, Engine, Job, OnItems, Share, no_bar, run_job

VIDEOS_PER_SHARD = 64

_OVERHEAD = 16 << 10
"""Bytes of a features file for each video, besides its features: more than HDF5 has ever taken."""

RECIPE = "recipe"
"""Attribute of each split's group: the settings it was extracted with, as json. Published files have none."""


VIDEOS = "videos"
"""Attribute of each split's group: the fingerprint of the videos it was extracted from."""


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


@dataclass(frozen=True)
class FeaturesJob(Job[int]):
    """Features of all videos of some splits; see `extract_features`. It says how many frames a shard has."""

    plan: Sequence[Shard]
    splits: Mapping[str, Videos]
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

    def write(self, indices: Iterator[int], device: str, on_items: OnItems) -> Iterator[int]:
        """See `Job.write`. One stream through all shards of a split: decoders start once, and never wait at a seam."""
        extractor = replace(self.extractor, device=torch.device(device))
        with _one_thread():
            for split, of_split in groupby(indices, key=lambda index: self.plan[index].split):
                begun: deque[int] = deque()  # shards whose videos the decoders have asked for
                groups = self._uids(of_split, begun)
                for on_device in extractor.features(self.splits[split], groups, lambda: on_items(1)):
                    index = begun.popleft()
                    features = _on_cpu(self.plan[index].uids, on_device)
                    with atomic_path(self.path(index)) as path:
                        np.savez(path, features=np.concatenate(features), lengths=[len(video) for video in features])
                    yield sum(map(len, features))

    def _uids(self, indices: Iterator[int], begun: deque[int]) -> Iterator[list[str]]:
        for index in indices:
            begun.append(index)
            yield self.plan[index].uids

    def merge(self) -> None:
        """Write the features file. Splits that it has and that are not extracted anew stay in it.

        Raises:
            OSError: the disk has too little room; HDF5 would end the process when it notices.
        """
        parts = [self.path(index) for index in range(len(self.plan))] + [self.output] * self.output.exists()
        n_videos = sum(len(videos.uids) for videos in self.splits.values())
        require_space(self.output, sum(part.stat().st_size for part in parts) + n_videos * _OVERHEAD)
        with atomic_path(self.output) as part, h5py.File(part, "w") as file:
            if self.output.exists():
                with h5py.File(self.output, "r") as before:
                    for split in sorted(before.keys() - self.splits.keys()):
                        before.copy(split, file)
            for split, videos in self.splits.items():
                paths = [self.path(index) for index, shard in enumerate(self.plan) if shard.split == split]
                features = chain.from_iterable(map(_features_in, paths))
                first = next(features)
                group = file.create_group(split)
                group.attrs[RECIPE], group.attrs[VIDEOS] = self.recipe, videos.fingerprint
                labels = videos.labels.tolist()
                with HdfFeatureWriter(group, len(videos.uids), first.shape[1]) as writer:
                    for uid, video, label in zip(videos.uids, chain([first], features), labels, strict=True):
                        writer.append(uid, video, label)


def extract_features(
    splits: Mapping[str, Videos],
    extractor: FeatureExtractor,
    output: Path | str,
    settings: Mapping[str, Any],
    videos_per_shard: int = VIDEOS_PER_SHARD,
    engine: Engine = THIS_PROCESS,
    share: Share | None = None,
    bar: Bar = no_bar,
) -> Throughput:
    """Write the features of every video of `splits` to `output`, one group for each split, atomically.

    Splits that `output` already holds and that are not in `splits` stay in it. If it holds all of `splits`, extracted
    from the same videos with the same settings, it is left as it is.

    Args:
        settings: json values; all that the features depend on besides the videos. A stopped run is continued only with
            the same ones.
        engine: where the work is done; `extractor.device` is replaced by its devices.
        share: do this part of it only, see `run_job`.
        bar: shows how many videos are done.

    Raises:
        UserError: `output` is no HDF5 file, a split has no videos, a video cannot be decoded, its features are not
            finite, a split that stays was extracted with other settings, or a stopped run had others.
    """
    output = require_output(output)
    recipe = json.dumps(settings, sort_keys=True)
    _check_splits_that_stay(output, splits, recipe)
    plan = _plan(splits, videos_per_shard)
    for videos in splits.values():
        _ = videos.labels  # a video without class id shall not be noticed hours later
    sizes = [len(shard.uids) for shard in plan]
    fingerprints = {split: videos.fingerprint for split, videos in splits.items()}
    settings = {
        **settings,
        "batch_size": extractor.batch_size,  # of the shards, not of the recipe: it changes no more than roundings
        "videos": fingerprints,
        "videos_per_shard": videos_per_shard,
    }
    job = FeaturesJob(output, settings, sizes, plan, splits, extractor, recipe)
    done = run_job(job, engine, share, bar)
    return Throughput(done.n_new, sum(done.written), done.seconds)


@contextmanager
def _one_thread() -> Iterator[None]:
    """A worker on a CPU has one core; and with more the last bits of features would be others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


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


def _features_in(shard: Path) -> list[Features]:
    with np.load(shard) as arrays:
        return np.split(arrays["features"], np.cumsum(arrays["lengths"])[:-1])
