"""Names of videos: they become names of files, so a label file must not point elsewhere with them."""

from pathlib import Path

from play_fair.errors import UserError, shown

MAX_BYTES = 200
"""Names of files have 255 at most, and we put something before and behind."""


def require_plain_uid(uid: str, where: Path | str) -> str:
    """`uid` if it can be the name of a file inside a folder.

    Raises:
        UserError: it is empty, hidden, too long, or has a path in it, like ../x; `where` is named as its origin.
    """
    if len(uid.encode(errors="replace")) > MAX_BYTES:
        raise UserError(
            f"expected the id of a video to have {MAX_BYTES} bytes at most, got {shown(uid, 60)} in {where}"
        )
    if not uid or uid.startswith(".") or "/" in uid or "\\" in uid or not uid.isprintable():
        raise UserError(f"expected the id of a video to be a plain file name, got {uid!r} in {where}")
    return uid
