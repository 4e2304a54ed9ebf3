"""Heads: names of their parameters in every variant, and what they compute, from its definition."""

import pytest
import torch
from torch import nn

from play_fair.models import FeatureTSN, MLPConsensus

D, H, C = 5, 7, 3


def linear(place: int, inputs: int, outputs: int, bias: bool = True) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {f"model.{place}.weight": (outputs, inputs)}
    return {**shapes, f"model.{place}.bias": (outputs,)} if bias else shapes


def batch_norm(place: int) -> dict[str, tuple[int, ...]]:
    vectors = ("weight", "bias", "running_mean", "running_var")
    return {**{f"model.{place}.{name}": (H,) for name in vectors}, f"model.{place}.num_batches_tracked": ()}


VARIANTS = {
    "plain": ({}, {**linear(1, 3 * D, H), **linear(3, H, C)}),
    "dropout": ({"dropout": 0.1}, {**linear(1, 3 * D, H), **linear(3, H, C)}),
    "deep": ({"hidden_layers": 3}, {**linear(1, 3 * D, H), **linear(3, H, H), **linear(5, H, H), **linear(7, H, C)}),
    "relu": ({"input_relu": True}, {**linear(2, 3 * D, H), **linear(4, H, C)}),
    "linear": ({"hidden_layers": 0}, linear(1, 3 * D, C)),
    "normalised": (
        {"hidden_layers": 2, "batch_norm": True},
        {
            **linear(1, 3 * D, H, bias=False),
            **batch_norm(2),
            **linear(4, H, H, bias=False),
            **batch_norm(5),
            **linear(7, H, C),
        },
    ),
    "all": (
        {"batch_norm": True, "input_relu": True, "dropout": 0.5},
        {**linear(2, 3 * D, H, bias=False), **batch_norm(3), **linear(5, H, C)},
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_mlp_parameters(variant: str) -> None:
    options, expected = VARIANTS[variant]
    state = MLPConsensus(3 * D, H, C, **options).state_dict()
    assert {key: tuple(tensor.shape) for key, tensor in state.items()} == expected


def test_tsn_parameters() -> None:
    state = FeatureTSN(D, C).state_dict()
    assert {key: tuple(tensor.shape) for key, tensor in state.items()} == {
        "classifier.weight": (C, D),
        "classifier.bias": (C,),
    }


def test_mlp_is_a_perceptron_on_the_frames_in_order() -> None:
    head = MLPConsensus(3 * D, H, C)
    w1, b1, w2, b2 = head.parameters()
    frames = torch.randn(4, 3, D)
    expected = (frames.reshape(4, 3 * D) @ w1.T + b1).clamp(min=0) @ w2.T + b2
    torch.testing.assert_close(head(frames), expected)
    torch.testing.assert_close(head(frames.flatten(1)), expected)
    assert not torch.allclose(head(frames.flip(1)), expected)


@pytest.mark.parametrize("variant", VARIANTS)
def test_mlp_is_made_of_its_parts(variant: str) -> None:
    head = MLPConsensus(3 * D, H, C, **VARIANTS[variant][0]).eval()
    for module in head.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    frames = torch.randn(4, 3, D)
    input_map, first, rest = head.split_first_layer()
    mapped = input_map(frames)
    assert mapped.shape == frames.shape
    torch.testing.assert_close(rest(first(mapped.flatten(1))), head(frames), rtol=0, atol=0)
    # elementwise: frame by frame is the same
    torch.testing.assert_close(torch.stack([input_map(frame) for frame in frames]), mapped, rtol=0, atol=0)


@pytest.mark.parametrize("input_relu", [True, False])
def test_tsn_is_the_mean_of_its_frames(input_relu: bool) -> None:
    head = FeatureTSN(D, C, input_relu=input_relu, dropout=0.7).eval()
    videos = torch.randn(4, 6, D)
    rectified = videos.clamp(min=0) if input_relu else videos
    expected = (rectified @ head.classifier.weight.T + head.classifier.bias).mean(dim=1)
    torch.testing.assert_close(head(videos), expected)
    torch.testing.assert_close(head.frame_logits(videos[0]).mean(dim=0), expected[0])
    torch.testing.assert_close(head(videos.flip(1)), expected)


@pytest.mark.parametrize("head", [FeatureTSN(D, C, dropout=0.5), MLPConsensus(2 * D, H, C, dropout=0.5)])
def test_dropout_acts_in_training_only(head: nn.Module) -> None:
    videos = torch.rand(64, 2, D)
    assert not torch.equal(head.train()(videos), head(videos))
    assert torch.equal(head.eval()(videos), head(videos))
