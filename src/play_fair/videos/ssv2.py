"""Read the label files of Something-Something v2: videos of a split and their classes.

The data set comes as `something-something-v2-{train,validation,test,labels}.json`; the same without the long name, and
gzipped, is read too. A split is a list of {"id", "label", "template", "placeholders"}, the labels are {class name: id}.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from play_fair.errors import UserError, shown
from play_fair.files import read_json, require_file
from play_fair.labels import class_name_of
from play_fair.videos.split import UNLABELLED, LabelledVideo, Split
from play_fair.videos.uids import require_plain_uid


def read_ssv2_split(split_json: Path | str, classes_json: Path | None = None) -> Split:
    """Read a split from its json, with the class names in `classes_json`, or else in the labels json beside it.

    Raises:
        UserError: a file is missing or malformed; see `read_class_ids` and `read_split`.
    """
    require_file(split_json, "the label json of a split")
    class_ids = read_class_ids(classes_json or find_labels_json(split_json))
    return Split(read_split(split_json, class_ids), class_ids)


def find_labels_json(split_json: Path | str, option: str = "--classes-json") -> Path:
    """Find the labels json of a split's json, in the same folder.

    Args:
        option: what else names the file, for the message.

    Raises:
        UserError: there is none.
    """
    split_json = Path(split_json)
    stem = re.sub(r"\.json(\.gz)?$", "", split_json.name)
    prefix, _, _ = stem.rpartition("-")
    names = [f"{prefix}-labels", "labels"] if prefix else ["labels", "something-something-v2-labels"]
    candidates = [split_json.with_name(name + suffix) for name in names for suffix in (".json", ".json.gz")]
    for candidate in candidates:
        if candidate.is_file() and candidate.name != split_json.name:
            return candidate
    shown = " or ".join(path.name for path in candidates[::2])
    raise UserError(f"expected the class names of {split_json} in {shown} beside it; or say where with {option}")


def read_class_ids(labels_json: Path | str) -> dict[str, int]:
    """Read {class name: id}, in the order of the file.

    Raises:
        UserError: the file is missing, or is not such a mapping.
    """
    content = read_json(labels_json, "the json of class names (labels.json)")
    if not isinstance(content, dict) or not all(re.fullmatch(r"[0-9]{1,9}", str(value)) for value in content.values()):
        raise UserError(f"expected {{class name: id}} in {labels_json}, got {shown(content, 80)}")
    ids = {class_name_of(name): int(value) for name, value in content.items()}
    if not ids or len(ids) != len(content) or len(set(ids.values())) != len(ids):
        raise UserError(
            f"expected different names with different ids in {labels_json}, some are there twice or none is"
        )
    return ids


def read_split(split_json: Path | str, class_ids: Mapping[str, int]) -> list[LabelledVideo]:
    """Read the videos of a split, in the order of the file. If none has a template (test split), all are `UNLABELLED`.

    Raises:
        UserError: the file is missing or no such list; an entry is malformed, its id there twice, or its class unknown.
    """
    content = read_json(split_json, "the label json of a split")
    if not isinstance(content, list):
        raise UserError(f"expected a list of videos in {split_json}, got {shown(content, 80)}")
    if not content:
        raise UserError(f"expected at least one video in {split_json}, got an empty list")
    labelled = any(isinstance(entry, dict) and "template" in entry for entry in content)
    videos: dict[str, LabelledVideo] = {}
    for number, entry in enumerate(content):
        video = _parse(entry, f"entry {number} of {split_json}", class_ids, labelled)
        if video.uid in videos:
            raise UserError(
                f"expected each video once, but id {video.uid} is there again as entry {number}: {split_json}"
            )
        videos[video.uid] = video
    return list(videos.values())


def _parse(entry: Any, where: str, class_ids: Mapping[str, int], labelled: bool) -> LabelledVideo:
    uid = entry.get("id") if isinstance(entry, dict) else None
    if not isinstance(uid, str | int) or isinstance(uid, bool):
        raise UserError(f'expected an object with an "id" as {where}, got {shown(entry, 80)}')
    uid = require_plain_uid(str(uid), where)
    if not labelled:
        return LabelledVideo(uid, "", UNLABELLED, f"{uid}.webm")
    template = entry.get("template")
    if not isinstance(template, str):
        raise UserError(f"expected a template for video {uid}, got {shown(template, 80)}: {where}")
    class_id = class_ids.get(class_name_of(template))
    if class_id is None:
        raise UserError(f"the class of video {uid} is not in the labels json: {template!r} ({where})")
    return LabelledVideo(uid, template, class_id, f"{uid}.webm")
