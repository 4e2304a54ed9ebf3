"""Extraction: a video's features are the backbone's, whatever else was in the batch, and nothing is lost midway."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn

from play_fair.errors import UserError
from play_fair.features import FeatureExtractor, extract_features, open_features
from play_fair.features.extraction import packed
from play_fair.jobs import LocalEngine, Partition
from play_fair.videos.transforms import Preprocess
from recorded_bar import RecordedBar

CPU = torch.device("cpu")


class RandomVideos:
    """Videos made of noise; counts how often frames are asked for."""

    def __init__(self, lengths: list[int], seed: int = 0, broken: str | None = None) -> None:
        rng = np.random.default_rng(seed)
        self.uids = [f"{seed}-{i}" for i in range(len(lengths))]
        self.labels = np.arange(len(lengths))
        self.videos = {
            uid: rng.integers(0, 256, (length, 6, 8, 3), np.uint8)
            for uid, length in zip(self.uids, lengths, strict=True)
        }
        self.fingerprint = f"{seed} {lengths}"
        self.broken = broken
        self.asked: list[str] = []

    def frames(self, uid: str) -> np.ndarray:
        self.asked.append(uid)
        if uid == self.broken:
            raise UserError(f"cannot decode video {uid}")
        return self.videos[uid]


class CropLeftHalf:
    def resize_and_crop(self, frames: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(frames[:, :, :4])

    def normalise(self, pictures: Tensor) -> Tensor:
        return pictures.permute(0, 3, 1, 2) / 255 - 0.5


class TinyBackbone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 5, 3)
        self.norm = nn.BatchNorm2d(5)

    def forward(self, images: Tensor) -> Tensor:
        return self.norm(self.convolution(images)).mean(dim=(2, 3))


torch.manual_seed(0)
BACKBONE = TinyBackbone()


def extractor(batch_size: int = 4, decoders: int = 0) -> FeatureExtractor:
    return FeatureExtractor(BACKBONE, CropLeftHalf(), CPU, batch_size, decoders)


@torch.no_grad()
def expected_features(frames: np.ndarray) -> Tensor:
    preprocess = CropLeftHalf()
    return BACKBONE.eval()(preprocess.normalise(torch.from_numpy(preprocess.resize_and_crop(frames))))


@settings(max_examples=25)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6), batch_size=st.integers(1, 12))
def test_features_are_those_of_each_video_by_itself(lengths: list[int], batch_size: int) -> None:
    videos = RandomVideos(lengths)
    (features,) = extractor(batch_size).features(videos, [videos.uids])
    assert [len(video) for video in features] == lengths
    for video, uid in zip(features, videos.uids, strict=True):
        torch.testing.assert_close(video, expected_features(videos.videos[uid]))


def test_decoders_change_nothing() -> None:
    videos = RandomVideos([5, 1, 9, 3, 3])
    groups = [videos.uids[1:3], videos.uids[3:]]
    alone, helped = (
        [video for group in extractor(decoders=n).features(videos, iter(groups)) for video in group] for n in (0, 2)
    )
    assert len(videos.asked) == 4  # the decoders asked elsewhere
    assert all(torch.equal(a, b) for a, b in zip(alone, helped, strict=True))


def test_a_group_is_the_same_to_the_bit_whatever_came_before() -> None:
    videos = RandomVideos([5, 1, 9, 3, 3])
    seen: list[None] = []
    *_, last = extractor().features(videos, [videos.uids[:3], videos.uids[3:]], lambda: seen.append(None))
    (alone,) = extractor().features(videos, [videos.uids[3:]])
    assert all(torch.equal(a, b) for a, b in zip(alone, last, strict=True))
    assert len(seen) == 5


def test_groups_are_asked_for_as_they_are_needed() -> None:
    videos = RandomVideos([2, 2, 2])
    asked: list[str] = []

    def groups() -> Iterator[list[str]]:
        for uid in videos.uids:
            asked.append(uid)
            yield [uid]

    features = extractor().features(videos, groups())
    next(features)
    assert asked == ["0-0"]
    assert len(list(features)) == 2


@given(lengths=st.lists(st.integers(1, 9), max_size=6), batch_size=st.integers(1, 12))
def test_packed_batches_are_full_and_keep_the_order(lengths: list[int], batch_size: int) -> None:
    frames = torch.arange(sum(lengths), dtype=torch.uint8)[:, None, None, None].expand(-1, 2, 2, 3)
    batches = list(packed(frames.split(lengths) if lengths else [], batch_size))
    assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
    assert [int(frame[0, 0, 0]) for batch in batches for frame in batch] == list(range(sum(lengths)))


def test_another_picture_size_begins_a_new_batch() -> None:
    clips = [torch.zeros(n, size, 2, 3, dtype=torch.uint8) for n, size in [(2, 4), (1, 4), (3, 5)]]
    assert [tuple(batch.shape[:2]) for batch in packed(clips, 4)] == [(3, 4), (3, 5)]


@pytest.mark.parametrize("decoders", [0, 1])
def test_broken_video_is_named_without_a_decoders_traceback(decoders: int) -> None:
    videos = RandomVideos([2, 2, 2], broken="0-1")
    with pytest.raises(UserError) as caught:
        list(extractor(4, decoders).features(videos, [videos.uids]))
    assert str(caught.value) == "cannot decode video 0-1"


def test_video_that_cannot_be_resized_is_named() -> None:
    videos = RandomVideos([2])
    videos.videos["0-0"] = np.zeros((1, 2, 4096, 3), np.uint8)
    resizing = replace(extractor(), preprocess=Preprocess(short_side=256, crop=224))
    with pytest.raises(UserError, match="cannot use video 0-0: its frames of 4096 x 2 pixels would be resized"):
        list(resizing.features(videos, [videos.uids]))


def test_video_without_frames_is_named() -> None:
    videos = RandomVideos([2, 0])
    with pytest.raises(UserError, match="expected at least one frame in video 0-1, got none"):
        list(extractor().features(videos, [videos.uids]))


def test_mixed_precision_needs_cuda() -> None:
    with pytest.raises(UserError, match="expected a CUDA device for mixed precision, got cpu; leave out --amp"):
        FeatureExtractor(BACKBONE, CropLeftHalf(), CPU, amp=True)


@pytest.mark.parametrize(("batch_size", "decoders"), [(0, 0), (4, -1)])
def test_numbers_that_cannot_be_are_refused(batch_size: int, decoders: int) -> None:
    with pytest.raises(UserError, match=f"0 or more decoders, got {batch_size} and {decoders}"):
        extractor(batch_size, decoders)


def assert_holds(path: Path, splits: dict[str, RandomVideos]) -> None:
    with h5py.File(path) as file:
        assert set(file) == set(splits)
    for split, videos in splits.items():
        with open_features(path, split, feature_dim=5) as reader:
            assert reader.uids == videos.uids
            for (features, labels), label in zip(reader, videos.labels, strict=True):
                assert labels["action"] == label
                expected = expected_features(videos.videos[labels["uid"]])
                np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-6)


def test_extracts_splits_into_one_file(tmp_path: Path) -> None:
    splits = {"validation": RandomVideos([3, 1, 4]), "train": RandomVideos([2, 7, 1, 8, 2], seed=1)}
    bar = RecordedBar()
    output = tmp_path / "new" / "features.hdf"
    throughput = extract_features(splits, extractor(), output, {}, videos_per_shard=2, bar=bar)
    assert (throughput.videos, throughput.frames) == (8, 28)
    assert throughput.seconds > 0
    assert (bar.total, bar.initial, bar.done) == (8, 0, 8)
    assert_holds(output, splits)
    assert [path.name for path in output.parent.glob("[!.]*")] == ["features.hdf"]  # the shards are gone


def test_other_splits_stay(tmp_path: Path) -> None:
    output = tmp_path / "features.hdf"
    train, validation = RandomVideos([2, 3], seed=1), RandomVideos([4], seed=2)
    extract_features({"train": train, "validation": RandomVideos([1])}, extractor(), output, {})
    extract_features({"validation": validation}, extractor(), output, {})
    assert_holds(output, {"train": train, "validation": validation})


def test_other_splits_do_not_stay_beside_those_of_another_backbone(tmp_path: Path) -> None:
    output = tmp_path / "features.hdf"
    extract_features({"train": RandomVideos([2]), "test": RandomVideos([1])}, extractor(), output, {"weights": "a"})
    with pytest.raises(UserError, match=r"has the split (train|test), extracted with another config"):
        extract_features({"validation": RandomVideos([1])}, extractor(), output, {"weights": "b"})
    # All splits anew are fine.
    extract_features({"train": RandomVideos([2]), "test": RandomVideos([1])}, extractor(), output, {"weights": "b"})


def test_published_files_may_be_extended(tmp_path: Path) -> None:
    output = tmp_path / "features.hdf"
    extract_features({"train": RandomVideos([2])}, extractor(), output, {"weights": "a"})
    with h5py.File(output, "a") as file:
        del file["train"].attrs["recipe"]
    extract_features({"validation": RandomVideos([1])}, extractor(), output, {"weights": "b"})
    with h5py.File(output) as file:
        assert set(file) == {"train", "validation"}


@pytest.mark.parametrize("done_before", [0, 1, 3, 5])
def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path, done_before: int) -> None:
    output = tmp_path / "features.hdf"
    splits = {"validation": RandomVideos([3, 1, 4]), "train": RandomVideos([2, 7, 1], seed=1)}
    stopping, bar = RecordedBar(stop_at=done_before + 1), RecordedBar()
    with pytest.raises(KeyboardInterrupt):
        extract_features(splits, extractor(), output, {"seed": 1}, videos_per_shard=1, bar=stopping)
    assert not output.exists()

    asked_before = sum(len(videos.asked) for videos in splits.values())
    throughput = extract_features(splits, extractor(), output, {"seed": 1}, videos_per_shard=1, bar=bar)
    assert throughput.videos == 6 - done_before == sum(len(v.asked) for v in splits.values()) - asked_before
    assert (bar.total, bar.initial, bar.done) == (6, done_before, 6 - done_before)
    assert_holds(output, splits)


def test_features_that_are_there_are_not_extracted_again_unless_something_differs(tmp_path: Path) -> None:
    output = tmp_path / "features.hdf"
    splits = {"train": RandomVideos([2, 3]), "test": RandomVideos([1], seed=1)}
    extract_features(splits, extractor(), output, {"weights": "a"})

    def videos_extracted(splits: dict[str, RandomVideos], weights: str = "a") -> int:
        return extract_features(splits, extractor(), output, {"weights": weights}).videos

    assert videos_extracted(splits) == 0
    assert videos_extracted({"train": splits["train"]}) == 0
    assert videos_extracted({**splits, "train": RandomVideos([2, 4])}) == 3
    assert videos_extracted({**splits, "train": RandomVideos([2, 4])}, weights="b") == 3


def test_workers_write_the_same_bytes(tmp_path: Path) -> None:
    splits = {"validation": RandomVideos([3, 1, 4]), "train": RandomVideos([2, 7, 1], seed=1)}
    alone, spread, bar = tmp_path / "alone.hdf", tmp_path / "spread.hdf", RecordedBar()
    extract_features(splits, extractor(), alone, {}, videos_per_shard=1)
    throughput = extract_features(
        splits, extractor(), spread, {}, videos_per_shard=1, engine=LocalEngine(workers=2), bar=bar
    )
    assert alone.read_bytes() == spread.read_bytes()
    assert (throughput.videos, throughput.frames) == (6, 18)
    assert bar.done == 6


def test_partitions_are_merged_by_a_run_without_one(tmp_path: Path) -> None:
    splits = {"validation": RandomVideos([3, 1, 4]), "train": RandomVideos([2, 7], seed=1)}
    alone, shared = tmp_path / "alone.hdf", tmp_path / "shared.hdf"
    extract_features(splits, extractor(), alone, {}, videos_per_shard=1)
    done = [
        extract_features(splits, extractor(), shared, {}, videos_per_shard=1, partition=partition).videos
        for partition in (Partition(1, 3), Partition(0, 3), None)
    ]
    assert done == [2, 2, 1]
    assert alone.read_bytes() == shared.read_bytes()


def test_a_stopped_run_is_not_mixed_with_other_settings(tmp_path: Path) -> None:
    output = tmp_path / "features.hdf"
    videos = RandomVideos([3, 1], broken="0-1")
    with pytest.raises(UserError, match="cannot decode video 0-1"):
        extract_features({"train": videos}, extractor(), output, {"backbone": "a"}, videos_per_shard=1)
    with pytest.raises(UserError, match="backbone was 'a' and is now 'b'"):
        extract_features({"train": videos}, extractor(), output, {"backbone": "b"}, videos_per_shard=1)
    with pytest.raises(UserError, match=r"videos was .* and is now"):
        extract_features(
            {"train": RandomVideos([3, 1], seed=1)}, extractor(), output, {"backbone": "a"}, videos_per_shard=1
        )


def test_features_that_are_not_numbers_are_refused_before_they_are_kept(tmp_path: Path) -> None:
    output = tmp_path / "features.hdf"
    broken = FeatureExtractor(nn.Sequential(TinyBackbone(), nn.Threshold(1e9, float("nan"))), CropLeftHalf(), CPU)
    with pytest.raises(UserError, match="expected finite features for video 0-0"):
        extract_features({"train": RandomVideos([3])}, broken, output, {})
    assert not output.exists()


def test_refuses_what_it_cannot_work_with(tmp_path: Path) -> None:
    output = tmp_path / "notes.txt"
    output.write_text("keep me")
    with pytest.raises(UserError, match=r"expected an HDF5 file or nothing at .*notes\.txt"):
        extract_features({"train": RandomVideos([3])}, extractor(), output, {})
    assert output.read_text() == "keep me"
    with pytest.raises(UserError, match="at least one video to extract features of in split 'train', got none"):
        extract_features({"train": RandomVideos([])}, extractor(), tmp_path / "features.hdf", {})
    with pytest.raises(UserError, match="expected one or more videos per shard, got 0"):
        extract_features({"train": RandomVideos([3])}, extractor(), tmp_path / "features.hdf", {}, videos_per_shard=0)


def test_a_full_disk_is_noticed_before_hdf5_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HDF5 would end the process. What is extracted is kept, and merged when there is room."""
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as context:
        context.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10_000))
        with pytest.raises(OSError, match="No space left on device"):
            extract_features({"a": RandomVideos([3])}, extractor(), tmp_path / "out.hdf", {})
    assert not (tmp_path / "out.hdf").exists()
    assert list((tmp_path / "out.hdf.shards").glob("0*.npz"))
    extract_features({"a": RandomVideos([3])}, extractor(), tmp_path / "out.hdf", {})
    assert (tmp_path / "out.hdf").exists()


