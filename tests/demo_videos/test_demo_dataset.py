import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from demo_videos import DemoSettings, make_demo_dataset
from demo_videos.dataset import SPLITS, plan_clips
from play_fair.errors import UserError
from play_fair.files import read_json
from play_fair.jobs import LocalEngine
from recorded_bar import RecordedBar
from synthetic_media import decode

pytest.importorskip("skimage")
pytest.importorskip("sklearn")

SMALL = DemoSettings(n_train=10, n_validation=10, n_test=10, min_frames=18, max_frames=20)


def contents(folder: Path) -> dict[str, str]:
    """Hash of each file that a person sees."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make_demo_dataset(folder, SMALL, LocalEngine(workers=2))
    return folder


def test_the_dataset_is_laid_out_as_ssv2_is(demo: Path) -> None:
    class_ids = read_json(demo / "labels" / "labels.json")
    assert sorted(class_ids.values(), key=int) == [str(i) for i in range(10)]
    seen: set[str] = set()
    for split, n_videos in SMALL.n_videos().items():
        entries = read_json(demo / "labels" / f"{split}.json")
        assert len(entries) == n_videos
        counts = dict.fromkeys(class_ids, 0)
        for entry in entries:
            assert set(entry) == {"id", "label", "template", "placeholders"}
            assert (demo / "videos" / f"{entry['id']}.webm").is_file()
            assert entry["template"].count("[something]") == len(entry["placeholders"])
            assert all(placeholder in entry["label"] for placeholder in entry["placeholders"])
            assert "[" not in entry["label"]
            counts[entry["template"].replace("[", "").replace("]", "")] += 1
        assert set(counts.values()) == {n_videos // 10}
        ids = {entry["id"] for entry in entries}
        assert not ids & seen
        seen |= ids
    assert {path.stem for path in (demo / "videos").iterdir()} == seen


def test_twins_are_each_other_played_backwards(demo: Path) -> None:
    videos = read_json(demo / "labels" / "decisive-frames.json")["videos"]
    assert len(videos) == 30
    for uid in list(videos)[:6]:
        video = videos[uid]
        twin = videos[video["twin"]]
        assert twin["twin"] == uid
        assert (twin["split"], twin["kind"], twin["n_frames"]) == (video["split"], video["kind"], video["n_frames"])
        first, last = video["decisive"]
        assert twin["decisive"] == [video["n_frames"] - 1 - last, video["n_frames"] - 1 - first]
        frames, backwards = (
            decode(demo / "videos" / f"{name}.webm").astype(np.float64) for name in (uid, video["twin"])
        )
        assert frames.shape == (video["n_frames"], 128, 224, 3)
        assert np.abs(frames - backwards[::-1]).mean() < 3
        assert np.abs(frames - backwards).mean() > 3 * np.abs(frames - backwards[::-1]).mean() / 2


def test_a_stopped_run_keeps_its_videos_and_ends_with_the_same_bytes_whatever_the_number_of_workers(
    demo: Path, tmp_path: Path
) -> None:
    bar = RecordedBar(stop_at=17)
    with pytest.raises(KeyboardInterrupt):
        make_demo_dataset(tmp_path, SMALL, bar=bar)
    assert (bar.total, bar.initial) == (30, 0)
    assert not (tmp_path / "labels" / "decisive-frames.json").exists()
    annotations = read_json(next((tmp_path / "labels").rglob("000000.json")))["content"]["result"]
    kept = {uid: (tmp_path / "videos" / f"{uid}.webm").stat().st_mtime_ns for uid in annotations}

    bar = RecordedBar()
    make_demo_dataset(tmp_path, SMALL, bar=bar)
    assert (bar.total, bar.initial, bar.done) == (30, 16, 14)
    assert {uid: (tmp_path / "videos" / f"{uid}.webm").stat().st_mtime_ns for uid in kept} == kept
    assert contents(tmp_path) == contents(demo)


def test_a_finished_dataset_is_left_alone(demo: Path) -> None:
    bar = RecordedBar()
    output = demo / "labels" / "decisive-frames.json"
    written = output.stat().st_mtime_ns
    assert make_demo_dataset(demo, SMALL, bar=bar) == output
    assert output.stat().st_mtime_ns == written
    assert (bar.total, bar.initial, bar.done) == (30, 30, 0)


def test_other_settings_make_the_dataset_anew(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True)
    (tmp_path / "videos" / "99.webm").write_bytes(b"of a larger dataset")
    output = make_demo_dataset(tmp_path, replace(SMALL, seed=1), LocalEngine(workers=2))
    before, after = contents(demo), contents(tmp_path)
    assert set(before) == set(after)
    assert all(before[name] != after[name] for name in after if name.endswith(".webm"))
    assert read_json(output)["settings"]["seed"] == 1


def test_a_split_does_not_change_with_the_size_of_the_others() -> None:
    plans = {n: plan_clips(DemoSettings(n_train=n)) for n in (100, 1200)}
    test_clips = [[(p.split, p.index, p.pair) for p in plans[n] if p.split == "test"] for n in plans]
    assert test_clips[0] == test_clips[1]
    assert [p.split for p in plans[100]] == ["train"] * 50 + ["validation"] * 100 + ["test"] * 100
    assert SPLITS == ("train", "validation", "test")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_train": 15}, "expected a multiple of 10 train videos, as many of each class, got 15"),
        ({"n_test": 0}, "expected a multiple of 10 test videos, as many of each class, got 0"),
        ({"seed": -1}, "expected a seed of 0 or more, got -1"),
        ({"min_frames": 8}, "expected 18 <= min_frames <= max_frames, got min_frames 8 and max_frames 36"),
        ({"min_frames": 30, "max_frames": 20}, "got min_frames 30 and max_frames 20"),
    ],
)
def test_settings_that_make_no_dataset_are_refused(wrong: dict[str, int], message: str) -> None:
    with pytest.raises(UserError, match=message):
        DemoSettings(**wrong)
