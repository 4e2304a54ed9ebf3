"""The multi-scale model against the definition, subset by subset."""

from itertools import combinations

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from play_fair.models import MLPConsensus, MultiscaleModel, multiscale

D, C = 3, 4


def model_of(n_scales: int) -> MultiscaleModel:
    return MultiscaleModel([MLPConsensus(D * s, 6, C) for s in range(1, n_scales + 1)]).eval()


def by_definition(model: MultiscaleModel, video: torch.Tensor) -> torch.Tensor:
    """The mean over scales of the mean over all ordered subsets of that size."""
    scale_means = []
    for s, single_scale in enumerate(model.single_scale_models[: len(video)], start=1):
        logits = [single_scale(video[list(subset)][None])[0] for subset in combinations(range(len(video)), s)]
        scale_means.append(torch.stack(logits).mean(dim=0))
    return torch.stack(scale_means).mean(dim=0)


@settings(max_examples=40)
@given(n_frames=st.integers(1, 7), n_scales=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
@torch.no_grad()
def test_equals_the_definition(n_frames: int, n_scales: int, seed: int) -> None:
    torch.manual_seed(seed)
    model, videos = model_of(n_scales), torch.randn(2, n_frames, D)
    expected = torch.stack([by_definition(model, video) for video in videos])
    torch.testing.assert_close(model.forward_batch(videos), expected)
    torch.testing.assert_close(model(videos[0]), expected[0])


@torch.no_grad()
def test_small_chunks_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    model, videos = model_of(3), torch.randn(2, 6, D)
    expected = model.forward_batch(videos)
    monkeypatch.setattr(multiscale, "_GATHERED_VALUES", 50)  # 50 // (2 * 3 * 3): two subsets at a time
    torch.testing.assert_close(model.forward_batch(videos), expected)


def test_recursion_of_the_paper() -> None:
    """f(X) = (F_|X|(X) + (|X| - 1) * mean of f over X without one frame) / |X| for |X| <= m."""
    model, video = model_of(4), torch.randn(4, D)
    children = torch.stack([model(video[[j for j in range(4) if j != i]]) for i in range(4)])
    own = model.single_scale_models[3](video[None])[0]
    torch.testing.assert_close(model(video), (own + 3 * children.mean(dim=0)) / 4)


@given(n_frames=st.integers(1, 7), size=st.integers(1, 7), chunk=st.integers(1, 40))
def test_ordered_subsets_come_whole_in_chunks(n_frames: int, size: int, chunk: int) -> None:
    chunks = list(multiscale.ordered_subsets(n_frames, size, chunk))
    assert all(len(part) == chunk for part in chunks[:-1])
    assert [tuple(row) for part in chunks for row in part.tolist()] == list(combinations(range(n_frames), size))


def test_parameters_are_named_by_scale() -> None:
    assert list(model_of(2).state_dict()) == [
        f"single_scale_models.{i}.model.{layer}.{name}"
        for i in (0, 1)
        for layer in (1, 3)
        for name in ("weight", "bias")
    ]


def test_needs_a_model() -> None:
    with pytest.raises(ValueError, match="at least one single-scale model"):
        MultiscaleModel([])
