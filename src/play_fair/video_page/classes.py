"""Classes by the names people type."""

from collections.abc import Sequence
from difflib import get_close_matches

from play_fair.errors import UserError


def find_class(name: str, class_names: Sequence[str]) -> int:
    """The id of the class of that name, whatever its capitals and spaces; or of the only one that has it in its name.

    Raises:
        UserError: there is none, or several have it; the message names the ones that may be meant.
    """
    plain = [_plain(known) for known in class_names]
    wanted = _plain(name)
    if wanted in plain:
        return plain.index(wanted)
    containing = [index for index, known in enumerate(plain) if wanted and wanted in known]
    as_words = [index for index in containing if f" {wanted} " in f" {plain[index]} "]
    for found in (as_words, containing):
        if len(found) == 1:
            return found[0]
    meant = [class_names[index] for index in containing] or [
        class_names[plain.index(close)] for close in get_close_matches(wanted, plain, n=3, cutoff=0.5)
    ]
    hint = f"did you mean {_or(meant[:5])}?" if meant else f"it knows {_or(class_names[:5])} (of {len(class_names)})"
    raise UserError(f"expected a class of the model, got {name!r}; {hint}")


def _plain(name: str) -> str:
    return " ".join(name.lower().split())


def _or(names: Sequence[str]) -> str:
    *most, last = (f"“{name}”" for name in names)
    return f"{', '.join(most)} or {last}" if most else last
