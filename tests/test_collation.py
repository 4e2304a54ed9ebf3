from dataclasses import replace

import numpy as np
import pytest

from example_results import make_results
from play_fair.collation import collate_files
from play_fair.errors import UserError
from play_fair.files import temporary_beside
from play_fair.results import EsvResults

ATTRS = {"dataset": "demo", "model": "MTRN"}


@pytest.fixture
def inputs(tmp_path):
    paths = [tmp_path / "1.pkl", tmp_path / "2.pkl"]
    make_results(1, uids=["v2", "v0", "v1"]).save(paths[0])
    make_results(2, uids=["v0", "v1", "v2", "v3", "v4"]).save(paths[1])
    return paths


def test_collates_and_says_what_was_left_out(tmp_path, inputs):
    lines = collate_files(inputs, tmp_path / "out.pkl", ATTRS)
    assert lines == [
        "3 videos, frames fed to the model: 1, 2",
        "Left out, as not in every input: 2 videos",
        f"  {inputs[0]}: 3 videos, lacks 2",
        f"  {inputs[1]}: 5 videos, lacks 0",
    ]
    collated = EsvResults.load(tmp_path / "out.pkl")
    assert collated.collated
    assert dict(collated.attrs) == ATTRS
    np.testing.assert_array_equal(collated.shapley_values[1], EsvResults.load(inputs[1]).shapley_values[[2, 0, 1]])


def test_only_some_videos(tmp_path, inputs):
    (tmp_path / "uids.csv").write_text("class,uid\n0,v1\n1,v2\n2,v4\n")
    lines = collate_files(inputs, tmp_path / "out.pkl", ATTRS, tmp_path / "uids.csv")
    assert EsvResults.load(tmp_path / "out.pkl").uids.tolist() == ["v2", "v1"]
    assert lines[1] == "Left out, as not in every input: 1 video"


def test_nothing_left_out_is_no_line(tmp_path, inputs):
    temporary_beside(tmp_path / "out.pkl").touch()  # of a killed run
    assert len(collate_files(inputs[:1], tmp_path / "out.pkl", ATTRS)) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"1.pkl", "2.pkl", "out.pkl"}


def test_the_output_is_no_input(tmp_path, inputs):
    before = inputs[1].read_bytes()
    with pytest.raises(UserError, match="not among the inputs"):
        collate_files(inputs, inputs[1], ATTRS)
    assert inputs[1].read_bytes() == before


@pytest.mark.parametrize(
    ("attrs", "other", "message"),
    [
        ({"model": "MTRN"}, {"model": "TSN"}, "model is 'MTRN' in one and 'TSN' in the other"),
        ({"dataset": "demo"}, {"dataset": "SSv2"}, "dataset is 'demo' in one and 'SSv2' in the other"),
        (
            {"checkpoints_sha256": {"trn_1.pth": "a", "trn_2.pth": "b"}},
            {"checkpoints_sha256": {"trn_1.pth": "a", "trn_2.pth": "c"}},
            "checkpoints_sha256 is",
        ),
    ],
)
def test_different_models_are_refused(tmp_path, inputs, attrs, other, message):
    for path, own in zip(inputs, (attrs, other), strict=True):
        replace(EsvResults.load(path), attrs=own).save(path)
    with pytest.raises(UserError, match=f"result 1 and result 2 are of different models, {message}"):
        collate_files(inputs, tmp_path / "out.pkl", ATTRS)
    assert not (tmp_path / "out.pkl").exists()


def test_a_model_without_a_name_or_in_another_folder_is_no_other_model(tmp_path, inputs):
    attrs = [{"model": "", "checkpoints_sha256": {f"{folder}/tsn.pth": "a"}} for folder in ("here", "there")]
    for path, own in zip(inputs, ({**attrs[0], "model": "TSN"}, attrs[1]), strict=True):
        replace(EsvResults.load(path), attrs=own).save(path)
    collate_files(inputs, tmp_path / "out.pkl", ATTRS)
    assert len(EsvResults.load(tmp_path / "out.pkl").scales) == 2


def test_contradicting_inputs_write_nothing(tmp_path, inputs):
    make_results(3, n_classes=4).save(tmp_path / "3.pkl")
    with pytest.raises(UserError, match="different class priors"):
        collate_files([*inputs, tmp_path / "3.pkl"], tmp_path / "out.pkl", ATTRS)
    assert not (tmp_path / "out.pkl").exists()
