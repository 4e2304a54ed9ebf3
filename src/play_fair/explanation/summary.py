"""Summarise an `Explanation` in a few lines."""

from typing import TYPE_CHECKING

import numpy as np

from play_fair.explanation.players import frame_counts, label_players
from play_fair.formatting import plural, shortened, signed

if TYPE_CHECKING:
    from play_fair.explanation.explanation import Explanation

_SHOWN_FRAMES = 3


def summary(explanation: "Explanation") -> str:
    """Format size, method, top class and its largest values."""
    n_frames, n_classes = explanation.values.shape
    names, xlabel = label_players(explanation)
    players = "frame" if frame_counts(explanation) is None else "segment"
    evaluations = f", {plural(explanation.n_evaluations, 'evaluation')}" if explanation.n_evaluations else ""
    classes = f"{n_classes:,} class{'' if n_classes == 1 else 'es'}"
    top = explanation.predicted
    name = "" if explanation.class_names is None else f" {short_class_name(explanation, top)}"
    values = explanation.values[:, top]
    order = np.argsort(-np.abs(values), kind="stable")[:_SHOWN_FRAMES].tolist()
    largest = ", ".join(f"{row} ({signed(float(values[row]))})" for row in order)
    if xlabel != "frame":
        where = "frames" if players == "segment" else "in the video:"
        largest += f"; {where} {', '.join(names[row] for row in order)}"
    lines = [
        f"Explanation: {plural(n_frames, players)}, {classes}, method {explanation.method}{evaluations}",
        f"  top class: {top}{name}, score {explanation.scores[top]:.3f}, prior {explanation.prior[top]:.3f}",
        f"  top {players}s: {largest}",
    ]
    if explanation.standard_errors is not None and not np.isnan(explanation.standard_errors[:, top]).all():
        lines.append(f"  standard errors: {np.nanmax(explanation.standard_errors[:, top]):.2g} at most for this class")
    return "\n".join(lines)


def short_class_name(explanation: "Explanation", class_id: int) -> str:
    """“Name”, shortened, or class 3 where names are not known."""
    names = explanation.class_names
    return f"class {class_id}" if names is None else f"“{shortened(names[class_id])}”"
