"""Removals against literal, frame by frame definitions."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from play_fair.errors import UserError
from play_fair.removal import REMOVALS, removal_of

DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.uint8)


def by_definition(name, video, kept):
    """One input, as a list of frames."""
    n_frames = len(video)
    places = [place for place in range(n_frames) if kept[place]]
    if name == "drop":
        return [video[place] for place in places]
    if name == "hold":
        return [video[max((p for p in places if p <= t), default=places[0])] for t in range(n_frames)]
    if name == "resample":
        return [video[places[int((t + 0.5) * len(places) / n_frames)]] for t in range(n_frames)]
    filler = {"mean": video.double().mean(dim=0), "black": torch.zeros(video.shape[1:])}[name]
    filler = filler.round() if video.dtype == torch.uint8 else filler
    return [video[t] if kept[t] else filler.to(video.dtype) for t in range(n_frames)]


@st.composite
def videos_and_kept(draw):
    """A video (T, ...), and one row of kept frames, of which there is at least one."""
    n_frames = draw(st.integers(1, 7))
    shape = draw(st.sampled_from([(), (3,), (2, 4, 5)]))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    video = (255 * torch.rand(n_frames, *shape, generator=generator)).to(draw(st.sampled_from(DTYPES)))
    kept = draw(st.lists(st.booleans(), min_size=n_frames, max_size=n_frames).filter(any))
    return video, torch.tensor(kept)


@pytest.mark.parametrize("name", ["drop", "hold", "resample", "mean", "black"])
@given(example=videos_and_kept())
def test_removals_are_their_definitions(name, example):
    video, kept = example
    inputs = REMOVALS[name].apply(video, kept[None])

    assert inputs.dtype == video.dtype
    torch.testing.assert_close(inputs[0], torch.stack(by_definition(name, video, kept)), rtol=0, atol=0)


@pytest.mark.parametrize("name", ["hold", "resample", "mean", "black", "blur"])
def test_rows_of_different_sizes_are_what_they_are_alone(name):
    video = torch.rand(5, 3, 8, 6)
    kept = torch.rand(12, 5) < 0.5
    kept[:, 2] = True
    together = REMOVALS[name].apply(video, kept)
    for row, inputs in zip(kept, together, strict=True):
        torch.testing.assert_close(REMOVALS[name].apply(video, row[None])[0], inputs)


@pytest.mark.parametrize("name", list(REMOVALS))
def test_nothing_is_removed_where_all_is_kept(name):
    video = torch.rand(5, 3, 8, 6)
    assert torch.equal(REMOVALS[name].apply(video, torch.ones(1, 5, dtype=torch.bool))[0], video)


@pytest.mark.parametrize("name", ["mean", "black", "blur"])
def test_a_filler_stands_in_for_every_frame(name):
    video = torch.rand(4, 3, 12, 10)
    (inputs,) = REMOVALS[name].apply(video, torch.zeros(1, 4, dtype=torch.bool))
    assert inputs.shape == video.shape
    assert not torch.isclose(inputs, video).all(dim=-1).any()


def test_a_blurred_frame_keeps_its_mean_brightness_and_loses_its_detail():
    video = torch.zeros(2, 1, 40, 40)
    video[:, :, 20, 20] = 1
    (inputs,) = REMOVALS["blur"].apply(video, torch.tensor([[True, False]]))

    assert torch.equal(inputs[0], video[0])
    assert float(inputs[1].sum()) == pytest.approx(1, abs=1e-5)
    # The peak of a Gaussian of standard deviation 4, a tenth of 40 pixels.
    assert float(inputs[1].max()) == pytest.approx(1 / (2 * np.pi * 4**2), rel=0.02)


def test_channels_may_be_first_or_last():
    video = torch.rand(3, 3, 16, 20)
    kept = torch.tensor([[True, False, True]])
    first = REMOVALS["blur"].apply(video, kept)
    last = REMOVALS["blur"].apply(video.movedim(1, -1).contiguous(), kept)
    torch.testing.assert_close(last.movedim(-1, 2), first)


def test_grey_frames_of_bytes_are_blurred():
    video = torch.randint(0, 256, (3, 16, 20), dtype=torch.uint8)
    inputs = REMOVALS["blur"].apply(video, torch.tensor([[True, False, True]]))
    assert inputs.dtype == torch.uint8
    assert inputs[0, 1].float().std() < video[1].float().std() / 2


@pytest.mark.parametrize("name", ["mean", "blur"])
def test_tokens_have_no_mean(name):
    with pytest.raises(UserError, match=f"floats or uint8 for the removal '{name}', got torch.int64: .* use 'drop'"):
        REMOVALS[name].apply(torch.arange(4), torch.tensor([[True, False, True, True]]))


def test_features_have_no_height_to_blur():
    with pytest.raises(UserError, match=r"a height and a width for the removal 'blur', .* of shape \(4, 3\); use"):
        REMOVALS["blur"].apply(torch.rand(4, 3), torch.tensor([[True, False, True, True]]))


def test_a_function_is_a_removal_of_its_name():
    def every_other(video, kept):
        return video[None]

    assert removal_of(every_other).name == "every_other"
    assert not removal_of(every_other).has_filler


def test_unknown_removals_are_refused():
    with pytest.raises(UserError, match="a removal among drop, hold, resample, mean, black, blur, or a function"):
        removal_of("zero")
