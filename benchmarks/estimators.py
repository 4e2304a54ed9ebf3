"""How near estimated ESVs come to the exact ones: all estimators of this library, and those of others.

    python benchmarks/estimators.py [--n-frames 14] [--budgets 2 4 8 16 32 64 128] [--videos 16] [--seeds 3]

Games: three black boxes (see black_boxes.py) and the demo's models, on videos of the demo's test split (bin/demo makes
them); what was chosen in the estimators was chosen on its validation split. The error is relMSE: the sum over videos,
frames and seeds of the squared errors of the ESVs of the true class, divided by the same sum of the squared deviations
of the exact ESVs from their video's mean: at 1 an estimate informs no more than the mean. Needs the extra `benchmarks`.
Writes docs/benchmarks/estimators.md and docs/media/estimators.png; estimators-16 with 16 frames.
"""

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import torch
from black_boxes import BLACK_BOXES, GAMES, TableGame, Tables, load_tables
from demo_models import load_demo
from field import FIELD, Table
from matplotlib.ticker import NullFormatter
from reports import figure, save_figure, table, write_docs

import play_fair
from play_fair.attribution import ESTIMATORS, EstimatedAttributor
from play_fair.games import ConstructiveRandomSampler, MultiscaleGame
from play_fair.palette import style_of_estimator

OURS = ("set_kernel", "layered", "permutations", "constructive")
CALIBRATED = {name for name in OURS if ESTIMATORS[name].has_standard_errors}
N_FRAMES = 14
"""Those of docs/benchmarks/estimators.md."""

ONE_SEED_FROM = 32
"""Budgets, times n, from which one seed is enough."""

SLOW = {"ProxySPEX": (4, 8)}
"""Estimators that are measured at these budgets alone, with one seed; below, ProxySPEX fails on some samples."""


@dataclass(frozen=True)
class Row:
    """One estimator of one game at one budget."""

    game: str
    estimator: str
    times: int
    """Budget over n."""
    rel_mse: float
    told: float | None
    """Root mean square of the standard errors over that of the errors."""
    seconds: float
    """Of processor time for each video, without evaluations of the model."""


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    n: int
    budgets: tuple[int, ...]
    n_videos: int
    n_seeds: int

    def seeds(self, estimator: str, times: int) -> range:
        """Of one estimator at one budget."""
        return range(1 if times >= ONE_SEED_FROM or estimator in SLOW else self.n_seeds)


