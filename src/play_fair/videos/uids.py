"""Names of videos: they become names of files, so a label file must not point elsewhere with them."""

import csv
from pathlib import Path

from play_fair.errors import UserError
from play_fair.files import require_file


def require_plain_uid(uid: str, where: Path | str) -> str:
    """`uid` if it can be the name of a file inside a folder.

    Raises:
        UserError: it is empty, hidden, or has a path in it, like ../x; `where` is named as its origin.
    """
    if not uid or uid.startswith(".") or "/" in uid or "\\" in uid or not uid.isprintable():
        raise UserError(f"expected the id of a video to be a plain file name, got {uid!r} in {where}")
    return uid


def read_uids_csv(path: Path | str) -> list[str]:
    """The uids of a csv: its column `uid`, or, where no column is called that, its first column without a header.

    Raises:
        UserError: the file is missing, empty, or a uid is not a plain file name.
    """
    path = require_file(path, "a csv of video ids")
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row]
    column = 0
    if rows and "uid" in rows[0]:
        column = rows.pop(0).index("uid")
    if not rows:
        raise UserError(f"expected at least one video id in {path}, got none")
    if any(len(row) <= column for row in rows):
        raise UserError(f"expected a video id in every row of {path}, but a row is shorter than its header")
    return [require_plain_uid(row[column].strip(), path) for row in rows]
