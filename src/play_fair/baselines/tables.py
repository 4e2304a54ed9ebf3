"""Tables of the report, formatted, for HTML and markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from play_fair.baselines.ablation import BEST
from play_fair.baselines.comparison import Comparison
from play_fair.baselines.decisive import MEASURES
from play_fair.baselines.findings import Row, rows_of, with_interval
from play_fair.baselines.measures import ACCURACY_OF_REMOVAL, EFFICIENCY_GAP, RANK_CORRELATION, REMOVAL
from play_fair.baselines.methods import ESV, title_of
from play_fair.formatting import number, percent, plural

NONE = "–"


@dataclass(frozen=True)
class ReportTable:
    """A formatted table; the first cell of each row names it."""

    title: str
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Format with the title as a heading of level 2."""
        lines = [_line(self.header), _line(["---"] * len(self.header)), *map(_line, self.rows)]
        return "\n".join([f"## {self.title}", "", self.caption, "", *lines, ""])


def report_tables(comparison: Comparison) -> list[ReportTable]:
    """All tables of the report: one of methods for each model, then those of decisive frames."""
    models = list(comparison.seconds_of_maps)
    tables = [method_table(comparison, model) for model in models]
    if comparison.decisive is not None:
        kinds = dict.fromkeys(comparison.decisive["kind"])
        tables += [decisive_table(comparison, model, kind) for model in models for kind in kinds]
    return tables


def method_table(comparison: Comparison, model: str) -> ReportTable:
    """Ablation, rank correlation, efficiency gap and time of every method."""
    of_model = comparison.methods[comparison.methods["model"] == model]
    times = comparison.times[comparison.times["model"] == model]
    seconds = times.set_index("method")["seconds"].to_dict()
    columns = {
        name: rows_of(of_model, name)
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
    n_videos = int(of_model["videos"].max())
    return ReportTable(
        f"{model}: all methods",
        f"{plural(n_videos, 'video')}. Area under the curve of the score: low is good when the most supporting frames "
        "are removed first, high when the least supporting ones are; the removal gap is the second minus the first. "
        "Efficiency gap: |sum of attributions + prior − score|. 95 % intervals in brackets.",
        (
            *("method", "most supporting first", "least supporting first", "removal gap", "minus that of ESVs"),
            *("removal gap of accuracy", "rank correlation with ESVs", "efficiency gap", "ms a video"),
        ),
        rows,
    )


def decisive_table(comparison: Comparison, model: str, kind: str) -> ReportTable:
    """Every method against the decisive frames of videos of one kind."""
    assert comparison.decisive is not None
    assert comparison.decisive_videos is not None
    table, videos = comparison.decisive, comparison.decisive_videos
    of_kind = table[(table["model"] == model) & (table["kind"] == kind) & (table["prediction"] == "all")]
    measured = {name: rows_of(of_kind, name) for name in MEASURES}
    columns = [
        ("pointing hit", ("mean", "over_shuffled", "over_best_fixed")),
        ("mass inside", ("mean", "over_shuffled")),
        ("AUC", ("mean", "over_shuffled", "over_best_fixed")),
    ]
    titles = {"over_shuffled": "− other videos'", "over_best_fixed": "− best fixed"}
    header = ["method", *(titles.get(part, name) for name, parts in columns for part in parts)]
    rows = [
        [
            title_of(method),
            *(with_interval(measured[name][method], part, 2) for name, parts in columns for part in parts),
        ]
        for method in measured["pointing hit"]
    ]
    first = next(iter(measured["pointing hit"].values()))
    n_clips = videos.loc[(videos["model"] == model) & (videos["kind"] == kind), "group"].nunique()
    return ReportTable(
        f"{model}: {kind} evidence",
        f"{plural(int(first['videos']), 'video')} of {plural(n_clips, 'clip')}. Pointing hit: the frame with the "
        f"largest attribution is in the decisive window (by chance {percent(first['chance'])}). Mass inside: share of "
        "the positive attributions in the window. AUC: a frame inside has more than one outside (by chance 0.5). Then "
        "the differences from other videos' attributions, and from the best fixed positions (pointing hit "
        f"{percent(first['best fixed'])}), which were chosen on these windows. An interval of no width, where all "
        f"videos agree, is too narrow: what {n_clips} clips never show may happen in "
        f"{percent(min(1, 3 / n_clips))} (rule of three).",
        header,
        rows,
    )


def _mean(row: Row) -> str:
    return number(row["mean"])


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.2f}" if seconds < 0.01 else f"{1e3 * seconds:.0f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
