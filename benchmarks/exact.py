"""How long exact ESVs take, and how near that is to the arithmetic which no method can leave out.

    python benchmarks/exact.py [--device cpu] [--threads 2] [--largest 20] [--split-videos 256]
    python benchmarks/exact.py --device cuda

The floor of the multi-scale model, measured in the same run: the products of every frame with the weights of every
position it can take, those of the hidden layers with the classes for every subset of at most m frames, and one softmax
over the scores of all subsets. Of the mean-consensus model: the softmax alone. Times: the best of several, per video.

Then many videos as one job, on a GPU as many as the validation split of Something-Something v2 has, 24,777: of 8
frames, explained on 1, 2, ..., 8 of them one after the other; and of 16 frames. For each, which operations take the
time. Writes docs/benchmarks/exact.md, or exact-cuda.md.
"""

import argparse
import time
from collections.abc import Callable
from math import comb

import torch
from reports import table, write_docs
from torch import Tensor
from where_time_goes import where_time_goes

from play_fair.attribution import (
    CharacteristicFunctionShapleyAttributor,
    OnlineShapleyAttributor,
    ShapleyAttributor,
)
from play_fair.build import pick_device
from play_fair.games import ConstructiveRandomSampler, MeanConsensusGame
from play_fair.models import FeatureTSN, MLPConsensus

N_CLASSES, FEATURE_DIM, HIDDEN_DIM, N_SCALES = 174, 256, 256, 8
PRIORS = torch.full((N_CLASSES,), 1 / N_CLASSES)
CASES = ((8, 64), (8, 32), (8, 1), (12, 16), (12, 1), (16, 1), (20, 1))
SPLIT_VIDEOS = 24_777


def seconds(function: Callable[[], object], device: torch.device, budget: float = 1.5, most: int = 200) -> float:
    """The shortest of the times `function` takes, over `budget` seconds."""
    function()
    times: list[float] = []
    while sum(times) < budget and len(times) < most:
        times.append(seconds_once(function, device))
    return min(times)


def seconds_once(function: Callable[[], object], device: torch.device) -> float:
    """How long `function` takes, until the device has done it all.

    On one thread of a CPU it is processor time, to which it matters less what else the machine does.
    """
    clock = time.process_time if device.type == "cpu" and torch.get_num_threads() == 1 else time.perf_counter
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = clock()
    function()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return clock() - start


def softmax_floor(n: int, batch: int, device: torch.device) -> Callable[[], object]:
    """A softmax over the scores of all subsets, level by level."""
    levels = [torch.randn(comb(n, k) * batch, N_CLASSES, device=device) for k in range(1, n + 1)]
    return lambda: [torch.softmax(level, dim=-1, out=level) for level in levels]


def multiscale_floor(n: int, batch: int, device: torch.device) -> Callable[[], object]:
    """The matrix products of the multi-scale model, and the softmax."""
    softmax = softmax_floor(n, batch, device)
    last = torch.randn(HIDDEN_DIM, N_CLASSES, device=device)
    scales = []
    for s in range(1, min(n, N_SCALES) + 1):
        frames = torch.randn(s, (n - s + 1) * batch, FEATURE_DIM, device=device)
        weights = torch.randn(s, FEATURE_DIM, HIDDEN_DIM, device=device)
        hidden = torch.randn(comb(n, s) * batch, HIDDEN_DIM, device=device)
        scales.append((frames, weights, hidden, hidden.new_empty(len(hidden), N_CLASSES)))

    def floor() -> None:
        for frames, weights, hidden, out in scales:
            torch.bmm(frames, weights)
            torch.mm(hidden, last, out=out)
        softmax()

    return floor


def compare(
    model: str,
    n: int,
    batch: int,
    attributor: ShapleyAttributor,
    floor: Callable[[int, int, torch.device], Callable[[], object]],
    device: torch.device,
) -> list[str]:
    """One row of the table."""
    videos = torch.randn(batch, n, FEATURE_DIM, device=device)
    ours = seconds(lambda: attributor.explain_batch(videos), device)
    least = seconds(floor(n, batch, device), device)
    milliseconds = [f"{1e3 * time_taken / batch:.2f}" for time_taken in (ours, least)]
    return [model, str(n), str(batch), *milliseconds, f"{ours / least:.2f}"]


