import numpy as np
import pytest

from example_results import make_results
from play_fair.analysis import accuracy_table, describe, supporting_share
from play_fair.results import EsvResults

SCORES = np.array([[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], np.float32)
LABELS = np.array([0, 0, 2, 2])  # right, second, third, right
ESVS = np.zeros((4, 2, 3), np.float32)
ESVS[0, :, 0] = 1, 1  # right: two supporting frames
ESVS[3, :, 2] = 1, -1  # right: one supporting, one distracting
ESVS[1, :, 0] = -1, -1
ESVS[2, :, 2] = -1, 1


@pytest.fixture
def results():
    return EsvResults.single(
        uids=list("abcd"),
        labels=LABELS,
        sequence_lengths=np.full(4, 9),
        priors=np.full(3, 1 / 3),
        sequence_idxs=np.tile([2, 6], (4, 1)),
        scores=SCORES,
        shapley_values=ESVS,
    )


def test_accuracy(results):
    assert accuracy_table(results).to_dict("records") == [{"n_frames": 2, "videos": 4, "top1": 0.5, "top5": 1.0}]


def test_supporting_frames(results):
    table = supporting_share(results).set_index("prediction")
    assert table["videos"].to_dict() == {"correct": 2, "wrong": 2}
    assert table["supporting"].to_dict() == {"correct": 0.75, "wrong": 0.25}


def test_padding_is_no_frame(results):
    results.sequence_idxs[0, 1] = -1
    table = supporting_share(results).set_index("prediction")
    assert table["supporting"]["correct"] == pytest.approx(2 / 3)


def test_describe(tmp_path):
    collated = EsvResults.collate([make_results(1), make_results(2)], {"dataset": "demo", "model": "MTRN"})
    collated.save(tmp_path / "mtrn.pkl")
    lines = describe(tmp_path / "mtrn.pkl").splitlines()
    assert lines[0].startswith("MTRN on demo: 6 videos, max |sum of ESVs + prior - score| = ")
    assert [line.split()[0] for line in lines[1:]] == ["frames", "1", "2"]
