"""Collate results files, and say what was left out."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from play_fair.errors import UserError
from play_fair.files import atomic_path
from play_fair.results import EsvResults


def collate_files(
    inputs: Sequence[Path], output: Path, attrs: Mapping[str, str], uids_csv: Path | None = None
) -> list[str]:
    """Write the collation of results files (`EsvResults.collate`) to `output`, and its uids to `uids_csv`.

    Returns:
        Lines for people: what was collated, and which videos were left out and why.

    Raises:
        UserError: an input cannot be read, is itself the output, or contradicts another; nothing is written.
    """
    if output.resolve() in {path.resolve() for path in inputs}:
        raise UserError(f"expected an output that is not among the inputs, got {output}; name the output last")
    results = [EsvResults.load(path) for path in inputs]
    collated = EsvResults.collate(results, attrs)
    collated.save(output)
    if uids_csv is not None:
        with atomic_path(uids_csv) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["uid"])
            writer.writerows([uid] for uid in collated.uids.tolist())
    return _report(inputs, results, collated)


def _report(inputs: Sequence[Path], results: Sequence[EsvResults], collated: EsvResults) -> list[str]:
    frames = ", ".join(str(scale.n_frames) for scale in collated.scales)
    lines = [f"{len(collated.uids)} videos, frames fed to the model: {frames}"]
    everywhere = set(collated.uids.tolist())
    anywhere = set().union(*(result.uids.tolist() for result in results))
    if left_out := len(anywhere - everywhere):
        lines.append(f"Left out: {left_out} videos that are not in every input:")
        lines += [
            f"  {path}: {len(result.uids)} videos, lacks {len(anywhere - set(result.uids.tolist()))}"
            for path, result in zip(inputs, results, strict=True)
        ]
    return lines
