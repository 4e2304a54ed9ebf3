"""The one page a person can send: what the exhibits say, their figures, and their tables to download."""

from collections.abc import Sequence

import pandas as pd

from play_fair.analysis.examples import KINDS, BarScale, Pictures, jpeg, small, strips, title
from play_fair.analysis.exhibits import Exhibit
from play_fair.analysis.study import Study
from play_fair.formatting import join_with_and, plural, signed
from play_fair.html_page import card, data_uri, download, heading, page, table, text

Drawing = tuple[str, str]
"""The svg elements of a figure: for a desk, and for a phone."""


def report(
    study: Study,
    shown: Sequence[tuple[Exhibit, Drawing | None]],
    examples: pd.DataFrame,
    pictures: Pictures | None,
) -> str:
    """The whole document, self-contained."""
    sections = [
        heading(study.title, _subtitle(study)),
        card("The models", _overview(study), _method(study)),
        *(_exhibit(exhibit, drawing) for exhibit, drawing in shown),
        *(_strips(kind, examples[examples["kind"] == kind], pictures) for kind in KINDS),
    ]
    return page(study.title, "\n".join(sections), style=_STYLE)


def csv_of(frame: pd.DataFrame) -> str:
    """A table as it is written to disk and put into the page."""
    return frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def _subtitle(study: Study) -> str:
    return (
        "Element Shapley Values (ESVs) split a class score over the frames: prior + ESVs = score. After Price &amp; "
        f"Damen, <i>Play Fair: Frame Attributions in Video Models</i>, ACCV 2020. "
        f"{plural(study.videos['uid'].nunique(), 'video')}."
    )


def _method(study: Study) -> str:
    bootstrap = study.bootstrap
    of_groups = bootstrap.n_groups < study.videos["uid"].nunique()
    drawn = f"{bootstrap.n_groups:,} groups of videos" if of_groups else "videos"
    compared = set(study.n_frames.values())
    at = f"at {plural(compared.pop(), 'frame')}" if len(compared) == 1 else "at the largest number of frames of each"
    said = (
        f"Intervals in brackets, and the bands in the figures, are 95 % confidence intervals by the bootstrap: {drawn} "
        f"are drawn {bootstrap.n_draws:,} times. They are of one comparison each; among many, some miss by chance. "
        f"Where it is not said otherwise, models are compared {at}. The efficiency "
        "error is the largest |prior + sum of ESVs − score|: 0 where ESVs are exact."
    )
    uids = [set(model.uids.tolist()) for model in study.models]
    if any(own != uids[0] for own in uids):
        said += (
            f" The models were run on different videos: {len(set.intersection(*uids)):,} are common to all, and each "
            "model is shown on its own."
        )
    return said


def _overview(study: Study) -> str:
    videos = study.compared_videos
    rows = []
    for model in study.models:
        own = videos[videos["model"] == model.name]
        rows.append(
            (
                model.name,
                f"{len(model.uids):,}",
                _numbers([scale.n_frames for scale in model.scales]),
                f"{study.n_frames[model.name]}",
                f"{100 * own['top1'].mean():.1f}",
                f"{len(own) - int(own['top1'].sum()):,}",
                f"{model.efficiency_error:.1e}",
            )
        )
    header = ("model", "videos", "frames fed", "compared at", "top-1 %", "wrong", "efficiency error")
    return table(header, rows, "The models")


def _exhibit(exhibit: Exhibit, drawing: Drawing | None) -> str:
    if drawing is None:
        return card(exhibit.title, f'<p class="muted">{text(exhibit.missing)}</p>')
    said = "".join(f"<p>{text(sentence)}</p>" for sentence in exhibit.sentences if sentence)
    wide, narrow = drawing
    link = _csv_link(exhibit.table, f"{exhibit.name}.csv")
    return card(
        exhibit.title,
        f'<div class="exhibit"><div class="said">{said}<p class="muted">{text(exhibit.reading)}</p>'
        f"{link}</div>"
        f'<div class="figure"><div class="on-desk">{wide}</div><div class="on-phone">{narrow}</div></div></div>',
    )


