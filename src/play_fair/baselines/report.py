"""Write a comparison into a folder: tidy tables (csv), figures, formatted tables (markdown), and one HTML page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from play_fair.analysis.report import csv_of
from play_fair.baselines import figures
from play_fair.baselines.comparison import Comparison
from play_fair.baselines.findings import findings
from play_fair.baselines.tables import MEASURE_NOTES, ReportTable, report_tables
from play_fair.files import atomic_path, locked, remove, remove_temporaries
from play_fair.formatting import plural
from play_fair.html_page import render
from play_fair.plots.svg import save_and_show

REPORT, TABLES = "report.html", "tables.md"
TITLE = "Attributions compared"

_DOWNLOADS = ("curves", "methods", "times", "decisive")
"""Tables that are small enough to be part of the page."""

_NOTES = (
    "Frame ablation and infidelity measure what ESVs are made of: scores of the frames that are left, in their order. "
    "They favour methods that see such scores over gradients, and do not measure whether people would agree.",
    "Equal attributions are removed in random order, so uniform equals random. The best possible order, for each "
    "direction by itself, is known where the scores of all subsets are.",
    "Grad-CAM explains the logit, and is clipped at 0 unless signed. Its scale is arbitrary, as are those of attention "
    "rollout, middle frame and random: they rank frames.",
    "Intervals are by the bootstrap over {clips}, each for one comparison: of many, some miss by chance.",
)
"""Of all comparisons; models add their own."""


@dataclass(frozen=True)
class ReportFigure:
    """A figure with its file name, title and caption."""

    name: str
    title: str
    caption: str
    draw: Callable[[bool], Figure]
    """Draws it, narrow or (False) wide."""


def write_comparison(comparison: Comparison, about: Mapping[str, str], folder: Path) -> list[str]:
    """Write all files into `folder`, each atomically, the page last; files of an earlier comparison are removed.

    Args:
        about: name -> value of what was compared, for the head of the page.

    Returns:
        The findings.

    Raises:
        UserError: another run is writing there.
    """
    sentences = findings(comparison.methods, comparison.decisive, comparison.evaluations)
    notes = [note.format(clips=plural(comparison.n_clips, "clip")) for note in _NOTES]
    notes += [*comparison.notes, *_time_of_maps(comparison)]
    tables, csvs = report_tables(comparison), {name: csv_of(table) for name, table in comparison.csvs().items()}
    with locked(folder / REPORT):
        drawn = report_figures(comparison)
        files = [f"{figure.name}.{suffix}" for figure in drawn for suffix in ("png", "svg")]
        remove_temporaries(folder / name for name in (*files, *(f"{name}.csv" for name in csvs), TABLES, REPORT))
        remove_stale_files(folder, {*csvs, *(figure.name for figure in drawn)})
        for name, content in csvs.items():
            _write(folder / f"{name}.csv", content)
        elements = [(figure, save_and_show(figure.draw, folder / figure.name, figure.title)) for figure in drawn]
        _write(folder / TABLES, _markdown(tables, about, sentences, notes))
        page = render(
            "comparison.html",
            title=TITLE,
            about=about,
            findings=sentences,
            tables=tables,
            measures=MEASURE_NOTES,
            figures=elements,
            notes=notes,
            csvs={name: content for name, content in csvs.items() if name in _DOWNLOADS},
        )
        _write(folder / REPORT, page)
    return sentences


def report_figures(comparison: Comparison) -> list[ReportFigure]:
    """All figures of the report."""
    curves, decisive = comparison.curves, comparison.decisive
    exact = {model: evaluations is None for model, evaluations in comparison.evaluations.items()}
    esvs = "exact ESVs" if all(exact.values()) else "ESVs"
    drawn = [
        ReportFigure(
            f"removal-{_file_stem(model)}",
            f"{model}: frame ablation",
            f"Means as frames are removed in the order of their attributions. Band: 95 % interval of {esvs}.",
            partial(figures.removal, curves[curves["model"] == model], exact[model]),
        )
        for model in comparison.seconds_of_maps
    ]
    drawn.append(
        ReportFigure(
            "methods",
            "All methods",
            "Means over videos with 95 % intervals. Removal gap: score with the least supporting frames removed first "
            f"minus that with the most supporting ones (more is better). Rank correlation with {esvs}. Difference "
            "of the sum of attributions from the score.",
            partial(figures.measures, comparison.methods, all(exact.values())),
        )
    )
    if decisive is not None:
        hollow = "Hollow: with the attributions of other videos of the same kind. Bars: 95 % intervals."
        drawn += [
            ReportFigure(
                name,
                f"Decisive frames: {measure}",
                f"{caption} {hollow}",
                partial(figures.against_windows, decisive, measure, all(exact.values())),
            )
            for name, measure, caption in (
                ("pointing", "pointing hit", "How often the frame with the largest attribution is decisive."),
                ("auc", "AUC", "How often a decisive frame has a larger attribution than another."),
            )
        ]
    return drawn


def remove_stale_files(folder: Path, names: set[str]) -> None:
    """Remove figures and tables of an earlier comparison that this one, with these `names`, does not have."""
    for stem in ("removal-*", "decisive*", "pointing", "auc"):
        for path in folder.glob(f"{stem}.*"):
            if path.suffix in (".csv", ".png", ".svg") and path.stem not in names:
                remove(path)


def _time_of_maps(comparison: Comparison) -> list[str]:
    times = [f"{1e3 * seconds:.0f} ms for {model}" for model, seconds in comparison.seconds_of_maps.items() if seconds]
    return [f"Reading pictures and computing maps took {', '.join(times)} a video more."] if times else []


def _markdown(
    tables: Sequence[ReportTable], about: Mapping[str, str], sentences: Sequence[str], notes: Sequence[str]
) -> str:
    parts = [f"# {TITLE}", "", *(f"* {name}: {value}" for name, value in about.items()), ""]
    parts += ["## Findings", "", *(f"* {sentence}" for sentence in sentences), ""]
    parts += [table.markdown() for table in tables]
    for title, lines in (("What the measures mean", MEASURE_NOTES), ("Notes", notes)):
        parts += [f"## {title}", "", *(f"* {line}" for line in lines), ""]
    return "\n".join(parts)


def _write(path: Path, content: str) -> None:
    with atomic_path(path) as part:
        part.write_text(content, encoding="utf-8")


def _file_stem(model: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in model.lower())
