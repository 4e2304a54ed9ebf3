"""`play_fair.explain`: any model, any removal, any budget; against the definition."""

import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import play_fair
from play_fair.errors import UserError
from play_fair.games import MeanConsensusGame
from play_fair.removal import REMOVALS
from toy_games import assert_close, multiscale_characteristic_function, permutation_means, toy_models

REMOVALS_OF_FEATURES = ("drop", "hold", "resample", "mean", "black")
N_FEATURES, N_CLASSES = 3, 4


class Recurrent(nn.Module):
    """A GRU with dropout: stateful in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(N_FEATURES, 6, batch_first=True)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(6, N_CLASSES)

    def forward(self, frames):
        return self.head(self.dropout(self.gru(frames)[0][:, -1]))


class Masked(nn.Module):
    """A transformer that attends to the kept frames alone, at their places in the video."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(N_FEATURES, 8)
        self.places = nn.Parameter(torch.randn(6, 8))
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.head = nn.Linear(8, N_CLASSES)

    def forward(self, frames, kept):
        if frames.shape[1] != kept.shape[1]:  # removal="drop"
            places = self.places[kept.nonzero()[:, 1].view(len(kept), -1)]
            return self.head(self.layer(self.embed(frames) + places).mean(dim=1))
        tokens = self.layer(self.embed(frames) + self.places[: frames.shape[1]], src_key_padding_mask=~kept)
        weights = kept.float() / kept.sum(dim=1, keepdim=True).clamp(min=1)
        return self.head((tokens.nan_to_num() * weights[..., None]).sum(dim=1))


class Pixels(nn.Module):
    """A 3-D convolution on (N, T, 1, H, W)."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv3d(1, 4, 3, padding=1)
        self.head = nn.Linear(4, N_CLASSES)

    def forward(self, clips):
        return self.head(self.convolution(clips.transpose(1, 2)).relu().mean(dim=(2, 3, 4)))


class WithLogits(nn.Module):
    """Gives an object with logits, as Hugging Face's models do."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Recurrent()

    def forward(self, frames):
        return SimpleNamespace(logits=self.inner(frames), hidden_states=None)


def features(n_frames=5):
    return torch.randn(n_frames, N_FEATURES, generator=torch.Generator().manual_seed(0))


def clip(n_frames=4):
    return torch.rand(n_frames, 1, 7, 6, generator=torch.Generator().manual_seed(0))


def models():
    torch.manual_seed(0)
    recurrent = Recurrent().eval()
    return {
        "function": (lambda frames: torch.stack([frames.sum(dim=(1, 2)), frames[:, -1, 0]], dim=1), features()),
        "recurrent": (recurrent, features()),
        "masked transformer": (Masked().eval(), features()),
        "pixels": (Pixels().eval(), clip()),
        "logits": (WithLogits().eval(), features()),
    }


def literal_scores(model, video, removal, prior=None):
    """v of every coalition, a tuple of frames: one input at a time, by the definition."""
    n_frames = len(video)
    takes_kept = isinstance(model, Masked)

    def outputs(frames):
        kept = torch.tensor([[frame in frames for frame in range(n_frames)]])
        inputs = REMOVALS[removal].apply(video, kept)
        output = model(inputs, kept) if takes_kept else model(inputs)
        return getattr(output, "logits", output)[0].softmax(dim=0).double()

    def v(frames):
        if frames or (prior is None and removal in ("mean", "black", "blur")):
            return outputs(frames)
        return torch.full_like(outputs((0,)), 1 / len(outputs((0,)))) if prior is None else prior.double()

    return v


