import json

import numpy as np
import pytest
from PIL import Image

from play_fair.errors import UserError
from play_fair.videos.ffmpeg import probe
from play_fair.videos.frame_dump import dump_frames
from play_fair.videos.gulp import EncodedVideo, encode_frame, write_chunk
from play_fair.videos.gulp_dataset import GulpVideoDataset
from play_fair.videos.webm_export import encode_videos, frame_files
from synthetic_media import brightening_frames, decode, frame_numbers


def gulped(folder, *uids, n_frames=4):
    folder.mkdir()
    jpegs = [encode_frame(frame) for frame in brightening_frames(n_frames)]
    write_chunk(folder, 0, [EncodedVideo(uid, {"id": uid, "label": "", "idx": 0}, jpegs) for uid in uids])
    return folder


@pytest.fixture
def gulp_dir(tmp_path):
    return gulped(tmp_path / "gulp", "7", "5")


@pytest.fixture
def frames_dir(tmp_path, gulp_dir):
    dump_frames(gulp_dir, tmp_path / "frames")
    return tmp_path / "frames"


def test_frames_are_numbered_from_zero_and_copied_as_they_are(gulp_dir, tmp_path):
    report = dump_frames(gulp_dir, tmp_path / "frames")
    assert (report.requested, report.added, report.failed) == (2, 2, {})
    paths = sorted((tmp_path / "frames/7").iterdir())
    assert [path.name for path in paths] == [f"frame_00000{index}.jpg" for index in range(4)]
    assert [path.read_bytes() for path in paths] == GulpVideoDataset(gulp_dir).video("7").jpegs()


def test_frames_can_be_encoded_anew(gulp_dir, tmp_path):
    dump_frames(gulp_dir, tmp_path / "frames", quality=30)
    path = tmp_path / "frames/7/frame_000001.jpg"
    assert path.stat().st_size < len(GulpVideoDataset(gulp_dir).video("7").jpegs()[1])
    assert frame_numbers(np.asarray(Image.open(path))[None]) == [1]


def test_only_the_chosen_videos_are_dumped(gulp_dir, tmp_path):
    report = dump_frames(gulp_dir, tmp_path / "frames", uids=["5", "5", "6"])
    assert (report.requested, report.added) == (2, 1)
    assert report.failed == {"6": f"not in {gulp_dir}"}
    assert [path.name for path in (tmp_path / "frames").glob("[!.]*")] == ["5"]


def test_dumping_again_adds_only_what_is_missing(gulp_dir, frames_dir):
    (frames_dir / "5").rename(frames_dir / "moved away")
    report = dump_frames(gulp_dir, frames_dir)
    assert (report.already_there, report.added, report.failed) == (1, 1, {})


def test_frames_of_another_quality_are_not_taken_for_those_asked_for(gulp_dir, tmp_path):
    """Nor are they mixed: not with those of other videos either."""
    frames_dir = tmp_path / "frames"
    dump_frames(gulp_dir, frames_dir, uids=["5"])
    for uids in (["5"], ["7"]):
        with pytest.raises(UserError, match=r"frames was made with other settings: quality was None and is now 30\."):
            dump_frames(gulp_dir, frames_dir, quality=30, uids=uids)
    assert [path.name for path in frames_dir.glob("[!.]*")] == ["5"]
    (frames_dir / "5").rename(tmp_path / "moved away")
    assert dump_frames(gulp_dir, frames_dir, quality=30, uids=["5"]).added == 1, "an empty folder takes any settings"


def test_a_folder_with_other_frames_is_not_overwritten(gulp_dir, frames_dir):
    (frames_dir / "5/frame_000002.jpg").unlink()
    report = dump_frames(gulp_dir, frames_dir)
    assert (report.already_there, report.added) == (1, 0)
    assert "has other files than the video's 4 frames; delete it first" in report.failed["5"]


def test_a_broken_frame_leaves_no_folder(gulp_dir, tmp_path):
    data = gulp_dir / "data_0.gulp"
    data.write_bytes(bytes(100) + data.read_bytes()[100:])
    report = dump_frames(gulp_dir, tmp_path / "frames")
    assert report.added == 1
    assert report.failed["7"].startswith("frame 0 does not decode: ")
    assert [path.name for path in (tmp_path / "frames").glob("[!.]*")] == ["5"]


@pytest.mark.parametrize("uid", ["../x", ".x", "/x"])
def test_a_uid_cannot_point_elsewhere(tmp_path, uid):
    gulped(tmp_path / "gulp", uid)
    with pytest.raises(UserError, match=r"expected the id of a video to be a plain file name, got '.*x' in .*gulp"):
        dump_frames(tmp_path / "gulp", tmp_path / "frames")
    assert [path.name for path in tmp_path.iterdir()] == ["gulp"]


