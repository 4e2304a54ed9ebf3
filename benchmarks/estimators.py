"""How near estimated ESVs come to the exact ones, for the same number of evaluations of the model.

    python benchmarks/estimators.py [--n-frames 16] [--videos 40] [--seeds 3]

On the demo's trained models and videos of its test split (bin/demo makes them), which no choice in the estimators was
made on. The error is relMSE: the sum over videos, frames and seeds of the squared errors of the ESVs of the true class,
divided by the same sum of their squared deviations from the video's mean: at 1 an estimate says no more of the frames
than that all are alike. Writes docs/benchmarks/estimators.md and docs/media/estimators.png.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from demo_models import Demo, load_demo
from matplotlib.ticker import NullFormatter
from reports import figure, save_figure, table, write_docs
from torch import Tensor

from play_fair.attribution import Explanation, LayeredAttributor, SurrogateAttributor
from play_fair.games import ConstructiveRandomSampler, MultiscaleGame, ScoresSubsets
from play_fair.palette import ESTIMATORS


@dataclass(frozen=True)
class Row:
    """One estimator at one number of evaluations."""

    estimator: str
    n_evaluations: int
    rel_mse: float
    seconds: float
    """Of processor time, for each video, with all in one batch."""
    told: float | None
    """Root mean square of the standard errors, divided by that of the errors."""

    def cells(self) -> list[str]:
        told = "" if self.told is None else f"{self.told:.2f}"
        return [self.estimator, f"{self.n_evaluations:,}", f"{self.rel_mse:.1e}", f"{self.seconds * 1e3:.1f}", told]


TICKS = [200, 500, 1000, 2000, 5000]

HEADER = ["estimator", "evaluations", "relMSE", "ms a video", "standard errors / errors"]


def antithetic_permutations(demo: Demo, videos: Tensor, n_pairs: int, seed: int) -> Explanation:
    """The baseline: what a frame adds to those before it, in random orders and in their reversals."""
    game = demo.exact.game
    assert isinstance(game, ScoresSubsets)
    score, n_frames = game.scorer(videos), videos.shape[1]
    generator = torch.Generator().manual_seed(seed)
    orders = torch.rand(n_pairs, n_frames, generator=generator).argsort(dim=1)
    orders = torch.cat([orders, orders.flip(1)])
    values = [score(torch.empty(1, 0, dtype=torch.int64)).expand(len(orders), -1, -1)]
    values += [score(orders[:, :size].sort(dim=1).values) for size in range(1, n_frames + 1)]
    added = torch.stack(values).double().diff(dim=0)  # (n, orders, B, C)
    esvs = torch.zeros_like(added).scatter_(0, orders.T[:, :, None, None].expand_as(added), added)
    return Explanation(esvs.mean(dim=1).transpose(0, 1).float(), values[-1][0])


Explain = Callable[[int], Explanation]
"""With a seed."""


def measure(demo: Demo, exact: Tensor, name: str, n_evaluations: int, explain: Explain, n_seeds: int) -> Row:
    """Run one estimator with every seed."""
    truth = demo.of_true_class(exact)
    spread = (truth - truth.mean(dim=1, keepdim=True)).square().sum()
    errors, told = [], []
    start = time.process_time()
    explanations = [explain(seed) for seed in range(n_seeds)]
    seconds = (time.process_time() - start) / n_seeds / len(truth)
    for explanation in explanations:
        errors.append((demo.of_true_class(explanation.esvs) - truth).square())
        if explanation.standard_errors is not None:
            told.append(demo.of_true_class(explanation.standard_errors).square())
    mean_square = torch.stack(errors).mean()
    ratio = float((torch.stack(told).mean() / mean_square).sqrt()) if told else None
    return Row(name, n_evaluations, float(torch.stack(errors).sum() / n_seeds / spread), seconds, ratio)


def multiscale_rows(n_frames: int, n_videos: int, n_seeds: int) -> list[Row]:
    """Constructive and surrogate at the same numbers of samples, which are the same numbers of evaluations."""
    demo = load_demo("feature_multiscale_trn", "test", n_videos)
    videos, game, n_classes = demo.videos(n_frames), demo.exact.game, demo.exact.n_classes
    assert isinstance(game, MultiscaleGame)
    exact, _ = demo.exact.explain_batch(videos)
    rows = []
    for m in (16, 32, 64, 128, 256, 512, 1024):

        def constructive(seed: int, m: int = m) -> Explanation:
            return demo.exact.with_sampler(ConstructiveRandomSampler(m, seed)).explanation(videos)

        def surrogate(seed: int, m: int = m) -> Explanation:
            return SurrogateAttributor(game, n_classes, m, seed).explanation(videos)

        n_evaluations = SurrogateAttributor(game, n_classes, m).count_n_evaluations(n_frames)
        for name, explain in (("constructive", constructive), ("surrogate", surrogate)):
            rows.append(measure(demo, exact, name, n_evaluations, explain, n_seeds))
    return rows


def tsn_rows(n_frames: int, n_videos: int, n_seeds: int) -> list[Row]:
    """Constructive, antithetic permutations and layered, at 32 T, 64 T, ... evaluations."""
    demo = load_demo("feature_tsn", "test", n_videos)
    videos, game, n_classes = demo.videos(n_frames), demo.exact.game, demo.exact.n_classes
    assert isinstance(game, ScoresSubsets)
    exact, _ = demo.exact.explain_batch(videos)
    rows = []
    for m in (32, 64, 128, 256, 512):
        sampler = demo.exact.with_sampler(ConstructiveRandomSampler(m, 0))
        n_evaluations = m * n_frames

        def constructive(seed: int, m: int = m) -> Explanation:
            return demo.exact.with_sampler(ConstructiveRandomSampler(m, seed)).explanation(videos)

        def antithetic(seed: int, m: int = m) -> Explanation:
            return antithetic_permutations(demo, videos, m // 2, seed)

        def layered(seed: int, m: int = m) -> Explanation:
            return LayeredAttributor(game, n_classes, m, seed).explanation(videos)

        of_sampler = sampler.count_n_evaluations(n_frames)
        rows.append(measure(demo, exact, "constructive", of_sampler, constructive, n_seeds))
        rows.append(measure(demo, exact, "antithetic permutations", n_evaluations, antithetic, n_seeds))
        of_layers = LayeredAttributor(game, n_classes, m).count_n_evaluations(n_frames)
        rows.append(measure(demo, exact, "layered", of_layers, layered, n_seeds))
    return rows


def factors(rows: list[Row], better: str, worse: str) -> str:
    """How many times smaller the error of one estimator is than that of another, place by place."""
    pairs = zip(
        (row for row in rows if row.estimator == better), (row for row in rows if row.estimator == worse), strict=True
    )
    told = [f"{a.n_evaluations:,}: {b.rel_mse / a.rel_mse:,.0f}x" for a, b in pairs]
    return f"relMSE of {worse} / {better}, by evaluations: {', '.join(told)}."


def main() -> None:
    """Print and write the tables and the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n-frames", type=int, default=16, help="(default: 16)")
    parser.add_argument("--videos", type=int, default=40, help="of the test split (default: 40)")
    parser.add_argument("--seeds", type=int, default=3, help="(default: 3)")
    parser.add_argument("--threads", type=int, default=1, help="(default: 1)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    asked = (args.n_frames, args.videos, args.seeds)
    multiscale, tsn = multiscale_rows(*asked), tsn_rows(*asked)
    text = f"""The demo's trained models on {args.n_frames} frames of {args.videos} test videos, {args.seeds} seeds:
ESVs of the true class; the truth is exact, by enumeration. relMSE = squared errors / squared deviations of the exact
ESVs from their video's mean. Evaluations: subsets that the networks see (multi-scale), scores of subsets (TSN).
Milliseconds of processor time on {args.threads} thread, all videos in one batch. The last column is 1 where standard
errors are as large as the errors, and more where they are cautious.

![relMSE against evaluations](../media/estimators.png)

## Multi-scale TRN

{table(HEADER, [row.cells() for row in multiscale])}

{factors(multiscale, "surrogate", "constructive")}

## TSN

{table(HEADER, [row.cells() for row in tsn])}

{factors(tsn, "layered", "antithetic permutations")}
{factors(tsn, "layered", "constructive")}"""
    write_docs("estimators", "Estimated ESVs against exact ones", text)
    draw(multiscale, tsn)


def draw(multiscale: list[Row], tsn: list[Row]) -> None:
    """Error against evaluations, log-log."""
    fig, axes = figure(2)
    for axis, title, rows in zip(axes, ("Multi-scale TRN", "TSN"), (multiscale, tsn), strict=True):
        for name in dict.fromkeys(row.estimator for row in rows):
            own = [row for row in rows if row.estimator == name]
            color, marker = ESTIMATORS[name]
            x, y = [row.n_evaluations for row in own], [max(row.rel_mse, 1e-15) for row in own]
            axis.loglog(x, y, color=color, marker=marker, markersize=5, label=name)
        axis.set(title=title, xlabel="evaluations a video", ylabel="relMSE of the ESVs")
        axis.set_xticks(TICKS, [f"{tick:,}" for tick in TICKS])
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.legend(frameon=False, fontsize=9)
    save_figure(fig, "estimators")


if __name__ == "__main__":
    main()