@pytest.mark.parametrize("name", list(models()))
@pytest.mark.parametrize("removal", list(REMOVALS))
@torch.no_grad()
def test_values_are_the_mean_over_all_permutations(name, removal):
    model, video = models()[name]
    if removal == "blur" and video.ndim < 3:
        pytest.skip("features have no height")
    explanation = play_fair.explain(model, video, removal=removal)
    v = literal_scores(model, video, removal)
    frames = tuple(range(len(video)))

    assert explanation.method == "exact"
    assert_close(torch.tensor(explanation.values), permutation_means(v, len(video)))
    assert_close(torch.tensor(explanation.scores), v(frames))
    assert_close(torch.tensor(explanation.prior).float(), v(()))


@torch.no_grad()
def test_a_list_of_modules_is_a_multiscale_model():
    networks, video = [model.eval() for model in toy_models(3, N_FEATURES, N_CLASSES)], features()
    prior = torch.full((N_CLASSES,), 1 / N_CLASSES)
    v = multiscale_characteristic_function(networks, prior)
    explanation = play_fair.explain(networks, video)

    def of_frames(frames):
        return v(video[list(frames)][None])[0].double()

    assert_close(torch.tensor(explanation.values), permutation_means(of_frames, len(video)))
    assert play_fair.explain(nn.ModuleList(networks), video).values.tolist() == explanation.values.tolist()


@pytest.mark.parametrize("name", list(models()))
@pytest.mark.parametrize("removal", ["drop", "hold", "black"])
@pytest.mark.parametrize("budget", [1, 2, 7, 37, 100])
def test_the_model_is_evaluated_within_the_budget(name, removal, budget):
    model, video = models()[name]
    video = torch.cat([video, video])[:6] if name == "masked transformer" else torch.cat([video, video])
    evaluated = []

    def counted(inputs, kept):
        evaluated.extend(map(tuple, kept.tolist()))
        return model(inputs, kept) if isinstance(model, Masked) else model(inputs)

    explanation = play_fair.explain(counted, video, removal=removal, budget=budget)

    assert explanation.n_evaluations == len(evaluated) == len(set(evaluated))
    # With a filler, v(empty) is an evaluation of its own, and what is left must be enough for one.
    assert len(evaluated) <= (max(budget, 2) if removal == "black" else budget)
    assert explanation.efficiency_error() < 1e-6
    if budget > 1:
        assert explanation.exact == (explanation.standard_errors is None)


def test_exact_where_the_budget_is_enough():
    v, video = models()["function"][0], features(6)
    exact = play_fair.explain(v, video)
    assert play_fair.explain(v, video, budget=63).values.tolist() == exact.values.tolist()
    assert play_fair.explain(v, video, budget=62).method != "exact"


def test_cheap_videos_are_exact_and_clips_estimated_by_default():
    v = models()["function"][0]
    assert play_fair.explain(v, features(12)).exact
    assert not play_fair.explain(v, features(17)).exact
    pixels = torch.rand(14, 3, 160, 160)
    explanation = play_fair.explain(lambda clips: clips.mean(dim=(1, 3, 4)), pixels, removal="hold")
    assert explanation.n_evaluations <= 2**28 / pixels.numel()


# What models are given, and how they are left


def test_modules_run_in_evaluation_mode_and_are_left_as_they_were():
    model = Recurrent().train()
    model.gru.eval()
    first, second = (play_fair.explain(model, features()) for _ in range(2))

    assert first.values.tolist() == second.values.tolist()
    assert model.training
    assert model.dropout.training
    assert not model.gru.training


class Holder:
    """Holds a module, as a user's wrapper does."""

    def __init__(self, model):
        self.model = model

    def __call__(self, frames):
        return self.model(frames)

    def score(self, frames):
        return self.model(frames)


GLOBAL_MODEL = Recurrent().train()


def with_global_model(frames):
    return GLOBAL_MODEL(frames)


def with_argument(model, frames):
    return model(frames)


