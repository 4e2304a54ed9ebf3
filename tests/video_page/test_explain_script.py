"""Script 11 as a person runs it, on the tiny project's models."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from numbered_scripts import SCRIPTS, run_here
from play_fair.errors import UserError
from play_fair.results import EsvResults
from play_fair.video_page.model import load_video_model
from synthetic_media import make_video
from tiny_project import ROOT, config

pytestmark = pytest.mark.e2e

CONFIG = config("feature_multiscale_trn")


@pytest.fixture
def in_project(tiny_project, monkeypatch):
    monkeypatch.chdir(tiny_project.folder)
    return tiny_project.folder


def explain(project, *arguments):
    command = [sys.executable, SCRIPTS["11"], *map(str, arguments)]
    return subprocess.run(command, cwd=project.folder, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("model", ["tsn", "mtrn"])
def test_a_file_gets_the_esvs_it_has_in_its_dataset(in_project, tmp_path, capsys, model):
    """From file to page in one step, or by gulp, features and results files: it is the same."""
    by_the_pipeline = EsvResults.load(in_project / f"datasets/demo/esvs/{model}-3.pkl")
    uids = by_the_pipeline.uids[:3].tolist()
    videos = [f"datasets/demo/videos/{uid}.webm" for uid in uids]
    of_model = config({"tsn": "feature_tsn", "mtrn": "feature_multiscale_trn"}[model])
    arguments = [*videos, "--config", of_model, "--sample-n-frames", "3", "--output-dir", str(tmp_path)]
    run_here("11", *arguments)
    assert capsys.readouterr().out.splitlines()[-1] == f"Explanation: {tmp_path}/index.html"
    results, expected = EsvResults.load(tmp_path / "results.pkl"), by_the_pipeline.take(uids)
    assert results.uids.tolist() == uids
    assert np.array_equal(results.sequence_idxs, expected.sequence_idxs)
    assert np.array_equal(results.sequence_lengths, expected.sequence_lengths)
    assert np.abs(results.scores - expected.scores).max() < 1e-5
    assert np.abs(results.shapley_values - expected.shapley_values).max() < 1e-5
    assert results.attrs["command"].startswith("python src/scripts/11_explain_video.py datasets/demo/videos/")


def test_asked_classes_and_a_broken_video(tiny_project, tmp_path):
    good, bad = make_video(tmp_path / "good.webm"), tmp_path / "bad.mp4"
    bad.write_text("no video")
    done = explain(tiny_project, good, bad, "--class", "uncover", "--output-dir", tmp_path / "out")
    assert done.returncode == 1
    assert f"{bad}: not explained, Invalid data found when processing input" in done.stdout
    assert done.stdout.splitlines()[-1] == f"Explanation: {tmp_path}/out/index.html"
    assert done.stderr.splitlines()[-1].startswith("error: 1 of 2 videos failed")
    assert "you asked" in (tmp_path / "out" / "good.html").read_text()
    assert json.loads((tmp_path / "out" / "good.json").read_text())["model"] == "MTRN"


def test_models_that_are_not_there_yet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    with pytest.raises(UserError, match=r"not all there: .* does not exist \(nor .* other files\); run bin/demo once"):
        load_video_model(Path(CONFIG))
    with pytest.raises(UserError, match="train or download it as the README says, or name another model"):
        load_video_model(Path("configs/feature_tsn.jsonnet"))


def write_config(folder, changes):
    path = folder / "model.jsonnet"
    path.write_text(f"(import '{Path.cwd() / CONFIG}') {{ {changes} }}")
    return path


def test_what_the_config_does_not_name_must_be_given(in_project, tmp_path):
    path = write_config(tmp_path, "dataset+: { backbone_config: null }")
    with pytest.raises(UserError, match=r"expected dataset\.backbone_config in .*, or --backbone-config: without it"):
        load_video_model(path)
    assert load_video_model(path, backbone_config=Path(config("light"))).name == "MTRN"


def test_classes_of_another_dataset(in_project, tmp_path):
    (tmp_path / "classes.csv").write_text("name,id\nup,0\ndown,1\n")
    with pytest.raises(UserError, match=r"expected the names of the 10 classes 0\.\.9 in .*, got 2; is it of another"):
        load_video_model(Path(CONFIG), classes_csv=tmp_path / "classes.csv")


def test_a_backbone_of_other_features(in_project, tmp_path):
    (tmp_path / "b.jsonnet").write_text(
        f"(import '{Path.cwd() / config('light')}') {{ backbone+: {{ feature_dim: 7 }} }}"
    )
    with pytest.raises(
        UserError, match=r"expected a backbone of 256 features, .* makes 7; name another with --backbone"
    ):
        load_video_model(Path(CONFIG), backbone_config=tmp_path / "b.jsonnet")


def test_given_files_must_be_there(in_project, tmp_path):
    with pytest.raises(UserError, match=r"expected a class priors csv .* at .*/none\.csv, but it does not exist"):
        load_video_model(Path(CONFIG), class_priors=tmp_path / "none.csv")
