import json

import numpy as np
import pytest
from gulpio2 import GulpDirectory
from gulpio2.fileio import GulpChunk
from hypothesis import given
from hypothesis import strategies as st

from play_fair.errors import UserError
from play_fair.videos.gulp import (
    EncodedVideo,
    decode_frame,
    encode_frame,
    next_chunk,
    read_folder,
    write_chunk,
)
from synthetic_media import brightening_frames

META = {"id": "7", "label": "Moving [something] up", "idx": 4}


def encoded(uid, n_frames=3, height=48):
    frames = brightening_frames(n_frames, height)
    return EncodedVideo(uid, {**META, "id": uid}, [encode_frame(frame) for frame in frames])


def write_with_gulpio(folder, uid, frames):
    chunk = GulpChunk(str(folder / "data_0.gulp"), str(folder / "meta_0.gmeta"))
    with chunk.open("wb"):
        chunk.append(uid, {**META, "id": uid}, frames)


def test_a_chunk_is_byte_for_byte_what_gulpio_writes(tmp_path):
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    write_chunk(tmp_path / "ours", 0, [encoded("7")])
    write_with_gulpio(tmp_path / "theirs", "7", brightening_frames(3))
    for name in ("data_0.gulp", "meta_0.gmeta"):
        assert (tmp_path / "ours" / name).read_bytes() == (tmp_path / "theirs" / name).read_bytes()


def test_gulpio_reads_our_folders(tmp_path):
    write_chunk(tmp_path, 0, [encoded("7"), encoded("8", n_frames=2)])
    write_chunk(tmp_path, 1, [encoded("9")])
    directory = GulpDirectory(str(tmp_path))
    assert list(directory.merged_meta_dict) == ["7", "8", "9"]
    frames, meta = directory["8"]
    assert meta == {**META, "id": "8"}
    np.testing.assert_array_equal(frames, [decode_frame(jpeg) for jpeg in encoded("8", n_frames=2).jpegs])


def test_we_read_folders_of_gulpio(tmp_path):
    write_with_gulpio(tmp_path, "7", brightening_frames(3))
    video = read_folder(tmp_path)["7"]
    assert video.meta == META
    assert video.jpegs() == encoded("7").jpegs


@given(st.dictionaries(st.text(min_size=1), st.lists(st.binary(min_size=1), min_size=1), min_size=1))
def test_what_is_written_is_read(tmp_path_factory, contents):
    folder = tmp_path_factory.mktemp("gulp")
    write_chunk(folder, 3, [EncodedVideo(uid, META, jpegs) for uid, jpegs in contents.items()])
    videos = read_folder(folder)
    assert {uid: video.jpegs() for uid, video in videos.items()} == contents
    assert all((video.frame_info[:, 0] % 4 == 0).all() for video in videos.values())


def test_chunks_are_read_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 9, 0):
        write_chunk(tmp_path, number, [encoded(str(number))])
    assert list(read_folder(tmp_path)) == ["0", "9", "10"]


def test_grey_pictures_become_rgb(tmp_path):
    write_with_gulpio(tmp_path, "7", np.ascontiguousarray(brightening_frames(2)[..., 0]))
    first, _ = read_folder(tmp_path)["7"].jpegs()
    frame = decode_frame(first)
    assert frame.shape == (48, 64, 3)
    assert (frame[..., 0] == frame[..., 2]).all()


def test_a_data_file_without_meta_file_is_ignored(tmp_path):
    write_chunk(tmp_path, 0, [encoded("7")])
    for name in ("data_1.gulp", ".part-12-data_2.gulp", ".part-12-meta_2.gmeta"):
        (tmp_path / name).write_bytes(b"half")
    assert list(read_folder(tmp_path)) == ["7"]
    assert next_chunk(tmp_path) == 1


def test_chunks_before_a_number_are_read_without_the_others(tmp_path):
    write_chunk(tmp_path, 0, [encoded("7")])
    (tmp_path / "meta_1.gmeta").write_text("damaged")
    assert list(read_folder(tmp_path, end=1)) == ["7"]
    assert read_folder(tmp_path, end=0) == {}


def test_no_videos_make_no_chunk(tmp_path):
    write_chunk(tmp_path, 0, [])
    assert list(tmp_path.iterdir()) == []


def break_meta(folder):
    (folder / "meta_0.gmeta").write_text('{"7": {"frame_info"')


def strip_meta(folder):
    (folder / "meta_0.gmeta").write_text(json.dumps({"7": {"frame_info": [[0, 0, 4]], "meta_data": []}}))


def cut_data(folder):
    data = folder / "data_0.gulp"
    data.write_bytes(data.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (break_meta, "cannot read .*meta_0.gmeta as json"),
        (strip_meta, "cannot read video 7 of the gulp chunk .*meta_0.gmeta: list index out of range; gulp its videos"),
        (cut_data, "data_0.gulp is cut short: the frames of video 7 are not all in it"),
        (lambda folder: (folder / "data_0.gulp").unlink(), "meta_0.gmeta has no data file data_0.gulp beside it"),
        (lambda folder: write_chunk(folder, 1, [encoded("7")]), "expected each video once .* chunk 1 has 7 again"),
    ],
)
def test_a_broken_folder_is_told(tmp_path, damage, message):
    write_chunk(tmp_path, 0, [encoded("7")])
    damage(tmp_path)
    with pytest.raises(UserError, match=message):
        read_folder(tmp_path)


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(
        UserError, match=r"expected a gulp folder at .*nowhere, but there is none; make it with 01_gulp"
    ):
        read_folder(tmp_path / "nowhere")
