import pytest

from play_fair.errors import UserError
from play_fair.videos.uids import read_uids_csv, require_plain_uid


@pytest.mark.parametrize("uid", ["9", "78687", "push-left_003", "ünïcode 1"])
def test_plain_names_are_uids(uid):
    assert require_plain_uid(uid, "somewhere") == uid


@pytest.mark.parametrize("uid", ["", "../x", "/etc/passwd", "a/b", "a\\b", "..", ".hidden", "a\n", "a\0"])
def test_paths_are_not_uids(uid):
    with pytest.raises(UserError, match=r"expected the id of a video to be a plain file name, got .* in somewhere"):
        require_plain_uid(uid, "somewhere")


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
        ("uid\n../x\n", "plain file name, got '../x'"),
    ],
)
def test_bad_lists_are_refused(tmp_path, content, message):
    (tmp_path / "uids.csv").write_text(content)
    with pytest.raises(UserError, match=message):
        read_uids_csv(tmp_path / "uids.csv")