def test_a_stopped_run_goes_on_with_the_same_batches_only(tmp_path: Path) -> None:
    """Batches of another size change roundings. A finished file is left as it is, though: it is one recipe."""
    output = tmp_path / "features.hdf"
    splits = {"train": RandomVideos([3, 1])}
    with pytest.raises(KeyboardInterrupt):
        extract_features(splits, extractor(4), output, {}, videos_per_shard=1, bar=RecordedBar(stop_at=2))
    with pytest.raises(UserError, match="made with other settings: batch_size was 4 and is now 3"):
        extract_features(splits, extractor(3), output, {}, videos_per_shard=1)
    with pytest.raises(UserError, match="device was 'cpu' and is now 'cuda'"):
        extract_features(splits, extractor(4), output, {}, videos_per_shard=1, engine=LocalEngine(("cuda:0",)))
    assert extract_features(splits, extractor(4), output, {}, videos_per_shard=1).videos == 1
    assert extract_features(splits, extractor(3), output, {}, videos_per_shard=1).videos == 0


def test_a_worker_on_a_cpu_computes_with_one_thread(tmp_path: Path) -> None:
    threads = []

    class Watched(TinyBackbone):
        def forward(self, images: Tensor) -> Tensor:
            threads.append(torch.get_num_threads())
            return super().forward(images)

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        watched = FeatureExtractor(Watched(), CropLeftHalf(), CPU)
        extract_features({"train": RandomVideos([3, 1])}, watched, tmp_path / "features.hdf", {})
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert threads == [1]