def test_frames_become_vp9_videos_of_8_frames_a_second(frames_dir, tmp_path):
    report = encode_videos(frames_dir, tmp_path / "webm")
    assert (report.requested, report.added, report.failed) == (2, 2, {})
    assert frame_numbers(decode(tmp_path / "webm/7.webm")) == [0, 1, 2, 3]
    assert probe(tmp_path / "webm/7.webm").frame_rate == 8.0


def test_encoding_again_adds_only_what_is_missing(frames_dir, tmp_path):
    encode_videos(frames_dir, tmp_path / "webm")
    (tmp_path / "webm/5.webm").unlink()
    report = encode_videos(frames_dir, tmp_path / "webm")
    assert (report.already_there, report.added, report.failed) == (1, 1, {})


def test_videos_of_other_settings_are_not_taken_for_those_asked_for(frames_dir, tmp_path):
    encode_videos(frames_dir, tmp_path / "webm")
    with pytest.raises(UserError, match=r"webm was made with .*: bitrate was '200k' and is now '1M'; frame_rate was 8"):
        encode_videos(frames_dir, tmp_path / "webm", bitrate="1M", frame_rate=12.0)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.unlink(), r"frame 1 is missing in .*5, which has 0 to 3"),
        (
            lambda path: path.rename(path.with_name("frame_9999999999.jpg")),
            r"frame 1 is missing in .* to 9999999999",
        ),
        (lambda path: path.write_bytes(b"no jpeg"), r"cannot read the frame .*frame_000001.jpg"),
        (lambda path: path.rename(path.with_name("frame_x.jpg")), r"expected numbered frames in .*5, got frame_x.jpg"),
        (lambda path: Image.new("RGB", (8, 8)).save(path), r"expected frames of 64x48 pixels .* frame 1 has 8x8"),
    ],
    ids=["missing", "numbered far off", "broken", "not numbered", "another size"],
)
def test_a_video_with_a_bad_frame_is_told_and_the_rest_is_encoded(frames_dir, tmp_path, damage, reason):
    damage(frames_dir / "5/frame_000001.jpg")
    report = encode_videos(frames_dir, tmp_path / "webm")
    assert report.added == 1
    with pytest.raises(UserError, match=reason):
        raise UserError(report.failed["5"])
    assert [path.name for path in (tmp_path / "webm").glob("[!.]*")] == ["7.webm"]


def test_frames_are_ordered_by_number(tmp_path):
    for name in ("img10.png", "img9.png", "img11.png", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in frame_files(tmp_path, "img*.png")] == ["img9.png", "img10.png", "img11.png"]
    with pytest.raises(UserError, match=r"expected frames frame_\*.jpg in .*, got none"):
        frame_files(tmp_path)


def test_a_folder_without_videos_is_told(tmp_path):
    with pytest.raises(UserError, match=r"expected a folder of frames for each video in .*07_dump_frames"):
        encode_videos(tmp_path, tmp_path / "webm")


def test_videos_from_elsewhere_are_not_mixed_with_encoded_ones(frames_dir, tmp_path):
    originals = tmp_path / "videos"
    originals.mkdir()
    (originals / "5.webm").write_text("an original")
    with pytest.raises(UserError, match=r"which has other ones, perhaps originals: 5\.webm; choose another folder"):
        encode_videos(frames_dir, originals)
    assert [path.name for path in originals.iterdir()] == ["5.webm"]


def test_a_picture_that_is_too_large_fails_alone(frames_dir, tmp_path, monkeypatch):
    monkeypatch.setattr("play_fair.videos.webm_export.MAX_PIXELS", 64 * 48)
    Image.new("RGB", (64, 49)).save(frames_dir / "5/frame_000001.jpg")
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 4000)  # Pillow refuses twice as many
    Image.new("RGB", (128, 64)).save(frames_dir / "7/frame_000001.jpg")
    report = encode_videos(frames_dir, tmp_path / "webm")
    assert "frame_000001.jpg: its header declares 64 x 49 pixels" in report.failed["5"]
    assert "decompression bomb" in report.failed["7"]


def test_overlapping_frames_fail_alone(gulp_dir, tmp_path):
    """Each could be as large as the file, and there can be many."""
    meta = json.loads((gulp_dir / "meta_0.gmeta").read_text())
    meta["5"]["frame_info"] = meta["5"]["frame_info"][:1] * 4
    (gulp_dir / "meta_0.gmeta").write_text(json.dumps(meta))
    report = dump_frames(gulp_dir, tmp_path / "frames")
    assert "the frames of a video overlap in" in report.failed["5"]
    assert report.added == 1
