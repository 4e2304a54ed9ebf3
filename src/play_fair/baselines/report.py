"""A comparison as a folder: tidy tables, figures, a table to read, and one page a person can send."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from play_fair.analysis.report import csv_of
from play_fair.baselines import figures
from play_fair.baselines.comparison import Comparison
from play_fair.baselines.findings import findings
from play_fair.baselines.methods import N_STEPS
from play_fair.baselines.shown_tables import Shown, decisive_shown, method_table
from play_fair.files import atomic_path, locked, remove
from play_fair.formatting import plural
from play_fair.html_page import render
from play_fair.plots.svg import save_and_show

REPORT, TABLES = "report.html", "tables.md"
TITLE = "Attributions compared"

_IN_PAGE = ("curves", "methods", "times", "decisive")
"""Tables that are small enough to be in the page itself."""

Draw = Callable[[bool], Figure]
"""Draws a figure, narrow or not."""

_NOTES = (
    "Frame ablation asks each method in the currency of ESVs: what the model says of the frames that are left. Methods "
    "that use gradients never see a shorter video. It says nothing of whether people would agree.",
    "Frames keep their order when some are removed. Equal attributions go in random order, so uniform removes them as "
    "random does. The best possible order is found by looking at all subsets, for each direction by itself.",
    f"Integrated Gradients (IG) follow {N_STEPS} steps of the score from a baseline: the mean frame of the videos "
    "explained here, which is what frames have in common, or zero, which no camera sees. They add up to the score less "
    "that of a video of baseline frames, not less the prior: the nearer these two, the less they miss the score by.",
    "Where a backbone only pools and projects its last convolutional maps, as all that come with this project do, IG "
    "give a frame the same on its maps as on its features, for baselines that belong together.",
    "Grad-CAM explains the logit and is cut off at zero, as it is defined; signed, it is not. Its scale means nothing, "
    "nor does that of middle frame and random: they rank frames, and do not share the score.",
    "Times are from features (or maps) on. Naive methods read the scores of all subsets, as ESVs do: for TSN, where "
    "subsets can be scored one by one, leave one out and frame alone would need only n + 1 of them.",
    "Intervals are by the bootstrap over {clips}. They are of one comparison each: among many, some miss by chance.",
)


def write_comparison(comparison: Comparison, about: Mapping[str, str], folder: Path) -> list[str]:
    """Write all files into `folder`, each atomically, the page last. Those of an earlier one that do not belong go.

    Args:
        about: what was compared, by name, for the head of the page.

    Returns:
        The findings.

    Raises:
        UserError: another run is writing there.
    """
    said = findings(comparison.methods, comparison.decisive)
    notes = [note.format(clips=plural(comparison.n_clips, "clip")) for note in (*_NOTES, *_maps(comparison))]
    shown = _tables(comparison)
    with locked(folder / REPORT):
        drawings = _drawings(comparison)
        remove_strangers(folder, {*comparison.csvs(), *(drawing.name for drawing in drawings)})
        for name, frame in comparison.csvs().items():
            _write(folder / f"{name}.csv", csv_of(frame))
        figures_shown = [
            (drawing, save_and_show(drawing.draw, folder / drawing.name, drawing.title)) for drawing in drawings
        ]
        _write(folder / TABLES, _markdown(shown, about, said, notes))
        page = render(
            "comparison.html",
            title=TITLE,
            about=about,
            findings=said,
            tables=shown,
            figures=figures_shown,
            notes=notes,
            csvs={name: csv_of(frame) for name, frame in comparison.csvs().items() if name in _IN_PAGE},
        )
        _write(folder / REPORT, page)
    return said


def _tables(comparison: Comparison) -> list[Shown]:
    models = list(comparison.seconds_of_maps)
    shown = [method_table(comparison, model) for model in models]
    if comparison.decisive is not None:
        kinds = dict.fromkeys(comparison.decisive["kind"])
        shown += [decisive_shown(comparison, model, kind) for model in models for kind in kinds]
    return shown


@dataclass(frozen=True)
class Drawing:
    """A figure to be drawn: its file name, what it is, what is to be seen, and how."""

    name: str
    title: str
    caption: str
    draw: Draw


def _drawings(comparison: Comparison) -> list[Drawing]:
    curves, decisive = comparison.curves, comparison.decisive
    drawings = [
        Drawing(
            f"removal-{_file_name(model)}",
            f"{model}: frame ablation",
            "What is left on average as frames are removed in the order of their attributions. The band is the 95 % "
            "interval of exact ESVs.",
            partial(figures.removal, curves[curves["model"] == model]),
        )
        for model in comparison.seconds_of_maps
    ]
    drawings.append(
        Drawing(
            "methods",
            "All methods",
            "Means over videos with their 95 % intervals: how much better removing the least supporting frames first "
            "is than the most supporting ones (more is better); the rank correlation with exact ESVs; and how far the "
            "attributions are from adding up to the score.",
            partial(figures.measures, comparison.methods),
        )
    )
    if decisive is not None:
        hollow = "Hollow: with the attributions of other videos of the same kind. Bars: 95 % intervals."
        drawings += [
            Drawing(name, f"Decisive frames: {measure}", said, partial(figures.against_windows, decisive, measure))
            for name, measure, said in (
                ("pointing", "pointing hit", f"How often the frame with the largest attribution decides. {hollow}"),
                ("auc", "AUC", f"How often a frame that decides gets more than one that does not. {hollow}"),
            )
        ]
    return drawings


def _maps(comparison: Comparison) -> list[str]:
    times = [f"{1e3 * seconds:.0f} ms for {model}" for model, seconds in comparison.seconds_of_maps.items() if seconds]
    return [f"Reading the pictures of a video and making maps of them took {', '.join(times)} more."] if times else []


def _markdown(tables: list[Shown], about: Mapping[str, str], said: list[str], notes: list[str]) -> str:
    parts = [f"# {TITLE}", "", *(f"* {name}: {value}" for name, value in about.items()), ""]
    parts += ["## What holds, and what does not", "", *(f"* {sentence}" for sentence in said), ""]
    parts += [shown.markdown() for shown in tables]
    return "\n".join([*parts, "## How to read this", "", *(f"* {note}" for note in notes), ""])


def remove_strangers(folder: Path, names: set[str]) -> None:
    """Remove figures and tables of an earlier comparison that this one does not have."""
    for stem in ("removal-*", "decisive*", "pointing", "auc"):
        for path in folder.glob(f"{stem}.*"):
            if path.suffix in (".csv", ".png", ".svg") and path.stem not in names:
                remove(path)


def _write(path: Path, content: str) -> None:
    with atomic_path(path) as part:
        part.write_text(content, encoding="utf-8")


def _file_name(model: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in model.lower())
