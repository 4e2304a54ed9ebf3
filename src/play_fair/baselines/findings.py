"""Findings of a comparison in sentences, for each model: of frame ablation, of infidelity, of each kind of evidence.

A difference counts where its 95 % interval excludes 0. Differences are over the same videos.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from play_fair.baselines.ablation import BEST, DISTRACTING, SUPPORTING
from play_fair.baselines.measures import REMOVAL, SCALED_INFIDELITY
from play_fair.baselines.methods import ESV, title_of
from play_fair.formatting import interval, join_with_and, percent, plural

Row = Mapping[str, Any]
"""Of a table of means: mean, low, high and more."""


def findings(summary: pd.DataFrame, decisive: pd.DataFrame | None, evaluations: Mapping[str, int | None]) -> list[str]:
    """Describe how ESVs compare with the other methods; nothing where they were not among the methods.

    Args:
        evaluations: of each model, from which the ESVs of a video are estimated; None: they are exact.
    """
    sentences = []
    for model in dict.fromkeys(summary["model"]):
        of_model = summary[summary["model"] == model]
        sentences += [_describe_removal(model, of_model, evaluations[model]), _describe_infidelity(model, of_model)]
        if decisive is not None:
            of_model = decisive[(decisive["model"] == model) & (decisive["prediction"] == "all")]
            sentences += [
                _describe_windows(model, of_model[of_model["kind"] == kind]) for kind in dict.fromkeys(of_model["kind"])
            ]
    return [sentence for sentence in sentences if sentence]


def with_interval(row: Row, name: str = "mean", digits: int = 3) -> str:
    """Format a mean and its interval: 0.216 [0.195, 0.238]; the mean alone without one, as of a single clip."""
    low, high = ("low", "high") if name == "mean" else (f"{name}_low", f"{name}_high")
    return interval(row[name], row[low], row[high], digits)


def rows_of(table: pd.DataFrame, measure: str) -> dict[str, Row]:
    """The rows of one measure, by method."""
    rows = table[table["measure"] == measure].to_dict("records")
    return {str(row["method"]): {str(key): value for key, value in row.items()} for row in rows}


def _describe_removal(model: str, summary: pd.DataFrame, evaluations: int | None) -> str:
    rows = rows_of(summary, REMOVAL)
    if ESV not in rows:
        return ""
    esvs = "exact ESVs" if evaluations is None else f"ESVs, estimated from {plural(evaluations, 'evaluation')} a video,"
    best = ""
    if BEST in rows:
        most = rows[BEST]["mean"]
        share = rows[ESV]["mean"] / most if most else 1.0  # 0 where no frame changes a score
        best = f", {100 * share:.0f} % of the best possible"
    sentences = [
        f"{model}, frame ablation: {esvs} have a removal gap of {with_interval(rows[ESV])}"
        f"{'; '.join([best, *_compare(rows, 1)])}."
    ]
    for first, sign in ((SUPPORTING, -1), (DISTRACTING, 1)):
        sentences += _better_in_direction(summary, first, sign)
    return " ".join(sentences)


def _describe_infidelity(model: str, summary: pd.DataFrame) -> str:
    rows = rows_of(summary, SCALED_INFIDELITY)
    if ESV not in rows:
        return ""
    comparisons = _compare(rows, -1)
    return (
        f"{model}, infidelity at the best scale: {with_interval(rows[ESV])} for ESVs (lower is better)"
        f"{'; '.join(['', *comparisons])}."
    )


def _compare(rows: Mapping[str, Row], sign: int) -> list[str]:
    """Name the methods that ESVs are ahead of, similar to and behind; better is larger (sign 1) or smaller (-1)."""
    others = {name: row for name, row in rows.items() if name not in (ESV, BEST)}
    ahead: list[str] = []
    similar: list[str] = []
    behind: list[str] = []
    for name, row in others.items():
        low, high = sorted((sign * row["minus_esv_low"], sign * row["minus_esv_high"]))
        (ahead if high < 0 else behind if low > 0 else similar).append(name)
    return [
        f"{relation} {'all other methods' if names == list(others) else _titles(names)}"
        for relation, names in (("ahead of", ahead), ("not clearly different from", similar), ("behind", behind))
        if names
    ]


def _better_in_direction(summary: pd.DataFrame, first: str, sign: int) -> list[str]:
    """Name the methods with a better area than ESVs in one direction; better is smaller (sign -1) or larger (1)."""
    better = [
        f"{title_of(name)} (by {abs(row['minus_esv']):.3f})"
        for name, row in rows_of(summary, f"{first} first, score").items()
        if name not in (ESV, BEST) and min(sign * row["minus_esv_low"], sign * row["minus_esv_high"]) > 0
    ]
    return [f"Better with the most {first} first: {join_with_and(better)}."] if better else []


def _describe_windows(model: str, decisive: pd.DataFrame) -> str:
    hits, aucs = (rows_of(decisive, measure) for measure in ("pointing hit", "AUC"))
    if ESV not in hits:
        return ""
    hit = hits[ESV]
    share = interval(100 * hit["mean"], 100 * hit["low"], 100 * hit["high"], 1, unit="%")
    text = (
        f"{model}, {hit['kind']} evidence: the largest ESV is in the decisive window of {share} of "
        f"{plural(int(hit['videos']), 'video')} (other videos' ESVs {percent(hit['shuffled'])}, best fixed position "
        f"{percent(hit['best fixed'])}, chance {percent(hit['chance'])}), {_verdict(hit)}."
    )
    if auc := aucs.get(ESV):
        text += (
            f" AUC {with_interval(auc)} (other videos' {auc['shuffled']:.3f}, best fixed {auc['best fixed']:.3f}), "
            f"{_verdict(auc)}."
        )
    similar = [name for name, row in hits.items() if name != ESV and row["minus_esv_low"] <= 0 <= row["minus_esv_high"]]
    return f"{text} Hits not clearly different: {_titles(similar)}." if similar else text


def _verdict(row: Row) -> str:
    if row["over_shuffled_low"] <= 0:
        return "not ahead of other videos'"
    if row["over_best_fixed_high"] < 0:
        return "ahead of other videos' but behind the best fixed position"
    if row["over_best_fixed_low"] <= 0:
        return "ahead of other videos' but not of the best fixed position"
    return "ahead of both controls"


def _titles(methods: Sequence[str]) -> str:
    return join_with_and([title_of(name) for name in methods])
