"""Class names and ids, class priors over all classes, and lists of uids."""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from play_fair.arrays import Priors
from play_fair.errors import UserError, require_once, shown, some
from play_fair.files import atomic_path, require_file


def class_name_of(template: str) -> str:
    """The class name of an SSv2 template: its text without the brackets around placeholders."""
    return template.replace("[", "").replace("]", "")


def read_classes_csv(path: Path | str) -> dict[str, int]:
    """Class name -> id from a `name,id` csv, the rows in any order.

    Raises:
        UserError: a column is missing, an id is not a number of 0 or more, or a name or id comes twice.
    """
    path = require_file(path, "a classes csv (name,id)")
    rows = [(name, _id(value, path, line)) for line, name, value in _read_csv(path, ("name", "id"))]
    if not rows:
        raise UserError(f"expected at least one class in {path}, got none")
    require_once([name for name, _ in rows], f"each name once in {path}")
    require_once([class_id for _, class_id in rows], f"each id once in {path}")
    return dict(rows)


def write_classes_csv(path: Path | str, ids: Mapping[str, int]) -> None:
    """Write class name -> id as `name,id`, atomically."""
    _write_csv(Path(path), ("name", "id"), list(ids.items()))


def class_priors(labels: Sequence[int], n_classes: int, smoothing: float = 0.0) -> Priors:
    """How often each class occurs among `labels`, at class id; they sum to 1.

    A class without examples has prior 0, or more when every class is given `smoothing` extra examples.

    Raises:
        UserError: there are no labels, or a label is not in 0..n_classes-1.
    """
    ids = np.asarray(labels, dtype=np.int64)
    if not 0 <= smoothing < math.inf:
        raise UserError(f"expected a smoothing count of 0 or more, got {smoothing}")
    if not len(ids) and not smoothing:
        raise UserError("expected at least one labelled video to compute class priors from, got none")
    if len(ids) and not (ids.min() >= 0 and ids.max() < n_classes):
        raise UserError(f"expected class ids in 0..{n_classes - 1}, got {ids.min()}..{ids.max()}")
    counts = np.bincount(ids, minlength=n_classes) + smoothing
    return counts / counts.sum()


def read_class_priors(path: Path | str, n_classes: int) -> Priors:
    """Priors from a `class,prior` csv, matched by class id, whatever the order of its rows.

    Raises:
        UserError: a class is missing, unknown or comes twice, a prior is not a number in 0..1, or they do not sum to 1.
    """
    path = require_file(path, "a class priors csv (class,prior)")
    priors = np.full(n_classes, np.nan)
    for line, class_id, prior in _read_csv(path, ("class", "prior")):
        index, value = _id(class_id, path, line), _number(prior, path, line)
        if not 0 <= index < n_classes:
            raise UserError(f"expected class ids in 0..{n_classes - 1}, got {index} in {path}, line {line}")
        if not np.isnan(priors[index]):
            raise UserError(f"expected each class once, got class {index} again in {path}, line {line}")
        if not 0 <= value <= 1:
            raise UserError(f"expected a prior in 0..1, got {value} for class {index} in {path}, line {line}")
        priors[index] = value
    if missing := np.flatnonzero(np.isnan(priors)).tolist():
        raise UserError(
            f"expected the priors of all {n_classes} classes in {path}, but {len(missing)} are missing: "
            f"{some(missing, 10)}; compute them again with 04_compute_class_priors.py"
        )
    if abs(priors.sum() - 1) > 1e-4:
        raise UserError(f"expected the priors in {path} to sum to 1, but they sum to {priors.sum():.6g}")
    return priors


def write_class_priors(path: Path | str, priors: Priors) -> None:
    """Write `class,prior`, one row for every class in the order of ids, atomically.

    Raises:
        UserError: `path` is another file than priors.
    """
    path = Path(path)
    if path.is_file() and not path.read_bytes()[:64].startswith(b"class,prior"):
        raise UserError(f"expected class priors or nothing at {path}, but it is another file; choose another output")
    _write_csv(path, ("class", "prior"), list(enumerate(priors.tolist())))


