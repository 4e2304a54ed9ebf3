"""The tables people read, of numbers that were rounded for them; for the page and for markdown alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from play_fair.baselines.ablation import BEST
from play_fair.baselines.comparison import Comparison
from play_fair.baselines.decisive import MEASURES
from play_fair.baselines.findings import Row, rows_of, with_interval
from play_fair.baselines.methods import ESV
from play_fair.baselines.tables import ACCURACY_OF_REMOVAL, EFFICIENCY_GAP, RANK_CORRELATION, REMOVAL
from play_fair.baselines.titles import title_of
from play_fair.formatting import number, percent, plural

NONE = "–"


@dataclass(frozen=True)
class Shown:
    """A table with what is to be said of it; the first column names the rows."""

    title: str
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """With its title as a heading of level 2."""
        lines = [_line(self.header), _line(["---"] * len(self.header)), *map(_line, self.rows)]
        return "\n".join([f"## {self.title}", "", self.caption, "", *lines, ""])


def method_table(comparison: Comparison, model: str) -> Shown:
    """Ablation, ranks, sums and times of every method."""
    own = comparison.methods[comparison.methods["model"] == model]
    of_model = comparison.times["model"] == model
    seconds = comparison.times[of_model].set_index("method")["seconds"].to_dict()
    columns = {
        name: rows_of(own, name)
        for name in (
            "supporting first, score",
            "distracting first, score",
            REMOVAL,
            ACCURACY_OF_REMOVAL,
            RANK_CORRELATION,
            EFFICIENCY_GAP,
        )
    }
    rows = []
    for method, gap in columns[REMOVAL].items():
        cells = [_mean(columns["supporting first, score"][method]), _mean(columns["distracting first, score"][method])]
        cells += [with_interval(gap), NONE if method == ESV or ESV not in seconds else with_interval(gap, "minus_esv")]
        cells.append(_mean(columns[ACCURACY_OF_REMOVAL][method]))
        correlation, sums = columns[RANK_CORRELATION].get(method), columns[EFFICIENCY_GAP].get(method)
        cells.append(with_interval(correlation) if correlation else NONE)
        cells.append(f"{sums['mean']:.3f}" if sums else NONE)
        cells.append(_milliseconds(seconds[method]) if method != BEST else NONE)
        rows.append([title_of(method), *cells])
    n_videos = int(own["videos"].max())
    return Shown(
        f"{model}: all methods",
        f"{plural(n_videos, 'video')}. Score left, as an area under the curve: low is good when the most supporting "
        "frames go first, high when the least supporting ones do; the removal gap is the second minus the first. "
        "In brackets 95 % intervals.",
        (
            *("method", "most supporting first", "least supporting first", "removal gap", "minus that of ESVs"),
            *("the same gap of accuracy", "rank correlation with ESVs", "off the score by", "ms a video"),
        ),
        rows,
    )


def decisive_shown(comparison: Comparison, model: str, kind: str) -> Shown:
    """Every method against the decisive frames of videos of one kind."""
    assert comparison.decisive is not None
    assert comparison.decisive_videos is not None
    table, videos = comparison.decisive, comparison.decisive_videos
    own = table[(table["model"] == model) & (table["kind"] == kind) & (table["prediction"] == "all")]
    measured = {name: rows_of(own, name) for name in MEASURES}
    shown = [
        ("pointing hit", ("mean", "over_shuffled", "over_best_fixed")),
        ("mass inside", ("mean", "over_shuffled")),
        ("AUC", ("mean", "over_shuffled", "over_best_fixed")),
    ]
    words = {"over_shuffled": "− other videos'", "over_best_fixed": "− best fixed"}
    header = ["method", *(words.get(column, name) for name, columns in shown for column in columns)]
    rows = [
        [
            title_of(method),
            *(with_interval(measured[name][method], column, 2) for name, columns in shown for column in columns),
        ]
        for method in measured["pointing hit"]
    ]
    first = next(iter(measured["pointing hit"].values()))
    n_clips = videos.loc[(videos["model"] == model) & (videos["kind"] == kind), "group"].nunique()
    return Shown(
        f"{model}: {kind} evidence",
        f"{plural(int(first['videos']), 'video')} of {plural(n_clips, 'clip')}. Pointing hit: how often the frame with "
        f"the largest attribution is in the decisive window (by chance {percent(first['chance'])}); mass inside: the "
        "share of what is attributed positively that is; AUC: how often a frame inside gets more than one outside (by "
        "chance 0.5). Beside each, how far it is ahead of the attributions of other videos, and of the best fixed "
        f"places (pointing hit {percent(first['best fixed'])}), which were chosen on these very windows. Where all "
        f"videos agree an interval has no width, and says too much: what was never seen in {n_clips} clips may still "
        f"happen in {percent(min(1, 3 / n_clips))} (rule of three).",
        header,
        rows,
    )


def _mean(row: Row) -> str:
    return number(row["mean"])


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.2f}" if seconds < 0.01 else f"{1e3 * seconds:.0f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
