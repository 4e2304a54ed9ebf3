import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo_videos.motions import HEIGHT, PAIRS, WIDTH, Motion, Sizes, Track
from play_fair.labels import class_name_of

SIZES = Sizes(width=50.0, height=45.0, cover_width=50.0, cover_height=60.0)
PUSH, LIFT, APPROACH, COVER, PUT = range(5)


def plan(pair: int, seed: int, n_frames: int = 30) -> Motion:
    return PAIRS[pair].plan(np.random.default_rng(seed), n_frames, SIZES)


def tracks(motion: Motion) -> list[Track]:
    return [track for track in (motion.item, motion.hand, motion.cover) if track is not None]


def mover(motion: Motion) -> Track:
    return motion.item if motion.cover is None else motion.cover


def in_view(track: Track, frame: int, height: float) -> bool:
    width, height = SIZES.width * track.scale[frame], height * track.scale[frame]
    x, y = track.x[frame], track.y[frame]
    return bool(-width / 2 < x < WIDTH + width / 2 and 0 < y < HEIGHT + height)


motions = {
    "pair": st.integers(0, len(PAIRS) - 1),
    "seed": st.integers(0, 2**32 - 1),
    "n_frames": st.integers(18, 60),
}


@given(**motions)
def test_a_motion_says_where_everything_is_in_every_frame(pair: int, seed: int, n_frames: int) -> None:
    motion = plan(pair, seed, n_frames)
    for track in tracks(motion):
        for series in (track.x, track.y, track.scale, track.lift):
            assert series.shape == (n_frames,)
            assert np.isfinite(series).all()
        assert (track.scale > 0).all()
    first, last = motion.decisive
    assert 0 <= first < last < n_frames


@given(**motions)
def test_playing_backwards_twice_changes_nothing(pair: int, seed: int, n_frames: int) -> None:
    motion = plan(pair, seed, n_frames)
    backwards = motion.reversed()
    assert backwards.decisive == (n_frames - 1 - motion.decisive[1], n_frames - 1 - motion.decisive[0])
    for there, back, again in zip(tracks(motion), tracks(backwards), tracks(backwards.reversed()), strict=True):
        np.testing.assert_array_equal(there.x, back.x[::-1])
        np.testing.assert_array_equal(there.y, again.y)
    assert backwards.reversed().decisive == motion.decisive


@given(**motions)
def test_of_a_local_action_nothing_is_to_be_seen_before_and_after(pair: int, seed: int, n_frames: int) -> None:
    motion = plan(pair, seed, n_frames)
    seen = [in_view(motion.item, frame, SIZES.height) for frame in range(n_frames)]
    first, last = motion.decisive
    if motion.kind == "local":
        assert not any(seen[:first] + seen[last + 1 :])
        assert seen[first]
        assert seen[last]
    else:
        assert seen[0] or seen[-1]


@given(**motions)
def test_nothing_that_matters_moves_outside_the_decisive_frames(pair: int, seed: int, n_frames: int) -> None:
    motion = plan(pair, seed, n_frames)
    if motion.kind == "state-change":
        track, (first, last) = mover(motion), motion.decisive
        # A held object sways by a few pixels; what an action moves, moves by dozens.
        assert np.ptp(track.x[last:]) < 8
        assert np.ptp(track.y[last:]) < 8
        visible = [frame for frame in range(first + 1) if in_view(track, frame, SIZES.cover_height)]
        if visible:
            assert np.ptp(track.x[visible]) < 25
            assert np.ptp(track.y[visible]) < 25


@given(seed=st.integers(0, 2**32 - 1))
def test_the_actions_are_what_their_names_say(seed: int) -> None:
    first, last = plan(PUSH, seed).decisive
    x = plan(PUSH, seed).item.x[first : last + 1]
    assert (np.diff(x) >= 0).all()
    assert x[-1] - x[0] > 60

    first, last = plan(LIFT, seed).decisive
    y = plan(LIFT, seed).item.y[first : last + 1]
    assert y[-1] - y[0] < -30

    first, last = plan(APPROACH, seed).decisive
    scale = plan(APPROACH, seed).item.scale[first : last + 1]
    assert (np.diff(scale) >= 0).all()
    assert scale[-1] > 1.25 * scale[0]

    cover = plan(COVER, seed)
    assert cover.cover is not None
    assert abs(cover.cover.x[-1] - cover.item.x[-1]) < 3
    assert not in_view(cover.cover, 0, SIZES.cover_height)

    put = plan(PUT, seed)
    assert not in_view(put.item, 0, SIZES.height)
    assert in_view(put.item, -1, SIZES.height)


@pytest.mark.parametrize("pair", range(len(PAIRS)))
def test_decisive_moments_are_everywhere_in_the_clip(pair: int) -> None:
    n_frames = 36
    middles = np.array([sum(plan(pair, seed, n_frames).decisive) / 2 for seed in range(300)])
    thirds = np.histogram(middles, bins=3, range=(5, n_frames - 6))[0] / len(middles)
    assert thirds.min() > 0.2


def test_one_motion_in_each_pair_is_its_own_class() -> None:
    templates = [template for pair in PAIRS for template in (pair.forwards, pair.backwards)]
    assert len(set(templates)) == 10
    assert class_name_of(templates[0]) == "Pushing something from left to right"
    assert [pair.covers for pair in PAIRS] == [False, False, False, True, False]
