"""The videos of the results: verdicts, search, and errors of files that do not fit together."""

from dataclasses import replace

import numpy as np
import pytest
from dashboard_example import CLASSES
from esv_dashboard.catalogue import ABSENT, CORRECT, MIXED, UNKNOWN, WRONG, Catalogue, Model

from play_fair.errors import UserError
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.labels import write_classes_csv
from play_fair.results import EsvResults


def results(scores, labels, uids=("a", "b", "c"), n_frames=2):
    """Results on videos of 6 frames with equal ESVs."""
    scores = np.array(scores, np.float32)
    n_classes = scores.shape[1]
    esvs = np.repeat((scores - 1 / n_classes)[:, None] / n_frames, n_frames, axis=1)
    return EsvResults.single(
        uids=list(uids),
        labels=np.array(labels, np.int64),
        sequence_lengths=np.full(len(uids), 6),
        priors=np.full(n_classes, 1 / n_classes),
        sequence_idxs=np.tile(uniform_frame_indices(6, n_frames), (len(uids), 1)),
        scores=scores,
        shapley_values=esvs.astype(np.float32),
    )


SURE = {0: (0.9, 0.1), 1: (0.1, 0.9)}


def test_verdicts_of_two_models():
    one = results([SURE[0], SURE[0], SURE[1]], [0, 1, 0])
    two = results([SURE[0], SURE[0], SURE[0], SURE[1]], [0, 1, 0, 1], uids="abcd", n_frames=2)
    other_scale = results([SURE[0]], [0], uids="e", n_frames=3)
    catalogue = Catalogue([Model("one", one), Model("two", two), Model("three", other_scale)], ["x", "y"])
    assert catalogue.uids == list("abcde")
    assert catalogue.verdicts(2).tolist() == [CORRECT, WRONG, MIXED, CORRECT, ABSENT]
    assert catalogue.verdict("b", 2) == WRONG
    assert catalogue.n_frames == [2, 3]


@pytest.mark.parametrize(
    ("text", "found"), [("", "abc"), ("A", "a"), ("up", "ac"), ("moving DOWN", "b"), ("c up", "c"), ("b up", "")]
)
def test_search_is_over_uid_and_class_name(text, found):
    catalogue = Catalogue(
        [Model("m", results([SURE[0]] * 3, [0, 1, 0], uids=("a", "xb", "yc")))], ["Lifting it up", "Moving it down"]
    )
    uids = catalogue.find(2, label=None, verdict=None, text=text)
    assert "".join(uid[-1] for uid in uids) == found


def test_the_very_uid_is_found_first():
    catalogue = Catalogue([Model("m", results([SURE[0]] * 3, [0, 1, 0], uids=("112", "12", "120")))], ["x", "y"])
    assert catalogue.find(2, label=None, verdict=None, text=" 12 ") == ["12", "112", "120"]


def test_of_a_video_without_a_true_class_nobody_says_that_a_model_is_right():
    labelled = results([SURE[0]] * 3, [0, 0, 0])
    catalogue = Catalogue([Model("m", replace(labelled, attrs={"labels": "predicted"}))], ["x", "y"])
    assert catalogue.verdicts(2).tolist() == [UNKNOWN] * 3
    assert catalogue.find(2, label=None, verdict=CORRECT, text="") == []
    assert catalogue.video("a").true_class is None
    assert Catalogue([Model("m", labelled)], ["x", "y"]).verdicts(2).tolist() == [CORRECT] * 3


def test_models_without_a_result_have_no_explanation(world):
    mtrn, tsn = Catalogue.load(world.settings(world.mtrn, world.tsn)).models
    assert mtrn.explain("100", 9) is None
    assert tsn.explain("100", 8) is None
    assert tsn.explain_all("100") == {}
    assert list(mtrn.explain_all("100")) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_explanations_are_those_of_the_results_with_class_names(world):
    (model,) = Catalogue.load(world.settings(world.tsn)).models
    assert model.explain("101", 8) == EsvResults.load(world.tsn).explanation("101", 8, CLASSES)


def test_of_two_results_for_a_number_of_frames_the_first_counts():
    first, second = results([SURE[0]] * 3, [0, 0, 0]), results([SURE[1]] * 3, [0, 0, 0])
    model = Model("m", replace(first, scales=(*first.scales, *second.scales), collated=True))
    assert model.n_frames == [2]
    assert model.predictions(["a"], 2).tolist() == [model.explain("a", 2).predicted] == [0]


def test_models_with_the_same_name_are_told_apart(world, tmp_path):
    copy = tmp_path / "again.pkl"
    copy.write_bytes(world.mtrn.read_bytes())
    catalogue = Catalogue.load(world.settings(world.mtrn, copy))
    assert [model.name for model in catalogue.models] == ["MTRN (mtrn)", "MTRN (again)"]


def test_classes_that_do_not_match_the_results(world, tmp_path):
    wrong = tmp_path / "classes.csv"
    write_classes_csv(wrong, {"a": 0, "b": 1})
    with pytest.raises(UserError, match=r"expected the names of the 12 classes of .*mtrn.pkl in .*, got 2"):
        Catalogue.load(world.settings().__class__((world.mtrn,), world.videos, wrong))


def test_results_that_contradict_each_other():
    one, two = results([SURE[0]] * 3, [0, 1, 0]), results([SURE[0]] * 3, [0, 0, 0])
    with pytest.raises(UserError, match="video b is of class 1 and has 6 frames in one, but of class 0 with 6 frames"):
        Catalogue([Model("one", one), Model("two", two)], ["x", "y"])


def test_no_videos_at_all():
    nothing = results(np.zeros((0, 2)), [], uids=())
    with pytest.raises(UserError, match="expected results of at least one video, got none"):
        Catalogue([Model("m", nothing)], ["x", "y"])
