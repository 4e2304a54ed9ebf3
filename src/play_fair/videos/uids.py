"""Validate uids of videos, which become names of files: a label file must not refer to other folders."""

from pathlib import Path

from play_fair.errors import UserError, shown

MAX_BYTES = 240
"""Longest uid: names of files have at most 255 bytes, with a suffix."""


def require_plain_uid(uid: str, where: Path | str) -> str:
    """Return `uid` if it can be the name of a file.

    Args:
        where: origin of the uid, for the message.

    Raises:
        UserError: it is empty, hidden, too long, or contains a path such as ../x.
    """
    if len(uid.encode(errors="replace")) > MAX_BYTES:
        raise UserError(
            f"expected the id of a video to have {MAX_BYTES} bytes at most, got {shown(uid, 60)} in {where}"
        )
    if not uid or uid.startswith(".") or "/" in uid or "\\" in uid or not uid.isprintable():
        raise UserError(f"expected the id of a video to be a plain file name, got {uid!r} in {where}")
    return uid
