"""Tables of the report, formatted, for HTML and markdown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from play_fair.baselines.ablation import BEST
from play_fair.baselines.comparison import Comparison
from play_fair.baselines.decisive import MEASURES
from play_fair.baselines.findings import Row, rows_of, with_interval
from play_fair.baselines.infidelity import N_SETS
from play_fair.baselines.measures import (
    ACCURACY_OF_REMOVAL,
    EFFICIENCY_GAP,
    INFIDELITY,
    RANK_CORRELATION,
    REMOVAL,
    SCALED_INFIDELITY,
    SENSITIVITY,
)
from play_fair.baselines.methods import ESV, title_of
from play_fair.baselines.sensitivity import N_PERTURBATIONS, RADIUS
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


MEASURE_NOTES = (
    "Deletion area: the area under the score as frames are removed, those with the largest attributions first; lower "
    "is better (Petsiuk et al., RISE, BMVC 2018). It assumes that the model's scores of what is left mean something.",
    "Insertion area: the area under the score as frames are added in the same order; higher is better. The removal gap "
    "is insertion minus deletion, of accuracy with being right in place of the score. Both assume what deletion does.",
    "Rank correlation with ESVs: Spearman's, in each video. No way is better: ESVs are a reference, not the truth.",
    "Efficiency gap: |sum of attributions + prior − score|; lower is better. It assumes that attributions are shares "
    "of the score.",
    "Infidelity: the mean squared difference of the sum of a set's attributions from what the score loses without the "
    "set; lower is better (Yeh et al., NeurIPS 2019). A set has any number of frames, each number as likely: all sets "
    f"where the scores of all subsets are known, else {N_SETS} random ones. It assumes shares that add up: what frames "
    "do only together counts as error. At the best scale, the attributions of a video are first multiplied by the "
    "factor of 0 or more that makes it least, which methods without a unit need.",
    "Max-sensitivity: the largest relative change of attributions with noise on the model's input, in "
    f"{N_PERTURBATIONS} draws of up to {RADIUS} of its standard deviations; lower is better (Yeh et al.). It assumes "
    "that the score itself is stable. A method that ignores the video is perfectly stable.",
)
"""What the measures of `method_table` are, what they assume and which way is better."""


def report_tables(comparison: Comparison) -> list[ReportTable]:
    """All tables of the report: one of methods for each model, then those of decisive frames."""
    models = list(comparison.seconds_of_maps)
    tables = [method_table(comparison, model) for model in models]
    if comparison.decisive is not None:
        kinds = dict.fromkeys(comparison.decisive["kind"])
        tables += [decisive_table(comparison, model, kind) for model in models for kind in kinds]
    return tables


def method_table(comparison: Comparison, model: str) -> ReportTable:
    """All measures but those of decisive frames, and the time, of every method."""
    of_model = comparison.methods[comparison.methods["model"] == model]
    times = comparison.times[comparison.times["model"] == model]
    seconds = times.set_index("method")["seconds"].to_dict()
    measured = {name: rows_of(of_model, name) for name in of_model["measure"].unique()}
    evaluations = comparison.evaluations[model]
    columns: dict[str, Callable[[str], str]] = {
        "deletion area ↓": lambda method: number(measured["supporting first, score"][method]["mean"]),
        "insertion area ↑": lambda method: number(measured["distracting first, score"][method]["mean"]),
        "removal gap ↑": lambda method: with_interval(measured[REMOVAL][method]),
        "minus that of ESVs": lambda method: (
            NONE if method == ESV or ESV not in seconds else with_interval(measured[REMOVAL][method], "minus_esv")
        ),
        "removal gap of accuracy ↑": lambda method: number(measured[ACCURACY_OF_REMOVAL][method]["mean"]),
        "rank correlation with ESVs": lambda method: _cell(measured, RANK_CORRELATION, method, with_interval),
        "efficiency gap ↓": lambda method: _cell(measured, EFFICIENCY_GAP, method, _mean),
        "infidelity ↓": lambda method: _cell(measured, INFIDELITY, method, _mean),
        "infidelity, best scale ↓": lambda method: _cell(measured, SCALED_INFIDELITY, method, with_interval),
        "max-sensitivity ↓": lambda method: _cell(measured, SENSITIVITY, method, _mean),
        "ms a video": lambda method: NONE if method == BEST else _milliseconds(seconds[method]),
    }
    if SENSITIVITY not in measured:
        del columns["max-sensitivity ↓"]
    caption = f"{plural(int(of_model['videos'].max()), 'video')}. 95 % intervals in brackets."
    if evaluations is not None:
        caption += f" ESVs are estimated from {plural(evaluations, 'evaluation')} of the model for each video."
    if SENSITIVITY in measured:
        n_videos = max(int(row["videos"]) for row in measured[SENSITIVITY].values())
        caption += f" Max-sensitivity is that of {plural(n_videos, 'video')}."
    return ReportTable(
        f"{model}: all methods",
        caption,
        ("method", *columns),
        [
            [title_of(method, evaluations is None), *(cell(method) for cell in columns.values())]
            for method in measured[REMOVAL]
        ],
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
            title_of(method, comparison.evaluations[model] is None),
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
        f"{percent(min(1.0, 3 / n_clips))} (rule of three).",
        header,
        rows,
    )


def _cell(measured: Mapping[str, Mapping[str, Row]], measure: str, method: str, write: Callable[[Row], str]) -> str:
    row = measured.get(measure, {}).get(method)
    return NONE if row is None else write(row)


def _mean(row: Row) -> str:
    return number(row["mean"])


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.2f}" if seconds < 0.01 else f"{1e3 * seconds:.0f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
