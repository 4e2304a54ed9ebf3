"""ESVs of all videos of a split, into one results file; a stopped run goes on where it was."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch

from play_fair.arrays import Features, Priors
from play_fair.attribution.attributors import ShapleyAttributor
from play_fair.errors import UserError
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.games import ConstructiveRandomSampler
from play_fair.results import PADDING, EsvResults
from play_fair.shards import sharded

ALL_FRAMES = -1
"""In place of a number of frames: all that the video has."""

VIDEOS_PER_SHARD = 512

Arrays = dict[str, Any]
"""Arrays by name, as in results files; one entry for each video first."""

Video = tuple[Features, Mapping[str, Any]]
"""Features (T, D), and labels: the class id `label`, and the `uid`."""


@runtime_checkable
class Videos(Protocol):
    """The videos of one split."""

    @property
    def uids(self) -> list[str]: ...

    def __getitem__(self, index: int, /) -> Video: ...


@dataclass(frozen=True)
class Approximation:
    """How ESVs are estimated; see `ConstructiveRandomSampler` and `ShapleyAttributor.explain`.

    Raises:
        UserError: a number is too small.
    """

    max_samples_per_scale: int
    n_iters: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("max_samples_per_scale", 1), ("n_iters", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise UserError(f"expected {name} of at least {least} for the approximation, got {getattr(self, name)}")

    def sampler(self, shard: int) -> ConstructiveRandomSampler:
        """Each shard has random numbers of its own, so that a resumed run gives what an undisturbed one gives."""
        (seed,) = np.random.SeedSequence((self.seed, shard)).generate_state(1).tolist()
        return ConstructiveRandomSampler(self.max_samples_per_scale, seed)


@dataclass(frozen=True)
class Explainer:
    """How videos are explained.

    Attributes:
        attributor: of the model; exact.
        priors: v(empty), as they go into the results.
        n_frames: uniformly sampled frames of each video that the model sees, or `ALL_FRAMES`.
        batch_size: videos explained at once.
        approximation: None for exact ESVs.

    Raises:
        UserError: a number is not positive.
    """

    attributor: ShapleyAttributor
    priors: Priors
    n_frames: int
    batch_size: int = 64
    approximation: Approximation | None = None

    def __post_init__(self) -> None:
        if self.n_frames != ALL_FRAMES and self.n_frames < 1:
            raise UserError(f"expected a positive number of frames, or {ALL_FRAMES} for all, got {self.n_frames}")
        if self.batch_size < 1:
            raise UserError(f"expected a batch of at least one video, got {self.batch_size}")

    def settings(self) -> dict[str, Any]:
        """What the ESVs depend on besides the model and the videos."""
        approximation = None if self.approximation is None else asdict(self.approximation)
        return {"n_frames": self.n_frames, "approximation": approximation, "batch_size": self.batch_size}

    def shard(self, shard: int, videos: Iterable[Video]) -> Iterator[Arrays]:
        """Explain the videos of one shard; yields the rows of results of one batch after the other.

        Too short videos are not among them. Rows come in groups of the same number of frames.
        """
        attributor = self.attributor
        if self.approximation is not None:
            attributor = attributor.with_sampler(self.approximation.sampler(shard))
        waiting: dict[int, list[Video]] = {}
        for features, labels in videos:
            n_frames = len(features) if self.n_frames == ALL_FRAMES else self.n_frames
            if len(features) >= n_frames:
                batch = waiting.setdefault(n_frames, [])
                batch.append((features, labels))
                if len(batch) == self.batch_size:
                    yield self._explain(attributor, waiting.pop(n_frames), n_frames)
        for n_frames, batch in waiting.items():
            yield self._explain(attributor, batch, n_frames)

    def _explain(self, attributor: ShapleyAttributor, batch: Sequence[Video], n_frames: int) -> Arrays:
        indices = np.stack([uniform_frame_indices(len(features), n_frames) for features, _ in batch])
        seen = np.stack([features[rows] for (features, _), rows in zip(batch, indices, strict=True)])
        uids = [labels["uid"] for _, labels in batch]
        n_iters = 1 if self.approximation is None else self.approximation.n_iters
        try:
            esvs, scores = attributor.explain_batch(torch.from_numpy(seen), n_iters)
        except UserError as error:
            raise UserError(f"cannot explain the videos {uids[0]} to {uids[-1]}: {error}") from error
        return {
            "uids": np.array(uids),
            "labels": np.array([labels["label"] for _, labels in batch], dtype=np.int64),
            "sequence_lengths": np.array([len(features) for features, _ in batch], dtype=np.int64),
            "sequence_idxs": indices,
            "scores": scores.cpu().numpy(),
            "shapley_values": esvs.cpu().numpy(),
        }


@dataclass(frozen=True)
class EsvReport:
    """What one job did."""

    n_explained: int
    too_short: list[str]
    """uids of the videos that have fewer frames than were asked for."""
    efficiency_error: float
    """The largest |sum of ESVs + prior - score|."""


def compute_esvs(
    videos: Videos,
    explainer: Explainer,
    output: Path | str,
    settings: Mapping[str, Any],
    attrs: Mapping[str, Any],
    on_videos: Callable[[int], object] = lambda n_videos: None,
    videos_per_shard: int = VIDEOS_PER_SHARD,
) -> EsvReport:
    """Write the ESVs of all videos that are long enough to `output`, atomically, in the order of the videos.

    Videos with fewer frames than others (`ALL_FRAMES`) are padded: index `PADDING`, ESVs 0. An output that was made
    with the same settings is left as it is.

    Args:
        settings: json values: all that identifies the model, its priors and the videos. A stopped run is continued only
            with the same ones. They go into the results, with those of the explainer.
        attrs: what else goes into the results as their provenance.
        on_videos: called with how many more videos are done, those of an earlier run included; for progress.

    Raises:
        UserError: no video is long enough, a video cannot be explained, or a stopped run had other settings.
    """
    if videos_per_shard < 1:
        raise UserError(f"expected shards of at least one video, got {videos_per_shard}")
    uids, output = videos.uids, Path(output)
    settings = {**settings, **explainer.settings(), "videos_per_shard": videos_per_shard}
    if (results := _made_before(output, settings)) is not None:
        on_videos(len(uids))
        return _report(results, uids)
    starts = range(0, len(uids), videos_per_shard)
    with sharded(output, len(starts), settings, suffix=".npz") as shards:
        missing = shards.missing()
        for index, start in enumerate(starts):
            rows = range(start, min(start + videos_per_shard, len(uids)))
            if index not in missing:
                on_videos(len(rows))
                continue
            batches = []
            for batch in explainer.shard(index, (videos[row] for row in rows)):
                batches.append(batch)
                on_videos(len(batch["uids"]))
            with shards.writing(index) as path:
                np.savez(path, **_joined(batches))
            on_videos(len(rows) - sum(len(batch["uids"]) for batch in batches))
        results = _merged(shards.paths(), uids, explainer.priors, {**settings, **attrs})
        if results is not None:
            results.save(output)
    if results is None:
        raise UserError(
            f"expected videos of at least {explainer.n_frames} frames, but all {len(uids)} are shorter; nothing is "
            "written, sample fewer frames"
        )
    return _report(results, uids)


def _made_before(output: Path, settings: Mapping[str, Any]) -> EsvResults | None:
    """The results in `output` if they were made with these settings."""
    if not output.exists():
        return None
    try:
        results = EsvResults.load(output)
    except UserError:  # whatever it is, it will be replaced, as if it were results with other settings
        return None
    return results if all(results.attrs.get(key) == value for key, value in settings.items()) else None


def _report(results: EsvResults, uids: Sequence[str]) -> EsvReport:
    explained = set(results.uids.tolist())
    return EsvReport(len(explained), [uid for uid in uids if uid not in explained], results.efficiency_error())


def _merged(shards: Sequence[Path], uids: Sequence[str], priors: Priors, attrs: Mapping[str, Any]) -> EsvResults | None:
    """The results in all shards, in the order of `uids`; None if there are none."""
    arrays = _joined([dict(np.load(path)) for path in shards])
    if not arrays:
        return None
    explained = arrays.pop("uids").tolist()
    results = EsvResults.single(uids=explained, **arrays, priors=priors, attrs=attrs)
    return results.take(sorted(explained, key={uid: place for place, uid in enumerate(uids)}.__getitem__))


def _joined(parts: Sequence[Arrays]) -> Arrays:
    """Rows of all parts, each padded to the largest number of frames."""
    parts = [part for part in parts if part]
    if not parts:
        return {}
    n_frames = max(part["sequence_idxs"].shape[1] for part in parts)
    return {name: np.concatenate([_padded(name, part[name], n_frames) for part in parts]) for name in parts[0]}


def _padded(name: str, values: np.ndarray, n_frames: int) -> np.ndarray:
    if name not in ("sequence_idxs", "shapley_values"):
        return values
    widths = [(0, 0), (0, n_frames - values.shape[1]), *[(0, 0)] * (values.ndim - 2)]
    return np.pad(values, widths, constant_values=PADDING if name == "sequence_idxs" else 0)
