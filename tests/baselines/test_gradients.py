"""Gradients of v, and captum's attributions, against derivations by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from play_fair.attribution import CharacteristicFunctionShapleyAttributor, OnlineShapleyAttributor
from play_fair.baselines.differentiable import video_logits
from play_fair.baselines.feature_model import FeatureBatch, FrameMaps
from play_fair.baselines.gradients import Network, grad_cam_of_frames, gradient_x_input, integrated_gradients
from play_fair.errors import UserError
from play_fair.games import CallableGame, MeanConsensusGame, MultiscaleGame
from strategies import class_priors, single_scale_models, video_batches
from toy_games import Opaque

CLASSES = torch.tensor([1, 0, 2])


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(single_scale_models(st.integers(1, 3)), video_batches(st.integers(1, 5), st.integers(1, 2)), class_priors())
def test_softmax_of_the_logits_is_v_of_all_frames(models, videos, priors):
    _, scores = OnlineShapleyAttributor(models, priors, 4).explain_batch(videos)
    for single_scale in (models, [Opaque(model) for model in models]):
        logits = video_logits(MultiscaleGame(single_scale, priors))(videos)
        torch.testing.assert_close(logits.softmax(dim=1), scores, atol=1e-5, rtol=0)


@given(video_batches(st.integers(1, 5), st.integers(1, 2)), class_priors())
def test_logits_of_a_mean_of_frames_and_of_a_function(videos, priors):
    frame_logits = nn.Linear(5, 4)
    game = MeanConsensusGame(frame_logits, priors)
    _, scores = CharacteristicFunctionShapleyAttributor(game, 4).explain_batch(videos)
    for same in (game, CallableGame(game)):
        torch.testing.assert_close(video_logits(same)(videos).softmax(dim=1), scores)


def test_gradients_need_a_model():
    class Table:
        def levels(self, videos, lattice):
            raise NotImplementedError

    with pytest.raises(UserError, match="expected a game of a known model to take gradients of, got a Table"):
        video_logits(Table())


@pytest.fixture
def tiny():
    """Three videos of four frames whose maps are two channels of 2 x 3, and a small network on top."""
    torch.manual_seed(0)
    projection, hidden, last = nn.Linear(2, 5), nn.Linear(20, 8), nn.Linear(8, 3)

    def logits(videos):
        return last(hidden(videos.flatten(1)).tanh())

    return (
        Network(logits, 100),
        Network(logits, 100, lambda maps: projection(maps.mean(dim=(2, 3)))),
        randn(3, 4, 2, 2, 3),
    )


def test_integrated_gradients_add_up_to_what_is_gained_over_the_baseline(tiny):
    _, network, maps = tiny
    mean = maps.mean(dim=(0, 1))
    attributions = integrated_gradients(network, maps, mean, CLASSES, n_steps=64)
    rows = torch.arange(3)
    gained = network.scores_of(maps)[rows, CLASSES] - network.scores_of(mean.expand_as(maps))[rows, CLASSES]
    assert attributions.shape == (3, 4)
    np.testing.assert_allclose(attributions.sum(axis=1), gained.detach(), atol=1e-5)


def test_integrated_gradients_of_maps_are_those_of_features_that_are_affine_in_them(tiny):
    on_features, on_maps, maps = tiny
    features = on_maps.embed(maps.flatten(0, 1)).detach().unflatten(0, (3, 4))
    baseline = torch.zeros(2, 2, 3)
    of_maps = integrated_gradients(on_maps, maps, baseline, CLASSES, 8)
    of_features = integrated_gradients(on_features, features, on_maps.embed(baseline[None])[0].detach(), CLASSES, 8)
    np.testing.assert_allclose(of_maps, of_features, atol=1e-6)


def test_a_frame_that_is_the_baseline_gets_nothing(tiny):
    network, _, _ = tiny
    videos = randn(1, 4, 5)
    attributions = integrated_gradients(network, videos, videos[0, 2], CLASSES[:1], 8)
    assert attributions[0, 2] == 0
    assert (attributions[0, [0, 1, 3]] != 0).all()


def test_gradient_x_input_is_that(tiny):
    network, _, _ = tiny
    videos = randn(3, 4, 5).requires_grad_()
    scores = network.scores_of(videos)[torch.arange(3), CLASSES].sum()
    expected = (torch.autograd.grad(scores, videos)[0] * videos).sum(dim=2)
    np.testing.assert_allclose(gradient_x_input(network, videos.detach(), CLASSES), expected.detach(), atol=1e-6)


def test_noise_is_on_the_maps_and_features_follow():
    embed = nn.Linear(2, 5)
    maps = FrameMaps(randn(3, 4, 2, 2, 3), torch.zeros(2, 2, 3), lambda maps: embed(maps.mean(dim=(2, 3))))
    attributor = CharacteristicFunctionShapleyAttributor(MeanConsensusGame(nn.Linear(5, 3), torch.ones(3) / 3), 3)
    batch = FeatureBatch(attributor, randn(3, 4, 5), CLASSES.numpy(), torch.zeros(5), maps)
    noisy = batch.perturbed(0.1, np.random.default_rng(0))
    change = (noisy.maps.maps - maps.maps).abs().flatten(1).amax(dim=1)
    assert (change <= 0.1 * maps.maps.flatten(1).std(dim=1)).all()
    assert (change > 0.09 * maps.maps.flatten(1).std(dim=1)).all()
    torch.testing.assert_close(noisy.videos, embed(noisy.maps.maps.mean(dim=(3, 4))).detach())


@pytest.mark.parametrize("signed", [False, True])
def test_grad_cam_is_as_its_paper_says(tiny, signed):
    _, network, maps = tiny
    leaf = maps.clone().requires_grad_()
    logits = network.logits_of(leaf)[torch.arange(3), CLASSES].sum()
    alpha = torch.autograd.grad(logits, leaf)[0].mean(dim=(3, 4), keepdim=True)
    cams = (alpha * maps).sum(dim=2)
    expected = (cams if signed else cams.relu()).sum(dim=(2, 3))
    attributions = grad_cam_of_frames(network, maps, CLASSES, signed)
    np.testing.assert_allclose(attributions, expected, atol=1e-6)
    assert (attributions.min() < 0) == signed
