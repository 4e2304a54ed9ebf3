"""Sampling frames of many videos at once."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

from play_fair.errors import UserError
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.models.labelled_features import LabelledFeatures


def numbered(lengths: list[int]) -> LabelledFeatures:
    """Each frame holds the number of its video and its own."""
    videos = [np.array([[video, frame] for frame in range(n)], np.float32) for video, n in enumerate(lengths)]
    return LabelledFeatures.of(zip(videos, range(len(videos)), strict=True), n_classes=len(videos))


@pytest.mark.parametrize("n_frames", range(1, 17))
def test_uniform_frames_are_those_of_frame_sampling(n_frames: int) -> None:
    lengths = list(range(1, 101))
    sampled = numbered(lengths).uniform(n_frames)
    assert sampled.shape == (100, n_frames, 2)
    assert (sampled[..., 0] == torch.arange(100)[:, None]).all()
    expected = np.stack([uniform_frame_indices(length, n_frames) for length in lengths])
    np.testing.assert_array_equal(sampled[..., 1], expected)


@given(lengths=st.lists(st.integers(1, 50), min_size=1, max_size=5), n_frames=st.integers(1, 12), data=st.data())
def test_each_frame_is_of_its_segment(lengths: list[int], n_frames: int, data: st.DataObject) -> None:
    features = numbered(lengths)
    chosen = data.draw(st.lists(st.integers(0, len(lengths) - 1), min_size=1, max_size=4))
    # 1 - 2**-53 is the largest float64 below 1
    shares = data.draw(st.lists(st.floats(0, 1 - 2**-53), min_size=n_frames, max_size=n_frames))
    positions = torch.tensor([shares] * len(chosen), dtype=torch.float64)
    sampled = features.sample(torch.tensor(chosen), positions)
    assert sampled[:, 0, 0].tolist() == chosen
    for row, video in zip(sampled[..., 1].tolist(), chosen, strict=True):
        assert row == sorted(row)
        for i, frame in enumerate(row):
            segment = lengths[video] / n_frames
            assert np.floor(i * segment) <= frame <= min((i + 1) * segment, lengths[video] - 1)


def test_refuses_what_cannot_be_trained_on() -> None:
    with pytest.raises(UserError, match="at least one video, got none"):
        LabelledFeatures.of([], n_classes=3)
    frames = np.zeros((2, 4), np.float32)
    with pytest.raises(UserError, match=r"expected class ids in 0\.\.2, got 0\.\.3; set the n_classes"):
        LabelledFeatures.of([(frames, 0), (frames, 3)], n_classes=3)
