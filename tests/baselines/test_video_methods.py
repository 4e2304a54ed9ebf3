"""The methods of models of pixels, on tiny networks whose answers are known."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import tiny_video_networks
from play_fair.baselines import ComparedVideoModel, ExplainedNetwork, SampledClips, explain
from play_fair.baselines.gradients import Network, grad_cam_of_clips, kernel_shap
from play_fair.baselines.rollout import frame_rollout, rollout
from play_fair.errors import UserError
from play_fair.models.small_video_networks import Convolution, Transformer
from play_fair.models.video_network import VideoNetwork, load_transformers_folder

CPU = torch.device("cpu")
SIDE, T = 8, 6
UNIFORM = np.full(3, 1 / 3)


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class OneFrame(nn.Module):
    """Sees frame 2 only, through a convolution of each frame by itself and no bias: a black video has equal scores."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Conv3d(3, 4, (1, 3, 3), padding=(0, 1, 1), bias=False)
        self.weights = nn.Parameter(randn(4, 3))

    def forward(self, clips):
        return self.maps(clips.transpose(1, 2))[:, :, 2].tanh().mean(dim=(2, 3)) @ self.weights


class ManyFrames(nn.Module):
    """Frames interact: a 3-D convolution over time and space."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Conv3d(3, 5, 3, stride=(2, 1, 1), padding=1)
        self.last = nn.Linear(5, 3)

    def forward(self, clips):
        return self.last(self.maps(clips.transpose(1, 2)).tanh().mean(dim=(2, 3, 4)))


def wrapped(network, n_frames=None):
    return VideoNetwork(network.eval(), torch.from_numpy, n_frames=n_frames)


def compared(network, layer="maps", lengths=(1,) * T, removal="black", budget=2**T - 1, n_videos=2):
    torch.manual_seed(0)
    made = network()
    explained = ExplainedNetwork(
        wrapped(made),
        UNIFORM,
        removal,
        list(lengths),
        budget,
        grad_cam_layer=layer and made.get_submodule(layer),
    )
    clips = SampledClips(
        [f"v{row}" for row in range(n_videos)],
        np.arange(n_videos) % 3,
        np.tile(np.arange(T), (n_videos, 1)),
        randn(n_videos, T, 3, SIDE, SIDE),
    )
    return ComparedVideoModel("tiny", explained, clips, CPU)


MUST_BE_LOCAL = ["esv", "leave-one-out", "alone", "one-order", "kernel-shap", "ig", "ig-zero", "gradient-x-input"]


@pytest.mark.parametrize("lengths", [(1,) * T, (2, 2, 2)])
def test_a_model_of_one_frame_has_all_attribution_there(lengths):
    player = {6: 2, 3: 1}[len(lengths)]
    explained = explain(compared(OneFrame, lengths=lengths), MUST_BE_LOCAL)
    for name in MUST_BE_LOCAL:
        values = np.abs(explained.attributions[name])
        assert (values[:, player] > 1e-4).all(), name
        np.testing.assert_allclose(np.delete(values, player, axis=1), 0, atol=1e-5, err_msg=name)
    if len(lengths) == T:
        assert explained.evaluations is None, "63 evaluations are all subsets of 6 frames"


def test_what_sums_to_the_score_does():
    model = compared(ManyFrames)
    explained = explain(model, ["esv", "one-order", "uniform", "kernel-shap", "ig-zero"])
    total = explained.scores.total()
    for name in ("esv", "one-order", "uniform"):
        np.testing.assert_allclose(explained.attributions[name].sum(axis=1), total, atol=1e-5, err_msg=name)
    with torch.no_grad():
        black = model.explained.logits(torch.zeros(1, T, 3, SIDE, SIDE)).softmax(dim=1)[0].numpy()
    gained = explained.scores.at_same(np.array([2**T - 1]))[:, 0] - black[explained.classes]
    for name in ("kernel-shap", "ig-zero"):  # captum's weights of both ends are large, not infinite
        np.testing.assert_allclose(explained.attributions[name].sum(axis=1), gained, atol=1e-3, err_msg=name)


def test_estimates_are_those_of_the_library_and_say_from_how_many_evaluations():
    import play_fair

    model = compared(ManyFrames, removal="hold", budget=30)
    explained = explain(model, ["esv"])
    assert explained.evaluations == 30
    for row in range(2):
        expected = play_fair.explain(
            model.explained.network, model.clips[row], prior=UNIFORM, removal="hold", budget=30, segments=[1] * T
        )
        np.testing.assert_allclose(explained.attributions["esv"][row], expected.values[:, explained.classes[row]])


def test_kernel_shap_of_an_additive_score_is_exact_and_draws_from_the_seed():
    weights = torch.tensor([[1.0], [-2.0], [0.5], [0.0]])

    class Additive(Network):
        def scores_of(self, inputs):
            return inputs.mean(dim=(2, 3, 4)) @ weights

    clip = randn(1, 4, 3, 2, 2)
    state = torch.random.get_rng_state()
    run = partial(
        kernel_shap,
        Additive(torch.nn.Identity(), 0),
        clip,
        torch.zeros_like(clip),
        torch.tensor([0]),
        [1, 1, 1, 1],
        n_samples=40,
    )
    first, again = (run(rng=np.random.default_rng(0)) for _ in range(2))
    np.testing.assert_allclose(first[0], (clip.mean(dim=(2, 3, 4))[0] * weights[:, 0]).numpy(), atol=1e-4)
    np.testing.assert_array_equal(first, again)
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("signed", [False, True])
def test_grad_cam_of_clips_is_as_its_definition_says(signed):
    model = compared(ManyFrames)
    network, layer = model.batch(slice(0, 1), model.classes).network, model.explained.grad_cam_layer
    clip, class_id = model.clips[:1], 1
    maps = layer(clip.transpose(1, 2)).detach().requires_grad_()
    logit = model.explained.network.network.last(maps.tanh().mean(dim=(2, 3, 4)))[0, class_id]
    (gradient,) = torch.autograd.grad(logit, maps)
    cam = sum(gradient[0, k].mean() * maps[0, k] for k in range(5)).detach()  # (3, h, w)
    of_times = (cam if signed else cam.relu()).sum(dim=(1, 2)).numpy()
    places = (np.arange(T) + 0.5) / T * 3 - 0.5  # of the middle of each frame, among three times
    expected = np.interp(places, np.arange(3), of_times)
    found = grad_cam_of_clips(network, layer, clip, torch.tensor([class_id]), signed)
    np.testing.assert_allclose(found[0], expected, atol=1e-5)
    assert (found.min() < 0) <= signed


def test_grad_cam_needs_maps_over_time_and_space():
    with pytest.raises(UserError, match=r"expected a layer of maps .* as model.grad_cam_layer, but its Grad-CAM is"):
        explain(compared(ManyFrames, layer="last"), ["grad-cam"])


def literal_rollout(attentions):
    flow = np.eye(len(attentions[0]))
    for attention in attentions:
        mixed = 0.5 * attention + 0.5 * np.eye(len(attention))
        flow = (mixed / mixed.sum(axis=1, keepdims=True)) @ flow
    return flow.mean(axis=0)


def test_rollout_is_the_product_over_layers():
    attentions = randn(3, 2, 5, 5).softmax(dim=3)
    expected = [literal_rollout([layer[video].double().numpy() for layer in attentions]) for video in range(2)]
    np.testing.assert_allclose(rollout(list(attentions)), expected, atol=1e-6)


def test_rollout_of_multihead_attention_has_one_token_a_frame():
    torch.manual_seed(0)
    network = Transformer(n_classes=3, n_frames=T).eval()
    clips = 255 * torch.rand(2, T, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    weights = []
    hooks = [  # asked for by hand, on what the layer is given
        layer.register_forward_pre_hook(
            lambda module, inputs: weights.append(module.self_attn(*[module.norm1(inputs[0])] * 3)[1].detach())
        )
        for layer in network.layers.layers
    ]
    with torch.no_grad():
        before = network(clips)
    for hook in hooks:
        hook.remove()
    expected = rollout(weights)
    found = frame_rollout(wrapped(network), clips)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(2))
    assert not torch.allclose(found, torch.full_like(found, 1 / T), atol=1e-4)
    with torch.no_grad():
        torch.testing.assert_close(network(clips), before)


def test_rollout_of_videomae_is_shared_by_the_frames_of_a_tubelet(tmp_path):
    pytest.importorskip("transformers", reason="transformers is not installed: play-fair[transformers]")
    tiny_video_networks.save_transformers("videomae", tmp_path, 32)
    network, _ = load_transformers_folder(tmp_path)
    network.eval()
    clips = randn(1, 16, 3, 32, 32)
    found = frame_rollout(wrapped(network), clips)[0].numpy()
    assert network.config._attn_implementation != "eager", "put back"
    network.set_attn_implementation("eager")
    with torch.no_grad():
        attentions = network(clips, output_attentions=True).attentions
    tokens = literal_rollout([attention[0].mean(dim=0).double().numpy() for attention in attentions])
    for time in range(8):  # four patches of 16 x 16 a tubelet of two frames
        np.testing.assert_allclose(found[2 * time : 2 * time + 2], tokens[4 * time : 4 * time + 4].sum() / 2, atol=1e-6)
    assert found.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("family", ["timesformer", "convolution", "longer"])
def test_no_rollout_where_attention_is_not_joint_or_tokens_are_not_frames(tmp_path, family):
    if family == "timesformer":
        pytest.importorskip("transformers", reason="transformers is not installed: play-fair[transformers]")
        tiny_video_networks.save_transformers(family, tmp_path, 32)
        network, _ = load_transformers_folder(tmp_path)
        assert frame_rollout(wrapped(network), randn(1, 8, 3, 32, 32)) is None
    elif family == "convolution":
        assert frame_rollout(wrapped(Convolution(3)), randn(1, T, 3, 32, 32)) is None
    else:  # clips of 3 frames are stretched to 6
        network = wrapped(Transformer(3, T), T)
        assert frame_rollout(network, randn(1, 3, 3, 32, 32)) is None


@pytest.mark.parametrize(
    ("options", "method", "message"),
    [
        (
            {"layer": None},
            "grad-cam",
            "expected a layer for grad-cam, but the config of tiny names none: set model.grad",
        ),
        (
            {},
            "attention-rollout",
            "expected joint attention over one token a frame .*, but tiny has none; leave it out",
        ),
        (
            {"lengths": (T,)},
            "kernel-shap",
            "expected two players or more for kernel-shap, but tiny is explained by one",
        ),
    ],
)
def test_what_is_not_possible_is_refused(options, method, message):
    model = compared(ManyFrames, **options)
    assert method not in model.methods
    with pytest.raises(UserError, match=message):
        explain(model, [method])


def test_noise_on_the_pixels_moves_attributions_a_little():
    explained = explain(compared(ManyFrames, n_videos=3), ["ig-zero", "middle"], n_sensitivity=2)
    assert ((explained.sensitivity["ig-zero"][:2] > 0) & (explained.sensitivity["ig-zero"][:2] < 0.5)).all()
    np.testing.assert_array_equal(explained.sensitivity["middle"], [0, 0, np.nan])
