"""How long exact ESVs take, and how near that is to the arithmetic which no method can leave out.

    python benchmarks/exact.py [--threads 2] [--largest 20]

The floor of the multi-scale model, measured in the same run: the products of every frame with the weights of every
position it can take, those of the hidden layers with the classes for every subset of at most m frames, and one softmax
over the scores of all subsets. Of the mean-consensus model: the softmax alone. Times: the best of several, per video.
Writes docs/benchmarks/exact.md.
"""

import argparse
import time
from collections.abc import Callable
from math import comb

import torch
from reports import table, write_docs

from play_fair.attribution import (
    CharacteristicFunctionShapleyAttributor,
    OnlineShapleyAttributor,
    ShapleyAttributor,
)
from play_fair.games import ConstructiveRandomSampler, MeanConsensusGame
from play_fair.models import FeatureTSN, MLPConsensus

N_CLASSES, FEATURE_DIM, HIDDEN_DIM, N_SCALES = 174, 256, 256, 8
PRIORS = torch.full((N_CLASSES,), 1 / N_CLASSES)
CASES = ((8, 64), (8, 32), (8, 1), (12, 16), (12, 1), (16, 1), (20, 1))


def seconds(function: Callable[[], object], budget: float = 1.5, most: int = 200) -> float:
    """The shortest of the times `function` takes, over `budget` seconds."""
    function()
    times: list[float] = []
    while sum(times) < budget and len(times) < most:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def softmax_floor(n: int, batch: int) -> Callable[[], object]:
    """A softmax over the scores of all subsets, level by level."""
    levels = [torch.randn(comb(n, k) * batch, N_CLASSES) for k in range(1, n + 1)]
    return lambda: [torch.softmax(level, dim=-1, out=level) for level in levels]


def multiscale_floor(n: int, batch: int) -> Callable[[], object]:
    """The matrix products of the multi-scale model, and the softmax."""
    softmax = softmax_floor(n, batch)
    last = torch.randn(HIDDEN_DIM, N_CLASSES)
    scales = []
    for s in range(1, min(n, N_SCALES) + 1):
        frames = torch.randn(s, (n - s + 1) * batch, FEATURE_DIM)
        weights = torch.randn(s, FEATURE_DIM, HIDDEN_DIM)
        # As many rows as the caches like: one product of all of them would be slower.
        hidden = torch.randn(comb(n, s) * batch, HIDDEN_DIM)
        scales.append((frames, weights, hidden, torch.empty(len(hidden), N_CLASSES)))

    def floor() -> None:
        for frames, weights, hidden, out in scales:
            torch.bmm(frames, weights)
            torch.mm(hidden, last, out=out)
        softmax()

    return floor


def compare(model: str, n: int, batch: int, attributor: ShapleyAttributor, floor: Callable[[], object]) -> list[str]:
    """One row of the table."""
    videos = torch.randn(batch, n, FEATURE_DIM)
    ours, least = seconds(lambda: attributor.explain_batch(videos)), seconds(floor)
    milliseconds = [f"{1e3 * time_taken / batch:.2f}" for time_taken in (ours, least)]
    return [model, str(n), str(batch), *milliseconds, f"{ours / least:.2f}"]


def constructive(n: int, max_samples: int, exact: OnlineShapleyAttributor) -> list[str]:
    """One row of the table of the published sampler, for one video."""
    video = torch.randn(n, FEATURE_DIM)
    attributor = exact.with_sampler(ConstructiveRandomSampler(max_samples, seed=0))
    return [str(n), f"{max_samples:,}", f"{1e3 * seconds(lambda: attributor.explain(video)):.0f}"]


@torch.no_grad()
def main() -> None:
    """Print the tables and write them to docs/benchmarks/exact.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2, help="(default: 2)")
    parser.add_argument("--largest", type=int, default=20, metavar="N", help="most frames (default: 20)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    models = [MLPConsensus(FEATURE_DIM * s, HIDDEN_DIM, N_CLASSES) for s in range(1, N_SCALES + 1)]
    multiscale = OnlineShapleyAttributor(models, PRIORS, N_CLASSES)
    game = MeanConsensusGame(FeatureTSN(FEATURE_DIM, N_CLASSES).frame_logits, PRIORS)
    mean_consensus = CharacteristicFunctionShapleyAttributor(game, N_CLASSES)
    cases = [(n, batch) for n, batch in CASES if n <= args.largest]
    rows = [compare("multi-scale", n, batch, multiscale, multiscale_floor(n, batch)) for n, batch in cases]
    rows += [compare("mean consensus", n, batch, mean_consensus, softmax_floor(n, batch)) for n, batch in cases]
    sampled = [constructive(n, max_samples, multiscale) for n, max_samples in ((32, 1024), (64, 128))]
    text = f"""{N_CLASSES} classes, {FEATURE_DIM} features, {HIDDEN_DIM} hidden units, {N_SCALES} scales.
{args.threads} threads. The floor is the arithmetic that no method can leave out, measured in the same run: for the
multi-scale model the products of frames and weights, those of hidden layers and classes, and a softmax over all
subsets; for mean consensus the softmax alone.

{table(["model", "frames", "videos", "ms a video", "floor, ms", "ratio"], rows)}

The published sampler, multi-scale model, one video:

{table(["frames", "samples a size", "ms"], sampled)}"""
    write_docs("exact", "Exact ESVs: how long they take", text)


if __name__ == "__main__":
    main()
