"""Results files -> a folder of tables, figures and one report."""

from functools import partial
from pathlib import Path

import pandas as pd

from play_fair.analysis.examples import KINDS, Pictures, choose_examples, draw_strips
from play_fair.analysis.exhibits import Exhibit, exhibits
from play_fair.analysis.report import Drawing, csv_of, leading, report
from play_fair.analysis.study import Study
from play_fair.cli import progress
from play_fair.errors import UserError
from play_fair.files import atomic_path, locked, remove, remove_temporaries
from play_fair.plots import styled
from play_fair.plots.svg import save, save_and_show

REPORT = "report.html"
_SUFFIXES = ("csv", "png", "svg")


def analyse(study: Study, output_dir: Path, *, n_examples: int = 3, pictures: Pictures | None = None) -> list[str]:
    """Write for each exhibit NAME.csv, NAME.png and NAME.svg, and last the report, into `output_dir`.

    Files of exhibits of an earlier run that are now empty are removed.

    Args:
        n_examples: film strips of each kind for each model.
        pictures: of the frames in film strips; None: ESVs only.

    Returns:
        The findings.

    Raises:
        UserError: `output_dir` is a file, another run is writing there, `n_examples` is below 0, or a picture is
            missing.
    """
    if n_examples < 0:
        raise UserError(f"expected 0 or more examples, got {n_examples}")
    if output_dir.exists() and not output_dir.is_dir():
        raise UserError(f"expected a folder to write into, but {output_dir} is a file")
    with locked(output_dir / REPORT):
        examples = choose_examples(study, n_examples)
        made = exhibits(study)
        stems = [*map(_stem_of, KINDS), *(exhibit.name for exhibit in made)]
        files = [f"{stem}.{suffix}" for stem in stems for suffix in _SUFFIXES]
        remove_temporaries(output_dir / name for name in (*files, REPORT))
        with progress(None, "drawing", total=len(made) + len(KINDS), unit="figure") as bar:
            for kind in KINDS:  # first: a missing picture ends the run
                _write_strips(kind, examples[examples["kind"] == kind], pictures, output_dir)
                bar.update()
            drawn = []
            for exhibit in made:
                drawn.append((exhibit, _write(exhibit, output_dir)))
                bar.update()
        page = report(study, drawn, examples, pictures)
        with atomic_path(output_dir / REPORT) as part:
            part.write_text(page, encoding="utf-8")
    return [exhibit.finding for exhibit in leading(made)]


def _write(exhibit: Exhibit, folder: Path) -> Drawing | None:
    """Write the files of one exhibit; returns its figure as two elements of a page."""
    if exhibit.table.empty:
        _remove(exhibit.name, folder)
        return None
    _write_csv(exhibit.table, folder / f"{exhibit.name}.csv")
    return save_and_show(partial(exhibit.draw, exhibit.table), folder / exhibit.name, exhibit.title)


def _write_strips(kind: str, examples: pd.DataFrame, pictures: Pictures | None, folder: Path) -> None:
    name = _stem_of(kind)
    if examples.empty:
        _remove(name, folder)
        return
    _write_csv(examples, folder / f"{name}.csv")
    with styled(name):
        save(draw_strips(examples, pictures), folder / name)


def _stem_of(kind: str) -> str:
    return kind.replace(" ", "-")


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    with atomic_path(path) as part:
        part.write_text(csv_of(table), encoding="utf-8")


def _remove(name: str, folder: Path) -> None:
    for suffix in _SUFFIXES:
        remove(folder / f"{name}.{suffix}")
