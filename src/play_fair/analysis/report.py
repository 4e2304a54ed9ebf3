"""The report as one page: findings, film strips, and the exhibits with their figures and tables to download.

The exhibits that lead to a finding are open, the others folded.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from play_fair.analysis.examples import KINDS, BarScale, Pictures, describe_scores, jpeg, small, strips
from play_fair.analysis.exhibits import Exhibit
from play_fair.analysis.study import Study
from play_fair.formatting import join_with_and, plural, signed
from play_fair.html_page import render

Drawing = tuple[str, str]
"""The svg elements of a figure: for a desk, and for a phone."""

MAX_FINDINGS = 5


def leading(exhibits: Sequence[Exhibit]) -> list[Exhibit]:
    """The exhibits whose findings lead the report, at most `MAX_FINDINGS`."""
    return [exhibit for exhibit in exhibits if exhibit.leads][:MAX_FINDINGS]


def report(
    study: Study,
    exhibits: Sequence[tuple[Exhibit, Drawing | None]],
    examples: pd.DataFrame,
    pictures: Pictures | None,
) -> str:
    """Render the whole document, self-contained."""
    caption = (
        "For each model the videos with the most extreme ESV of the true class, one of each group of videos; that "
        "frame is framed. Bars: ESVs of the true class, all on one scale."
    )
    lead = {exhibit.name for exhibit in leading([exhibit for exhibit, _ in exhibits])}
    return render(
        "analysis.html",
        title=study.title,
        n_videos=plural(study.videos["uid"].nunique(), "video"),
        leading=[(exhibit, drawing) for exhibit, drawing in exhibits if exhibit.name in lead],
        others=[(exhibit, drawing) for exhibit, drawing in exhibits if exhibit.name not in lead],
        method=_method(study),
        overview_header=("model", "videos", "frames fed", "compared at", "top-1 %", "wrong"),
        overview=_overview(study),
        examples=[_examples(kind, examples[examples["kind"] == kind], pictures) for kind in KINDS],
        examples_caption=caption + ("" if pictures else " Give --frames-dir or --gulp-dir to see the pictures."),
        csv_of=csv_of,
    )


def csv_of(frame: pd.DataFrame) -> str:
    """Format a table as it is written to disk and put into the page."""
    return frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def _method(study: Study) -> str:
    bootstrap = study.bootstrap
    of_groups = bootstrap.n_groups < study.videos["uid"].nunique()
    units = f"{bootstrap.n_groups:,} groups of videos" if of_groups else "videos"
    compared = set(study.n_frames.values())
    at = f"at {plural(compared.pop(), 'frame')}" if len(compared) == 1 else "at the largest number of frames of each"
    text = (
        f"Brackets and bands: 95 % confidence intervals by the bootstrap, in which {units} are drawn "
        f"{bootstrap.n_draws:,} times; each is for one comparison, and of many some miss by chance. Unless stated "
        f"otherwise, models are compared {at}."
    )
    uids = [set(model.uids.tolist()) for model in study.models]
    if any(of_model != uids[0] for of_model in uids):
        text += (
            f" The models were run on different videos: {len(set.intersection(*uids)):,} are common to all; the "
            "numbers of each model are over all of its videos."
        )
    return text


def _overview(study: Study) -> list[tuple[str, ...]]:
    videos = study.compared_videos
    rows: list[tuple[str, ...]] = []
    for model in study.models:
        of_model = videos[videos["model"] == model.name]
        rows.append(
            (
                model.name,
                f"{len(model.uids):,}",
                _numbers([scale.n_frames for scale in model.scales]),
                f"{study.n_frames[model.name]}",
                f"{100 * of_model['top1'].mean():.1f}",
                f"{len(of_model) - int(of_model['top1'].sum()):,}",
            )
        )
    return rows


def _examples(kind: str, examples: pd.DataFrame, pictures: Pictures | None) -> dict[str, Any]:
    """The film strips of one kind, for the template."""
    about: dict[str, Any] = {"name": kind, "file_name": kind.replace(" ", "-"), "table": examples}
    if examples.empty:
        return {**about, "strips": []}
    scale = BarScale.of(examples["esv"])
    film_strips = [
        {
            "model": strip["model"].iloc[0],
            "uid": strip["uid"].iloc[0],
            "scores": describe_scores(strip),
            "rank": int(strip["rank"].iloc[0]),
            "frames": [_frame(row, scale, pictures) for row in strip.to_dict("records")],
        }
        for strip in strips(examples)
    ]
    return {**about, "strips": film_strips, "zero": f"{100 * scale.zero:.1f}"}


def _frame(row: dict[Any, Any], scale: BarScale, pictures: Pictures | None) -> dict[str, Any]:
    uid, index, esv = str(row["uid"]), int(row["index"]), float(row["esv"])
    return {
        "uid": uid,
        "index": index,
        "jpeg": None if pictures is None else jpeg(small(pictures(uid, index))),
        "kind": "supports" if esv > 0 else "distracts",
        "height": f"{100 * abs(esv) / scale.reach:.1f}",
        "esv": signed(esv),
        "extreme": bool(row["extreme"]),
    }


def _numbers(values: Sequence[int]) -> str:
    """1 to 8, or 1, 2 and 4."""
    consecutive = len(values) > 2 and list(values) == list(range(values[0], values[-1] + 1))
    return f"{values[0]} to {values[-1]}" if consecutive else join_with_and([str(value) for value in values])