@pytest.mark.parametrize("wrap", ["closure", "list", "partial", "object", "method", "global", "default"])
def test_modules_that_a_function_refers_to_run_in_evaluation_mode(wrap):
    model = GLOBAL_MODEL if wrap == "global" else Recurrent().train()
    in_list = [model]
    function = {
        "closure": lambda frames: model(frames),
        "list": lambda frames: in_list[0](frames),
        "partial": partial(with_argument, model),
        "object": Holder(model),
        "method": Holder(model).score,
        "global": with_global_model,
        "default": lambda frames, network=model: network(frames),
    }[wrap]
    first, second = (play_fair.explain(function, features()) for _ in range(2))

    assert first.values.tolist() == second.values.tolist()
    assert model.dropout.training


def test_a_module_that_fails_is_left_as_it_was():
    model = Recurrent().train()
    with pytest.raises(UserError):
        play_fair.explain(model, torch.randn(5, N_FEATURES + 1))
    assert model.dropout.training


def test_no_gradients_are_kept():
    model = Recurrent()
    play_fair.explain(model, features().requires_grad_())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_videos_are_given_in_the_dtype_of_the_model(dtype):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4 * N_FEATURES, N_CLASSES)).to(dtype)
    reference = play_fair.explain(model.float(), features(4), removal="hold")
    explanation = play_fair.explain(model.to(dtype), features(4), removal="hold")

    assert next(model.parameters()).dtype == dtype
    assert explanation.values.dtype == np.float32
    np.testing.assert_allclose(explanation.values, reference.values, atol=2e-2)


@pytest.mark.parametrize(
    "convert", [lambda video: video.numpy(), lambda video: video.numpy().astype(np.float64), lambda v: v.tolist()]
)
def test_arrays_and_lists_of_numbers_are_videos(convert):
    model = Recurrent()
    reference = play_fair.explain(model, features())
    np.testing.assert_allclose(play_fair.explain(model, convert(features())).values, reference.values, atol=1e-7)


def test_tokens_stay_integers():
    model = nn.Sequential(nn.EmbeddingBag(10, N_CLASSES, mode="mean"))
    explanation = play_fair.explain(model, torch.tensor([3, 1, 4, 1]))
    assert explanation.values.shape == (4, N_CLASSES)
    np.testing.assert_allclose(explanation.values[1], explanation.values[3], atol=1e-6)


def test_a_list_of_videos_gives_a_list():
    model, videos = Recurrent(), [features(3), features(5).numpy(), features(4)]
    explanations = play_fair.explain(model, videos, seed=3)
    assert [len(explanation.values) for explanation in explanations] == [3, 5, 4]
    for video, explanation in zip(videos, explanations, strict=True):
        assert explanation.values.tolist() == play_fair.explain(model, video, seed=3).values.tolist()
    assert play_fair.explain(model, []) == []


@pytest.mark.parametrize("removal", ["drop", "hold"])
def test_the_batch_size_bounds_what_the_model_is_given(removal):
    sizes = []

    def counted(frames):
        sizes.append(len(frames))
        return models()["function"][0](frames)

    explanation = play_fair.explain(counted, features(7), removal=removal, batch_size=5)
    assert max(sizes) == 5
    np.testing.assert_array_equal(explanation.values, play_fair.explain(counted, features(7), removal=removal).values)


def test_clips_are_given_a_few_at_a_time():
    numbers = []

    def counted(clips):
        numbers.append(clips.numel())
        return clips.mean(dim=(2, 3, 4))[:, :2]

    play_fair.explain(counted, torch.rand(8, 3, 160, 160), removal="hold", budget=20)
    assert max(numbers) <= 2**22


# Scores, priors and players


def test_scores_of_several_labels():
    model = Recurrent().eval()
    explanation = play_fair.explain(model, features(), activation="sigmoid")
    with torch.no_grad():
        expected = model(features()[None]).sigmoid()[0]
    assert_close(torch.tensor(explanation.scores), expected)
    assert explanation.prior.tolist() == [0.5] * N_CLASSES


def test_a_single_output_has_no_class_axis():
    def regression(frames):
        return frames.sum(dim=(1, 2))

    explanation = play_fair.explain(regression, features(), activation="none")
    np.testing.assert_allclose(explanation.values[:, 0], features().sum(dim=1), atol=1e-6)
    assert explanation.prior.tolist() == [0]


