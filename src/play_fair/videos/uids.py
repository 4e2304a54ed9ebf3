"""Names of videos: they become names of files, so a label file must not point elsewhere with them."""

from pathlib import Path

from play_fair.errors import UserError


def require_plain_uid(uid: str, where: Path | str) -> str:
    """`uid` if it can be the name of a file inside a folder.

    Raises:
        UserError: it is empty, hidden, or has a path in it, like ../x; `where` is named as its origin.
    """
    if not uid or uid.startswith(".") or "/" in uid or "\\" in uid or not uid.isprintable():
        raise UserError(f"expected the id of a video to be a plain file name, got {uid!r} in {where}")
    return uid
