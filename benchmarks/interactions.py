"""How near estimated interactions of pairs of frames come to the exact ones: the set kernel's, and shapiq's.

    python benchmarks/interactions.py [--n-frames 14] [--budgets 4 8 16] [--videos 16]

Games and videos are those of estimators.py. The error is relMSE: the sum over videos and pairs of the squared errors of
the Shapley interaction index for the true class, divided by the same sum of the squared exact ones: 1 is no better than
zeros. Needs the extra `benchmarks`. Writes docs/benchmarks/interactions.md.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import torch
from black_boxes import GAMES, TableGame, Tables, load_tables
from field import FIELD_OF_PAIRS, Table
from reports import table, write_docs

import play_fair

OURS = "set_kernel"


def exact(tables: Tables, video: int) -> np.ndarray:
    """(n, n) of the true class."""
    explanation = play_fair.explain(TableGame(tables.values[video]), tables.videos[video], interactions=True)
    return _of_true_class(explanation, tables, video)


def estimate(estimator: str, tables: Tables, video: int, budget: int) -> np.ndarray:
    """(n, n) of the true class, with the video's number as the seed."""
    if estimator in FIELD_OF_PAIRS:
        scores = tables.values[video, :, int(tables.labels[video])].double().numpy()
        return FIELD_OF_PAIRS[estimator](Table(scores), budget, video)
    game = TableGame(tables.values[video])
    explanation = play_fair.explain(
        game, tables.videos[video], budget=budget, estimator=estimator, interactions=True, seed=video
    )
    return _of_true_class(explanation, tables, video)


def _of_true_class(explanation: play_fair.Explanation, tables: Tables, video: int) -> np.ndarray:
    pairs = explanation.interactions_of(int(tables.labels[video]))
    assert pairs is not None
    return pairs.astype(np.float64)


def rows_of(game: str, n: int, n_videos: int, budgets: list[int]) -> list[list[str]]:
    """relMSE of each estimator at each budget (times n)."""
    torch.set_num_threads(1)
    tables = load_tables(game, "test", n, n_videos)
    expected = [exact(tables, video) for video in range(n_videos)]
    scale = sum(float(np.square(pairs).sum()) for pairs in expected)
    rows = []
    for estimator in (OURS, *FIELD_OF_PAIRS):
        errors = [
            sum(
                float(np.square(estimate(estimator, tables, video, times * n) - pairs).sum())
                for video, pairs in enumerate(expected)
            )
            for times in budgets
        ]
        rows.append([game, estimator, *(f"{error / scale:.1e}" for error in errors)])
    return rows


def main() -> None:
    """Print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n-frames", type=int, default=14, help="(default: 14)")
    parser.add_argument("--budgets", type=int, nargs="+", default=[4, 8, 16], help="times n")
    parser.add_argument("--videos", type=int, default=16, help="of the test split (default: 16)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    args = parser.parse_args()
    of_game = partial(rows_of, n=args.n_frames, n_videos=args.videos, budgets=args.budgets)
    with ProcessPoolExecutor(args.workers, mp_context=get_context("spawn")) as pool:
        rows = [row for found in pool.map(of_game, GAMES) for row in found]
    header = ["game", "estimator", *(f"{times}n" for times in args.budgets)]
    text = f"""relMSE of the Shapley interactions of all pairs of {args.n_frames} frames, for the true class (1: no
better than zeros), {args.videos} test videos of the demo; the truth is exact, by enumeration. Those of the set kernel
come from the evaluations that its ESVs are made of. The other estimators are those of shapiq.

{table(header, rows)}"""
    write_docs("interactions", "Estimated interactions against exact ones", text)


if __name__ == "__main__":
    main()
