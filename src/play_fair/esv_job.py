"""Compute the ESVs of all videos of a split into one results file, as a job that can be stopped and resumed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch

from play_fair.arrays import Features, Priors
from play_fair.attribution.approximation import Approximation
from play_fair.attribution.attributor import Attributor
from play_fair.attribution.attributors import ShapleyAttributor
from play_fair.errors import UserError
from play_fair.files import atomic_path, require_output
from play_fair.frame_sampling import ALL_FRAMES, uniform_frame_indices
from play_fair.games import evaluation_mode
from play_fair.games.tabulated import TabulatedGame
from play_fair.jobs import THIS_PROCESS, THREADS, Bar, Engine, Job, OnItems, Partition, no_bar, run_job
from play_fair.results import PADDING, EsvResults, pad_frames

MOST_FRAMES_OF_ALL = 20
"""Longest video for exact ESVs of all frames: one second on two cores, and twice that for each further frame."""

VIDEOS_PER_SHARD = 512

EXTRAS = ("standard_errors", "loo_residual", "interactions", "subset_scores")
"""Optional arrays of results; see `Explanation`. The last two: of the true and of the predicted class."""

MOST_FRAMES_OF_SUBSET_SCORES = 10
"""Their number doubles with each frame: 8 KiB a video for 10."""

_FRAME_AXES = {"sequence_idxs": (1,), "shapley_values": (1,), "standard_errors": (1,), "interactions": (2, 3)}
"""Axes of arrays that count frames."""

Arrays = dict[str, Any]
"""Arrays by name, as in results files; the first axis counts videos."""

Video = tuple[Features, Mapping[str, Any]]
"""Features (T, D), and labels: class id `label` and `uid`."""


@runtime_checkable
class FeatureSource(Protocol):
    """The videos of one split."""

    @property
    def uids(self) -> list[str]: ...

    def __getitem__(self, index: int, /) -> Video: ...


OpenVideos = Callable[[], AbstractContextManager[FeatureSource]]
"""Returns a context manager that opens the videos."""


@dataclass(frozen=True)
class VideoExplainer:
    """Compute ESVs of batches of videos.

    Attributes:
        attributor: exact attributor of the model.
        priors: v(empty) of each class, stored in the results.
        n_frames: number of uniformly sampled frames of each video, or `ALL_FRAMES`.
        batch_size: videos explained at once.
        approximation: None for exact ESVs.
        interactions: also compute the interactions of pairs of frames, for the true and the predicted class.
        subset_scores: also store the scores of all subsets of frames, for the true and the predicted class.

    Raises:
        UserError: a number is not positive.
    """

    attributor: ShapleyAttributor
    priors: Priors
    n_frames: int
    batch_size: int = 64
    approximation: Approximation | None = None
    interactions: bool = False
    subset_scores: bool = False

    def __post_init__(self) -> None:
        if self.n_frames != ALL_FRAMES and self.n_frames < 1:
            raise UserError(f"expected a positive number of frames, or {ALL_FRAMES} for all, got {self.n_frames}")
        if self.batch_size < 1:
            raise UserError(f"expected a batch of at least one video, got {self.batch_size}")
        most = MOST_FRAMES_OF_SUBSET_SCORES
        if self.subset_scores and (self.n_frames == ALL_FRAMES or self.n_frames > most):
            given = "all" if self.n_frames == ALL_FRAMES else self.n_frames
            raise UserError(f"expected at most {most} frames to store the scores of all their subsets, got {given}")

    def settings(self) -> dict[str, Any]:
        """Everything the ESVs depend on besides the model and the videos, as JSON values."""
        n_frames = None if self.n_frames == ALL_FRAMES else self.n_frames
        exact = self.attributor.with_interactions() if self.interactions else self.attributor
        approximation = None if self.approximation is None else self.approximation.settings(exact, n_frames)
        return {
            "n_frames": self.n_frames,
            "approximation": approximation,
            "interactions": self.interactions,
            "batch_size": self.batch_size,
            **({"subset_scores": True} if self.subset_scores else {}),
        }

    def shard(self, shard: int, videos: Iterable[Video]) -> Iterator[Arrays]:
        """Explain the videos of one shard; yield the rows of results of each batch.

        Videos that are too short are skipped. All videos of a batch have the same number of frames.
        """
        exact = self.attributor.with_interactions() if self.interactions else self.attributor
        attributor: Attributor = exact if self.approximation is None else self.approximation.attributor(exact, shard)
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

    def _explain(self, attributor: Attributor, batch: Sequence[Video], n_frames: int) -> Arrays:
        indices = np.stack([uniform_frame_indices(len(features), n_frames) for features, _ in batch])
        sampled = np.stack([features[rows] for (features, _), rows in zip(batch, indices, strict=True)])
        uids = [labels["uid"] for _, labels in batch]
        try:
            explanation = attributor.explanation(torch.from_numpy(sampled))
        except UserError as error:
            named = f"video {uids[0]}" if len(uids) == 1 else f"the videos {uids[0]} to {uids[-1]}"
            raise UserError(f"cannot explain {named}: {error}") from error
        class_ids = np.array([labels["label"] for _, labels in batch], dtype=np.int64)
        arrays: Arrays = {
            "uids": np.array(uids),
            "labels": class_ids,
            "sequence_lengths": np.array([len(features) for features, _ in batch], dtype=np.int64),
            "sequence_idxs": indices,
            "scores": explanation.scores.cpu().numpy(),
            "shapley_values": explanation.esvs.cpu().numpy(),
        }
        if explanation.standard_errors is not None:
            arrays["standard_errors"] = explanation.standard_errors.cpu().numpy()
        if explanation.loo_residual is not None:
            arrays["loo_residual"] = explanation.loo_residual.cpu().numpy()
        # Of the true and of the predicted class: (2, B), and what follows has these axes swapped.
        classes = torch.stack(
            [torch.from_numpy(class_ids).to(explanation.scores.device), explanation.scores.argmax(dim=1)]
        )
        rows = torch.arange(len(batch), device=classes.device)
        if explanation.interactions is not None:
            arrays["interactions"] = explanation.interactions[rows, :, :, classes].transpose(0, 1).cpu().numpy()
        if self.subset_scores:
            scores = self._score_subsets(torch.from_numpy(sampled))
            arrays["subset_scores"] = scores.to(classes.device)[:, rows, classes].permute(2, 1, 0).cpu().numpy()
        return arrays

    def _score_subsets(self, videos: torch.Tensor) -> torch.Tensor:
        """Return scores (2^n, B, C) of all subsets of n frames; bit i of a row number is set if frame i is kept."""
        game, videos = self.attributor.game, videos.to(self.attributor.device)
        masks = torch.arange(2**self.n_frames, device=videos.device)
        coalitions = (masks[:, None] >> torch.arange(self.n_frames, device=videos.device)) & 1
        with evaluation_mode(game):
            return TabulatedGame(game).scorer(videos)(coalitions.bool())


@dataclass(frozen=True)
class EsvReport:
    """Summary of one job."""

    n_explained: int
    too_short: list[str]
    """uids of the videos with fewer frames than `n_frames`."""
    efficiency_error: float
    """The largest |sum of ESVs + prior - score|."""


@dataclass(frozen=True)
class EsvJob(Job[None]):
    """ESVs of all videos of a split; see `compute_esvs`. Shards have no result."""

    uids: Sequence[str]
    open_videos: OpenVideos
    explainer_on: Callable[[str], VideoExplainer]
    priors: Priors
    attrs: Mapping[str, Any]

    suffix = ".npz"
    rounded_by = ("device", THREADS)

    def is_made(self) -> bool:
        """Whether the output exists and was made with these settings."""
        return _made_before(self.output, self.settings) is not None

    def write(self, indices: Iterator[int], device: str, on_items: OnItems) -> Iterator[tuple[int, None]]:
        """See `Job.write`."""
        explainer = self.explainer_on(device)
        with self.open_videos() as videos:
            for index in indices:
                start = sum(self.sizes[:index])
                batches = []
                for batch in explainer.shard(index, (videos[start + row] for row in range(self.sizes[index]))):
                    batches.append(batch)
                    on_items(len(batch["uids"]))
                (shard,) = self.files(index)
                with atomic_path(shard) as path:
                    np.savez(path, **_concatenate(batches))
                on_items(self.sizes[index] - sum(len(batch["uids"]) for batch in batches))
                yield index, None

    def merge(self, results: Sequence[None]) -> None:
        """Write the results file, unless all videos are too short."""
        paths = [self.files(index)[0] for index in range(len(self.sizes))]
        esvs = _merge_shards(paths, self.uids, self.priors, {**self.settings, **self.attrs})
        if esvs is not None:
            esvs.save(self.output)


def compute_esvs(
    open_videos: OpenVideos,
    explainer_on: Callable[[str], VideoExplainer],
    output: Path | str,
    settings: Mapping[str, Any],
    attrs: Mapping[str, Any],
    videos_per_shard: int = VIDEOS_PER_SHARD,
    engine: Engine = THIS_PROCESS,
    partition: Partition | None = None,
    bar: Bar = no_bar,
) -> EsvReport | None:
    """Write the ESVs of all videos that are long enough to `output`, atomically, in the order of the videos.

    With `ALL_FRAMES`, shorter videos are padded: index `PADDING`, ESVs 0. An output that was made with the same
    settings is left as it is.

    Args:
        open_videos: opens the videos; pickled to other processes, as is `explainer_on`.
        explainer_on: makes the explainer on a device.
        settings: JSON values; everything that identifies the model, its priors and the videos. An unfinished job is
            resumed only with the same ones. They are stored in the results, with those of the explainer.
        attrs: further provenance to be stored in the results.
        engine: where shards are written.
        partition: write only this partition, without the merge; see `run_job`.
        bar: shows the number of finished videos.

    Returns:
        A summary of the results; None for a partition.

    Raises:
        UserError: no video is long enough, a video is too long for exact ESVs of all its frames, a video cannot be
            explained, or the unfinished job has other settings.
    """
    if videos_per_shard < 1:
        raise UserError(f"expected shards of at least one video, got {videos_per_shard}")
    explainer, output = explainer_on("cpu"), require_output(output)
    with open_videos() as videos:
        uids = videos.uids
        if explainer.n_frames == ALL_FRAMES and explainer.approximation is None:
            _require_few_frames(videos)
    settings = {**settings, **explainer.settings(), "videos_per_shard": videos_per_shard}
    sizes = [min(videos_per_shard, len(uids) - start) for start in range(0, len(uids), videos_per_shard)]
    job = EsvJob(output, settings, sizes, uids, open_videos, explainer_on, explainer.priors, attrs)
    run_job(job, engine, partition, bar)
    if partition is not None:
        return None
    if (results := _made_before(output, settings)) is None:
        raise UserError(
            f"expected videos of at least {explainer.n_frames} frames, but all {len(uids)} are shorter; nothing is "
            "written, sample fewer frames"
        )
    return _report(results, uids)


def _require_few_frames(videos: FeatureSource) -> None:
    """Fail early on videos whose exact ESVs would take hours or too much memory.

    Raises:
        UserError: a video has more than `MOST_FRAMES_OF_ALL` frames.
    """
    for index, uid in enumerate(videos.uids):
        n_frames = len(videos[index][0])
        if n_frames > MOST_FRAMES_OF_ALL:
            raise UserError(
                f"expected videos of at most {MOST_FRAMES_OF_ALL} frames for exact ESVs of all their frames, but "
                f"video {uid} has {n_frames}: the model would have to score 2^{n_frames} = {2**n_frames:,} subsets. "
                "Estimate instead (--approximate in script 05, Approximation in Python), or sample fewer frames"
            )


def _made_before(output: Path, settings: Mapping[str, Any]) -> EsvResults | None:
    """The results in `output` if they were made with these settings, else None."""
    results = EsvResults.in_place_of(output)
    if results is None:
        return None
    return results if all(results.attrs.get(key) == value for key, value in settings.items()) else None


def _report(results: EsvResults, uids: Sequence[str]) -> EsvReport:
    explained = set(results.uids.tolist())
    return EsvReport(len(explained), [uid for uid in uids if uid not in explained], results.efficiency_error())


def _merge_shards(
    shards: Sequence[Path], uids: Sequence[str], priors: Priors, attrs: Mapping[str, Any]
) -> EsvResults | None:
    """The results of all shards, in the order of `uids`; None without any."""
    arrays = _concatenate([dict(np.load(path)) for path in shards])
    if not arrays:
        return None
    explained = arrays.pop("uids").tolist()
    extras = {name: arrays.pop(name) for name in EXTRAS if name in arrays}
    results = EsvResults.single(uids=explained, **arrays, priors=priors, attrs=attrs, extras=extras)
    return results.take(sorted(explained, key={uid: place for place, uid in enumerate(uids)}.__getitem__))


def _concatenate(parts: Sequence[Arrays]) -> Arrays:
    """Concatenate parts, padded to the largest number of frames; among estimates, exact values get the error 0."""
    parts = [part for part in parts if part]
    if not parts:
        return {}
    for name, like in (("standard_errors", "shapley_values"), ("loo_residual", "sequence_lengths")):
        if any(name in part for part in parts):
            parts = [{name: np.zeros(part[like].shape, np.float32), **part} for part in parts]
    n_frames = max(part["sequence_idxs"].shape[1] for part in parts)
    return {name: np.concatenate([_pad(name, part[name], n_frames) for part in parts]) for name in parts[0]}


def _pad(name: str, values: np.ndarray, n_frames: int) -> np.ndarray:
    filler = PADDING if name == "sequence_idxs" else 0
    return pad_frames(values, n_frames, _FRAME_AXES.get(name, ()), filler)
