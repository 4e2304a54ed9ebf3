import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from play_fair.analysis.groups import read_groups
from play_fair.errors import UserError
from play_fair.labels import (
    class_name_of,
    class_priors,
    read_class_priors,
    read_classes_csv,
    read_uids_csv,
    write_class_priors,
    write_classes_csv,
)


def test_class_names_have_no_brackets():
    template = "Putting [number of] [something] onto [something]"
    assert class_name_of(template) == "Putting number of something onto something"


@given(st.lists(st.integers(0, 6), min_size=1), st.floats(0, 5))
def test_priors_are_frequencies(labels, smoothing):
    priors = class_priors(labels, 7, smoothing)
    expected = [(labels.count(c) + smoothing) / (len(labels) + 7 * smoothing) for c in range(7)]
    np.testing.assert_allclose(priors, expected)
    assert priors.sum() == pytest.approx(1)


def test_a_class_without_examples_has_prior_zero():
    assert class_priors([0, 2, 2, 2], 4).tolist() == [0.25, 0, 0.75, 0]


@pytest.mark.parametrize(
    ("labels", "smoothing", "message"),
    [
        ([], 0.0, "at least one labelled video"),
        ([4], 0.0, r"class ids in 0\.\.3, got 4"),
        ([0], -1.0, "smoothing count"),
    ],
)
def test_impossible_priors(labels, smoothing, message):
    with pytest.raises(UserError, match=message):
        class_priors(labels, 4, smoothing)


@given(st.integers(1, 12), st.randoms())
def test_priors_are_read_by_class_id_whatever_the_order_of_rows(tmp_path_factory, n_classes, random):
    path = tmp_path_factory.mktemp("priors") / "class-priors.csv"
    priors = class_priors(list(range(n_classes)) + [0] * 5, n_classes)
    write_class_priors(path, priors)
    header, *rows = path.read_text().splitlines()
    random.shuffle(rows)
    path.write_text("\n".join([header, *rows]))
    np.testing.assert_array_equal(read_class_priors(path, n_classes), priors)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("class,prior\n0,0.5\n2,0.5\n", r"2 are missing: 1, 3; compute them again"),
        ("class,prior\n0,0.5\n1,0.5\n1,0\n", "got class 1 again in .*, line 4"),
        ("class,prior\n9,1\n", r"class ids in 0\.\.3, got 9"),
        ("class,prior\n0,1.5\n", r"a prior in 0\.\.1, got 1.5"),
        ("class,prior\n0,.4\n1,.1\n2,.1\n3,.1\n", "sum to 1, but they sum to 0.7"),
        ("class,prior\n0,.4\n1,.2\n2,.2\n3,.201\n", "sum to 1, but they sum to 1.001"),
        ("class,prior\n0,much\n", "expected a number, got 'much'"),
        ("id,prior\n0,1\n", "expected the columns class,prior in .*, got 'id,prior'"),
        ("", "got nothing"),
        ("class,prior\nnan,1\n", "expected a class id, 0 or more, got 'nan' in .*, line 2"),
        ("class,prior\n0,nan\n", r"a prior in 0\.\.1, got nan"),
        ("class,prior\n\n0\n", "line 3, but it is shorter than the header"),
    ],
)
def test_bad_priors_are_told(tmp_path, content, message):
    path = tmp_path / "class-priors.csv"
    path.write_text(content)
    with pytest.raises(UserError, match=message):
        read_class_priors(path, 4)


def test_classes_round_trip_with_quotes_and_commas(tmp_path):
    ids = {'Opening "something"': 2, "Lifting something, then letting it go": 0, "Plain": 1}
    write_classes_csv(tmp_path / "classes.csv", ids)
    assert read_classes_csv(tmp_path / "classes.csv") == ids
    assert (tmp_path / "classes.csv").read_text().startswith('name,id\n"Opening ""something""",2\n')


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name,id\na,0\na,1\n", r"expected each name once in .*classes.csv, but these come twice: a"),
        ("name,id\na,0\nb,0\n", r"expected each id once in .*classes.csv, but these come twice: 0"),
        ("name,id\n", r"expected at least one class in .*classes.csv, got none"),
        ("name,id\na,-1\n", r"expected a class id, 0 or more, got '-1' in .*classes.csv, line 2"),
        ('name,id\n"a\nb",0\nc,x\n', "got 'x' in .*, line 4"),
        ("name,id\na," + "9" * 5000 + "\n", r"got '9+\.\.\. in .*, line 2"),
    ],
)
def test_bad_classes_are_told(tmp_path, content, message):
    (tmp_path / "classes.csv").write_text(content)
    with pytest.raises(UserError, match=message):
        read_classes_csv(tmp_path / "classes.csv")


@pytest.mark.parametrize("separator", [",", ";"])
def test_files_that_excel_has_saved_are_read(tmp_path, separator):
    def saved(*rows):
        text = "".join(f"{separator.join(row)}\r\n" for row in rows)
        (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
        return tmp_path / "x.csv"

    half = "0,5" if separator == ";" else "0.5"
    assert read_classes_csv(saved(("name", "id"), ("a", "0"))) == {"a": 0}
    assert read_class_priors(saved(("class", "prior"), ("1", half), ("0", half)), 2).tolist() == [0.5, 0.5]
    assert read_uids_csv(saved(("label", "uid"), ("x", "7"))) == ["7"]
    assert read_groups(saved(("uid", "group"), ("7", "a"), ("9", "a"))) == {"7": "a", "9": "a"}


@pytest.mark.parametrize(
    "content", ["uid\n7\n9\n", "7\n9\n", "7,x\n9,y\n", "label,uid\n1,7\n2,9\n", "\n7\n\n9\n", '"7"\n"9"\n']
)
def test_uids_come_from_the_column_or_the_first(tmp_path, content):
    (tmp_path / "uids.csv").write_text(content)
    assert read_uids_csv(tmp_path / "uids.csv") == ["7", "9"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("uid\n", "expected at least one video id in .*uids.csv, got none"),
        ("", "expected at least one video id"),
        ("label,uid\n1\n", "a row is shorter than its header"),
    ],
)
def test_bad_lists_are_refused(tmp_path, content, message):
    (tmp_path / "uids.csv").write_text(content)
    with pytest.raises(UserError, match=message):
        read_uids_csv(tmp_path / "uids.csv")


def test_what_is_no_text_is_told(tmp_path):
    (tmp_path / "classes.csv").write_bytes(b"\x80\x81\x00")
    with pytest.raises(UserError, match=r"cannot read .*classes.csv as csv"):
        read_classes_csv(tmp_path / "classes.csv")
