"""How long exact ESVs take, and how near that is to the arithmetic which no method can leave out.

    python benchmarks/exact.py [--threads 2] [--largest 20]

The floor of the multi-scale model, measured in the same run: the products of every frame with the weights of every
position it can take, those of the hidden layers with the classes for every subset of at most m frames, and one softmax
over the scores of all subsets. Of the mean-consensus model: the softmax alone. Times: the best of several, per video.
"""

import argparse
import time
from collections.abc import Callable
from math import comb

import torch

from play_fair.attribution import CharacteristicFunctionShapleyAttributor, OnlineShapleyAttributor
from play_fair.games import MeanConsensusGame
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


def report(model: str, n: int, batch: int, attributor: object, floor: Callable[[], object]) -> None:
    """Print one row of the table."""
    videos = torch.randn(batch, n, FEATURE_DIM)
    ours, least = seconds(lambda: attributor.explain_batch(videos)), seconds(floor)  # type: ignore[attr-defined]
    times = f"{ours * 1e3 / batch:9.2f} | {least * 1e3 / batch:9.2f} | {ours / least:5.2f}"
    print(f"| {model:14} | {n:6} | {batch:6} | {times} |", flush=True)


@torch.no_grad()
def main() -> None:
    """Print the table."""
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
    print("| model          | frames | videos | ms/video  | floor     | ratio |")
    print("|----------------|--------|--------|-----------|-----------|-------|")
    for n, batch in CASES:
        if n <= args.largest:
            report("multi-scale", n, batch, multiscale, multiscale_floor(n, batch))
    for n, batch in CASES:
        if n <= args.largest:
            report("mean consensus", n, batch, mean_consensus, softmax_floor(n, batch))


if __name__ == "__main__":
    main()