def estimate(estimator: str, tables: Tables, video: int, budget: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """ESVs (n,) of the true class, and their standard errors (NaN where there are none)."""
    label = int(tables.labels[video])
    if estimator in FIELD:
        looked_up = Table(tables.values[video, :, label].double().numpy())
        esvs = torch.from_numpy(FIELD[estimator](looked_up, budget, seed))
        return esvs.double(), torch.full_like(esvs, float("nan"))
    game = TableGame(tables.values[video])
    explanation = play_fair.explain(game, tables.videos[video], budget=budget, estimator=estimator, seed=seed)
    assert game.n_evaluations <= budget
    errors = explanation.standard_errors
    values = torch.tensor(explanation.values[:, label], dtype=torch.float64)
    return values, torch.full_like(values, float("nan")) if errors is None else torch.tensor(errors[:, label]).double()


def measure(game: str, plan: Plan) -> list[Row]:
    """All estimators of one game."""
    torch.set_num_threads(1)
    tables = load_tables(game, "test", plan.n, plan.n_videos)
    rows = []
    for estimator in (*OURS, *FIELD):
        for times in plan.budgets:
            budget = times * plan.n
            if times not in SLOW.get(estimator, plan.budgets):
                continue
            if estimator in OURS and budget < ESTIMATORS[estimator].least_budget(TableGame(tables.values[0]), plan.n):
                continue
            rows.append(_measure(game, estimator, times, tables, plan))
    return rows


def _measure(game: str, estimator: str, times: int, tables: Tables, plan: Plan) -> Row:
    squares = spread = told = 0.0
    seeds = plan.seeds(estimator, times)
    estimate(estimator, tables, 0, times * plan.n, 0)  # what depends on n alone is made once
    start = time.process_time()
    for video in range(plan.n_videos):
        exact = tables.esvs[video, :, int(tables.labels[video])]
        for seed in seeds:
            values, errors = estimate(estimator, tables, video, times * plan.n, 1000 * seed + video)
            squares += float((values - exact).square().sum())
            spread += float((exact - exact.mean()).square().sum())
            told += float(errors.square().sum())
    seconds = (time.process_time() - start) / plan.n_videos / len(seeds)
    calibration = math.sqrt(told / squares) if estimator in CALIBRATED and math.isfinite(told) and squares else None
    return Row(game, estimator, times, squares / spread, calibration, seconds)


def best_of_field(rows: Sequence[Row], game: str, times: int) -> Row:
    """The best of all estimators but the set kernel, chosen after the fact."""
    others = [row for row in rows if (row.game, row.times) == (game, times) and row.estimator != "set_kernel"]
    return min(others, key=lambda row: row.rel_mse)


def of_set_kernel(rows: Sequence[Row], game: str, times: int) -> Row:
    """The set kernel's row."""
    return next(row for row in rows if (row.game, row.times, row.estimator) == (game, times, "set_kernel"))


def table_of_game(rows: Sequence[Row], game: str, budgets: Sequence[int]) -> str:
    """relMSE of every estimator at every budget; then calibration and seconds of the set kernel."""
    lines = []
    for estimator in (*OURS, *FIELD):
        found = {row.times: row for row in rows if (row.game, row.estimator) == (game, estimator)}
        lines.append([estimator, *(f"{found[times].rel_mse:.1e}" if times in found else "" for times in budgets)])
    ours = [of_set_kernel(rows, game, times) for times in budgets]
    ratios = [best_of_field(rows, game, times).rel_mse / row.rel_mse for times, row in zip(budgets, ours, strict=True)]
    lines.append(["best of the others / set_kernel", *(f"{min(ratio, 1e6):,.0f}x" for ratio in ratios)])
    lines.append(["set_kernel: standard errors / errors", *(f"{row.told or 0:.2f}" for row in ours)])
    lines.append(["set_kernel: seconds a video", *(f"{row.seconds:.2f}" for row in ours)])
    return table(["estimator", *(f"{times}n" for times in budgets)], lines)


def summary(rows: Sequence[Row], budgets: Sequence[int]) -> Iterator[str]:
    """Factors over the black boxes."""
    for times in (4, 8, 16):
        if times in budgets:
            ratios = [
                best_of_field(rows, game, times).rel_mse / of_set_kernel(rows, game, times).rel_mse
                for game in BLACK_BOXES
            ]
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            yield f"* {times}n: geometric mean {mean:.0f}x, least {min(ratios):.0f}x"


def multiscale_rows(n_videos: int, n_seeds: int, n_frames: int = 16) -> list[list[str]]:
    """The multi-scale TRN with its networks known: constructive and surrogate at equal network evaluations."""
    demo = load_demo("feature_multiscale_trn", "test", n_videos)
    videos, exact = demo.videos(n_frames), demo.exact
    assert isinstance(exact.game, MultiscaleGame)
    truth = demo.of_true_class(exact.explain_batch(videos)[0])
    spread = (truth - truth.mean(dim=1, keepdim=True)).square().sum()
    cells = []
    for m in (32, 64, 128, 256):
        errors: dict[str, float] = {"constructive": 0.0, "surrogate": 0.0}
        for seed in range(n_seeds):
            surrogate = EstimatedAttributor(exact.game, exact.n_classes, "surrogate", m, seed=seed)
            constructive = exact.with_sampler(ConstructiveRandomSampler(m, seed))
            for name, attributor in (("constructive", constructive), ("surrogate", surrogate)):
                esvs = demo.of_true_class(attributor.explain_batch(videos)[0])
                errors[name] += float((esvs - truth).square().sum() / spread / n_seeds)
        ratio = errors["constructive"] / errors["surrogate"]
        n_evaluations = surrogate.count_n_evaluations(n_frames)
        cells.append([f"{n_evaluations:,}", *(f"{error:.1e}" for error in errors.values()), f"{ratio:,.0f}x"])
    return cells


def draw(rows: Sequence[Row], n: int, name: str) -> None:
    """relMSE against evaluations, log-log, for the black boxes and the TRN."""
    games = [game for game in GAMES if game != "TSN"]
    fig, axes = figure(len(games))
    for axis, game in zip(axes, games, strict=True):
        for estimator in (*OURS, *FIELD):
            own = [row for row in rows if (row.game, row.estimator) == (game, estimator)]
            color, marker = style_of_estimator(estimator)
            width = 2.5 if estimator == "set_kernel" else 1.2
            x, y = [row.times * n for row in own], [row.rel_mse for row in own]
            axis.loglog(x, y, color=color, marker=marker, markersize=5, linewidth=width, label=estimator)
        axis.set(title=game, xlabel="evaluations a video")
        axis.set_ylim(top=10)
        axis.xaxis.set_minor_formatter(NullFormatter())
    axes[0].set_ylabel("relMSE of the ESVs")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=9, frameon=False)
    save_figure(fig, name)


