import json

import numpy as np
import pytest

from play_fair.errors import UserError
from play_fair.labels import read_class_priors, write_classes_csv
from play_fair.videos.gulp import EncodedVideo, write_chunk
from play_fair.videos.priors import priors_of_split

CLASSES = {"Moving something up": 2, "Never used something": 0, "Tearing something": 1}


@pytest.fixture
def train_json(tmp_path):
    templates = ["Moving [something] up"] * 3 + ["Tearing [something]"]
    videos = [{"id": str(i), "template": template} for i, template in enumerate(templates)]
    (tmp_path / "train.json").write_text(json.dumps(videos))
    (tmp_path / "labels.json").write_text(json.dumps({name: str(i) for name, i in CLASSES.items()}))
    return tmp_path / "train.json"


@pytest.mark.parametrize("smoothing", [0.0, 1.0])
def test_every_class_has_a_row(tmp_path, train_json, smoothing):
    output = tmp_path / "class-priors.csv"
    priors_of_split(train_json, output, smoothing=smoothing)
    expected = (np.array([0, 1, 3]) + smoothing) / (4 + 3 * smoothing)
    np.testing.assert_allclose(read_class_priors(output, 3), expected)
    assert [line.split(",")[0] for line in output.read_text().splitlines()] == ["class", "0", "1", "2"]


def test_class_ids_from_a_csv(tmp_path, train_json):
    (tmp_path / "labels.json").unlink()
    write_classes_csv(tmp_path / "classes.csv", CLASSES)
    priors_of_split(train_json, tmp_path / "out.csv", tmp_path / "classes.csv")
    assert read_class_priors(tmp_path / "out.csv", 3).tolist() == [0, 0.25, 0.75]


def test_a_split_without_labels_is_refused(tmp_path, train_json):
    train_json.write_text(json.dumps([{"id": "1"}, {"id": "2"}]))
    with pytest.raises(UserError, match="has no labels; use the train split"):
        priors_of_split(train_json, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_the_labels_of_a_gulp_folder(tmp_path):
    write_classes_csv(tmp_path / "classes.csv", CLASSES)
    for number, class_id in enumerate([2, 2, 2, 1]):
        meta = {"id": str(number), "label": "", "idx": class_id}
        write_chunk(tmp_path / "train", number, [EncodedVideo(str(number), meta, [b"\xff\xd8\xff\xd9"])])
    priors_of_split(tmp_path / "train", tmp_path / "out.csv")
    assert read_class_priors(tmp_path / "out.csv", 3).tolist() == [0, 0.25, 0.75]


def test_a_missing_split_is_told(tmp_path):
    with pytest.raises(UserError, match=r"expected the json of a split, or its gulp folder, at .*train, but there is"):
        priors_of_split(tmp_path / "train", tmp_path / "out.csv")
