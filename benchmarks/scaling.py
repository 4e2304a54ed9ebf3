"""How long estimated ESVs of long videos take, and how sure they are.

    python benchmarks/scaling.py [--videos 8] [--samples 128]

All frames of videos of the demo's test split, and more by playing them forth and back, at a fixed number of samples of
each size. Writes docs/benchmarks/scaling.md and docs/media/scaling.png.
"""

import argparse
import time
from dataclasses import dataclass
from math import comb

import numpy as np
import torch
from demo_models import load_demo
from reports import figure, save_figure, table, write_docs

from play_fair.attribution import Approximation, Attributor
from play_fair.attribution.surrogate import count_predicted
from play_fair.palette import style_of_estimator

LENGTHS = (8, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64)
ESTIMATED_FROM = 20
"""Frames from which all rows are estimates; up to 16 some estimators look at all subsets."""

HEADER = ["model", "estimator", "frames", "network evaluations", "subsets scored", "ms a video", "standard error, RMS"]
MODELS = (("feature_multiscale_trn", "Multi-scale TRN", "surrogate"), ("feature_tsn", "TSN", "layered"))


@dataclass(frozen=True)
class Row:
    """One estimator on videos of one length."""

    model: str
    estimator: str
    n_frames: int
    n_evaluations: int
    """Subsets that networks see (multi-scale), or that frame logits are averaged over (TSN)."""
    n_scored: int
    """Subsets of all sizes whose scores the ESVs are made of."""
    seconds: float
    """Of processor time, for each video, with all in one batch."""
    standard_error: float | None
    """Root mean square."""

    def cells(self) -> list[str]:
        told = "" if self.standard_error is None else f"{self.standard_error:.1e}"
        counts = [f"{self.n_evaluations:,}", f"{self.n_scored:,}"]
        return [self.model, self.estimator, str(self.n_frames), *counts, f"{self.seconds * 1e3:.1f}", told]


def count_n_scored(attributor: Attributor, estimator: str, n_frames: int, samples: int) -> int:
    """See `Row.n_scored`."""
    if estimator == "surrogate":
        return count_predicted(n_frames)
    if estimator == "layered":
        return attributor.count_n_evaluations(n_frames)
    return sum(min(samples, comb(n_frames, size)) for size in range(1, n_frames + 1))


def measure(attributor: Attributor, videos: torch.Tensor) -> tuple[float, float | None]:
    """Processor seconds for each video, the best of three runs; RMS of standard errors."""
    times = []
    for _ in range(3):
        start = time.process_time()
        explanation = attributor.explanation(videos)
        times.append((time.process_time() - start) / len(videos))
    told = explanation.standard_errors
    return min(times), None if told is None else float(told.double().square().mean().sqrt())


def rows_of(model: str, title: str, estimators: tuple[str, ...], n_videos: int, samples: int) -> list[Row]:
    """Every estimator on every length."""
    demo = load_demo(model, "test", n_videos)
    rows = []
    for estimator in estimators:
        for n_frames in LENGTHS:
            attributor = Approximation(samples, estimator=estimator).attributor(demo.exact)
            seconds, told = measure(attributor, demo.videos(n_frames))
            n_evaluations = attributor.count_n_evaluations(n_frames)
            n_scored = count_n_scored(attributor, estimator, n_frames, samples)
            rows.append(Row(title, estimator, n_frames, n_evaluations, n_scored, seconds, told))
    return rows


def exponent(rows: list[Row], n_frames: int) -> float:
    """Of T, in seconds ~ T^exponent for videos of so many frames or more: least squares of logarithms."""
    chosen = [row for row in rows if row.n_frames >= n_frames]
    frames, seconds = (np.log([getattr(row, name) for row in chosen]) for name in ("n_frames", "seconds"))
    return float(np.polyfit(frames, seconds, 1)[0])


def main() -> None:
    """Print and write the table and the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=8, help="(default: 8)")
    parser.add_argument("--samples", type=int, default=128, help="most of each size (default: 128)")
    parser.add_argument("--threads", type=int, default=1, help="(default: 1)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    groups = [
        [row for row in rows if row.estimator == estimator]
        for model, title, best in MODELS
        for rows in [rows_of(model, title, ("constructive", best), args.videos, args.samples)]
        for estimator in ("constructive", best)
    ]
    grows = "\n".join(
        f"* {rows[0].model}, {rows[0].estimator}: T^{exponent(rows, ESTIMATED_FROM):.2f}; from 36 frames on "
        f"T^{exponent(rows, 36):.2f}"
        for rows in groups
    )
    text = f"""{args.videos} videos of the demo's test split in one batch, at most {args.samples} samples of each size,
{args.threads} thread, processor time, the best of three runs. Videos have 24 to 36 frames; for more they are played
forth and back. Standard errors are zero where all subsets were looked at: TSN up to 8 frames here. The surrogate
enumerates what it learnt up to 16 frames.

A video of T frames has subsets of T sizes, so that with the same samples of each size {args.samples} x T of them are
scored (the surrogate scores more, but no network sees those). The networks of a multi-scale model see {args.samples}
subsets of each of 8 sizes at most, whatever T is. Time from {ESTIMATED_FROM} to {LENGTHS[-1]} frames grows as

{grows}

What grows as T^2, with a small constant: subsets of T sizes have T / 2 frames on average, so that to draw them, and to
find those that are one frame smaller (constructive), is work of {args.samples} x T x T / 2; what scoring takes grows as
T. The surrogate costs about the same for 20 and for 36 frames (learning does not depend on T); then it sums what was
learnt of each pair of frames, up to T^2 / 2 of them for each subset.

![Seconds and standard errors against frames](../media/scaling.png)

{table(HEADER, [row.cells() for rows in groups for row in rows])}"""
    write_docs("scaling", "Long videos", text)
    draw(groups)


def draw(groups: list[list[Row]]) -> None:
    """Seconds against frames and against subsets; standard errors."""
    fig, axes = figure(3)
    for rows in groups:
        color, marker = style_of_estimator(rows[0].estimator)
        label = f"{rows[0].model}, {rows[0].estimator}"
        style = {"color": color, "marker": marker, "markersize": 5, "label": label}
        line = "-" if rows[0].model == "TSN" else "--"
        seconds = [row.seconds for row in rows]
        axes[0].plot([row.n_frames for row in rows], seconds, linestyle=line, **style)
        estimated = [row for row in rows if row.n_frames >= ESTIMATED_FROM]
        axes[1].plot([row.n_scored for row in estimated], [row.seconds for row in estimated], linestyle=line, **style)
        known = [(row.n_frames, row.standard_error) for row in rows if row.standard_error]
        if known:
            axes[2].semilogy(*zip(*known, strict=True), linestyle=line, **style)
    axes[0].set(xlabel="frames T", ylabel="seconds a video", ylim=(0, None), xticks=LENGTHS[::2])
    axes[0].axvspan(0, 16.5, color="#eeeeee", zorder=0)
    axes[0].annotate("2^T affordable", (1, 0.97), xycoords=("data", "axes fraction"), va="top", fontsize=8)
    axes[0].set_xlim(0, LENGTHS[-1] + 2)
    axes[1].set(xlabel="subsets scored = sizes (T) x samples of each", ylabel="seconds a video", ylim=(0, None))
    axes[1].set_xlim(0, None)
    axes[2].set(xlabel="frames T", ylabel="standard error of ESVs, RMS", xticks=LENGTHS[::2])
    axes[1].legend(frameon=False, fontsize=8)
    save_figure(fig, "scaling")


if __name__ == "__main__":
    main()