def read_uids_csv(path: Path | str) -> list[str]:
    """The uids of a csv: its column `uid`, or, where no column is called that, its first column without a header.

    Raises:
        UserError: the file is missing, has no uid, or a row is too short.
    """
    path = require_file(path, "a csv of video ids")
    rows = [row for _, row in read_rows(path)]
    column = rows.pop(0).index("uid") if rows and "uid" in rows[0] else 0
    if not rows:
        raise UserError(f"expected at least one video id in {path}, got none")
    if any(len(row) <= column for row in rows):
        raise UserError(f"expected a video id in every row of {path}, but a row is shorter than its header")
    return [row[column].strip() for row in rows]


def find_class(name: str, class_names: Sequence[str]) -> int:
    """Find the id of a class by its name, ignoring case and spaces, or by a part that only its name contains.

    Raises:
        UserError: no class, or several, match; the message names close matches.
    """
    plain = [_simplified(known) for known in class_names]
    wanted = _simplified(name)
    if wanted in plain:
        return plain.index(wanted)
    containing = [index for index, known in enumerate(plain) if wanted and wanted in known]
    as_words = [index for index in containing if f" {wanted} " in f" {plain[index]} "]
    for found in (as_words, containing):
        if len(found) == 1:
            return found[0]
    similar = [class_names[index] for index in containing] or [
        class_names[plain.index(close)] for close in get_close_matches(wanted, plain, n=3, cutoff=0.5)
    ]
    hint = (
        f"did you mean {_join_with_or(similar[:5])}?"
        if similar
        else f"it knows {_join_with_or(class_names[:5])} (of {len(class_names)})"
    )
    raise UserError(f"expected a class of the model, got {name!r}; {hint}")


def _simplified(name: str) -> str:
    return " ".join(name.lower().split())


def _join_with_or(names: Sequence[str]) -> str:
    *most, last = (f"“{name}”" for name in names)
    return f"{', '.join(most)} or {last}" if most else last


def _read_csv(path: Path, columns: tuple[str, str]) -> list[tuple[int, str, str]]:
    """The number of each line, and the two columns in it."""
    rows = read_rows(path)
    header = rows[0][1] if rows else []
    if any(column not in header for column in columns):
        found = shown(",".join(header)) if header else "nothing"
        raise UserError(f"expected the columns {','.join(columns)} in {path}, got {found}")
    first, second = (header.index(column) for column in columns)
    for line, row in rows:
        if len(row) <= max(first, second):
            raise UserError(f"expected {','.join(columns)} in {path}, line {line}, but it is shorter than the header")
    return [(line, row[first], row[second]) for line, row in rows[1:]]


def read_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Read the rows of a csv that are not empty, with the number of the line each ends in.

    Cells are separated by commas, or by semicolons where the first row has no comma; with a byte-order mark or without.

    Raises:
        UserError: the file cannot be read as csv.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            first = next((line for line in file if line.strip()), "")
            file.seek(0)
            reader = csv.reader(file, delimiter=";" if ";" in first and "," not in first else ",")
            return [(reader.line_num, row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"cannot read {path} as csv: {error}") from error


def _write_csv(path: Path, header: tuple[str, str], rows: Sequence[tuple[object, object]]) -> None:
    with atomic_path(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _number(text: str, path: Path, line: int) -> float:
    try:
        return float(text.replace(",", "."))  # decimal commas, where cells are separated by semicolons
    except ValueError:
        raise UserError(f"expected a number, got {shown(text)} in {path}, line {line}") from None


def _id(text: str, path: Path, line: int) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,9}\s*", text):
        raise UserError(f"expected a class id, 0 or more, got {shown(text)} in {path}, line {line}")
    return int(text)
