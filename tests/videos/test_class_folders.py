import pytest

from play_fair.errors import UserError
from play_fair.labels import write_classes_csv
from play_fair.videos.class_folders import read_class_folders
from play_fair.videos.split import LabelledVideo


@pytest.fixture
def videos(tmp_path):
    """wave/2.MP4, wave/1.webm, wave/notes.txt, clap hands/1.avi, and an empty folder."""
    for name in ("wave/2.MP4", "wave/1.webm", "wave/notes.txt", "clap hands/1.avi", "clap hands/.hidden.mp4"):
        path = tmp_path / "videos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "videos" / "empty").mkdir()
    return tmp_path / "videos"


def test_folders_are_classes(videos):
    split = read_class_folders(videos)
    assert split.class_ids == {"clap hands": 0, "wave": 1}
    assert split.videos == [
        LabelledVideo("clap hands-1", "clap hands", 0, "clap hands/1.avi"),
        LabelledVideo("wave-1", "wave", 1, "wave/1.webm"),
        LabelledVideo("wave-2", "wave", 1, "wave/2.MP4"),
    ]


def test_another_split_has_the_ids_of_the_first(videos, tmp_path):
    write_classes_csv(tmp_path / "classes.csv", {"wave": 0, "jump": 1, "clap hands": 2})
    split = read_class_folders(videos, tmp_path / "classes.csv")
    assert [video.class_id for video in split.videos] == [2, 0, 0]
    assert len(split.class_ids) == 3


def test_an_unknown_class_is_told(videos, tmp_path):
    write_classes_csv(tmp_path / "classes.csv", {"wave": 0})
    with pytest.raises(UserError, match=r"has the class 'clap hands', which is not in .*classes.csv; gulp the split"):
        read_class_folders(videos, tmp_path / "classes.csv")


@pytest.mark.parametrize("second", ["wave/1.mp4", "wave-1/x.mp4"])
def test_two_videos_of_one_name_are_told(videos, second):
    (videos / "wave" / "1-x.mp4").touch()
    (videos / second).parent.mkdir(exist_ok=True)
    (videos / second).touch()
    with pytest.raises(UserError, match=r"expected different names, but wave.* would both be video wave-1"):
        read_class_folders(videos)


def test_a_folder_without_videos_is_told(tmp_path):
    with pytest.raises(UserError, match=r"expected a folder of videos at .*, but there is none"):
        read_class_folders(tmp_path / "videos")
    (tmp_path / "1.mp4").touch()
    with pytest.raises(UserError, match=r"expected videos in folders of classes, .*/CLASS/NAME.mp4, but there are"):
        read_class_folders(tmp_path)
