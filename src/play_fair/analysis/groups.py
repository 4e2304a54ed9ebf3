"""Groups of dependent videos, which the bootstrap draws together."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from play_fair.errors import UserError
from play_fair.files import read_json, require_file
from play_fair.labels import read_rows


def read_groups(path: Path) -> dict[str, str]:
    """uid -> group, from a csv `uid,group`, or from the demo's decisive-frames.json, where twins are a group.

    Raises:
        UserError: the file is missing or has not this content.
    """
    return _of_demo(path) if path.suffix == ".json" else _of_csv(path)


def twins(uids: Iterable[str], groups: Mapping[str, str]) -> dict[str, str]:
    """uid -> the other video of a group of two, such as the clip backwards; of those of `uids` that have one."""
    members: dict[str, list[str]] = {}
    for uid in uids:
        if uid in groups:
            members.setdefault(groups[uid], []).append(uid)
    pairs = [pair for pair in members.values() if len(pair) == 2]
    return {uid: other for one, two in pairs for uid, other in ((one, two), (two, one))}


def _of_csv(path: Path) -> dict[str, str]:
    path = require_file(path, "a csv uid,group")
    columns, *cells = [row for _, row in read_rows(path)] or [[]]
    rows = [dict(zip(columns, row, strict=False)) for row in cells]
    if not {"uid", "group"} <= set(columns):
        raise UserError(f"expected the columns uid,group in {path}, got {','.join(columns) or 'nothing'}")
    if not all(row.get("uid") and row.get("group") for row in rows):
        raise UserError(f"expected a uid and a group in every row of {path}, but one lacks them")
    return {row["uid"]: row["group"] for row in rows}


def _of_demo(path: Path) -> dict[str, str]:
    content = read_json(path, "groups of videos")
    try:
        twins = {uid: str(video["twin"]) for uid, video in content["videos"].items()}
    except (KeyError, TypeError, AttributeError):
        raise UserError(
            f'expected {{"videos": {{uid: {{"twin": uid}}}}}} in {path}, as in the demo\'s decisive-frames.json; '
            "give other groups as a csv uid,group"
        ) from None
    return {uid: min(uid, twin) for uid, twin in twins.items()}