def _strips(kind: str, examples: pd.DataFrame, pictures: Pictures | None) -> str:
    name = f"The {kind} frames"
    if examples.empty:
        return card(name, '<p class="muted">There are none: no ESV of a true class has this sign.</p>')
    scale = BarScale.of(examples["esv"])
    shown = "".join(_strip(strip, scale, pictures) for strip in strips(examples))
    caption = (
        "The videos with the most extreme ESV of the true class for each model, one of each group of videos; the frame "
        "itself is framed. Bars: the ESV of the true class, all on one scale."
    )
    if pictures is None:
        caption += " Give --frames-dir or --gulp-dir to see the pictures."
    return card(name, shown + _csv_link(examples, f"{kind.replace(' ', '-')}.csv"), caption)


def _strip(strip: pd.DataFrame, scale: BarScale, pictures: Pictures | None) -> str:
    cells = []
    for row in strip.to_dict("records"):
        uid, index, value = str(row["uid"]), int(row["index"]), float(row["esv"])
        if pictures is None:
            picture = f'<span class="blank">frame {index}</span>'
        else:
            source = data_uri(jpeg(small(pictures(uid, index))), "image/jpeg")
            picture = f'<img src="{source}" alt="frame {index} of video {text(uid)}">'
        side = "supports" if value > 0 else "distracts"
        bar = f'<span class="bar {side}"><i style="height:{100 * abs(value) / scale.reach:.1f}%"></i></span>'
        extreme = " extreme" if row["extreme"] else ""
        cells.append(f'<li class="frame{extreme}">{picture}{bar}<span class="value">{signed(value)}</span></li>')
    columns = f"--columns: {len(cells)}; --columns-phone: {min(4, len(cells))}; --zero: {100 * scale.zero:.1f}%"
    return f'<div class="strip"><h3>{text(title(strip))}</h3><ol style="{columns}">{"".join(cells)}</ol></div>'


def _csv_link(frame: pd.DataFrame, name: str) -> str:
    return download(csv_of(frame), name, "text/csv", f"{name}, {plural(len(frame), 'row')}")


def _numbers(values: Sequence[int]) -> str:
    """1 to 8, or 1, 2 and 4."""
    consecutive = len(values) > 2 and list(values) == list(range(values[0], values[-1] + 1))
    return f"{values[0]} to {values[-1]}" if consecutive else join_with_and([str(value) for value in values])


_STYLE = """
.exhibit { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
.said { display: grid; gap: 0.5rem; align-content: start; justify-items: start; max-width: 75ch; }
.figure svg { display: block; }
.figure text { font-family: var(--font) !important; }
.on-phone { display: none; }
.strip + .strip { margin-top: 1rem; }
.strip ol {
  display: grid;
  grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
  gap: 4px;
  margin: 0.25rem 0 0.75rem;
  list-style: none;
}
.frame { display: grid; gap: 2px; border: 2px solid transparent; border-radius: 6px; padding: 2px; }
.frame.extreme { border-color: var(--ink); }
.frame img { display: block; width: 100%; border-radius: 3px; }
.blank { padding: 0.75rem 0; background: var(--raised); color: var(--muted); }
.blank, .value { font-size: var(--small); text-align: center; font-variant-numeric: tabular-nums; }
.bar { position: relative; height: 48px; }
.bar::before { content: ""; position: absolute; bottom: var(--zero); width: 100%; border-top: 1px solid var(--muted); }
.bar i { position: absolute; left: 15%; right: 15%; }
.bar.supports i { bottom: var(--zero); background: var(--supports); }
.bar.distracts i { top: calc(100% - var(--zero)); background: var(--distracts); }
@media (min-width: 1100px) { .exhibit { grid-template-columns: minmax(0, 1fr) 816px; } }
@media (max-width: 640px) {
  .on-desk { display: none; }
  .on-phone { display: block; }
  .strip ol { grid-template-columns: repeat(var(--columns-phone), minmax(0, 1fr)); }
}
"""
