import numpy as np
import pytest

from odd_media import make_clip, make_sound, make_uneven, make_upright, scramble
from play_fair.errors import UserError
from play_fair.videos.ffmpeg import BrokenVideoError, encode_webm, iter_frames, probe
from play_fair.videos.preview import MAX_SIZE, make_preview
from synthetic_media import brightening_frames, cut, decode, frame_numbers, make_video


def preview_of(path):
    """What is made of a video, and the frames of it."""
    output = path.with_suffix(".preview.webm")
    preview = make_preview(path, output)
    return preview, decode(output), probe(output)


def test_every_frame_is_in_it_once_and_in_order(tmp_path):
    preview, frames, info = preview_of(make_video(tmp_path / "v.webm", n_frames=12, frame_rate=12.0))
    assert frame_numbers(frames) == list(range(12))
    assert (preview.n_frames, preview.frame_rate, preview.steady, preview.damage) == (12, 12.0, True, None)
    assert info.frame_rate == pytest.approx(12, rel=1e-3)


@pytest.mark.parametrize("frame_rate", [0.5, 7.3, 23.976, 29.97, 59.94])
def test_any_rate_is_kept(tmp_path, frame_rate):
    preview, frames, info = preview_of(make_video(tmp_path / "v.mkv", n_frames=9, frame_rate=frame_rate))
    assert preview.frame_rate == pytest.approx(frame_rate, rel=1e-3)
    assert info.frame_rate == pytest.approx(frame_rate, rel=1e-2)
    assert len(frames) == preview.n_frames == 9


@pytest.mark.parametrize(("degrees", "size"), [(90, (64, 36)), (180, (36, 64)), (270, (64, 36))])
def test_turned_videos_stand_upright(tmp_path, degrees, size):
    """And as the frames that models see of them."""
    path = make_upright(tmp_path / "v.mp4", degrees)
    _, frames, _ = preview_of(path)
    seen = decode(path)
    assert frames.shape[1:3] == seen.shape[1:3] == size
    assert np.abs(frames.astype(int) - seen).mean() < 12


def test_uneven_rates_become_even(tmp_path):
    path = make_uneven(tmp_path / "v.mkv")
    assert not probe(path).steady
    preview, frames, info = preview_of(path)
    assert not preview.steady
    assert info.steady
    assert len(frames) == preview.n_frames == 12


def test_large_videos_are_made_to_fit(tmp_path):
    _, frames, _ = preview_of(make_clip(tmp_path / "v.mp4", size="1280x360", rate=4, seconds=1))
    assert frames.shape[1:3] == (MAX_SIZE[0] * 360 // 1280, MAX_SIZE[0])


def test_pixels_become_square(tmp_path):
    path = make_clip(tmp_path / "v.mp4", options=("-vf", "setsar=2"))
    _, frames, _ = preview_of(path)
    assert frames.shape[1:3] == (36, 128)


@pytest.mark.parametrize("size", [(1, 1), (17, 33), (2, 300)])
def test_odd_sizes_are_kept(tmp_path, size):
    encode_webm(brightening_frames(3, *size), tmp_path / "v.webm")
    _, frames, _ = preview_of(tmp_path / "v.webm")
    assert frames.shape == (3, *size, 3)


def test_one_frame(tmp_path):
    preview, frames, _ = preview_of(make_video(tmp_path / "v.webm", n_frames=1))
    assert preview.n_frames == len(frames) == 1


@pytest.mark.parametrize(
    ("suffix", "codec", "options"),
    [
        ("gif", "gif", ()),
        ("jpg", "mjpeg", ("-frames:v", 1)),
        ("mkv", "ffv1", ("-pix_fmt", "yuv420p10le")),
        ("webm", "libvpx-vp9", ("-pix_fmt", "yuva420p", "-deadline", "realtime", "-cpu-used", 8)),
    ],
    ids=["gif", "picture", "10 bit", "alpha"],
)
def test_formats(tmp_path, suffix, codec, options):
    preview, frames, _ = preview_of(make_clip(tmp_path / f"v.{suffix}", codec=codec, options=options))
    assert len(frames) == preview.n_frames == (1 if suffix == "jpg" else 12)


def test_long_videos_get_smaller(tmp_path, monkeypatch):
    path = make_clip(tmp_path / "v.mp4", size="640x360", rate=25, seconds=2)
    monkeypatch.setattr("play_fair.videos.preview.MAX_BYTES", 10_000)
    _, frames, _ = preview_of(path)
    assert frames.shape[1:3] == (180, 320)


def test_progress_is_told(tmp_path):
    told = []
    make_preview(make_video(tmp_path / "v.webm"), tmp_path / "p.webm", lambda done, total: told.append((done, total)))
    assert told[-1] == (12, 12)


def test_damage_that_decodes_is_told(tmp_path):
    path = make_clip(tmp_path / "v.ts", size="320x180", seconds=3)
    scramble(path, path.stat().st_size // 2, 3000)
    preview, _, _ = preview_of(path)
    assert preview.damage


def broken(tmp_path, kind):
    path = tmp_path / "v.mp4"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("no video")
    elif kind == "sound":
        make_sound(path)
    elif kind == "sound with a cover":
        make_sound(path, cover=True)
    elif kind == "cut":
        cut(make_clip(path, size="320x180", options=("-movflags", "+faststart")), 12_000)
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("empty", "empty file"),
        ("text", "Invalid data found when processing input$"),
        ("sound", "no video in it"),
        ("sound with a cover", "no video in it"),
        ("cut", "truncated"),
    ],
)
def test_what_is_no_whole_video_is_refused_with_a_reason(tmp_path, kind, reason):
    path = broken(tmp_path, kind)
    with pytest.raises(BrokenVideoError, match=f"cannot decode the video .*v.mp4: {reason}"):
        make_preview(path, tmp_path / "p.webm")
    assert {file.name for file in tmp_path.iterdir()} == {"v.mp4"}


def test_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"expected a video at .*v\.mp4, but it does not exist"):
        make_preview(tmp_path / "v.mp4", tmp_path / "p.webm")


def test_only_some_frames_are_decoded(tmp_path):
    path = make_video(tmp_path / "v.webm")
    some = list(iter_frames(path, only=[7, 2, 2, 11]))
    assert frame_numbers(np.stack(some)) == [2, 7, 11]
    assert np.array_equal(some, decode(path)[[2, 7, 11]])


def test_only_frames_that_are_there(tmp_path):
    path = make_video(tmp_path / "v.webm")
    with pytest.raises(BrokenVideoError, match="1 frames decode, its container has about 2"):
        list(iter_frames(path, only=[3, 12]))
