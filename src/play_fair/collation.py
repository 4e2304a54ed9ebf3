"""Collate results files, and report which videos were left out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from play_fair.errors import UserError
from play_fair.files import locked, remove_temporaries, require_output
from play_fair.formatting import plural
from play_fair.labels import read_uids_csv
from play_fair.results import EsvResults


def collate_files(
    inputs: Sequence[Path], output: Path, attrs: Mapping[str, str], uids_csv: Path | None = None
) -> list[str]:
    """Write the collation of results files (`EsvResults.collate`) to `output`.

    Args:
        uids_csv: a csv with a column `uid`; only these videos are collated.

    Returns:
        Lines of a report: numbers of frames and videos, and which videos were left out and why.

    Raises:
        UserError: an input cannot be read, is itself the output, contradicts another, or no video is left; nothing is
            written.
    """
    if output.resolve() in {path.resolve() for path in inputs}:
        raise UserError(f"expected an output that is not among the inputs, got {output}; name the output last")
    require_output(output)
    EsvResults.in_place_of(output)
    results = [EsvResults.load(path) for path in inputs]
    if uids_csv is not None:
        wanted = set(read_uids_csv(uids_csv))
        results = [result.take([uid for uid in result.uids.tolist() if uid in wanted]) for result in results]
    collated = EsvResults.collate(results, attrs)
    with locked(output):
        remove_temporaries([output])
        collated.save(output)
    return _report(inputs, results, collated)


def _report(inputs: Sequence[Path], results: Sequence[EsvResults], collated: EsvResults) -> list[str]:
    frames = ", ".join(str(scale.n_frames) for scale in collated.scales)
    lines = [f"{plural(len(collated.uids), 'video')}, frames fed to the model: {frames}"]
    everywhere = set(collated.uids.tolist())
    anywhere = set().union(*(result.uids.tolist() for result in results))
    if left_out := len(anywhere - everywhere):
        lines.append(f"Left out, as not in every input: {plural(left_out, 'video')}")
        lines += [
            f"  {path}: {plural(len(result.uids), 'video')}, lacks {len(anywhere - set(result.uids.tolist()))}"
            for path, result in zip(inputs, results, strict=True)
        ]
    return lines
