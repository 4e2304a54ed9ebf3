import json

import pytest

from play_fair.analysis.groups import read_groups
from play_fair.errors import UserError


def write(path, content):
    path.write_text(content, encoding="utf-8")
    return path


def test_a_csv(tmp_path):
    path = write(tmp_path / "groups.csv", "group,uid\nx,1\nx,2\ny,3\n")
    assert read_groups(path) == {"1": "x", "2": "x", "3": "y"}


def test_twins_of_the_demo(tmp_path):
    videos = {"1": {"twin": "9"}, "9": {"twin": "1"}, "2": {"twin": "3"}}
    path = write(tmp_path / "decisive-frames.json", json.dumps({"videos": videos}))
    groups = read_groups(path)
    assert groups["1"] == groups["9"] != groups["2"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "uid\n1\n", "expected the columns uid,group in .*, got uid"),
        ("a.csv", "", "expected the columns uid,group in .*, got nothing"),
        ("a.csv", "uid,group\n1\n", "expected a uid and a group in every row"),
        ("a.csv", "uid,group\n1,\n", "expected a uid and a group in every row"),
        ("a.json", "[]", "as in the demo's decisive-frames.json"),
        ("a.json", '{"videos": {"1": {}}}', "as in the demo's decisive-frames.json"),
        ("a.json", "{", "cannot read .* as json"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content, message):
    with pytest.raises(UserError, match=message):
        read_groups(write(tmp_path / name, content))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(UserError, match=r"expected a csv uid,group at .*none\.csv, but it does not exist"):
        read_groups(tmp_path / "none.csv")
