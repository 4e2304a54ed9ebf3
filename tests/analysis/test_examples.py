import numpy as np
import pytest
from PIL import Image

from constructed_esvs import constructed
from play_fair.analysis import Study
from play_fair.analysis.examples import (
    MOST_SHOWN,
    BarScale,
    choose_examples,
    draw_strips,
    pictures_of_folder,
    pictures_of_gulp,
    strips,
    title,
)
from play_fair.analysis.two_classes import two_classes
from play_fair.errors import UserError
from play_fair.videos.gulp import EncodedVideo, encode_frame, write_chunk

TRUE = [[0.3, -0.1], [0.1, 0.2], [0.25, -0.2], [0.0, -0.1]]


def examples(true, n_examples, rival=None, **more):
    rival = np.zeros_like(true) if rival is None else rival
    study = Study.of([two_classes(constructed(true, rival))], **more)
    return choose_examples(study, n_examples)


def chosen(table, kind):
    return table[table["kind"] == kind].drop_duplicates("rank")["uid"].tolist()


def test_the_most_extreme_come_first():
    table = examples(TRUE, 2)
    assert chosen(table, "most supporting") == ["v0", "v2"]
    assert chosen(table, "most distracting") == ["v2", "v0"]
    extreme = table[table["extreme"]]
    assert extreme["esv"].tolist() == pytest.approx([0.3, 0.25, -0.2, -0.1])
    assert extreme["index"].tolist() == [25, 25, 75, 75]


def test_one_of_each_group():
    table = examples(TRUE, 2, groups={"v0": "x", "v2": "x"})
    assert chosen(table, "most supporting") == ["v0", "v1"]


def test_what_supports_is_no_distracting_example():
    table = examples([[0.1, 0.2]], 3)
    assert chosen(table, "most supporting") == ["v0"]
    assert chosen(table, "most distracting") == []
    assert examples([[0.1, 0.2]], 0).empty


def test_titles_say_what_the_model_says():
    table = examples([[0.3, 0.1], [0.1, 0.0]], 2, rival=[[0.1, 0.0], [0.2, 0.1]], classes={"Up": 0, "Down": 1})
    right, wrong = (title(strip) for strip in strips(table[table["kind"] == "most supporting"]))
    assert right == "M, video v0: “Up”, score 65.0\N{NO-BREAK SPACE}%"
    assert wrong == ("M, video v1: “Up”, score 35.0\N{NO-BREAK SPACE}%; taken for “Down”, 55.0\N{NO-BREAK SPACE}%")


def test_long_strips_show_some_frames_and_the_extreme_one():
    esvs = np.full(100, 0.001)
    esvs[38] = 0.5
    (strip,) = strips(examples([esvs], 1))
    assert len(strip) == MOST_SHOWN + 1
    assert strip["frame"].iloc[[0, -1]].tolist() == [0, 99]
    assert strip.loc[strip["extreme"], "frame"].tolist() == [38]


def test_bars_fill_their_place():
    esvs = examples([[0.3, -0.1]], 1)["esv"]
    assert (BarScale.of(esvs).reach, BarScale.of(esvs).zero) == pytest.approx((0.4, 0.25))
    assert BarScale.of(esvs.abs()).zero == 0
    assert BarScale.of(esvs * 0).reach == 1


@pytest.mark.parametrize("n_frames", [1, 8, MOST_SHOWN])
def test_numbers_stand_clear_of_the_tallest_bar(n_frames):
    figure = draw_strips(examples([np.full(n_frames, 0.3)], 1), None)
    figure.draw_without_rendering()
    (axis,) = figure.axes
    tops_of_bars = [bar.get_window_extent().y1 for bar in axis.patches]
    assert len(tops_of_bars) == n_frames
    assert max(tops_of_bars) < min(text.get_window_extent().y0 for text in axis.texts)


def test_pictures_of_a_folder(tmp_path):
    (tmp_path / "7").mkdir()
    Image.new("RGB", (4, 2), "red").save(tmp_path / "7/frame_000003.jpg")
    picture = pictures_of_folder(tmp_path)
    assert picture("7", 3).size == (4, 2)
    with pytest.raises(UserError, match=r"expected frame 4 of video 7 at .*frame_000004\.jpg.*--gulp-dir"):
        picture("7", 4)
    with pytest.raises(UserError, match=r"expected a folder of frames at .*nowhere, but there is none"):
        pictures_of_folder(tmp_path / "nowhere")


def test_pictures_of_a_gulp_folder(tmp_path):
    frames = [encode_frame(np.full((8, 8, 3), shade, np.uint8)) for shade in (0, 250)]
    write_chunk(tmp_path, 0, [EncodedVideo("7", {"id": "7", "label": "Up", "idx": 0}, [*frames, b"no jpeg."])])
    picture = pictures_of_gulp(tmp_path)
    assert np.asarray(picture("7", 1)).min() > 200
    with pytest.raises(UserError, match=r"expected at least 4 frames of video 7 in .*, got 3"):
        picture("7", 3)
    with pytest.raises(UserError, match="cannot decode frame 2 of video 7"):
        picture("7", 2)
    with pytest.raises(UserError, match="got the id '8'"):
        picture("8", 0)
