import gzip
import json

import pytest

from play_fair.errors import UserError
from play_fair.videos.split import LabelledVideo
from play_fair.videos.ssv2 import find_labels_json, read_class_ids, read_split

IDS = {"Moving something up": 4, "Covering something with something": 1}


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("split", "labels"),
    [
        ("train.json", "labels.json"),
        ("validation.json.gz", "labels.json.gz"),
        ("something-something-v2-train.json", "something-something-v2-labels.json"),
        ("something-something-v2-test.json", "labels.json"),
        ("validation.json", "something-something-v2-labels.json"),
    ],
)
def test_the_class_names_are_found_beside_the_split(tmp_path, split, labels):
    (tmp_path / labels).touch()
    assert find_labels_json(tmp_path / split) == tmp_path / labels


def test_a_split_is_not_its_own_labels(tmp_path):
    (tmp_path / "labels.json").touch()
    with pytest.raises(UserError, match=r"expected the class names .* or say where with --classes-json"):
        find_labels_json(tmp_path / "labels.json")


def test_class_ids_keep_the_order_of_the_file(tmp_path):
    path = write(tmp_path / "labels.json", {"Moving something up": "4", "Covering [something] with [something]": 1})
    assert list(read_class_ids(path).items()) == list(IDS.items())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], r"expected \{class name: id\} in .*labels.json, got \[\]"),
        ({"a": "9" * 5000}, r"expected \{class name: id\}"),
        ({"a": "first"}, r"expected \{class name: id\}"),
        ({"a": "0", "b": 0}, "expected different names with different ids"),
        ({"a [b]": "0", "a b": "1"}, "expected different names with different ids"),
        ({}, "expected different names with different ids"),
        ("{", "cannot read .*labels.json as json"),
    ],
)
def test_bad_class_names_are_refused(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        read_class_ids(write(tmp_path / "labels.json", content))


def test_a_split_gives_each_video_its_class(tmp_path):
    entries = [
        {"id": "78687", "label": "moving a box up", "template": "Moving [something] up", "placeholders": ["a box"]},
        {"id": 9, "template": "Covering [something] with [something]"},
    ]
    expected = [
        LabelledVideo("78687", "Moving [something] up", 4, "78687.webm"),
        LabelledVideo("9", "Covering [something] with [something]", 1, "9.webm"),
    ]
    assert read_split(write(tmp_path / "train.json", entries), IDS) == expected
    (tmp_path / "train.json.gz").write_bytes(gzip.compress(json.dumps(entries).encode()))
    assert read_split(tmp_path / "train.json.gz", IDS) == expected


def test_a_split_without_templates_is_unlabelled(tmp_path):
    assert read_split(write(tmp_path / "test.json", [{"id": "1"}]), IDS) == [LabelledVideo("1", "", -1, "1.webm")]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"id": "1"}, "expected a list of videos in .*train.json, got {'id': '1'}"),
        (["1"], "expected an object with an \"id\" as entry 0 of .*train.json, got '1'"),
        ([{"template": "Moving [something] up"}], 'expected an object with an "id"'),
        ([{"id": None, "template": "Moving [something] up"}], 'expected an object with an "id"'),
        ([{"id": "../x", "template": "Moving [something] up"}], r"plain file name, got '../x' in entry 0"),
        ([{"id": "1", "template": "Moving [something] up"}, {"id": "2"}], "expected a template for video 2, got None"),
        ([{"id": "1", "template": 3}], "expected a template for video 1, got 3"),
        ([{"id": "1", "template": "Eating [something]"}], "class of video 1 is not in the labels json: 'Eating"),
        ([{"id": "1"}, {"id": 1}], "expected each video once, but id 1 is there again as entry 1"),
    ],
)
def test_malformed_entries_are_refused(tmp_path, entries, message):
    with pytest.raises(UserError, match=message):
        read_split(write(tmp_path / "train.json", entries), IDS)