def test_softmax_of_a_single_output_is_refused():
    with pytest.raises(UserError, match=r"softmax of a single output is always 1, .* give activation='sigmoid'"):
        play_fair.explain(lambda frames: frames.sum(dim=(1, 2)), features())


def test_an_activation_may_be_a_function():
    model = models()["function"][0]
    explanation = play_fair.explain(model, features(), activation=lambda outputs: 2 * outputs)
    doubled = play_fair.explain(model, features(), activation="none").values * 2
    np.testing.assert_allclose(explanation.values, doubled, atol=1e-6)


def test_the_prior_is_never_asked_of_the_model():
    lengths = set()

    def model(frames):
        lengths.add(frames.shape[1])
        return models()["function"][0](frames)

    explanation = play_fair.explain(model, features(), prior=[0.9, 0.1])
    assert lengths == {1, 2, 3, 4, 5}
    assert explanation.prior.tolist() == pytest.approx([0.9, 0.1])
    assert explanation.info["prior"] == "given"


@pytest.mark.parametrize(
    ("prior", "activation", "message"),
    [
        ([0.9, 0.2], "softmax", "class priors that sum to 1, .* got a sum of 1.1"),
        ([1.5, -0.5], "softmax", "class priors from 0 to 1, .* got -0.5 to 1.5"),
        ([1.5, 0.5], "sigmoid", "class priors from 0 to 1, as scores after sigmoid are"),
        ([0.5, 0.3, 0.2], "softmax", r"class priors of shape \(2,\), one for each class, got \(3,\)"),
        ("uniform", "softmax", "class priors as an array of numbers, got str"),
    ],
)
def test_priors_are_checked(prior, activation, message):
    with pytest.raises(UserError, match=message):
        play_fair.explain(models()["function"][0], features(), prior=prior, activation=activation)


@torch.no_grad()
def test_segments_are_the_players():
    model, video = Recurrent().eval(), features(7)
    explanation = play_fair.explain(model, video, segments=[2, 4, 1], removal="hold")
    of_frames = literal_scores(model, video, "hold")
    members = [(0, 1), (2, 3, 4, 5), (6,)]

    def v(segments):
        return of_frames(tuple(frame for segment in segments for frame in members[segment]))

    assert_close(torch.tensor(explanation.values), permutation_means(v, 3))
    assert explanation.info["segments"] == [2, 4, 1]
    assert play_fair.explain(model, features(30), segments=4).values.shape == (4, N_CLASSES)


def test_interactions_are_given_when_asked_for():
    explanation = play_fair.explain(Recurrent(), features(), interactions=True)
    assert explanation.interactions.shape == (5, 5, N_CLASSES)
    assert play_fair.explain(Recurrent(), features()).interactions is None
    assert play_fair.explain(Recurrent(), features(8), segments=4, interactions=True).interactions.shape[:2] == (4, 4)


def test_a_game_is_used_as_such():
    game = MeanConsensusGame(nn.Linear(N_FEATURES, 2), torch.tensor([0.6, 0.4]))
    explanation = play_fair.explain(game, features())
    assert explanation.prior.tolist() == pytest.approx([0.6, 0.4])
    for name, value in (("prior", [0.5, 0.5]), ("activation", "none"), ("removal", "hold"), ("batch_size", 3)):
        with pytest.raises(UserError, match=f"a Game scores coalitions by itself, so that {name} would have no effect"):
            play_fair.explain(game, features(), **{name: value})


def test_the_same_seed_gives_the_same_values():
    model = Recurrent()
    a, b, c = (play_fair.explain(model, features(9), budget=20, seed=seed).values.tolist() for seed in (1, 1, 2))
    assert a == b != c


