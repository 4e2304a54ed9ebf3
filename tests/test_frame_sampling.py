from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from play_fair.errors import UserError
from play_fair.frame_sampling import (
    FullVideoSampler,
    RandomSampler,
    TemporalSegmentSampler,
    random_frame_indices,
    uniform_frame_indices,
)

lengths = st.integers(1, 300)
counts = st.integers(1, 32)


@given(lengths, counts)
def test_uniform_frames_are_the_centres_of_equal_parts(video_length, n_frames):
    indices = uniform_frame_indices(video_length, n_frames)
    for i, index in enumerate(indices):
        centre = Fraction(2 * i + 1, 2 * n_frames) * video_length
        # On a whole number, rounding decides between the two frames the centre lies between.
        assert index == centre // 1 or (centre.denominator == 1 and index == centre - 1)


def test_known_uniform_frames():
    assert uniform_frame_indices(10, 3).tolist() == [1, 5, 8]
    assert uniform_frame_indices(2, 3).tolist() == [0, 1, 1]
    # 3.5 parts of 12/7 frames are 6 frames exactly; float64 makes it 5.999..., and so did the published results
    assert uniform_frame_indices(12, 7).tolist() == [0, 2, 4, 5, 7, 9, 11]


def test_known_segment_frames():
    assert TemporalSegmentSampler(3, test=True).sample(10).tolist() == [1, 4, 8]
    assert TemporalSegmentSampler(5, test=True).sample(4).tolist() == [0, 0, 1, 2, 3]


@given(lengths, counts, st.integers(1, 4), st.booleans(), st.sampled_from([RandomSampler, TemporalSegmentSampler]))
def test_samplers_stay_in_the_video_and_in_order(video_length, count, snippet_length, test, sampler):
    indices = sampler(count, snippet_length, test=test, seed=0).sample(video_length)
    assert indices.shape == (count * snippet_length,)
    assert indices.dtype == np.int64
    assert indices.min() >= 0
    assert indices.max() < video_length
    assert (np.diff(indices[::snippet_length]) >= 0).all()


@given(lengths, counts, st.integers(0, 9))
def test_random_frames_are_different_and_seeded(video_length, n_frames, seed):
    draw = [random_frame_indices(video_length, n_frames, np.random.default_rng(seed)) for _ in range(2)]
    assert (draw[0] == draw[1]).all()
    if video_length >= n_frames:
        assert len(set(draw[0].tolist())) == n_frames


@given(st.integers(1, 50), st.integers(1, 20), st.integers(0, 9))
def test_a_random_segment_frame_lies_in_its_segment(n_segments, segment_length, seed):
    indices = TemporalSegmentSampler(n_segments, seed=seed).sample(n_segments * segment_length)
    assert (indices // segment_length == np.arange(n_segments)).all()


def test_random_frames_reach_the_whole_video():
    rng = np.random.default_rng(0)
    drawn = {index for _ in range(200) for index in random_frame_indices(9, 3, rng).tolist()}
    assert drawn == set(range(9))
    snippets = RandomSampler(2, snippet_length=3, seed=0)
    assert {index for _ in range(200) for index in snippets.sample(9).tolist()} == set(range(9))


def test_full_video():
    assert FullVideoSampler().sample(4).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("sampler", [FullVideoSampler(), RandomSampler(2), TemporalSegmentSampler(2)])
def test_an_empty_video_is_refused(sampler):
    with pytest.raises(UserError, match="expected a video of at least one frame, got 0"):
        sampler.sample(0)


def test_no_frames_are_refused():
    with pytest.raises(UserError, match="expected to sample at least one frame, got 0"):
        uniform_frame_indices(5, 0)
