"""The demo's files as notebooks find them: run in the tests' tiny project."""

import shutil

import numpy as np
import pytest
import torch

from notebook_helpers.demo import DemoNotFoundError, DemoVideos, demo_attributor, enter_project
from notebook_helpers.panel import estimators_of, panel
from play_fair.errors import UserError
from play_fair.frame_sampling import uniform_frame_indices


@pytest.fixture
def in_project(tiny_project, monkeypatch):
    monkeypatch.chdir(tiny_project.folder)
    return tiny_project


def test_the_project_is_found_from_any_folder_in_it(in_project):
    assert enter_project(in_project.folder / "datasets" / "demo") == in_project.folder.resolve()
    assert enter_project() == in_project.folder.resolve()


def test_outside_of_the_project(tmp_path):
    with pytest.raises(DemoNotFoundError, match=r"expected to be in a folder of the project .*configs/demo.*, got /"):
        enter_project(tmp_path)


def test_without_the_demo_the_message_names_its_command(in_project, tmp_path, monkeypatch):
    shutil.copytree(in_project.folder / "configs", tmp_path / "configs")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DemoNotFoundError, match=r"such as .*class-priors\.csv: run `bin/demo --no-serve`") as raised:
        enter_project()
    assert raised.value._render_traceback_() == [f"DemoNotFoundError: {raised.value}"]


def test_a_video_has_its_features_and_its_pictures(in_project):
    videos = DemoVideos()
    assert len(videos.classes) == 10
    uid = videos.of_class(videos.classes[4])[0]
    video = videos.sampled(uid, 5)
    assert (video.uid, video.label) == (uid, 4)
    assert video.features.shape == (5, 256)
    assert video.features.dtype == torch.float32
    assert video.pictures.shape[0] == 5
    length = int(video.indices[-1]) + 1 + (int(video.indices[1]) - int(video.indices[0])) // 2
    assert any(np.array_equal(video.indices, uniform_frame_indices(n, 5)) for n in range(length - 1, length + 3))


def test_wrong_names_are_told(in_project):
    videos = DemoVideos()
    with pytest.raises(UserError, match=r"expected a class among .*Uncovering something.*; got 'Dancing'"):
        videos.of_class("Dancing")
    with pytest.raises(UserError, match="expected one of the 20 videos of the split, got the id 'none'"):
        videos.sampled("none", 3)
    with pytest.raises(UserError, match=r"expected at most the \d+ frames that video .* has, got 99"):
        videos.sampled(videos.uids[0], 99)


def test_controls_follow_each_other(in_project, monkeypatch):
    shown = []
    monkeypatch.setattr("notebook_helpers.panel.display", shown.append)
    videos = DemoVideos()
    models = {"MTRN": demo_attributor("feature_multiscale_trn"), "TSN": demo_attributor("feature_tsn")}
    assert [estimators_of(model) for model in models.values()] == [
        ("constructive", "surrogate"),
        ("constructive", "layered", "permutations", "set_kernel"),
    ]
    about_video, _, about_estimates, _ = panel(models, videos, videos.classes[0]).children
    model, class_, uid = about_video.children
    estimator, samples, *_ = about_estimates.children
    class_.value = videos.classes[3]
    assert list(uid.options) == videos.of_class(videos.classes[3])
    model.value = "TSN"
    assert estimator.options == ("constructive", "layered", "permutations", "set_kernel")
    estimator.value = "layered"
    samples.value = 64
    film, _ = shown[-1].axes
    assert "layered: 960 evaluations" in film.get_title(loc="left")