def constructive(n: int, max_samples: int, exact: OnlineShapleyAttributor, device: torch.device) -> list[str]:
    """One row of the table of the published sampler, for one video."""
    video = torch.randn(n, FEATURE_DIM, device=device)
    attributor = exact.with_sampler(ConstructiveRandomSampler(max_samples, seed=0))
    return [str(n), f"{max_samples:,}", f"{1e3 * seconds(lambda: attributor.explain(video), device):.0f}"]


def whole_split(
    model: str, attributor: ShapleyAttributor, sizes: range, n_videos: int, device: torch.device
) -> tuple[list[str], str]:
    """One row of the table of many videos, and which operations take the time. Features come from the host."""
    features = torch.randn(n_videos, sizes[-1], FEATURE_DIM)

    def explain(videos: Tensor) -> None:
        on_device = videos.to(device)
        for n in sizes:
            attributor.explain_batch(on_device[:, :n])

    explain(features[:1])  # builds the lattices
    taken = seconds_once(lambda: explain(features), device)
    frames = f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else f"{sizes[0]}"
    told = f"{model}, {frames} frames: {where_time_goes(lambda: explain(features), device)}"
    return [model, frames, f"{n_videos:,}", f"{taken:.2f}", f"{1e3 * taken / n_videos:.3f}"], told


@torch.no_grad()
def main() -> None:
    """Print the tables and write them to docs/benchmarks/."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU (default: 2)")
    parser.add_argument("--largest", type=int, default=20, metavar="N", help="most frames (default: 20)")
    parser.add_argument(
        "--split-videos", type=int, metavar="N", help=f"many videos (default: {SPLIT_VIDEOS} on a GPU, 256 on a CPU)"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the tables, write no file")
    args = parser.parse_args()
    device = pick_device(args.device)
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    models = [MLPConsensus(FEATURE_DIM * s, HIDDEN_DIM, N_CLASSES) for s in range(1, N_SCALES + 1)]
    multiscale = OnlineShapleyAttributor(models, PRIORS, N_CLASSES, device)
    game = MeanConsensusGame(FeatureTSN(FEATURE_DIM, N_CLASSES).to(device).frame_logits, PRIORS)
    mean_consensus = CharacteristicFunctionShapleyAttributor(game, N_CLASSES, device=device)
    cases = [(n, batch) for n, batch in CASES if n <= args.largest]
    rows = [compare("multi-scale", *case, multiscale, multiscale_floor, device) for case in cases]
    rows += [compare("mean consensus", *case, mean_consensus, softmax_floor, device) for case in cases]
    sampled = [constructive(n, max_samples, multiscale, device) for n, max_samples in ((32, 1024), (64, 128))]
    on_gpu = device.type == "cuda"
    machine = f"{args.threads} threads" if args.threads > 1 else "One thread, processor time"
    n_videos = args.split_videos or (SPLIT_VIDEOS if on_gpu else 256)
    # On a CPU, 16 frames of as many videos would take minutes.
    jobs = ((range(1, 9), n_videos), (range(16, 17), n_videos if on_gpu else -(-n_videos // 64)))
    many = [
        whole_split(name, attributor, sizes, count, device)
        for name, attributor in (("multi-scale", multiscale), ("mean consensus", mean_consensus))
        for sizes, count in jobs
    ]
    text = f"""{N_CLASSES} classes, {FEATURE_DIM} features, {HIDDEN_DIM} hidden units, {N_SCALES} scales, float32.
{torch.cuda.get_device_name(device) if on_gpu else machine}. The floor is the arithmetic that no
method can leave out, measured in the same run: for the multi-scale model the products of frames and weights, those of
hidden layers and classes, and a softmax over all subsets; for mean consensus the softmax alone.

{table(["model", "frames", "videos", "ms a video", "floor, ms", "ratio"], rows)}

The published sampler, multi-scale model, one video:

{table(["frames", "samples a size", "ms"], sampled)}

Many videos as one job, from features in the host's memory; 1 to 8 frames are explained one number after the other:

{table(["model", "frames", "videos", "seconds", "ms a video"], [row for row, _ in many])}

Where the time goes:

{chr(10).join(f"* {told}" for _, told in many)}"""
    if args.dry_run:
        print(text)
    else:
        write_docs("exact-cuda" if on_gpu else "exact", "Exact ESVs: how long they take", text, "exact")


if __name__ == "__main__":
    main()
