"""What the comparison says, in sentences: what holds, and what does not.

A difference counts where its 95 % interval leaves out 0. It is of means over the same videos.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from play_fair.baselines.ablation import BEST, DISTRACTING, SUPPORTING
from play_fair.baselines.methods import ESV
from play_fair.baselines.tables import EFFICIENCY_GAP, RANK_CORRELATION, REMOVAL
from play_fair.baselines.titles import title_of
from play_fair.formatting import interval, join_with_and, percent, plural

_ADDS_UP = 1e-5

Row = Mapping[str, Any]
"""Of a table of means: mean, low, high and more."""


def findings(summary: pd.DataFrame, decisive: pd.DataFrame | None) -> list[str]:
    """What is to be said of each model."""
    said = []
    for model in dict.fromkeys(summary["model"]):
        own = summary[summary["model"] == model]
        said += [_of_removal(model, own), _of_ranks(model, own), _of_sums(model, own)]
        if decisive is not None:
            of_model = decisive[(decisive["model"] == model) & (decisive["prediction"] == "all")]
            said += [_of_windows(model, of_model[of_model["kind"] == kind]) for kind in dict.fromkeys(of_model["kind"])]
    return [sentence for sentence in said if sentence]


def with_interval(row: Row, name: str = "mean", digits: int = 3) -> str:
    """A mean and its interval: 0.216 [0.195, 0.238]; without one, as of a single clip, the mean alone."""
    low, high = ("low", "high") if name == "mean" else (f"{name}_low", f"{name}_high")
    return interval(row[name], row[low], row[high], digits)


def rows_of(table: pd.DataFrame, measure: str) -> dict[str, Row]:
    """The rows of one measure, by method."""
    rows = table[table["measure"] == measure].to_dict("records")
    return {str(row["method"]): {str(key): value for key, value in row.items()} for row in rows}


def _of_removal(model: str, summary: pd.DataFrame) -> str:
    rows = rows_of(summary, REMOVAL)
    if ESV not in rows:
        return ""
    others = {name: row for name, row in rows.items() if name not in (ESV, BEST)}
    ahead = [name for name, row in others.items() if row["minus_esv_high"] < 0]
    behind = [name for name, row in others.items() if row["minus_esv_low"] > 0]
    alike = [name for name in others if name not in (*ahead, *behind)]
    parts = [
        f"{word} {_titles(names)}"
        for word, names in (("ahead of", ahead), ("not to be told from", alike), ("behind", behind))
        if names
    ]
    best = rows[BEST]["mean"]
    share = rows[ESV]["mean"] / best if best else 1.0  # 0 where no frame changes a score
    said = (
        f"{model}, frame ablation: exact ESVs are {'; '.join(parts) or 'alone'}. Their removal gap is "
        f"{with_interval(rows[ESV])}, {100 * share:.0f} % of what the best possible orders reach."
    )
    return " ".join([said, *(_ahead_one_way(summary, *way) for way in ((SUPPORTING, -1), (DISTRACTING, 1)))]).strip()


def _ahead_one_way(summary: pd.DataFrame, first: str, sign: int) -> str:
    """Which methods do better than ESVs in one direction of the two, whose area shall be small (-1) or large (1)."""
    rows = rows_of(summary, f"{first} first, score")
    ahead = [
        f"{title_of(name)} (by {abs(row['minus_esv']):.3f})"
        for name, row in rows.items()
        if name not in (ESV, BEST) and min(sign * row["minus_esv_low"], sign * row["minus_esv_high"]) > 0
    ]
    return f"With the most {first} first alone, these are ahead of them: {join_with_and(ahead)}." if ahead else ""


def _of_ranks(model: str, summary: pd.DataFrame) -> str:
    rows = rows_of(summary, RANK_CORRELATION)
    if not rows:
        return ""
    nearest = max(rows, key=lambda name: rows[name]["mean"])
    return (
        f"{model}, ranks: {title_of(nearest)} orders frames most like exact ESVs, with a rank correlation of "
        f"{with_interval(rows[nearest])}."
    )


def _of_sums(model: str, summary: pd.DataFrame) -> str:
    rows = rows_of(summary, EFFICIENCY_GAP)
    exact = [name for name, row in rows.items() if row["mean"] < _ADDS_UP]
    off = sorted((name for name in rows if name not in exact), key=lambda name: rows[name]["mean"])
    misses = [f"{title_of(name)} by {rows[name]['mean']:.3f}" for name in off]
    parts = [f"these add up to the score: {_titles(exact)}"] if exact else []
    parts += [f"these miss it, on average: {join_with_and(misses)}"] if misses else []
    return f"{model}, sums: {'; '.join(parts)}." if parts else ""


def _of_windows(model: str, decisive: pd.DataFrame) -> str:
    """Whether exact ESVs point at the decisive window, against the controls."""
    hits, aucs = (rows_of(decisive, measure) for measure in ("pointing hit", "AUC"))
    if ESV not in hits:
        return ""
    hit = hits[ESV]
    said = (
        f"{model}, {hit['kind']} evidence ({plural(int(hit['videos']), 'video')}): the frame with the largest ESV is "
        f"in the decisive window for {percent(hit['mean'])} [{100 * hit['low']:.1f}, {100 * hit['high']:.1f}] of them; "
        f"with the ESVs of other videos for {percent(hit['shuffled'])}, at the best fixed place for "
        f"{percent(hit['best fixed'])}, by chance for {percent(hit['chance'])}. {_verdict(hit)}."
    )
    if auc := aucs.get(ESV):
        said += (
            f" Of all frames, those inside get more than those outside with an AUC of {with_interval(auc)}; other "
            f"videos' ESVs reach {auc['shuffled']:.3f}, the best fixed places {auc['best fixed']:.3f}. {_verdict(auc)}."
        )
    alike = [name for name, row in hits.items() if name != ESV and row["minus_esv_low"] <= 0 <= row["minus_esv_high"]]
    return f"{said} As often in the window, as far as can be told: {_titles(alike)}." if alike else said


def _verdict(row: Row) -> str:
    if row["over_shuffled_low"] <= 0:
        return "They are not ahead of other videos': this does not hold"
    if row["over_best_fixed_high"] < 0:
        return "They are ahead of other videos' but behind fixed places: this does not hold"
    if row["over_best_fixed_low"] <= 0:
        return "They are ahead of other videos' but not of fixed places: this does not hold"
    return "They are ahead of both controls: this holds"


def _titles(methods: Sequence[str]) -> str:
    return join_with_and([title_of(name) for name in methods])
