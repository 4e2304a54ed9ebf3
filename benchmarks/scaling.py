"""How long estimated ESVs of long videos take, and how sure they are.

    python benchmarks/scaling.py [--videos 8] [--samples 128]

All frames of videos of the demo's test split, and more by playing them forth and back, at a fixed number of samples of
each size. Writes docs/benchmarks/scaling.md and docs/media/scaling.png.
"""

import argparse
import time

import torch
from demo_models import load_demo
from reports import STYLES, figure, save_figure, table, write_docs

from play_fair.attribution import Approximation, Attributor

LENGTHS = (8, 16, 24, 32, 40, 48, 56, 64)
HEADER = ["model", "estimator", "frames", "evaluations", "ms a video", "standard error, RMS", "ESV, RMS"]


def main() -> None:
    """Print and write the table and the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=8, help="(default: 8)")
    parser.add_argument("--samples", type=int, default=128, help="most of each size (default: 128)")
    parser.add_argument("--threads", type=int, default=1, help="(default: 1)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    rows: list[list[str]] = []
    fig, axes = figure(2)
    for model, title, best in (
        ("feature_multiscale_trn", "Multi-scale TRN", "surrogate"),
        ("feature_tsn", "TSN", "layered"),
    ):
        demo = load_demo(model, "test", args.videos)
        for estimator in ("constructive", best):
            color, marker = STYLES[estimator]
            times, errors = [], []
            for n_frames in LENGTHS:
                # A batch of its own for every estimator and length; layers need 1.5 samples for each frame at least.
                attributor = Approximation(args.samples, estimator=estimator).attributor(demo.exact)
                seconds, told, size = measure(attributor, demo.videos(n_frames))
                times.append(seconds)
                errors.append(told)
                n_evaluations = attributor.count_n_evaluations(n_frames)
                told_text = "" if told is None else f"{told:.1e}"
                rows.append(
                    [
                        title,
                        estimator,
                        str(n_frames),
                        f"{n_evaluations:,}",
                        f"{seconds * 1e3:.1f}",
                        told_text,
                        f"{size:.1e}",
                    ]
                )
            axes[0].plot(
                LENGTHS,
                times,
                color=color,
                marker=marker,
                markersize=5,
                label=f"{title}, {estimator}",
                linestyle="-" if model == "feature_tsn" else "--",
            )
            known = [(n, error) for n, error in zip(LENGTHS, errors, strict=True) if error]
            if known:
                axes[1].semilogy(
                    *zip(*known, strict=True), color=color, marker=marker, markersize=5, label=f"{title}, {estimator}"
                )
    axes[0].set(xlabel="frames", ylabel="seconds a video", ylim=(0, None))
    axes[1].set(xlabel="frames", ylabel="standard error of ESVs, RMS")
    for axis in axes:
        axis.legend(frameon=False, fontsize=8)
        axis.set_xticks(LENGTHS)
    text = f"""{args.videos} videos of the demo's test split in one batch, at most {args.samples} samples of each size,
{args.threads} thread. Videos have 24 to 36 frames; for more they are played forth and back. Standard errors are zero
where all subsets were looked at.

![Seconds and standard errors against frames](../media/scaling.png)

{table(HEADER, rows)}"""
    write_docs("scaling", "Long videos", text)
    save_figure(fig, "scaling")


def measure(attributor: Attributor, videos: torch.Tensor) -> tuple[float, float | None, float]:
    """Seconds for each video, the better of two runs; RMS of standard errors; RMS of ESVs."""
    times = []
    for _ in range(2):
        start = time.perf_counter()
        explanation = attributor.explanation(videos)
        times.append((time.perf_counter() - start) / len(videos))
    told = explanation.standard_errors
    rms_told = None if told is None else float(told.double().square().mean().sqrt())
    return min(times), rms_told, float(explanation.esvs.double().square().mean().sqrt())


if __name__ == "__main__":
    main()
