import pytest

from play_fair.errors import UserError
from play_fair.videos.uids import require_plain_uid


@pytest.mark.parametrize("uid", ["9", "78687", "push-left_003", "ünïcode 1"])
def test_plain_names_are_uids(uid):
    assert require_plain_uid(uid, "somewhere") == uid


@pytest.mark.parametrize("uid", ["", "../x", "/etc/passwd", "a/b", "a\\b", "..", ".hidden", "a\n", "a\0"])
def test_paths_are_not_uids(uid):
    with pytest.raises(UserError, match=r"expected the id of a video to be a plain file name, got .* in somewhere"):
        require_plain_uid(uid, "somewhere")


def test_long_names_are_not_uids():
    assert require_plain_uid("猫" * 80, "somewhere")
    for uid in ("x" * 241, "猫" * 81):
        with pytest.raises(
            UserError, match=r"expected the id of a video to have 240 bytes at most, got .* in somewhere"
        ):
            require_plain_uid(uid, "somewhere")
