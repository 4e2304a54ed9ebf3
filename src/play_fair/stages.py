"""A pipeline of scripts: each stage runs once, and again when what it depends on has changed.

Within a stage, its script resumes its own job (play_fair.jobs).
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from play_fair.config import evaluate_jsonnet
from play_fair.errors import UserError
from play_fair.files import read_json, remove, sha256_of, write_json
from play_fair.jobs import shards_folder
from play_fair.subprocesses import run_child


@dataclass(frozen=True)
class Stage:
    """One run of a numbered script."""

    title: str
    """Unique description for the user."""
    command: tuple[str, ...]
    """The script and its arguments."""
    inputs: tuple[Path, ...]
    """Files it reads. Outputs of an earlier stage count as changed when that stage has changed."""
    outputs: tuple[Path, ...]
    """Files and folders it makes, none of which belongs to another stage."""

    def missing_outputs(self) -> list[Path]:
        """Outputs that do not exist."""
        return [path for path in self.outputs if not path.exists()]


def fingerprints(stages: Sequence[Stage]) -> list[str]:
    """Hash of everything the outputs of each stage depend on: command, input files, and the stages that make them.

    A jsonnet input is hashed after evaluation, with its imports.
    """
    made_by = {path: index for index, stage in enumerate(stages) for path in stage.outputs}
    result: list[str] = []
    for stage in stages:
        inputs = [result[made_by[path]] if path in made_by else _content(path) for path in stage.inputs]
        result.append(hashlib.sha256(json.dumps([stage.command, inputs]).encode()).hexdigest())
    return result


def _content(path: Path) -> str:
    if path.suffix == ".jsonnet":
        return json.dumps(evaluate_jsonnet(path), sort_keys=True)
    return sha256_of(path)


def run_stages(stages: Sequence[Stage], record: Path, on_done: Callable[[Stage], object] = lambda stage: None) -> None:
    """Run the stages in order. Skip finished ones, resume a stopped one, start again those whose settings changed.

    Args:
        record: json file of title -> {fingerprint, done, seconds of the last run}.
        on_done: called after each stage that is done, now or before.

    Raises:
        UserError: a stage failed; later ones are not run.
    """
    entries = _read_record(record)
    started = time.monotonic()
    for number, (stage, fingerprint) in enumerate(zip(stages, fingerprints(stages), strict=True), start=1):
        heading = f"[{number}/{len(stages)}] {stage.title}"
        entry = entries.get(stage.title)
        if entry is not None and entry["fingerprint"] != fingerprint:
            for path in stage.outputs:
                remove(path)
                remove(shards_folder(path))
            heading += ": its settings have changed, so it is run again"
        elif entry is not None and entry["done"] and not stage.missing_outputs():
            print(f"{heading}: already done (took {entry['seconds']:.1f} s) -> {_names(stage.outputs)}", flush=True)
            on_done(stage)
            continue
        # Written before the stage starts: outputs of a stopped stage belong to this fingerprint.
        entries[stage.title] = {"fingerprint": fingerprint, "done": False, "seconds": 0.0}
        write_json(record, entries)
        print(f"{heading}\n    $ python {' '.join(stage.command)}", flush=True)
        begun = time.monotonic()
        if code := run_child([sys.executable, *stage.command]):
            raise UserError(f"the stage '{stage.title}' ended with exit code {code}; run the same command to resume")
        if missing := stage.missing_outputs():
            raise UserError(f"the stage '{stage.title}' ended with exit code 0 but did not make {missing[0]}")
        seconds = time.monotonic() - begun
        entries[stage.title] = {"fingerprint": fingerprint, "done": True, "seconds": seconds}
        write_json(record, entries)
        print(f"    done in {seconds:.1f} s -> {_names(stage.outputs)}", flush=True)
        on_done(stage)
    total = sum(entries[stage.title]["seconds"] for stage in stages)
    print(f"All {len(stages)} stages done: {total:.0f} s of work, {time.monotonic() - started:.0f} s of it now.")


def _read_record(path: Path) -> dict[str, Any]:
    """The record, or an empty one if it is missing or damaged: then the scripts check their own outputs."""
    try:
        content = read_json(path)
    except UserError:
        return {}
    entries = content if isinstance(content, dict) else {}
    return {title: entry for title, entry in entries.items() if _is_entry(entry)}


def _is_entry(entry: object) -> bool:
    keys = {"fingerprint", "done", "seconds"}
    return isinstance(entry, dict) and keys <= entry.keys() and isinstance(entry["seconds"], int | float)


def _names(paths: Sequence[Path]) -> str:
    shown = ", ".join(map(str, paths[:3]))
    return shown if len(paths) <= 3 else f"{shown} and {len(paths) - 3} more"
