"""Hypothesis strategies for what the tests share: videos, priors and models, small and seeded."""

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from play_fair.models import MLPConsensus

_ONE = st.just(1)
seeds = st.integers(min_value=0, max_value=2**32 - 1)


@st.composite
def video_batches(
    draw: st.DrawFn,
    n_frames: st.SearchStrategy[int],
    n_videos: st.SearchStrategy[int] = _ONE,
    feature_dim: int = 5,
) -> Tensor:
    """Features (B, T, D) of videos of the same number of frames."""
    shape = (draw(n_videos), draw(n_frames), feature_dim)
    return torch.randn(shape, generator=torch.Generator().manual_seed(draw(seeds)))


few_frames = st.integers(1, 6)
one_video = video_batches(few_frames).map(lambda batch: batch[0])
some_videos = video_batches(few_frames, st.integers(1, 4))


@st.composite
def class_priors(draw: st.DrawFn, n_classes: int = 4) -> Tensor:
    """Priors (C,) that sum to one."""
    return torch.randn(n_classes, generator=torch.Generator().manual_seed(draw(seeds))).softmax(dim=0)


@st.composite
def single_scale_models(
    draw: st.DrawFn, n_scales: st.SearchStrategy[int], feature_dim: int = 5, n_classes: int = 4
) -> list[nn.Module]:
    """MLPs for 1, 2, ... frames, of all the kinds that there are, in evaluation mode."""
    kind = {
        "hidden_layers": draw(st.integers(0, 2), label="hidden_layers"),
        "batch_norm": draw(st.booleans(), label="batch_norm"),
        "input_relu": draw(st.booleans(), label="input_relu"),
        "dropout": 0.5,
    }
    models = [MLPConsensus(feature_dim * s, 7, n_classes, **kind) for s in range(1, draw(n_scales, label="scales") + 1)]
    generator = torch.Generator().manual_seed(draw(seeds))
    for model in models:
        model.eval()
        for tensor in model.state_dict().values():
            if tensor.ndim == 2:
                # Larger than by default, so that the scores differ.
                tensor.normal_(generator=generator).mul_((2 / tensor.shape[1]) ** 0.5)
            elif tensor.ndim == 1:
                # Positive, as the variances of batch norm must be.
                tensor.uniform_(0.5, 1.5, generator=generator)
    return list(models)