def main() -> None:
    """Print and write the tables and the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n-frames", type=int, default=N_FRAMES, help="(default: %(default)s)")
    parser.add_argument("--budgets", type=int, nargs="+", default=[2, 4, 8, 16, 32, 64, 128], help="times n")
    parser.add_argument("--videos", type=int, default=16, help="of the test split (default: 16)")
    parser.add_argument("--seeds", type=int, default=3, help="(default: 3)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    args = parser.parse_args()
    name = "estimators" if args.n_frames == N_FRAMES else f"estimators-{args.n_frames}"
    plan = Plan(args.n_frames, tuple(args.budgets), args.videos, args.seeds)
    with ProcessPoolExecutor(args.workers, mp_context=get_context("spawn")) as pool:
        rows = [row for found in pool.map(partial(measure, plan=plan), GAMES) for row in found]
    multiscale = table(["network evaluations", "constructive", "surrogate", ""], multiscale_rows(40, args.seeds))
    sections = "\n\n".join(f"## {game}\n\n{table_of_game(rows, game, plan.budgets)}" for game in GAMES)
    text = f"""relMSE of the ESVs of the true class (1: no better than that all frames are alike), {plan.n} frames,
{plan.n_videos} test videos of the demo, {plan.n_seeds} seeds (one from {ONE_SEED_FROM}n on); the truth is exact, by
enumeration. Kernels, priors and the design of the set kernel were chosen on validation videos. The set kernel is given
the features of the frames, which the estimators of others cannot use. PermutationSamplingSV, KernelSHAP (paired), SVARM
and ProxySPEX are those of shapiq; LeverageSHAP is written from its paper; ProxySPEX has one seed and is measured at 4n
and 8n. Seconds are of processor time on one thread, without the model. Black boxes: a bidirectional GRU,
a transformer and a temporal convolution, trained on random subsets of frames; the multi-scale TRN and the TSN are taken
as black boxes here, too.

![relMSE against evaluations](../media/{name}.png)

The best of all others, chosen for each game and budget after the fact, over the set kernel; the three black boxes:

{chr(10).join(summary(rows, plan.budgets))}

{sections}

## Multi-scale TRN, its networks known

16 frames of 40 test videos. At most m subsets for each of the eight networks, m = 32, 64, 128, 256.

{multiscale}"""
    write_docs(name, f"Estimated ESVs against exact ones, {plan.n} frames", text)
    draw(rows, plan.n, name)


if __name__ == "__main__":
    main()
