import numpy as np
import pytest
from torch.utils.data import DataLoader

from play_fair.errors import UserError
from play_fair.videos import gulp_dataset
from play_fair.videos.gulp import EncodedVideo, decode_frame, encode_frame, write_chunk
from play_fair.videos.gulp_dataset import GulpVideoDataset
from synthetic_media import brightening_frames, frame_numbers


def add(folder, number, uid, n_frames, **meta):
    jpegs = [encode_frame(frame) for frame in brightening_frames(n_frames)]
    write_chunk(folder, number, [EncodedVideo(uid, {"id": uid, "label": "", **meta}, jpegs)])


@pytest.fixture
def folder(tmp_path):
    add(tmp_path, 0, "7", 3, idx=4)
    add(tmp_path, 1, "5", 1, idx=-1)
    return tmp_path


def test_it_knows_its_videos(folder):
    dataset = GulpVideoDataset(folder)
    assert len(dataset) == 2
    assert dataset.uids == ["7", "5"]
    assert dataset.labels.tolist() == [4, -1]
    assert dataset.frame_counts.tolist() == [3, 1]


def test_it_gives_frames(folder):
    frames = GulpVideoDataset(folder).frames("7")
    assert frames.dtype == np.uint8
    assert frames.shape == (3, 48, 64, 3)
    assert frame_numbers(frames) == [0, 1, 2]


def test_it_decodes_only_the_frames_that_are_asked_for(folder, monkeypatch):
    decoded = []
    monkeypatch.setattr(gulp_dataset, "decode_frame", lambda jpeg: decoded.append(jpeg) or decode_frame(jpeg))
    assert frame_numbers(GulpVideoDataset(folder).frames("7", np.array([2, 0]))) == [2, 0]
    assert len(decoded) == 2


class Brightness:
    """The dataset as a DataLoader takes it."""

    def __init__(self, videos):
        self.videos = videos

    def __len__(self):
        return len(self.videos)

    def __getitem__(self, index):
        return self.videos.frames(self.videos.uids[index]).mean()


def test_it_works_in_the_processes_of_a_data_loader(folder):
    brightness = Brightness(GulpVideoDataset(folder))
    loaded = DataLoader(brightness, batch_size=None, num_workers=2, multiprocessing_context="fork")
    assert list(loaded) == [brightness[0], brightness[1]]


def test_an_unknown_video_is_told(folder):
    with pytest.raises(UserError, match=r"expected a video of .*, which has 2, got the id '8'"):
        GulpVideoDataset(folder).frames("8")


def test_a_broken_frame_is_told(folder):
    data = folder / "data_0.gulp"
    content = bytearray(data.read_bytes())
    content[:100] = bytes(100)
    data.write_bytes(content)
    with pytest.raises(UserError, match=r"cannot decode video 7 of .*data_0.gulp: .*; gulp it again"):
        GulpVideoDataset(folder).frames("7")


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(
        UserError, match=r"expected gulped videos in .*, but it has none; gulp some with 01_gulp_ssv2.py"
    ):
        GulpVideoDataset(tmp_path)


def test_videos_without_class_can_be_read_but_have_no_labels(tmp_path):
    add(tmp_path, 0, "7", 2)
    dataset = GulpVideoDataset(tmp_path)
    assert len(dataset.frames("7")) == 2
    with pytest.raises(UserError, match="expected the class id 'idx' of video 7"):
        _ = dataset.labels


def test_class_ids_have_a_bound(tmp_path):
    add(tmp_path, 0, "7", 2, idx=10**30)
    with pytest.raises(UserError, match="expected the class id 'idx' of video 7"):
        _ = GulpVideoDataset(tmp_path).labels
