"""Records in the folder of shards: the settings of the job, and checksums and result of each finished shard.

A shard is finished when its record exists and the checksums in it match its files. Records are json files with a
checksum of their own.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from play_fair.errors import UserError
from play_fair.files import checksum, locked, read_json, remove, write_json
from play_fair.jobs.job import Job, OnItems, Result, shards_folder

_SETTINGS = ".settings.json"
_log = logging.getLogger(__name__)


def write_shards(job: Job[Any], indices: Iterator[int], device: str, on_items: OnItems) -> None:
    """Write shards of `job` and, after each, its record."""
    for index, result in job.write(indices, device, on_items):
        _write_record(_shard_record(job, index), {"files": _checksums(job, index), "result": result})


def is_finished(job: Job[Any], index: int) -> bool:
    """Whether shard `index` is written. A damaged one is logged and removed."""
    path = _shard_record(job, index)
    if not path.exists():
        return job.is_there(index)
    files = job.files(index)
    try:
        recorded = _read_record(path)["files"]
    except UserError as error:
        _log.warning("%s; its shard is made again", error)
    else:
        if recorded == _checksums(job, index):
            return True
        _log.warning("%s: missing or damaged; the shard is made again", ", ".join(map(str, files)))
        if not any(recorded):  # the items of this shard failed, so what is there now was made by someone else
            files = []
    for file in (*files, path):
        remove(file)
    return False


def result_of(job: Job[Result], index: int) -> list[Result]:
    """The result of shard `index`, or none where it was complete before the job began."""
    path = _shard_record(job, index)
    return [_read_record(path)["result"]] if path.exists() else []


def unfinished_settings(output: Path) -> dict[str, Any] | None:
    """The settings of the unfinished job that makes `output`; None without one.

    If they are damaged, this is logged and the records are removed with them: all shards are made again.
    """
    path = shards_folder(output) / _SETTINGS
    if not path.exists():
        return None
    try:
        return _read_record(path)
    except UserError as error:
        _log.warning("%s; all shards in %s are made again", error, path.parent)
        for record in path.parent.glob("[!.]*.json"):
            remove(record)
        remove(path)
        return None


def claim(output: Path, settings: Mapping[str, Any], alone: bool) -> None:
    """Note the settings of a new job, or require those of the unfinished one.

    Args:
        alone: no other run takes part; then settings without any finished shard may be replaced.

    Raises:
        UserError: the unfinished job has other settings.
    """
    folder = shards_folder(output)
    with locked(folder / _SETTINGS, wait=True):
        before = unfinished_settings(output)
        if before is None or (alone and not has_records(output)):
            _write_record(folder / _SETTINGS, dict(settings))
        else:
            _require_equal(folder, before, settings)


def has_records(output: Path) -> bool:
    """Whether a shard of the unfinished job that makes `output` is finished."""
    return any(shards_folder(output).glob("[!.]*.json"))


def require_same_settings(path: Path, settings: Mapping[str, Any]) -> None:
    """Require that the folder of `path` was made with `settings`; note them in `path` where nothing is noted.

    Raises:
        UserError: it was made with others, or `path` is damaged.
    """
    if not path.exists():
        write_json(path, dict(settings))
    before = read_json(path, "the settings of a folder")
    if not isinstance(before, dict):
        raise UserError(f"expected a JSON object of settings in {path}, got a {type(before).__name__}")
    _require_equal(path.parent, before, settings)


def _shard_record(job: Job[Any], index: int) -> Path:
    return shards_folder(job.output) / f"{job.name(index)}.json"


def _checksums(job: Job[Any], index: int) -> list[str | None]:
    return [checksum(file) for file in job.files(index)]


def _write_record(path: Path, content: dict[str, Any]) -> None:
    write_json(path, {"sha256": _digest(content), "content": content})


def _read_record(path: Path) -> dict[str, Any]:
    """The content of a record.

    Raises:
        UserError: it is damaged.
    """
    record = read_json(path, "a record of a job")
    if not isinstance(record, dict) or record.get("sha256") != _digest(record.get("content")):
        raise UserError(f"the record {path} is damaged: its checksum does not match")
    content: dict[str, Any] = record["content"]
    return content


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _require_equal(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    different = [
        f"{key} was {before.get(key)!r} and is now {now.get(key)!r}"
        for key in sorted({*before, *now})
        if before.get(key) != now.get(key)
    ]
    if different:
        raise UserError(
            f"{folder} was made with other settings: {'; '.join(different)}. Use those, choose another output, or "
            f"delete {folder} to start again"
        )
