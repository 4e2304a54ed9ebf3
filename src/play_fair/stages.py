"""Run the stages of a pipeline, each only when what it depends on has changed."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from play_fair.config import evaluate_jsonnet
from play_fair.errors import UserError
from play_fair.files import read_json, remove, sha256_of, write_json
from play_fair.shards import shards_folder


@dataclass(frozen=True)
class Stage:
    """One run of a numbered script."""

    title: str
    """What it does, for people; unique."""
    command: tuple[str, ...]
    """The script and its arguments, run with this Python."""
    inputs: tuple[Path, ...]
    """Files it reads. Outputs of earlier stages count as changed when those have run with other settings."""
    outputs: tuple[Path, ...]
    """Files and folders it makes, of which none belongs to another stage."""

    def missing_outputs(self) -> list[Path]:
        """Outputs that are not there."""
        return [path for path in self.outputs if not path.exists()]


def fingerprints(stages: Sequence[Stage]) -> list[str]:
    """For each stage a hash of all that its outputs depend on: command, input files, and the stages it builds on.

    A jsonnet input counts with everything it imports.
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


def run_stages(stages: Sequence[Stage], record: Path) -> None:
    """Run the stages in order; skip those that are done, resume a stopped one, redo those whose settings changed.

    `record` (json) keeps for each stage its fingerprint, whether it is done, and how long it took.

    Raises:
        UserError: a stage failed; those after it are not run.
    """
    done: dict[str, Any] = read_json(record) if record.exists() else {}
    started = time.monotonic()
    for number, (stage, fingerprint) in enumerate(zip(stages, fingerprints(stages), strict=True), start=1):
        entry = done.get(stage.title, {"fingerprint": fingerprint, "seconds": 0.0, "done": False})
        heading = f"[{number}/{len(stages)}] {stage.title}"
        if entry["fingerprint"] != fingerprint:
            for path in stage.outputs:
                remove(path)
                remove(shards_folder(path))
            print(f"{heading}: its settings have changed, so it is run anew", flush=True)
            entry = {"fingerprint": fingerprint, "seconds": 0.0, "done": False}
        elif entry["done"] and not stage.missing_outputs():
            print(f"{heading}: already done (took {entry['seconds']:.1f} s) -> {_names(stage.outputs)}", flush=True)
            continue
        else:
            print(heading, flush=True)
        # Written before the stage starts: what a stopped run leaves is known to belong to these settings.
        done[stage.title] = {**entry, "done": False}
        write_json(record, done)
        print(f"    $ python {' '.join(stage.command)}", flush=True)
        begun = time.monotonic()
        code = subprocess.run([sys.executable, *stage.command], check=False).returncode
        seconds = entry["seconds"] * (not entry["done"]) + time.monotonic() - begun
        done[stage.title] = {"fingerprint": fingerprint, "seconds": seconds, "done": code == 0}
        write_json(record, done)
        if code:
            raise UserError(f"the stage '{stage.title}' ended with exit code {code}; run the same command to resume")
        if missing := stage.missing_outputs():
            raise UserError(f"the stage '{stage.title}' ended well but did not make {missing[0]}")
        print(f"    done in {seconds:.1f} s -> {_names(stage.outputs)}", flush=True)
    total = sum(done[stage.title]["seconds"] for stage in stages)
    print(f"All {len(stages)} stages done: {total:.0f} s of work, {time.monotonic() - started:.0f} s of it now.")


def _names(paths: Sequence[Path]) -> str:
    shown = ", ".join(map(str, paths[:3]))
    return shown if len(paths) <= 3 else f"{shown} and {len(paths) - 3} more"
