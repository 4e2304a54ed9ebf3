"""What attributors refuse, and what they say."""

import pytest
import torch
from torch import nn

from play_fair.attribution import CharacteristicFunctionShapleyAttributor, OnlineShapleyAttributor
from play_fair.errors import UserError
from toy_games import order_game, toy_models


@pytest.mark.parametrize(
    ("video", "message"),
    [
        (torch.ones(5), r"one video of shape \(frames, features\), got \(5,\)"),
        (torch.ones(1, 2, 5), r"one video of shape \(frames, features\), got \(1, 2, 5\)"),
        (torch.ones(0, 5), r"at least one video and one frame, got \(1, 0, 5\)"),
        (torch.tensor([[1.0, float("nan"), 0, 0, 0]]), "finite features, got NaN"),
        (torch.ones(2, 4), r"model number 1 to take 1 x 4 = 4 features, but its first layer takes 5"),
    ],
)
def test_videos_are_checked(video, message):
    with pytest.raises(UserError, match=message):
        OnlineShapleyAttributor(toy_models(), torch.ones(4) / 4, 4).explain(video)


def test_batches_are_checked():
    with pytest.raises(UserError, match=r"videos of shape \(videos, frames, features\), got \(2, 5\)"):
        OnlineShapleyAttributor(toy_models(), torch.ones(4) / 4, 4).explain_batch(torch.ones(2, 5))


def test_priors_of_other_classes_are_refused():
    with pytest.raises(UserError, match=r"class priors of shape \(4,\), one for each class, got \(3,\)"):
        OnlineShapleyAttributor(toy_models(), torch.ones(3), 4)


def test_functions_of_other_classes_are_refused():
    with pytest.raises(UserError, match=r"scores of 3 classes \(n_classes\), got 2"):
        CharacteristicFunctionShapleyAttributor(order_game, 3).explain(torch.ones(2, 5))


def test_models_that_give_nan_are_refused():
    models = toy_models()
    nn.init.constant_(models[0].model[-1].bias, float("nan"))
    with pytest.raises(UserError, match="finite scores, but the model gives NaN or infinity; check its weights"):
        OnlineShapleyAttributor(models, torch.ones(4) / 4, 4).explain(torch.ones(2, 5))


def test_no_iterations_are_refused():
    with pytest.raises(UserError, match="n_iters of at least 1, got 0"):
        OnlineShapleyAttributor(toy_models(), torch.ones(4) / 4, 4).explain(torch.ones(2, 5), n_iters=0)


@pytest.mark.parametrize("v", ["multiscale", "function"])
def test_too_many_frames_to_be_exact_are_refused(v):
    online = OnlineShapleyAttributor(toy_models(), torch.ones(4) / 4, 4)
    exact = online if v == "multiscale" else CharacteristicFunctionShapleyAttributor(order_game, 2)
    message = (
        r"2\^40 = 1,099,511,627,776 coalitions, and [\d,.]+ GiB at once, more than the 4.0 GiB of max_memory: "
        r"explain fewer frames, or segments of frames, or estimate the ESVs with a budget"
    )
    with pytest.raises(UserError, match=message):
        exact.explain(torch.ones(40, 5))


def test_too_little_memory_for_one_video_is_refused():
    message = r"8 players need .* 2\^8 = 256 coalitions, .* 0.0 GiB at once, more than the 0.0"
    with pytest.raises(UserError, match=message):
        OnlineShapleyAttributor(toy_models(), torch.ones(4) / 4, 4, max_memory=1000).explain(torch.ones(8, 5))