def test_class_names_and_settings_are_kept():
    explanation = play_fair.explain(Recurrent(), features(), class_names=list("abcd"), removal="black", seed=7)
    assert explanation.class_names == ("a", "b", "c", "d")
    assert explanation.info["removal"] == "black"
    assert explanation.info["prior"] == "all-filler video"
    assert explanation.info["seed"] == 7


def test_progress_is_shown_when_asked_for(capsys):
    play_fair.explain(Recurrent(), features(), progress=True)
    assert "31/31" in capsys.readouterr().err
    play_fair.explain(Recurrent(), features())
    assert capsys.readouterr().err == ""


def test_progress_may_be_a_function():
    told = []
    play_fair.explain(Recurrent(), features(), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (31, 31)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_batches_shrink_to_what_the_gpu_has_room_for():
    model, sizes = Recurrent(), []

    def with_little_memory(videos):
        sizes.append(len(videos))
        if len(videos) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return model(videos)

    explanation = play_fair.explain(with_little_memory, features(), removal="hold")
    expected = play_fair.explain(model, features(), removal="hold")
    assert explanation.n_evaluations == expected.n_evaluations == 31
    np.testing.assert_allclose(explanation.values, expected.values, atol=1e-6)
    assert len([size for size in sizes if size > 3]) == 1, "a size that was too large is not tried again"
    with pytest.raises(UserError, match=r"ran out of GPU memory on an input of shape .*; give a smaller batch_size"):
        play_fair.explain(with_little_memory, features(), removal="hold", batch_size=8)


def test_a_removal_may_be_a_function():
    def first_kept(video, kept):
        return video[kept.int().argmax(dim=1)][:, None]

    explanation = play_fair.explain(models()["function"][0], features(), removal=first_kept)
    assert explanation.info["removal"] == "first_kept"
    assert explanation.efficiency_error() < 1e-6


# Messages


@pytest.mark.parametrize(
    ("model", "video", "arguments", "message"),
    [
        (Recurrent(), torch.ones(5), {}, r"the model failed on an input of shape \(1, 5\) and torch.float32"),
        (Recurrent(), torch.ones(5, 9), {}, r"failed on an input of shape \(1, 5, 9\).*: .*RuntimeError: .*input"),
        (Recurrent(), torch.ones(0, 3), {}, r"a video \(T, ...\) of at least one frame, got shape \(0, 3\)"),
        (Recurrent(), torch.tensor(1.0), {}, r"of at least one frame, got shape \(\)"),
        (Recurrent(), torch.full((3, 3), float("nan")), {}, "a video of finite numbers, got NaN"),
        (Recurrent(), "clip.mp4", {}, "a video as a tensor or array of numbers, got str"),
        (lambda frames: frames * float("nan"), torch.ones(3, 2), {"activation": "none"}, "to give a tensor of shape"),
        (
            lambda frames: frames[:, 0] * float("nan"),
            torch.ones(3, 2),
            {},
            "NaN or infinity .* with 3 of 3 frames kept",
        ),
        (lambda frames: None, torch.ones(3, 2), {}, r"tensor of shape \(1, C\) or \(1,\), .* got NoneType"),
        (lambda frames: frames[:1, 0], torch.ones(3, 2), {"batch_size": 4}, r"shape \(3, C\) .* got shape \(1, 2\)"),
        (lambda frames: frames[:, :, 0], torch.ones(3, 2), {"activation": "none"}, "to give 3 classes for every"),
        (Recurrent(), torch.ones(5, 3), {"budget": 0}, "a budget of at least 1 evaluation, got 0"),
        (Recurrent(), torch.ones(5, 3), {"batch_size": 0}, "a batch_size of at least 1, got 0"),
        (Recurrent(), torch.ones(5, 3), {"removal": "cut"}, "a removal among drop, hold"),
        (Recurrent(), torch.ones(5, 3), {"activation": "relu"}, "an activation among softmax, sigmoid, none"),
        (Recurrent(), torch.ones(5, 3), {"segments": 6}, "1 to 5 segments of 5 frames, got 6"),
        (Recurrent(), torch.ones(5, 3), {"estimator": "guess"}, "an estimator among best"),
        (Recurrent(), torch.ones(5, 3), {"class_names": ["a"]}, "expected 4 class names, .* got 1"),
        ([], torch.ones(5, 3), {}, "a list of modules, for 1, 2, ... frames, as a multi-scale model"),
        (
            toy_models(),
            torch.ones(5, 5),
            {"removal": "hold"},
            "a multi-scale model is evaluated on the kept frames alone",
        ),
        (toy_models(), torch.ones(5, 4), {}, "1 frame failed on an input of shape"),
        (toy_models(), torch.ones(20, 5), {"budget": 2}, "a budget of at least 3 evaluations .* give budget=3"),
        (
            Recurrent(),
            torch.ones(30, 3),
            {"budget": 99, "estimator": "layered"},
            "a budget of at least 1,303 .* 30 players",
        ),
    ],
)
def test_what_cannot_be_explained_is_refused(model, video, arguments, message):
    with pytest.raises(UserError, match=message):
        play_fair.explain(model, video, **arguments)


WRONG_TYPES = """
import torch, play_fair
video = torch.ones(5, 3)
for model, arguments in ((3, {}), ([abs], {}), (torch.nn.Flatten(), {"budget": 2.5})):
    try:
        play_fair.explain(model, video, **arguments)
    except play_fair.UserError as error:
        print(error)
"""


def test_arguments_of_wrong_types_are_refused():
    """In a process of its own: here annotations are checked, and refuse them first."""
    done = subprocess.run([sys.executable, "-c", WRONG_TYPES], capture_output=True, text=True, check=True)
    for line, expected in zip(
        done.stdout.splitlines(),
        (
            "expected a model as a module or function of a batch of videos, a list of modules, or a Game, got int",
            "expected a list of modules, for 1, 2, ... frames, as a multi-scale model, got one of ['builtin",
            "expected a budget of at least 1 evaluation, got 2.5",
        ),
        strict=True,
    ):
        assert line.startswith(expected)


def test_the_error_of_a_model_is_the_cause():
    with pytest.raises(UserError) as error:
        play_fair.explain(lambda frames: frames @ torch.ones(7, 2), torch.ones(5, 3))
    assert isinstance(error.value.__cause__, RuntimeError)


# Captum's interface


def test_frame_shapley_has_the_interface_of_captum():
    model, videos = Recurrent(), torch.randn(3, 5, N_FEATURES)
    method = play_fair.FrameShapley(model, removal="hold")
    expected = [play_fair.explain(model, video, removal="hold").values for video in videos]
    for target, columns in ((1, [1, 1, 1]), ([0, 1, 2], [0, 1, 2]), (torch.tensor([3, 0, 1]), [3, 0, 1])):
        attributions = method.attribute(videos, target)
        assert attributions.dtype == torch.float32
        for row, values, column in zip(attributions, expected, columns, strict=True):
            np.testing.assert_array_equal(row.numpy(), values[:, column])


def test_frame_shapley_needs_no_target_for_a_single_output():
    attributions = play_fair.FrameShapley(lambda frames: frames.sum(dim=(1, 2)), activation="none").attribute(
        torch.randn(2, 4, 3)
    )
    assert attributions.shape == (2, 4)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (None, "a target class, 0 to 3, for a model of 4 outputs"),
        (4, r"class ids in 0..3, got 4"),
        (-1, r"class ids in 0..3, got -1"),
        ([0], "one class id, or one for each of 2 videos, got"),
        (torch.tensor(0.5), "one class id, or one for each of 2 videos, got"),
    ],
)
def test_targets_are_checked(target, message):
    with pytest.raises(UserError, match=message):
        play_fair.FrameShapley(Recurrent()).attribute(torch.randn(2, 4, N_FEATURES), target)
